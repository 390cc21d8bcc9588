"""What each role may do, in the actions that its code calls: no action is written with a star."""

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from infra.bedrock import bedrock_model, resources
from infra.storage import BY_OWNER, LIVE, RUNS, UPLOADS, Storage

READ_RECORD = ("dynamodb:GetItem",)
CHANGE_RECORD = ("dynamodb:UpdateItem", "dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem")


def records(storage: Storage, actions: Sequence[str], keys: Sequence[str]) -> list[iam.PolicyStatement]:
    """Items whose partition key begins with one of `keys`. Of a transaction each item is checked, by its own action."""
    leading = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{key}*" for key in keys]}}
    allowed = _allow(actions, [storage.table.table_arn], leading)
    return [allowed, *use_of_key(storage.key, "dynamodb")]


def queries(storage: Storage, *indexes: str) -> iam.PolicyStatement:
    return _allow(["dynamodb:Query"], [f"{storage.table.table_arn}/index/{index}" for index in indexes])


def objects(storage: Storage, actions: Sequence[str], *patterns: str) -> list[iam.PolicyStatement]:
    allowed = _allow(actions, [storage.bucket.arn_for_objects(pattern) for pattern in patterns])
    return [allowed, *use_of_key(storage.key, "s3")]


def listing(bucket: s3.IBucket, prefix: str) -> iam.PolicyStatement:
    """Without it S3 answers 403, not 404, where an object does not exist."""
    return _allow(["s3:ListBucket"], [bucket.bucket_arn], {"StringLike": {"s3:prefix": [f"{prefix}*"]}})


def use_of_key(key: kms.IKey | None, service: str) -> list[iam.PolicyStatement]:
    if key is None:
        return []
    through = {"StringEquals": {"kms:ViaService": f"{service}.{Aws.REGION}.amazonaws.com"}}
    return [_allow(["kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"], [key.key_arn], through)]


def asking(model: str) -> list[iam.PolicyStatement]:
    """To ask this one model, in the regions of its geography; nothing where it is not one of Bedrock."""
    known = bedrock_model(model)
    if known is None:
        return []
    return [_allow(["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"], resources(known))]


def api_permissions(storage: Storage) -> list[iam.PolicyStatement]:
    """To accept runs, sign links to their artifacts, and take uploads. The function signs with its own rights."""
    return [
        *records(storage, (*READ_RECORD, *CHANGE_RECORD), ("RUN#", "KEY#", "ACTIVE#", "SPEND#")),
        queries(storage, BY_OWNER),
        *objects(storage, ("s3:GetObject", "s3:PutObject"), f"{RUNS}*", f"{UPLOADS}*"),
        listing(storage.bucket, RUNS),
        listing(storage.bucket, UPLOADS),
    ]


def keeping_account(storage: Storage) -> list[iam.PolicyStatement]:
    """To move runs on and to end them, with the counters that this changes."""
    return records(storage, (*READ_RECORD, *CHANGE_RECORD), ("RUN#", "ACTIVE#", "SPEND#"))


def finding_live_runs(storage: Storage) -> iam.PolicyStatement:
    return queries(storage, LIVE)


def task_permissions(storage: Storage) -> list[iam.PolicyStatement]:
    """Of the program in the task: bundles below runs/, and the records of runs. Not the keys of callers' requests."""
    return [
        *keeping_account(storage),
        *objects(storage, ("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"), f"{RUNS}*"),
        listing(storage.bucket, RUNS),
    ]


def launching_tasks(family: str, cluster_arn: str, roles: Sequence[iam.IRole]) -> list[iam.PolicyStatement]:
    """RunTask by family: Amazon ECS checks the newest revision's ARN, or the family's."""
    definitions = f"arn:{Aws.PARTITION}:ecs:{Aws.REGION}:{Aws.ACCOUNT_ID}:task-definition/{family}"
    here = {"ArnEquals": {"ecs:cluster": cluster_arn}}
    to_tasks = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    tagging = {"StringEquals": {"ecs:CreateAction": "RunTask"}}
    return [
        _allow(["ecs:RunTask"], [definitions, f"{definitions}:*"], here),
        _allow(["ecs:TagResource"], [_tasks(cluster_arn)], tagging),
        _allow(["iam:PassRole"], [role.role_arn for role in roles], to_tasks),
    ]


def stopping_tasks(cluster_arn: str) -> iam.PolicyStatement:
    return _allow(["ecs:StopTask"], [_tasks(cluster_arn)], {"ArnEquals": {"ecs:cluster": cluster_arn}})


def looking_at_tasks(cluster_arn: str) -> iam.PolicyStatement:
    return _allow(["ecs:DescribeTasks"], [_tasks(cluster_arn)], {"ArnEquals": {"ecs:cluster": cluster_arn}})


def _tasks(cluster_arn: str) -> str:
    from aws_cdk import Fn

    name = Fn.select(1, Fn.split("/", cluster_arn))
    return f"arn:{Aws.PARTITION}:ecs:{Aws.REGION}:{Aws.ACCOUNT_ID}:task/{name}/*"


def _allow(
    actions: Sequence[str], on: Sequence[str], conditions: dict[str, object] | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=list(on), conditions=conditions)
