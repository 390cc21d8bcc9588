"""The runs of the service, each moved by conditional writes alone."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kaiseki.errors import StoreError, UnknownRun
from kaiseki.lifecycle import TRANSITIONS, Status
from kaiseki.stores.dynamodb.counters import (
    COUNTER,
    Counter,
    counter_of,
    place_key,
    put_right,
)
from kaiseki.stores.dynamodb.idempotency import item_key, run_remembered
from kaiseki.stores.dynamodb.moves import change_from, change_run
from kaiseki.stores.dynamodb.queries import items_of_index, page_of_owner
from kaiseki.stores.dynamodb.record import (
    LIVE,
    Limits,
    RunRecord,
    attribute,
    from_item,
    iso,
    run_key,
)
from kaiseki.stores.dynamodb.refusals import Ended, EnvironmentFull, NotLaunched, too_many_dollars, too_many_runs
from kaiseki.stores.dynamodb.transactions import (
    DOLLARS,
    NOT_CANCELLED,
    PLACE,
    accepting,
    claimed,
    claiming,
    ending,
    queueing,
)
from kaiseki.stores.dynamodb.writes import apply, transact

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_WAITING = frozenset({Status.ACCEPTED, Status.QUEUED})


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

    def accept(self, run_id: str, owner: str, key: str, digest: str, limits: Limits, usd: float = 0.0) -> RunRecord:
        """Writes a new run down, or gives the one that `key` stands for already.

        `digest` is that of the request: the key with another raises KeyReused. `usd`: what the run may cost, reserved
        until it ends. Raises OverLimit where the owner has `principal_active` live runs, or too little is left of the
        day's dollars.
        """
        now = self._clock()
        if usd > limits.principal_usd_per_day:
            raise too_many_dollars(limits, usd, False, now)
        record = RunRecord(run_id, owner, Status.ACCEPTED, iso(now), iso(now), reserved_usd=usd)
        refused = transact(self._client, accepting(self._table, record, key, digest, limits, now))
        if not refused:
            return record
        if key:  # asked whatever was refused: in a conflict not all of it is told
            earlier = run_remembered(self._read(item_key(owner, key)), digest, now)
            if earlier:
                return self._known(earlier)
        if PLACE in refused:
            raise too_many_runs(limits)
        if DOLLARS in refused:
            raise too_many_dollars(limits, usd, self._has_live_runs(owner), now)
        raise StoreError(f"there is a run {run_id} already", "Send the request again.")

    def get(self, run_id: str) -> RunRecord | None:
        """As it is now (a consistent read)."""
        item = self._read(run_key(run_id))
        return from_item(item) if item else None

    def of_owner(self, owner: str, limit: int, cursor: str) -> tuple[list[RunRecord], str]:
        """Newest first, at most `limit`; `cursor` is "" at first, then what came back, which is "" at the end."""
        return page_of_owner(self._client, self._table, owner, limit, cursor)

    def claim(self, run_id: str, limits: Limits) -> RunRecord | None:
        """Moves a waiting run to LAUNCHING, for one caller alone, with a place and dollars of the environment.

        None: it is not to be launched, as someone else does so, or it ended or was cancelled. Raises EnvironmentFull.
        """
        record = self.get(run_id)
        if record is None or record.status not in _WAITING:
            return None
        now = self._clock()
        refused = transact(self._client, claiming(self._table, record, limits, now))
        if 0 in refused:
            return None
        if PLACE in refused:
            raise EnvironmentFull("environment_active", f"{limits.environment_active} runs are going on already.")
        if DOLLARS in refused:
            most, usd = f"${limits.environment_usd_per_day:g}", f"${record.reserved_usd:g}"
            message = f"Today's runs leave too little of the day's {most} for one that may cost {usd}."
            raise EnvironmentFull("environment_usd_per_day", message)
        return claimed(record, now)

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
            writes = queueing(self._table, record, reason, message, self._clock())
            if not transact(self._client, writes):
                return True
        raise _unknown(run_id)

    def sent(self, run_id: str, attempt: int, due: datetime) -> None:
        """Notes that message `attempt` stands for the run in the queue, and comes at `due`."""
        assign: dict[str, str | float] = {"queue_attempt": attempt, "queue_due_at": iso(due)}
        apply(self._client, change_run(self._table, run_id, "#status = :queued", assign=assign))

    def turn_to(self, record: RunRecord, provider: str) -> bool:
        """Notes that the launch, as it was read, is asked of `provider` from now on. False: it is not to go on."""
        noted = apply(self._client, change_from(self._table, record, NOT_CANCELLED, assign={"provider": provider}))
        return noted is not None

    def launched(self, run_id: str, task_arn: str) -> RunRecord | None:
        """Notes the task of the current launch; None: it has another or is over: stop this one."""
        condition = "#status IN (:launching, :running) AND (attribute_not_exists(#task_arn) OR #task_arn = :arn)"
        item = apply(
            self._client, change_run(self._table, run_id, condition, {"arn": task_arn}, assign={"task_arn": task_arn})
        )
        return from_item(item) if item else None

    def begin(self, run_id: str, launch: int | None = None) -> RunRecord:
        """The task itself says that it runs; harmless when it has said so. Raises Ended, NotLaunched or UnknownRun.

        `launch`: that of the task, which may be late: the run may wait again, or be in another one. None: any.
        """
        now = iso(self._clock())
        running = {"status": Status.RUNNING, "changed_at": now, "heartbeat_at": now}
        condition, given = "#status = :launching", {}
        if launch is not None:
            condition, given = f"{condition} AND #launches = :launch", {"launch": launch}
        item = apply(self._client, change_run(self._table, run_id, condition, given, assign=running))
        record = from_item(item) if item else self._known(run_id)
        if record.status.terminal:
            raise Ended(f"run {run_id} is {record.status} already")
        if record.status is not Status.RUNNING or launch not in (None, record.launches):
            raise NotLaunched(f"run {run_id} is {record.status}: it is for another launch")
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

    def request_cancel(self, run_id: str) -> tuple[RunRecord, bool]:
        """Notes the wish; a run that waits ends at once as CANCELLED. A run that is over stays as it is.

        Gives the run as it is then, and whether it was this call that ended it.
        """
        condition = f"attribute_exists(pk) AND {NOT_CANCELLED} AND attribute_exists(#live)"
        requested = {"cancel_requested_at": iso(self._clock())}
        apply(self._client, change_run(self._table, run_id, condition, assign=requested))
        ended = False
        if self._known(run_id).status in _WAITING:
            ended = self.end(run_id, Status.CANCELLED, message="Cancelled before it was launched.")
        return self._known(run_id), ended

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
            cost, told = max(usd, record.usd), {"outcome": outcome, "reason": reason, "message": message}
            writes = ending(self._table, record, status, cost, self._clock(), **told)
            if not transact(self._client, writes):
                return True
        raise _unknown(run_id)

    def note_task(self, run_id: str, launch: int, task_arn: str, version: int) -> bool:
        """Notes how far the events of the task of that launch have come.

        False: an older or repeated event of that task, or one of another task or launch.
        """
        condition = (
            "#launches = :launch AND ((#task_arn = :arn AND #task_version < :version) OR "
            "(attribute_not_exists(#task_arn) AND #status IN (:launching, :running)))"
        )
        seen: dict[str, str | float] = {"task_arn": task_arn, "task_version": version}
        given: dict[str, str | float] = {"arn": task_arn, "version": version, "launch": launch}
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

    def _has_live_runs(self, owner: str) -> bool:
        item = self._read(place_key(owner))
        return item is not None and counter_of(item).active > 0

    def _read(self, key: str) -> dict[str, Any] | None:
        return self._client.get_item(TableName=self._table, Key={"pk": attribute(key)}, ConsistentRead=True).get("Item")


def _unknown(run_id: str) -> UnknownRun:
    return UnknownRun(f"there is no run {run_id}")
