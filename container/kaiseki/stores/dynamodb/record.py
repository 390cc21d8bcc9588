"""What is known of a run, and its form as an item."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from kaiseki.lifecycle import Status

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef as Attribute

    Item = dict[str, Attribute]

LIVE = "1"


@dataclass(frozen=True)
class Limits:
    """How many runs may be live (a principal's) or launched (the environment's), and what they may cost in a day (UTC).

    Both are exact: what a run may cost is reserved of its principal's day when it is accepted, of the environment's
    when it is launched, and what it did not cost is given back when it ends.
    """

    principal_active: int
    environment_active: int
    principal_usd_per_day: float
    environment_usd_per_day: float


@dataclass(frozen=True)
class RunRecord:
    """A run as the service knows it; times are ISO 8601 in UTC, "" where something has not happened."""

    run_id: str
    owner: str
    status: Status
    created_at: str
    changed_at: str
    """When the status last changed; of a run that is over, when it ended."""
    outcome: str = ""
    reason: str = ""
    message: str = ""
    """One sentence for a person: where it failed, or why it waits."""
    phase: str = ""
    """What the run is doing now, in one line."""
    provider: str = ""
    """Of which capacity provider the current launch is asked, "" for the first of the environment's."""
    task_arn: str = ""
    """The task of the current launch, "" until it is known."""
    task_version: int = 0
    launches: int = 0
    launched_at: str = ""
    """When its current launch was claimed; "" while it waits."""
    heartbeat_at: str = ""
    cancel_requested_at: str = ""
    queue_attempt: int = 0
    """The number of the message that stands for it in the queue."""
    queue_due_at: str = ""
    """When that message is to come."""
    usd: float = 0.0
    reserved_usd: float = 0.0
    """What it may cost: of its owner's dollars of the day on which it was accepted, and while it has `launched_at` of
    the environment's of that day."""


def takes_a_place(record: RunRecord) -> bool:
    """Whether it is one of the launched runs that the environment's limit counts."""
    return record.status in (Status.LAUNCHING, Status.RUNNING)


def run_key(run_id: str) -> str:
    return f"RUN#{run_id}"


def iso(moment: datetime) -> str:
    """Of fixed width, so that the texts sort as the times do."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def attribute(value: str | float) -> "Attribute":
    if isinstance(value, str):
        return {"S": str(value)}
    return {"N": str(value) if isinstance(value, int) else f"{value:.6f}"}


def as_item(record: RunRecord) -> "Item":
    """Empty texts are left out, so that a condition can ask whether an attribute exists."""
    held = {field.name: getattr(record, field.name) for field in fields(RunRecord)}
    item = {name: attribute(value) for name, value in held.items() if value != ""}
    live: Item = {} if record.status.terminal else {"live": attribute(LIVE)}
    return {"pk": attribute(run_key(record.run_id)), **item, **live}


def from_item(item: Mapping[str, Any]) -> RunRecord:
    numbers: dict[str, type[int] | type[float]] = {
        "task_version": int,
        "launches": int,
        "queue_attempt": int,
        "usd": float,
        "reserved_usd": float,
    }
    held: dict[str, Any] = {}
    for field in fields(RunRecord):
        if field.name not in item:
            continue
        value = next(iter(item[field.name].values()))
        held[field.name] = numbers[field.name](value) if field.name in numbers else value
    return RunRecord(**{**held, "status": Status(held["status"])})
