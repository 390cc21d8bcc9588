"""What the Lambdas share: the environment's settings and the clients of AWS, made once per process and when needed."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from kaiseki.errors import SettingError
from kaiseki.stores.dynamodb import Limits, RunRecords
from kaiseki.stores.event_bus import EventBus

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_ecs import ECSClient
    from types_boto3_events import EventBridgeClient
    from types_boto3_sqs import SQSClient

CAPACITIES = {
    "on-demand": ("FARGATE",),
    "spot": ("FARGATE_SPOT",),
    "spot-first": ("FARGATE_SPOT", "FARGATE"),
}
"""The capacity providers to try, in this order."""

# An answer of the API has 30 seconds: rather a failure that the reconciler mends than none in time.
_CLIENTS = Config(connect_timeout=2, read_timeout=6, retries={"mode": "standard", "total_max_attempts": 3})


@dataclass(frozen=True)
class Settings:
    """Of one environment; times in seconds."""

    table: str
    bucket: str
    queue_url: str
    cluster: str
    task_family: str
    container: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    capacity: tuple[str, ...]
    start_timeout: int
    stale_after: int
    queue_timeout: int
    limits: Limits
    owner: str
    environment: str
    link_seconds: int
    event_bus: str = ""


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Raises SettingError, which names the variable."""

    def text(name: str) -> str:
        value = environ.get(f"KAISEKI_{name}", "")
        if not value:
            raise SettingError(f"KAISEKI_{name} is not set", "Deploy the service again: its stack sets it.")
        return value

    def one_of(name: str, *choices: str) -> str:
        value = text(name)
        if value not in choices:
            raise SettingError(f"KAISEKI_{name} is '{value}'", f"Choose one of {', '.join(choices)}.")
        return value

    def number(name: str) -> float:
        try:
            return float(text(name))
        except ValueError:
            raise SettingError(f"KAISEKI_{name} is no number: '{text(name)}'", "Write it in digits.") from None

    return Settings(
        table=text("TABLE"),
        bucket=text("BUCKET"),
        queue_url=text("QUEUE_URL"),
        cluster=text("CLUSTER"),
        task_family=text("TASK_FAMILY"),
        container=text("CONTAINER"),
        subnets=tuple(text("SUBNETS").split(",")),
        security_groups=tuple(text("SECURITY_GROUPS").split(",")),
        capacity=CAPACITIES[one_of("CAPACITY", *CAPACITIES)],
        start_timeout=int(number("START_TIMEOUT")),
        stale_after=int(number("STALE_AFTER")),
        queue_timeout=int(number("QUEUE_TIMEOUT")),
        limits=Limits(
            principal_active=int(number("PRINCIPAL_ACTIVE")),
            environment_active=int(number("ENVIRONMENT_ACTIVE")),
            principal_usd_per_day=number("PRINCIPAL_USD"),
            environment_usd_per_day=number("ENVIRONMENT_USD"),
        ),
        owner=one_of("OWNER", "session", "role"),
        environment=text("ENVIRONMENT"),
        link_seconds=int(number("LINK_SECONDS")),
        event_bus=environ.get("KAISEKI_EVENT_BUS", ""),
    )


@dataclass(frozen=True)
class Service:
    settings: Settings
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    @cached_property
    def records(self) -> RunRecords:
        return RunRecords(self.settings.table, self.dynamodb, self.clock)

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        return boto3.client("dynamodb", config=_CLIENTS)

    @cached_property
    def ecs(self) -> "ECSClient":
        return boto3.client("ecs", config=_CLIENTS)

    @cached_property
    def sqs(self) -> "SQSClient":
        return boto3.client("sqs", config=_CLIENTS)

    @cached_property
    def events(self) -> "EventBridgeClient":
        return boto3.client("events", config=_CLIENTS)

    @cached_property
    def event_bus(self) -> EventBus | None:
        """None where nobody is to be told of the end of runs."""
        return EventBus(self.settings.event_bus, self.events) if self.settings.event_bus else None


@cache
def the_service() -> Service:
    """That of this process. Raises SettingError."""
    return Service(load_settings(os.environ))
