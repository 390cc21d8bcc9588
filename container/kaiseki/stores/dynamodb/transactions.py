"""The writes by which a run and the counters move together, all or nothing."""

from datetime import datetime
from typing import TYPE_CHECKING

from kaiseki.lifecycle import Status, advance
from kaiseki.stores.dynamodb.counters import (
    ENVIRONMENT,
    add_dollars,
    give_place_back,
    reserve_dollars,
    take_place,
    within_dollars,
)
from kaiseki.stores.dynamodb.idempotency import item_key, remember
from kaiseki.stores.dynamodb.moves import change_from, change_run
from kaiseki.stores.dynamodb.record import Limits, RunRecord, as_item, iso, moment, takes_a_place

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import TransactWriteItemTypeDef as Write

PLACE, DOLLARS = 1, 2
"""Where in the writes that accept or claim a run those stand that fail for want of a place, or of dollars."""

_RUN_IS_WAITING = "#status IN (:accepted, :queued) AND attribute_not_exists(#cancel_requested_at)"


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


def claiming(table: str, run_id: str, limits: Limits, now: datetime) -> "list[Write]":
    """A run that waits goes to LAUNCHING, with a place of the environment."""
    run = change_run(
        table,
        run_id,
        _RUN_IS_WAITING,
        assign={"status": Status.LAUNCHING, "changed_at": iso(now), "task_version": 0},
        add={"launches": 1},
        remove=("task_arn", "message", "reason"),
    )
    place = take_place(table, ENVIRONMENT, limits.environment_active, now)
    return [{"Update": run}, place, within_dollars(table, ENVIRONMENT, limits.environment_usd_per_day, now)]


def queueing(table: str, record: RunRecord, reason: str, message: str, now: datetime) -> "list[Write]":
    """The run, as it was read, waits; what waited already has waited since then."""
    changed_at = record.changed_at if record.status is Status.QUEUED else iso(now)
    run = change_from(
        table,
        record,
        "attribute_not_exists(#cancel_requested_at)",
        assign={"status": Status.QUEUED, "changed_at": changed_at, "reason": reason, "message": message},
        collect={"earlier_tasks": record.task_arn} if record.task_arn else None,
        remove=("task_arn",),
    )
    return [{"Update": run}, *_environment_place_back(table, record, now)]


def ending(table: str, record: RunRecord, status: Status, cost: float, now: datetime, **told: str) -> "list[Write]":
    """The run, as it was read, is over. `told`: outcome, reason, message.

    What its owner had reserved becomes what it cost, on the day for which it was reserved.
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
    if cost:
        writes.append(add_dollars(table, ENVIRONMENT, cost, now))
    return writes


def _environment_place_back(table: str, record: RunRecord, now: datetime) -> "list[Write]":
    return [give_place_back(table, ENVIRONMENT, now)] if takes_a_place(record) else []
