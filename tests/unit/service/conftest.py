"""The service's parts on an emulated AWS (moto, in-process): its table, queue, cluster, and the Lambdas' environment.

moto's transactions are neither atomic nor isolated between threads, as DynamoDB's are: here each call to the table is
made alone, so that tests with threads meet what DynamoDB promises, in any order of calls.
"""

import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.dynamodb.responses import DynamoHandler

from kaiseki.stores.dynamodb import Limits, RunRecords

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
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    alone, call = threading.Lock(), DynamoHandler.call_action

    def call_alone(handler: DynamoHandler) -> Any:
        with alone:
            return call(handler)

    monkeypatch.setattr(DynamoHandler, "call_action", call_alone)
    with mock_aws():
        yield


@pytest.fixture
def table(aws: None) -> str:
    boto3.client("dynamodb").create_table(**TABLE_DEFINITION)
    return TABLE


@pytest.fixture
def records(table: str, clock: Clock) -> RunRecords:
    return RunRecords(table, boto3.client("dynamodb"), clock)


@pytest.fixture
def lambda_environment(table: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The bucket, the queue, the cluster and the task definition, and the Lambdas' environment that names them."""
    ec2, ecs = boto3.client("ec2"), boto3.client("ecs")
    boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    queue = boto3.client("sqs").create_queue(QueueName="launches")["QueueUrl"]
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="tasks", Description="tasks", VpcId=vpc)["GroupId"]
    ecs.create_cluster(clusterName=CLUSTER)
    ecs.register_task_definition(
        family=FAMILY,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="1024",
        memory="4096",
        containerDefinitions=[{"name": CONTAINER, "image": "kaiseki", "essential": True}],
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
