"""The runs of the service, each moved by conditional writes alone."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kaiseki.errors import StoreError, UnknownRun
from kaiseki.lifecycle import TRANSITIONS, Status, advance
from kaiseki.stores.dynamodb.counters import (
    COUNTER,
    ENVIRONMENT,
    Counter,
    add_dollars,
    counter_of,
    give_place_back,
    put_right,
    take_place,
    within_dollars,
)
from kaiseki.stores.dynamodb.idempotency import item_key, remember, run_remembered
from kaiseki.stores.dynamodb.moves import change_from, change_run
from kaiseki.stores.dynamodb.queries import items_of_index, page_of_owner
from kaiseki.stores.dynamodb.record import (
    LIVE,
    Limits,
    RunRecord,
    as_item,
    attribute,
    from_item,
    iso,
    run_key,
    takes_a_place,
)
from kaiseki.stores.dynamodb.refusals import Ended, EnvironmentFull, NotLaunched, too_many_dollars, too_many_runs
from kaiseki.stores.dynamodb.writes import apply, transact

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_WAITING = frozenset({Status.ACCEPTED, Status.QUEUED})
_RUN_IS_WAITING = "#status IN (:accepted, :queued) AND attribute_not_exists(#cancel_requested_at)"


class RunRecords:
    """Each method may be called late, again, and from several places at once."""

    def __init__(
        self,
        table: str,
        client: "DynamoDBClient | None" = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._table = table
        self._given = client
        self._clock = clock

    @cached_property
    def _client(self) -> "DynamoDBClient":
        if self._given is not None:
            return self._given
        import boto3  # what only reads the types of this module need not wait for it

        return boto3.client("dynamodb")

    def accept(self, run_id: str, owner: str, key: str, digest: str, limits: Limits) -> RunRecord:
        """Writes a new run down, or gives the one that `key` stands for already.

        `digest` is that of the request: the key with another raises KeyReused. Raises OverLimit where the owner has
        `principal_active` live runs, or has spent the day's dollars.
        """
        now = self._clock()
        record = RunRecord(run_id, owner, Status.ACCEPTED, created_at=iso(now), changed_at=iso(now))
        writes: list[TransactWriteItemTypeDef] = [
            {
                "Put": {
                    "TableName": self._table,
                    "Item": as_item(record),
                    "ConditionExpression": "attribute_not_exists(pk)",
                }
            },
            take_place(self._table, owner, limits.principal_active, now),
            within_dollars(self._table, owner, limits.principal_usd_per_day, now),
        ]
        if key:
            writes.append(remember(self._table, item_key(owner, key), run_id, digest, now))
        refused = transact(self._client, writes)
        if not refused:
            return record
        if key:  # asked whatever was refused: in a conflict not all of it is told
            earlier = run_remembered(self._read(item_key(owner, key)), digest, now)
            if earlier:
                return self._known(earlier)
        if 1 in refused:
            raise too_many_runs(limits)
        if 2 in refused:
            raise too_many_dollars(limits, now)
        raise StoreError(f"there is a run {run_id} already", "Send the request again.")

    def get(self, run_id: str) -> RunRecord | None:
        """As it is now (a consistent read)."""
        item = self._read(run_key(run_id))
        return from_item(item) if item else None

    def of_owner(self, owner: str, limit: int, cursor: str) -> tuple[list[RunRecord], str]:
        """Newest first, at most `limit`; `cursor` is "" at first, then what came back, which is "" at the end."""
        return page_of_owner(self._client, self._table, owner, limit, cursor)

    def claim(self, run_id: str, limits: Limits) -> RunRecord | None:
        """Moves a waiting run to LAUNCHING, for one caller alone, and takes one of the environment's places.

        None: it is not to be launched, as someone else does so, or it ended or was cancelled. Raises EnvironmentFull.
        """
        now = self._clock()
        launching = {"status": Status.LAUNCHING, "changed_at": iso(now), "task_version": 0}
        refused = transact(
            self._client,
            [
                {
                    "Update": change_run(
                        self._table,
                        run_id,
                        _RUN_IS_WAITING,
                        assign=launching,
                        add={"launches": 1},
                        remove=("task_arn", "message", "reason"),
                    )
                },
                take_place(self._table, ENVIRONMENT, limits.environment_active, now),
                within_dollars(self._table, ENVIRONMENT, limits.environment_usd_per_day, now),
            ],
        )
        if 0 in refused:
            return None
        if 1 in refused:
            raise EnvironmentFull("environment_active", f"{limits.environment_active} runs are going on already.")
        if 2 in refused:
            raise EnvironmentFull(
                "environment_usd_per_day", f"Today's runs have cost ${limits.environment_usd_per_day:g} already."
            )
        return self.get(run_id)

    def queue(self, run_id: str, reason: str, message: str = "", launch: int | None = None) -> bool:
        """Lets a run that cannot be launched wait, and gives the environment's place back; says what it now waits for.

        `launch`: only while the run is in its launch of that number. False: it does not wait, since it has begun,
        ended, was cancelled, or is in another launch.
        """
        while record := self.get(run_id):
            waits = record.status is Status.QUEUED
            if not waits and Status.QUEUED not in TRANSITIONS[record.status]:
                return False
            if record.cancel_requested_at or launch not in (None, record.launches):
                return False
            if waits and (record.reason, record.message) == (reason, message):
                return True
            now = self._clock()
            changed_at = record.changed_at if waits else iso(now)
            run = change_from(
                self._table,
                record,
                "attribute_not_exists(#cancel_requested_at)",
                assign={"status": Status.QUEUED, "changed_at": changed_at, "reason": reason, "message": message},
                collect={"earlier_tasks": record.task_arn} if record.task_arn else None,
                remove=("task_arn",),
            )
            if not transact(self._client, [{"Update": run}, *self._environment_place_back(record, now)]):
                return True
        raise _unknown(run_id)

    def sent(self, run_id: str, attempt: int, due: datetime) -> None:
        """Notes that message `attempt` stands for the run in the queue, and comes at `due`."""
        assign: dict[str, str | float] = {"queue_attempt": attempt, "queue_due_at": iso(due)}
        apply(self._client, change_run(self._table, run_id, "#status = :queued", assign=assign))

    def launched(self, run_id: str, task_arn: str) -> RunRecord | None:
        """Notes the task of the current launch; None: it has another or is over: stop this one."""
        condition = "#status IN (:launching, :running) AND (attribute_not_exists(#task_arn) OR #task_arn = :arn)"
        item = apply(
            self._client, change_run(self._table, run_id, condition, {"arn": task_arn}, assign={"task_arn": task_arn})
        )
        return from_item(item) if item else None

    def begin(self, run_id: str) -> RunRecord:
        """The task itself says that it runs; harmless when it has said so. Raises Ended, NotLaunched or UnknownRun."""
        now = iso(self._clock())
        running = {"status": Status.RUNNING, "changed_at": now, "heartbeat_at": now}
        item = apply(self._client, change_run(self._table, run_id, "#status = :launching", assign=running))
        record = from_item(item) if item else self._known(run_id)
        if record.status.terminal:
            raise Ended(f"run {run_id} is {record.status} already")
        if record.status is not Status.RUNNING:
            raise NotLaunched(f"run {run_id} is {record.status}: it waits for another launch")
        return record

    def beat(self, run_id: str, phase: str, usd: float = 0.0) -> bool:
        """The task's heartbeat, with what it does and what it has cost so far. True: it must stop.

        That is, a cancel was requested, or someone has ended the run meanwhile. What a run cost by its last beat counts
        even where it is ended by others.
        """
        assign: dict[str, str | float] = {"heartbeat_at": iso(self._clock()), "phase": phase}
        if usd:
            assign["usd"] = usd
        item = apply(self._client, change_run(self._table, run_id, "#status = :running", assign=assign))
        return item is None or bool(from_item(item).cancel_requested_at)

    def request_cancel(self, run_id: str) -> RunRecord:
        """Notes the wish; a run that waits ends at once as CANCELLED. A run that is over stays as it is."""
        condition = "attribute_exists(pk) AND attribute_not_exists(#cancel_requested_at) AND attribute_exists(#live)"
        requested = {"cancel_requested_at": iso(self._clock())}
        apply(self._client, change_run(self._table, run_id, condition, assign=requested))
        if self._known(run_id).status in _WAITING:
            self.end(run_id, Status.CANCELLED, message="Cancelled before it was launched.")
        return self._known(run_id)

    def end(
        self,
        run_id: str,
        status: Status,
        outcome: str = "",
        reason: str = "",
        message: str = "",
        usd: float = 0.0,
        launch: int | None = None,
    ) -> bool:
        """Ends a run, gives its places back and adds its dollars to the day's, all or nothing.

        `usd`: what it cost, at least what its last beat said. `launch`: only while the run is in its launch of that
        number. False: it was over already, or in another launch; then nothing changed.
        """
        while record := self.get(run_id):
            if record.status.terminal or launch not in (None, record.launches):
                return False
            now = self._clock()
            cost = max(usd, record.usd)
            told = {"outcome": outcome, "reason": reason, "message": message}
            run = change_from(
                self._table,
                record,
                assign={
                    "status": advance(record.status, status),
                    "changed_at": iso(now),
                    "usd": cost,
                    **{name: text for name, text in told.items() if text},
                },
                remove=("live", *(name for name, text in told.items() if not text)),
            )
            writes: list[TransactWriteItemTypeDef] = [
                {"Update": run},
                give_place_back(self._table, record.owner, now),
                *self._environment_place_back(record, now),
            ]
            if cost:
                writes += [add_dollars(self._table, whose, cost, now) for whose in (record.owner, ENVIRONMENT)]
            if not transact(self._client, writes):
                return True
        raise _unknown(run_id)

    def note_task(self, run_id: str, task_arn: str, version: int) -> bool:
        """Notes how far the events of the current launch's task have come.

        False: an older or repeated event of that task, or one of another task.
        """
        condition = (
            "(#task_arn = :arn AND #task_version < :version) OR "
            "(attribute_not_exists(#task_arn) AND #status IN (:launching, :running) "
            "AND NOT contains(#earlier_tasks, :arn))"
        )
        seen: dict[str, str | float] = {"task_arn": task_arn, "task_version": version}
        given: dict[str, str | float] = {"arn": task_arn, "version": version}
        return apply(self._client, change_run(self._table, run_id, condition, given, assign=seen)) is not None

    def live(self) -> Iterator[RunRecord]:
        """The runs that have not ended, those first that have been in their state longest; maybe a little behind."""
        return (from_item(item) for item in items_of_index(self._client, self._table, LIVE))

    def counters(self) -> Iterator[Counter]:
        """The counters of places, those first that have not moved for longest; maybe a little behind."""
        return (counter_of(item) for item in items_of_index(self._client, self._table, COUNTER))

    def put_right(self, counter: Counter, active: int) -> bool:
        """Sets a counter that has not moved since `counter` was read; False: it has."""
        return apply(self._client, put_right(self._table, counter, active, self._clock())) is not None

    def _known(self, run_id: str) -> RunRecord:
        record = self.get(run_id)
        if record is None:
            raise _unknown(run_id)
        return record

    def _read(self, key: str) -> dict[str, Any] | None:
        return self._client.get_item(TableName=self._table, Key={"pk": attribute(key)}, ConsistentRead=True).get("Item")

    def _environment_place_back(self, record: RunRecord, now: datetime) -> "list[TransactWriteItemTypeDef]":
        return [give_place_back(self._table, ENVIRONMENT, now)] if takes_a_place(record) else []


def _unknown(run_id: str) -> UnknownRun:
    return UnknownRun(f"there is no run {run_id}")
