"""The requests that IAM decides on when a program calls an operation, on the service's own resources."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import Aws

from infra.bedrock import bedrock_model, resources
from infra.checks.names import ACCOUNT, REGION, Names
from infra.checks.policies import Request
from infra.environments import Environment
from infra.settings_warehouse import ExistingCluster, ExistingWorkgroup, NewWorkgroup

RUN = "20261121T090000-age-groups-0123456789abcdef"
RECORDS = (f"RUN#{RUN}", "ACTIVE#*", "ACTIVE#somebody", "SPEND#*#2026-11-21", "SPEND#somebody#2026-11-21")
KEY = "KEY#0123456789abcdef"


@dataclass(frozen=True)
class Place:
    """One environment's resources, by ARN."""

    environment: Environment
    bucket: str
    table: str
    queue: str
    cluster: str
    bus: str
    roles: tuple[str, ...]
    key: str | None
    workgroups: tuple[str, ...]
    namespaces: tuple[str, ...]

    @property
    def unloads(self) -> bool:
        match self.environment.warehouse:
            case ExistingWorkgroup(unload=unload) | ExistingCluster(unload=unload):
                return unload
            case warehouse:
                return isinstance(warehouse, NewWorkgroup)

    @property
    def task(self) -> str:
        return f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/{self.cluster.split('/')[1]}/0123456789abcdef"

    @property
    def definition(self) -> str:
        return f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{self.environment.family}:7"

    def object(self, key: str) -> str:
        return f"{self.bucket}/{key}"


@dataclass(frozen=True)
class Caller:
    """`uploads`: it takes files from those who ask; `keys`: of the items of the table that it reads and writes.

    `unloads`: it reads and removes what Redshift has written; `knows`: it reads what the company says of its data,
    and keeps the schema that it has read.
    """

    uploads: bool = False
    unloads: bool = False
    knows: bool = False
    keys: tuple[str, ...] = RECORDS


Needs = Callable[[Place, Caller], list[Request]]


def place_of(environment: Environment, template: Mapping[str, Any]) -> Place:
    names = Names(template)
    workgroups = names.arns("AWS::RedshiftServerless::Workgroup")
    if isinstance(environment.warehouse, ExistingWorkgroup):
        identifier = environment.warehouse.workgroup_id
        workgroups = [f"arn:aws:redshift-serverless:{REGION}:{ACCOUNT}:workgroup/{identifier}"]
    return Place(
        environment,
        bucket=names.the_arn("AWS::S3::Bucket", "StorageBucket"),
        table=names.the_arn("AWS::DynamoDB::Table"),
        queue=names.the_arn("AWS::SQS::Queue", "LaunchQueue"),
        cluster=names.the_arn("AWS::ECS::Cluster"),
        bus=names.the_arn("AWS::Events::EventBus"),
        roles=tuple(names.the_arn("AWS::IAM::Role", f"Runner{role}") for role in ("Task", "Execution")),
        key=next(iter(names.arns("AWS::KMS::Key", "StorageKey")), None),
        workgroups=tuple(workgroups),
        namespaces=tuple(names.arns("AWS::RedshiftServerless::Namespace")),
    )


def requests_of(operation: str, place: Place, caller: Caller) -> list[Request]:
    """Raises KeyError for an operation of which nobody has said here what it needs."""
    made = _OPERATIONS[operation](place, caller)
    through = next((service for service, calls in _WITH_KEY.items() if operation in calls), None)
    if place.key and through:
        via = {"kms:ViaService": f"{through}.{REGION}.amazonaws.com"}
        made += [Request(action, place.key, via) for action in ("kms:Decrypt", "kms:GenerateDataKey")]
    return made


def _objects(action: str) -> Needs:
    def on(place: Place, caller: Caller) -> list[Request]:
        brought = ["uploads/0123/4567/sales.csv"] if caller.uploads and action != "s3:DeleteObject" else []
        read = caller.unloads and place.unloads and action in ("s3:GetObject", "s3:DeleteObject")
        unloaded = ["staging/sales-0123/1/000.parquet"] if read else []
        known = ["knowledge/sales.yaml"] if caller.knows and action == "s3:GetObject" else []
        kept = ["catalogs/0123.jsonl.gz"] if caller.knows and action in ("s3:GetObject", "s3:PutObject") else []
        keys = (f"runs/{RUN}/run.json", *brought, *unloaded, *known, *kept)
        return [Request(action, place.object(key)) for key in keys]

    return on


def _listing(place: Place, caller: Caller) -> list[Request]:
    prefixes = ["uploads/0123/4567/" if caller.uploads else "runs/"]
    if caller.unloads and place.unloads:
        prefixes.append("staging/sales-0123/")
    if caller.knows:
        prefixes.append("knowledge/")
    return [Request("s3:ListBucket", place.bucket, {"s3:prefix": prefix}) for prefix in prefixes]


def _items(action: str) -> Needs:
    return lambda place, caller: [Request(action, place.table, {"dynamodb:LeadingKeys": [key]}) for key in caller.keys]


