"""What each role may do, in the actions that its code calls: no action is written with a star."""

from collections.abc import Mapping, Sequence

from aws_cdk import Aws, Fn
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from infra.bedrock import bedrock_model, resources
from infra.storage import BY_OWNER, CATALOGS, KNOWLEDGE, LIVE, RUNS, STAGING, UPLOADS, Storage

# Of a transaction each item is checked, by its own action.
MOVING_RUNS = ("dynamodb:GetItem", "dynamodb:UpdateItem")
ACCEPTING_RUNS = (*MOVING_RUNS, "dynamodb:PutItem")
RUNS_AND_COUNTERS = ("RUN#", "ACTIVE#", "SPEND#")
Statements = list[iam.PolicyStatement]


def accepting_runs(storage: Storage) -> Statements:
    """To write requests and take uploads, and to sign links: what the API's function may not do its links cannot."""
    return [
        *_records(storage, ACCEPTING_RUNS, (*RUNS_AND_COUNTERS, "KEY#")),
        _query(storage, BY_OWNER),
        *_objects(storage, ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"), RUNS),
        *_objects(storage, ("s3:GetObject", "s3:PutObject"), UPLOADS),
        _listing(storage, RUNS),
        _listing(storage, UPLOADS),
    ]


def moving_runs(storage: Storage) -> Statements:
    """To claim runs, let them wait and end them, with the counters that this changes."""
    return _records(storage, MOVING_RUNS, RUNS_AND_COUNTERS)


def finding_live_runs(storage: Storage) -> iam.PolicyStatement:
    return _query(storage, LIVE)


def doing_a_run(storage: Storage) -> Statements:
    """The program in the task: bundles, knowledge, schemas, records of runs; not the keys of requests, nor uploads."""
    return [
        *_records(storage, MOVING_RUNS, RUNS_AND_COUNTERS),
        *_objects(storage, ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"), RUNS),
        _listing(storage, RUNS),
        *_objects(storage, ("s3:GetObject",), KNOWLEDGE),
        _listing(storage, KNOWLEDGE),
        *_objects(storage, ("s3:GetObject", "s3:PutObject"), CATALOGS),
    ]


def unloading(storage: Storage) -> Statements:
    """To write results, seeing that nothing is there yet and by which key the bucket encrypts."""
    return [
        *_objects(storage, ("s3:PutObject", "s3:AbortMultipartUpload"), STAGING),
        _listing(storage, STAGING),
        allow(["s3:GetEncryptionConfiguration"], [storage.bucket.bucket_arn]),
    ]


def reading_unloaded(storage: Storage) -> Statements:
    """To read these results and remove them."""
    return [*_objects(storage, ("s3:GetObject", "s3:DeleteObject"), STAGING), _listing(storage, STAGING)]


def asking(model: str) -> Statements:
    """To ask this one model, in the regions of its geography; nothing where it is not one of Bedrock."""
    known = bedrock_model(model)
    if known is None:
        return []
    return [allow(["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"], resources(known))]


def starting_tasks(family: str, cluster_arn: str, roles: Sequence[iam.IRole]) -> Statements:
    """RunTask names the family; Amazon ECS checks the ARN of its newest revision, or the family's own."""
    definitions = definitions_of(family)
    to_tasks = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    while_starting = {"StringEquals": {"ecs:CreateAction": "RunTask"}}
    return [
        allow(["ecs:RunTask"], [definitions, f"{definitions}:*"], {"ArnEquals": {"ecs:cluster": cluster_arn}}),
        allow(["ecs:TagResource"], [tasks_of(cluster_arn)], while_starting),
        allow(["iam:PassRole"], [role.role_arn for role in roles], to_tasks),
        _on_tasks("ecs:StopTask", cluster_arn),
    ]


def looking_at_tasks(cluster_arn: str) -> iam.PolicyStatement:
    return _on_tasks("ecs:DescribeTasks", cluster_arn)


def use_of_key(key: kms.IKey | None, service: str) -> Statements:
    """Through one service alone: nobody decrypts by calling KMS."""
    if key is None:
        return []
    through = {"StringEquals": {"kms:ViaService": f"{service}.{Aws.REGION}.amazonaws.com"}}
    return [allow(["kms:Decrypt", "kms:GenerateDataKey"], [key.key_arn], through)]


def allow(
    actions: Sequence[str], on: Sequence[str], conditions: Mapping[str, Mapping[str, object]] | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=list(on), conditions=conditions)


def _records(storage: Storage, actions: Sequence[str], keys: Sequence[str]) -> Statements:
    leading = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{key}*" for key in keys]}}
    return [allow(actions, [storage.table.table_arn], leading), *use_of_key(storage.key, "dynamodb")]


def _query(storage: Storage, index: str) -> iam.PolicyStatement:
    return allow(["dynamodb:Query"], [f"{storage.table.table_arn}/index/{index}"])


def _objects(storage: Storage, actions: Sequence[str], prefix: str) -> Statements:
    return [allow(actions, [storage.bucket.arn_for_objects(f"{prefix}*")]), *use_of_key(storage.key, "s3")]


def _listing(storage: Storage, prefix: str) -> iam.PolicyStatement:
    """Without it S3 answers 403, not 404, where an object does not exist."""
    return allow(["s3:ListBucket"], [storage.bucket.bucket_arn], {"StringLike": {"s3:prefix": [f"{prefix}*"]}})


def _on_tasks(action: str, cluster_arn: str) -> iam.PolicyStatement:
    return allow([action], [tasks_of(cluster_arn)], {"ArnEquals": {"ecs:cluster": cluster_arn}})


def definitions_of(family: str) -> str:
    return f"arn:{Aws.PARTITION}:ecs:{Aws.REGION}:{Aws.ACCOUNT_ID}:task-definition/{family}"


def tasks_of(cluster_arn: str) -> str:
    cluster = Fn.select(1, Fn.split("/", cluster_arn))
    return f"arn:{Aws.PARTITION}:ecs:{Aws.REGION}:{Aws.ACCOUNT_ID}:task/{cluster}/*"
