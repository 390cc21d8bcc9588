"""The service's parts on an AWS emulated in this process: its table, queue, cluster, and the Lambdas' environment."""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.loaders import create_loader
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.botocore_stubber import MockRawResponse
from moto.ec2.models import ec2_backends

from in_process_aws import in_process_aws
from kaiseki.stores.dynamodb import Limits, RunRecord, RunRecords
from run_records import ALICE

if TYPE_CHECKING:
    from service import Service

sys.path.insert(0, str(Path(__file__).parents[3] / "lambda"))

REGION = "eu-central-1"
TABLE, BUCKET, CLUSTER, FAMILY, CONTAINER = "runs", "bundles", "analysts", "kaiseki-dev", "kaiseki"
TABLE_DEFINITION: dict[str, Any] = {
    "TableName": TABLE,
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "owner", "run_id", "live", "changed_at")
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": index,
            "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}, {"AttributeName": order, "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "ALL"},
        }
        for index, key, order in (("by_owner", "owner", "run_id"), ("live", "live", "changed_at"))
    ],
    "BillingMode": "PAY_PER_REQUEST",
}


one_loader = cache(create_loader)
"""The descriptions of AWS's services are read once, not by each test's clients."""


class Clock:
    """The time the service sees; stands still unless moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limits() -> Limits:
    return Limits(principal_active=5, environment_active=3, principal_usd_per_day=20, environment_usd_per_day=50)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty account."""
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")  # hundreds of them, at each start
    monkeypatch.setattr("botocore.session.create_loader", one_loader)
    with in_process_aws(REGION):
        yield


@pytest.fixture
def table(aws: None) -> str:
    boto3.client("dynamodb").create_table(**TABLE_DEFINITION)
    return TABLE


@pytest.fixture
def records(table: str, clock: Clock) -> RunRecords:
    return RunRecords(table, boto3.client("dynamodb"), clock)


@pytest.fixture
def waiting(records: RunRecords, limits: Limits) -> RunRecord:
    return records.accept("r1", ALICE, "", "digest", limits)


@pytest.fixture
def launching(records: RunRecords, limits: Limits, waiting: RunRecord) -> RunRecord:
    claimed = records.claim("r1", limits)
    assert claimed is not None
    return claimed


@pytest.fixture
def running(records: RunRecords, launching: RunRecord) -> RunRecord:
    records.launched("r1", "arn:task/1")
    return records.begin("r1")


@pytest.fixture
def lambda_environment(table: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The bucket, the queue, the cluster and the task definition, and the Lambdas' environment that names them."""
    ecs = boto3.client("ecs")
    boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    queue = boto3.client("sqs").create_queue(QueueName="launches")["QueueUrl"]
    network = ec2_backends[DEFAULT_ACCOUNT_ID][REGION]
    subnet = network.describe_subnets()[0].id
    group = network.describe_security_groups()[0].id
    ecs.create_cluster(clusterName=CLUSTER)
    ecs.register_task_definition(
        family=FAMILY,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="1024",
        memory="4096",
        containerDefinitions=[{"name": CONTAINER, "image": "kaiseki", "memory": 4096, "essential": True}],
    )
    environment = {
        "KAISEKI_TABLE": table,
        "KAISEKI_BUCKET": BUCKET,
        "KAISEKI_QUEUE_URL": queue,
        "KAISEKI_CLUSTER": CLUSTER,
        "KAISEKI_TASK_FAMILY": FAMILY,
        "KAISEKI_CONTAINER": CONTAINER,
        "KAISEKI_SUBNETS": subnet,
        "KAISEKI_SECURITY_GROUPS": group,
        "KAISEKI_CAPACITY": "on-demand",
        "KAISEKI_START_TIMEOUT": "600",
        "KAISEKI_STALE_AFTER": "180",
        "KAISEKI_QUEUE_TIMEOUT": "21600",
        "KAISEKI_PRINCIPAL_ACTIVE": "5",
        "KAISEKI_ENVIRONMENT_ACTIVE": "3",
        "KAISEKI_PRINCIPAL_USD": "20",
        "KAISEKI_ENVIRONMENT_USD": "50",
        "KAISEKI_OWNER": "session",
        "KAISEKI_ENVIRONMENT": "dev",
        "KAISEKI_LINK_SECONDS": "900",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


@pytest.fixture
def service(lambda_environment: dict[str, str], clock: Clock, monkeypatch: pytest.MonkeyPatch) -> "Service":
    """What the handlers share, on the test's clock."""
    import launch
    import reconcile
    import service as module
    import task_events

    shared = module.Service(module.load_settings(lambda_environment), clock)
    for handlers in (launch, reconcile, task_events):
        monkeypatch.setattr(handlers, "the_service", lambda: shared)
    return shared


class Ecs:
    """What was asked of ECS, and what it is to answer next; with nothing written for it, it does what it is told."""

    def __init__(self, service: "Service") -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, list[tuple[int, dict[str, Any]] | Exception]] = {}
        service.ecs.meta.events.register_first("before-send.ecs", self._answer)

    def of(self, operation: str) -> list[dict[str, Any]]:
        return [body for name, body in self.asked if name == operation]

    def answer(self, operation: str, *answers: tuple[int, dict[str, Any]] | Exception) -> None:
        self.answers.setdefault(operation, []).extend(answers)

    def fail(self, operation: str, code: str, message: str, times: int = 1, status: int = 400, **more: Any) -> None:
        self.answer(operation, *[(status, {"__type": code, "message": message, **more})] * times)

    def _answer(self, event_name: str, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        operation = event_name.rsplit(".", 1)[1]
        self.asked.append((operation, json.loads(request.body)))
        waiting = self.answers.get(operation)
        if not waiting:
            return None
        answer = waiting.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, body = answer
        raw = MockRawResponse(json.dumps(body).encode())
        return AWSResponse(request.url, status, {"content-type": "application/x-amz-json-1.1"}, raw)


@pytest.fixture
def ecs(service: "Service", monkeypatch: pytest.MonkeyPatch) -> Ecs:
    """ECS as the service meets it; the client's pauses between its tries are left out."""

    class NoPause:
        @staticmethod
        def sleep(seconds: float) -> None:
            pass

    monkeypatch.setattr("botocore.endpoint.time", NoPause)
    return Ecs(service)


@pytest.fixture
def messages(service: "Service") -> Callable[[], list[dict[str, Any]]]:
    """Takes what is in the queue, also what is to come later, with the delay in seconds of each message."""
    sent: list[dict[str, Any]] = []

    def note(params: dict[str, Any], **_: object) -> None:
        sent.append({**json.loads(params["MessageBody"]), "delay": params["DelaySeconds"]})

    service.sqs.meta.events.register("provide-client-params.sqs.SendMessage", note)

    def take() -> list[dict[str, Any]]:
        taken = sent.copy()
        sent.clear()
        return taken

    return take