def _query(place: Place, caller: Caller) -> list[Request]:
    return [Request("dynamodb:Query", f"{place.table}/index/{'by_owner' if caller.uploads else 'live'}")]


def _starting(place: Place, _caller: Caller) -> list[Request]:
    handed = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
    return [
        Request("ecs:RunTask", place.definition, {"ecs:cluster": place.cluster}),
        Request("ecs:TagResource", place.task, {"ecs:CreateAction": "RunTask"}),
        *(Request("iam:PassRole", role, handed) for role in place.roles),
    ]


def _on_task(action: str) -> Needs:
    return lambda place, _caller: [Request(action, place.task, {"ecs:cluster": place.cluster})]


def _telling(place: Place, _caller: Caller) -> list[Request]:
    return [Request("events:PutEvents", place.bus, {"events:source": "kaiseki"})]


def _asking(action: str) -> Needs:
    def on(place: Place, _caller: Caller) -> list[Request]:
        model = bedrock_model(place.environment.model)
        return [Request(action, _known(arn)) for arn in resources(model)] if model else []

    return on


def _known(arn: str) -> str:
    """With what the CDK leaves open."""
    for token, meant in ((Aws.PARTITION, "aws"), (Aws.REGION, REGION), (Aws.ACCOUNT_ID, ACCOUNT)):
        arn = arn.replace(token, meant)
    return arn


def _to_workgroup(action: str) -> Needs:
    """Nothing where the warehouse is another; so with clusters."""
    return lambda place, _caller: [Request(action, workgroup) for workgroup in place.workgroups]


def _to_cluster(action: str, kind: str) -> Needs:
    def on(place: Place, _caller: Caller) -> list[Request]:
        settings = place.environment.warehouse
        if not isinstance(settings, ExistingCluster):
            return []
        names = {"cluster": settings.cluster, "dbname": f"{settings.cluster}/{settings.database}"}
        return [Request(action, f"arn:aws:redshift:{REGION}:{ACCOUNT}:{kind}:{names[kind]}")]

    return on


def _stating(action: str) -> Needs:
    """The Data API takes the administrator's password by its caller's right."""

    def on(place: Place, _caller: Caller) -> list[Request]:
        secret = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:redshift!{place.environment.family}-admin-Ab12Cd"
        statements = [Request(action, workgroup) for workgroup in place.workgroups]
        return [*statements, Request("secretsmanager:GetSecretValue", secret)]

    return on


def _own_statement(action: str) -> Needs:
    own = {"redshift-data:statement-owner-iam-userid": "${aws:userid}"}
    return lambda _place, _caller: [Request(action, "*", own)]


def _attaching(place: Place, _caller: Caller) -> list[Request]:
    return [
        Request("s3:GetObject", place.object("uploads/0123/4567/sales.csv")),
        Request("s3:PutObject", place.object(f"runs/{RUN}/attachments/sales.csv")),
    ]


_OPERATIONS: Mapping[str, Needs] = {
    "abort_multipart_upload": _objects("s3:AbortMultipartUpload"),
    "batch_execute_statement": _stating("redshift-data:BatchExecuteStatement"),
    "converse": _asking("bedrock:InvokeModel"),
    "converse_stream": _asking("bedrock:InvokeModelWithResponseStream"),
    "copy_object": _attaching,
    "delete_object": _objects("s3:DeleteObject"),
    "delete_objects": _objects("s3:DeleteObject"),
    "describe_clusters": _to_cluster("redshift:DescribeClusters", "cluster"),
    "describe_statement": _own_statement("redshift-data:DescribeStatement"),
    "describe_tasks": _on_task("ecs:DescribeTasks"),
    "execute_statement": _stating("redshift-data:ExecuteStatement"),
    "get_cluster_credentials_with_iam": _to_cluster("redshift:GetClusterCredentialsWithIAM", "dbname"),
    "get_credentials": _to_workgroup("redshift-serverless:GetCredentials"),
    "get_item": _items("dynamodb:GetItem"),
    "get_namespace": lambda place, _caller: [
        Request("redshift-serverless:GetNamespace", namespace) for namespace in place.namespaces
    ],
    "get_object": _objects("s3:GetObject"),
    "get_secret_value": lambda _place, _caller: [],  # no environment signs in by a secret
    "get_statement_result": _own_statement("redshift-data:GetStatementResult"),
    "get_workgroup": _to_workgroup("redshift-serverless:GetWorkgroup"),
    "list_objects_v2": _listing,
    "put_events": _telling,
    "put_object": _objects("s3:PutObject"),
    "query": _query,
    "run_task": _starting,
    "send_message": lambda place, _caller: [Request("sqs:SendMessage", place.queue)],
    "stop_task": _on_task("ecs:StopTask"),
    "transact:put": _items("dynamodb:PutItem"),
    "transact:update": _items("dynamodb:UpdateItem"),
    "update_item": _items("dynamodb:UpdateItem"),
}
# What the services decrypt and encrypt for the caller, where the environment has a key of its own.
_WITH_KEY = {
    "dynamodb": ("get_item", "query", "update_item", "transact:put", "transact:update"),
    "s3": ("copy_object", "get_object", "put_object"),
}
