"""The writes by which a run and the counters move together, all or nothing."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from kaiseki.lifecycle import Status, advance
from kaiseki.stores.dynamodb.counters import (
    ENVIRONMENT,
    add_dollars,
    give_place_back,
    reserve_dollars,
    take_place,
)
from kaiseki.stores.dynamodb.idempotency import item_key, remember
from kaiseki.stores.dynamodb.moves import change_from
from kaiseki.stores.dynamodb.record import Limits, RunRecord, as_item, iso, moment, takes_a_place

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import TransactWriteItemTypeDef as Write

PLACE, DOLLARS = 1, 2
"""Where in the writes that accept or claim a run those stand that fail for want of a place, or of dollars."""

NOT_CANCELLED = "attribute_not_exists(#cancel_requested_at)"


def accepting(table: str, record: RunRecord, key: str, digest: str, limits: Limits, now: datetime) -> "list[Write]":
    """A new run, with a place of its owner and the dollars that it may cost; `key`: "" for none."""
    run: Write = {
        "Put": {
            "TableName": table,
            "Item": as_item(record),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
    }
    place = take_place(table, record.owner, limits.principal_active, now)
    dollars = reserve_dollars(table, record.owner, record.reserved_usd, limits.principal_usd_per_day, now)
    remembered = [remember(table, item_key(record.owner, key), record.run_id, digest, now)] if key else []
    return [run, place, dollars, *remembered]


def claimed(record: RunRecord, now: datetime) -> RunRecord:
    """The run in its next launch."""
    return replace(
        record,
        status=advance(record.status, Status.LAUNCHING),
        changed_at=iso(now),
        launched_at=iso(now),
        launches=record.launches + 1,
        provider="",
        task_version=0,
        task_arn="",
        message="",
        reason="",
    )


def claiming(table: str, record: RunRecord, limits: Limits, now: datetime) -> "list[Write]":
    """The run, as it was read, is claimed, with a place of the environment and the dollars that it may cost."""
    following = claimed(record, now)
    anew = ("status", "changed_at", "launched_at", "launches", "task_version")
    run = change_from(
        table,
        record,
        NOT_CANCELLED,
        assign={name: getattr(following, name) for name in anew},
        remove=("provider", "task_arn", "message", "reason"),
    )
    place = take_place(table, ENVIRONMENT, limits.environment_active, now)
    dollars = reserve_dollars(table, ENVIRONMENT, record.reserved_usd, limits.environment_usd_per_day, now)
    return [{"Update": run}, place, dollars]


def queueing(table: str, record: RunRecord, reason: str, message: str, now: datetime) -> "list[Write]":
    """The run, as it was read, waits; what waited already has waited since then."""
    changed_at = record.changed_at if record.status is Status.QUEUED else iso(now)
    run = change_from(
        table,
        record,
        NOT_CANCELLED,
        assign={"status": Status.QUEUED, "changed_at": changed_at, "reason": reason, "message": message},
        remove=("task_arn", "launched_at"),
    )
    return [{"Update": run}, *_environment_place_back(table, record, now), *_settled(table, record, 0.0, now)]


def ending(table: str, record: RunRecord, status: Status, cost: float, now: datetime, **told: str) -> "list[Write]":
    """The run, as it was read, is over. `told`: outcome, reason, message.

    What was reserved for it becomes what it cost, on the days for which it was reserved.
    """
    run = change_from(
        table,
        record,
        assign={
            "status": advance(record.status, status),
            "changed_at": iso(now),
            "usd": cost,
            **{name: text for name, text in told.items() if text},
        },
        remove=("live", *(name for name, text in told.items() if not text)),
    )
    writes: list[Write] = [
        {"Update": run},
        give_place_back(table, record.owner, now),
        *_environment_place_back(table, record, now),
    ]
    if cost != record.reserved_usd:
        writes.append(add_dollars(table, record.owner, cost - record.reserved_usd, moment(record.created_at)))
    return [*writes, *_settled(table, record, cost, now)]


def _settled(table: str, record: RunRecord, cost: float, now: datetime) -> "list[Write]":
    """The environment's dollars: `cost` in place of what the launch had reserved, if there was one."""
    more = cost - record.reserved_usd if record.launched_at else cost
    day = moment(record.launched_at) if record.launched_at else now
    return [add_dollars(table, ENVIRONMENT, more, day)] if more else []


def _environment_place_back(table: str, record: RunRecord, now: datetime) -> "list[Write]":
    return [give_place_back(table, ENVIRONMENT, now)] if takes_a_place(record) else []
