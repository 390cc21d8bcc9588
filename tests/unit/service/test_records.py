"""The records of runs: who may take a run on, what ends it, and what the counters hold meanwhile."""

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.exceptions import DynamodbException, TransactionCanceledException
from moto.dynamodb.models import DynamoDBBackend

from kaiseki.errors import StoreError, UnknownRun
from kaiseki.lifecycle import IllegalTransition, Status
from kaiseki.stores.dynamodb import (
    ENVIRONMENT,
    Counter,
    Ended,
    EnvironmentFull,
    KeyReused,
    Limits,
    NotLaunched,
    OverLimit,
    RunRecord,
    RunRecords,
)
from kaiseki.stores.dynamodb.record import as_item

ALICE = "arn:aws:iam::111122223333:role/analyst/alice"
BOB = "arn:aws:iam::111122223333:role/analyst/bob"


def active(records: RunRecords) -> dict[str, int]:
    return {counter.whose: counter.active for counter in records.counters()}


def known(records: RunRecords, run_id: str) -> RunRecord:
    record = records.get(run_id)
    assert record is not None
    return record


def at_once(calls: int, call: Callable[[int], object]) -> list[object]:
    """What each call gave or raised."""

    def caught(number: int) -> object:
        try:
            return call(number)
        except (StoreError, OverLimit, EnvironmentFull, KeyReused) as error:
            return error

    with ThreadPoolExecutor(calls) as pool:
        return list(pool.map(caught, range(calls)))


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


def test_a_run_goes_from_its_acceptance_to_its_end(records: RunRecords, running: RunRecord, clock: Any) -> None:
    assert not records.beat("r1", "reads the catalog")
    assert known(records, "r1").phase == "reads the catalog"
    assert active(records) == {ALICE: 1, ENVIRONMENT: 1}
    clock.advance(minutes=3)

    assert records.end("r1", Status.SUCCEEDED, outcome="answered", usd=0.25)

    ended = known(records, "r1")
    assert (ended.status, ended.outcome, ended.usd) == (Status.SUCCEEDED, "answered", 0.25)
    assert (ended.created_at, ended.changed_at) == ("2026-11-21T09:00:00.000+00:00", "2026-11-21T09:03:00.000+00:00")
    assert list(records.live()) == []
    assert active(records) == {ALICE: 0, ENVIRONMENT: 0}


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED, Status.TIMED_OUT, Status.SUCCEEDED])
def test_a_terminal_status_is_never_overwritten(records: RunRecords, running: RunRecord, status: Status) -> None:
    records.end("r1", Status.FAILED, reason="task.crashed", message="It crashed.", usd=1.0)
    before = known(records, "r1")

    assert not records.end("r1", status, outcome="answered", usd=2.0)
    assert not records.queue("r1", "launch.capacity")
    assert records.claim("r1", Limits(9, 9, 9.0, 9.0)) is None
    assert records.launched("r1", "arn:task/2") is None
    assert records.beat("r1", "goes on")
    assert records.request_cancel("r1") == (before, False)
    with pytest.raises(Ended):
        records.begin("r1")

    assert known(records, "r1") == before
    assert active(records) == {ALICE: 0, ENVIRONMENT: 0}


def test_a_run_cannot_succeed_before_it_runs(records: RunRecords, launching: RunRecord) -> None:
    with pytest.raises(IllegalTransition):
        records.end("r1", Status.SUCCEEDED, outcome="answered")
    assert known(records, "r1").status is Status.LAUNCHING


def test_what_is_not_there_is_said_so(records: RunRecords, limits: Limits) -> None:
    assert records.get("r0") is None
    assert records.claim("r0", limits) is None
    for act in (records.begin, records.request_cancel, lambda run_id: records.end(run_id, Status.FAILED)):
        with pytest.raises(UnknownRun, match="no run r0"):
            act("r0")
    assert active(records) == {}


def test_twenty_runs_at_once_take_only_the_places_there_are(records: RunRecords, limits: Limits) -> None:
    said = at_once(20, lambda number: records.accept(f"r{number}", ALICE, "", "digest", limits))

    refused = [error for error in said if isinstance(error, OverLimit)]
    assert len(refused) == 15
    assert {error.limit for error in refused} == {"principal_active"}
    assert "5 live runs" in refused[0].message
    assert len(list(records.live())) == 5
    assert active(records) == {ALICE: 5}
    assert records.accept("of-bob", BOB, "", "digest", limits).owner == BOB


def test_a_key_stands_for_one_run_also_when_it_comes_ten_times_at_once(records: RunRecords, limits: Limits) -> None:
    said = at_once(10, lambda number: records.accept(f"r{number}", ALICE, "key", "digest", limits))

    assert len({record.run_id for record in said if isinstance(record, RunRecord)}) == 1
    assert len(said) == len([record for record in said if isinstance(record, RunRecord)])
    assert active(records) == {ALICE: 1}


def test_a_key_is_of_one_request_of_one_owner_for_a_day(records: RunRecords, limits: Limits, clock: Any) -> None:
    records.accept("r1", ALICE, "key", "digest", limits)

    with pytest.raises(KeyReused):
        records.accept("r2", ALICE, "key", "other", limits)
    assert records.accept("r3", BOB, "key", "other", limits).run_id == "r3"
    clock.advance(days=1, seconds=1)
    assert records.accept("r4", ALICE, "key", "other", limits).run_id == "r4"


def test_a_key_finds_its_run_also_at_the_limit(records: RunRecords) -> None:
    one = Limits(principal_active=1, environment_active=1, principal_usd_per_day=1, environment_usd_per_day=1)
    records.accept("r1", ALICE, "key", "digest", one)

    assert records.accept("r2", ALICE, "key", "digest", one).run_id == "r1"


def test_an_id_is_given_once(records: RunRecords, limits: Limits, waiting: RunRecord) -> None:
    with pytest.raises(StoreError, match="r1 already"):
        records.accept("r1", BOB, "", "digest", limits)
    assert active(records) == {ALICE: 1}


def test_the_dollars_of_a_day_are_limited_and_come_back_with_the_next(
    records: RunRecords, running: RunRecord, clock: Any
) -> None:
    limits = Limits(principal_active=5, environment_active=5, principal_usd_per_day=1.5, environment_usd_per_day=9)
    records.end("r1", Status.SUCCEEDED, outcome="answered", usd=1.5)

    with pytest.raises(OverLimit, match=r"too little of the day's \$1\.5") as refused:
        records.accept("r2", ALICE, "", "digest", limits)

    assert refused.value.limit == "principal_usd_per_day"
    assert refused.value.retry_after == 15 * 3600 + 1
    assert active(records)[ALICE] == 0
    assert records.accept("r3", BOB, "", "digest", limits)
    clock.advance(seconds=refused.value.retry_after)
    assert records.accept("r4", ALICE, "", "digest", limits)


def test_what_a_run_may_cost_is_reserved_until_it_ends(records: RunRecords, clock: Any) -> None:
    limits = Limits(principal_active=99, environment_active=9, principal_usd_per_day=5, environment_usd_per_day=9)

    def ask(run_id: str, usd: float) -> RunRecord:
        return records.accept(run_id, ALICE, "", "digest", limits, usd=usd)

    said = at_once(10, lambda number: records.accept(f"r{number}", ALICE, "", "digest", limits, usd=2.0))
    accepted = [record.run_id for record in said if isinstance(record, RunRecord)]
    assert len(accepted) == 2  # a third would come to six dollars
    with pytest.raises(OverLimit, match=r"for one that may cost \$2") as refused:
        ask("again", 2.0)
    assert (refused.value.limit, refused.value.retry_after) == ("principal_usd_per_day", 60)
    ask("cheap", 1.0)

    records.end(accepted[0], Status.FAILED, usd=0.25)  # of the two dollars 1.75 come back
    with pytest.raises(OverLimit):
        ask("dear", 1.8)
    ask("fits", 1.75)


def test_what_a_run_cost_counts_on_the_day_on_which_it_was_asked_for(records: RunRecords, clock: Any) -> None:
    limits = Limits(principal_active=9, environment_active=9, principal_usd_per_day=5, environment_usd_per_day=9)
    records.accept("late", ALICE, "", "digest", limits, usd=5.0)
    clock.advance(hours=15)
    records.end("late", Status.FAILED, usd=4.0)

    assert records.accept("next", ALICE, "", "digest", limits, usd=5.0).reserved_usd == 5.0


def test_a_run_that_may_cost_more_than_a_day_is_refused(records: RunRecords, limits: Limits) -> None:
    with pytest.raises(OverLimit):
        records.accept("r1", ALICE, "", "digest", limits, usd=limits.principal_usd_per_day + 0.01)


def test_what_a_run_said_it_cost_counts_where_others_end_it(records: RunRecords, running: RunRecord) -> None:
    records.beat("r1", "trains", usd=1.25)
    records.end("r1", Status.FAILED, reason="task.killed")

    assert known(records, "r1").usd == 1.25
    limits = Limits(principal_active=5, environment_active=5, principal_usd_per_day=1.25, environment_usd_per_day=9)
    with pytest.raises(OverLimit):
        records.accept("r2", ALICE, "", "digest", limits)


def test_two_claims_at_once_have_one_winner(records: RunRecords, limits: Limits, waiting: RunRecord) -> None:
    claims = at_once(8, lambda _: records.claim("r1", limits))

    assert sum(isinstance(claim, RunRecord) for claim in claims) == 1
    assert claims.count(None) == 7
    assert known(records, "r1").launches == 1
    assert active(records) == {ALICE: 1, ENVIRONMENT: 1}


def test_claims_at_once_take_only_the_environments_places(records: RunRecords, limits: Limits) -> None:
    for number in range(8):
        records.accept(f"r{number}", f"owner-{number}", "", "digest", limits)

    claims = at_once(8, lambda number: records.claim(f"r{number}", limits))

    assert sum(isinstance(claim, RunRecord) for claim in claims) == limits.environment_active
    assert {claim.limit for claim in claims if isinstance(claim, EnvironmentFull)} == {"environment_active"}
    assert active(records)[ENVIRONMENT] == limits.environment_active
    assert sum(record.status is Status.LAUNCHING for record in records.live()) == limits.environment_active


def test_nothing_is_launched_when_the_environment_has_spent_its_day(
    records: RunRecords, limits: Limits, running: RunRecord
) -> None:
    records.end("r1", Status.SUCCEEDED, outcome="answered", usd=limits.environment_usd_per_day)
    records.accept("r2", BOB, "", "digest", limits)

    with pytest.raises(EnvironmentFull) as full:
        records.claim("r2", limits)
    assert full.value.limit == "environment_usd_per_day"
    assert active(records) == {ALICE: 0, BOB: 1, ENVIRONMENT: 0}


def test_launches_at_once_reserve_no_more_than_is_left_of_the_environments_day(records: RunRecords) -> None:
    limits = Limits(principal_active=9, environment_active=9, principal_usd_per_day=9, environment_usd_per_day=9)
    for number in range(8):
        records.accept(f"r{number}", f"owner-{number}", "", "digest", limits, usd=2.0)

    claims = at_once(8, lambda number: records.claim(f"r{number}", limits))

    launched = [claim.run_id for claim in claims if isinstance(claim, RunRecord)]
    assert len(launched) == 4  # a fifth would come to ten dollars
    assert {claim.limit for claim in claims if isinstance(claim, EnvironmentFull)} == {"environment_usd_per_day"}

    waiting = next(f"r{number}" for number in range(8) if f"r{number}" not in launched)
    records.end(launched[0], Status.FAILED, usd=1.5)  # of nine dollars 1.5 are gone and 6 reserved
    with pytest.raises(EnvironmentFull, match=r"leave too little of the day's \$9 for one that may cost \$2"):
        records.claim(waiting, limits)
    records.queue(launched[1], "launch.capacity")  # what waits again holds no dollars
    assert records.claim(waiting, limits) is not None


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.FAILED, Status.CANCELLED, Status.TIMED_OUT])
def test_what_a_run_did_not_spend_comes_back_once_however_it_ends(
    records: RunRecords, clock: Any, status: Status
) -> None:
    limits = Limits(principal_active=9, environment_active=9, principal_usd_per_day=9, environment_usd_per_day=5)
    records.accept("r1", ALICE, "", "digest", limits, usd=5.0)
    records.claim("r1", limits)
    records.begin("r1")
    records.beat("r1", "trains", usd=0.5)

    at_once(4, lambda _: records.end("r1", status, launch=1))

    records.accept("r2", BOB, "", "digest", limits, usd=4.5)
    assert records.claim("r2", limits) is not None
    records.accept("r3", BOB, "", "digest", limits, usd=0.01)
    with pytest.raises(EnvironmentFull):
        records.claim("r3", limits)


def test_a_run_over_midnight_counts_on_the_environments_day_on_which_it_was_launched(
    records: RunRecords, clock: Any
) -> None:
    limits = Limits(principal_active=9, environment_active=9, principal_usd_per_day=9, environment_usd_per_day=5)
    clock.advance(hours=14, minutes=50)
    records.accept("late", ALICE, "", "digest", limits, usd=4.0)
    records.accept("waits", BOB, "", "digest", limits, usd=4.0)
    records.claim("late", limits)
    with pytest.raises(EnvironmentFull):
        records.claim("waits", limits)

    clock.advance(minutes=20)
    assert records.claim("waits", limits) is not None  # of the new day
    for run_id in ("late", "waits"):
        records.begin(run_id)
        records.end(run_id, Status.SUCCEEDED, outcome="answered", usd=3.5)

    records.accept("next", BOB, "", "digest", limits, usd=1.5)
    assert records.claim("next", limits) is not None


def test_a_run_that_ends_from_two_sides_ends_once(records: RunRecords, running: RunRecord) -> None:
    ends = [(Status.SUCCEEDED, 0.5), (Status.FAILED, 0.0), (Status.CANCELLED, 0.0)] * 3
    all_have_read, arrived = threading.Barrier(len(ends), timeout=20), itertools.count()

    def wait_for_all(**_: object) -> None:
        if next(arrived) < len(ends):
            all_have_read.wait()

    records._client.meta.events.register("before-call.dynamodb.TransactWriteItems", wait_for_all)

    said = at_once(len(ends), lambda number: records.end("r1", ends[number][0], usd=ends[number][1]))

    assert said.count(True) == 1
    assert known(records, "r1").status is ends[said.index(True)][0]
    assert active(records) == {ALICE: 0, ENVIRONMENT: 0}


def test_a_cancel_and_the_beginning_at_once_leave_a_run_that_hears_of_the_cancel(
    records: RunRecords, launching: RunRecord
) -> None:
    at_once(6, lambda number: records.begin("r1") if number % 2 else records.request_cancel("r1"))

    assert known(records, "r1").status is Status.RUNNING
    assert records.beat("r1", "is told")


def test_a_cancel_and_a_claim_at_once_leave_no_run_that_nobody_ends(records: RunRecords, limits: Limits) -> None:
    for number in range(5):
        records.accept(f"r{number}", f"owner-{number}", "", "digest", limits)
        records.queue(f"r{number}", "launch.capacity")

    at_once(
        10,
        lambda number: (
            records.claim(f"r{number // 2}", limits) if number % 2 else records.request_cancel(f"r{number // 2}")
        ),
    )

    for number in range(5):
        record = known(records, f"r{number}")
        assert record.cancel_requested_at
        assert record.status in (Status.CANCELLED, Status.LAUNCHING)
        assert active(records)[f"owner-{number}"] == int(record.status is Status.LAUNCHING)


def test_a_run_that_waits_is_cancelled_at_once_and_never_launched(
    records: RunRecords, limits: Limits, waiting: RunRecord
) -> None:
    for ended_by_this_call in (True, False):
        record, ended = records.request_cancel("r1")
        assert (record.status, ended) == (Status.CANCELLED, ended_by_this_call)
    assert records.claim("r1", limits) is None
    assert active(records)[ALICE] == 0


def test_a_waiting_run_is_not_launched_once_its_cancel_is_noted(
    records: RunRecords, limits: Limits, waiting: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "end", lambda *_, **__: False)  # who cancels comes no further
    assert records.request_cancel("r1")[0].status is Status.ACCEPTED
    assert records.claim("r1", limits) is None


def test_a_run_that_is_to_be_cancelled_is_not_queued_again(records: RunRecords, launching: RunRecord) -> None:
    assert records.request_cancel("r1")[0].status is Status.LAUNCHING
    assert not records.queue("r1", "launch.capacity")
    assert known(records, "r1").status is Status.LAUNCHING


def test_a_queued_run_gives_the_environments_place_back_once(
    records: RunRecords, limits: Limits, launching: RunRecord
) -> None:
    assert all(at_once(5, lambda _: records.queue("r1", "launch.capacity", "There is no room.", launch=1)))
    queued = known(records, "r1")
    assert (queued.status, queued.reason, queued.message) == (Status.QUEUED, "launch.capacity", "There is no room.")
    assert active(records) == {ALICE: 1, ENVIRONMENT: 0}

    again = records.claim("r1", limits)
    assert again is not None
    assert (again.launches, again.reason, again.message) == (2, "", "")
    assert active(records) == {ALICE: 1, ENVIRONMENT: 1}


def test_a_run_that_waits_says_for_what_it_waits_now(records: RunRecords, waiting: RunRecord, clock: Any) -> None:
    records.queue("r1", "launch.capacity", "There is no room.")
    since = known(records, "r1").changed_at
    clock.advance(minutes=1)

    assert records.queue("r1", "limit.environment_active", "3 runs are going on already.", launch=0)

    queued = known(records, "r1")
    assert (queued.reason, queued.message) == ("limit.environment_active", "3 runs are going on already.")
    assert queued.changed_at == since
    assert active(records) == {ALICE: 1}


def test_what_is_meant_for_one_launch_leaves_the_next_alone(
    records: RunRecords, limits: Limits, launching: RunRecord
) -> None:
    records.queue("r1", "task.interrupted", launch=1)
    records.claim("r1", limits)

    assert not records.queue("r1", "task.interrupted", launch=1)
    assert not records.end("r1", Status.FAILED, launch=1)
    assert known(records, "r1").status is Status.LAUNCHING


def test_a_run_that_waits_or_has_not_been_launched_cannot_begin(records: RunRecords, launching: RunRecord) -> None:
    records.queue("r1", "task.interrupted")
    with pytest.raises(NotLaunched, match="QUEUED"):
        records.begin("r1")


def test_a_task_of_an_earlier_launch_cannot_begin_a_later_one(
    records: RunRecords, limits: Limits, launching: RunRecord
) -> None:
    records.queue("r1", "launch.capacity")
    records.claim("r1", limits)

    said = at_once(8, lambda number: records.begin("r1", launch=1 + number % 2))

    assert [isinstance(begun, NotLaunched) for begun in said] == [True, False] * 4
    assert (known(records, "r1").status, known(records, "r1").launches) == (Status.RUNNING, 2)


def test_beginning_twice_is_harmless(records: RunRecords, running: RunRecord, clock: Any) -> None:
    clock.advance(minutes=1)
    assert records.begin("r1") == running


def test_events_of_a_task_are_noted_in_order_and_only_of_the_runs_own_task(
    records: RunRecords, limits: Limits, launching: RunRecord
) -> None:
    assert records.note_task("r1", 1, "arn:task/1", 1)
    assert known(records, "r1").task_arn == "arn:task/1"
    assert not records.note_task("r1", 1, "arn:task/1", 1)
    assert records.note_task("r1", 1, "arn:task/1", 4)
    assert not records.note_task("r1", 1, "arn:task/1", 3)
    assert not records.note_task("r1", 1, "arn:task/of-others", 9)

    records.queue("r1", "task.interrupted")
    records.claim("r1", limits)
    assert not records.note_task("r1", 1, "arn:task/1", 5)
    assert records.note_task("r1", 2, "arn:task/2", 1)
    assert records.launched("r1", "arn:task/2") is not None
    assert records.launched("r1", "arn:task/3") is None


def test_a_principals_runs_come_newest_first_page_by_page(records: RunRecords) -> None:
    wide = Limits(principal_active=99, environment_active=99, principal_usd_per_day=9, environment_usd_per_day=9)
    for number in range(7):
        records.accept(f"20261121-09000{number}-run", ALICE, "key" * number, "digest", wide)
    records.accept("of-bob", BOB, "", "digest", wide)

    seen, cursor = [], ""
    while True:
        page, cursor = records.of_owner(ALICE, 3, cursor)
        assert len(page) <= 3
        seen += [record.run_id for record in page]
        if not cursor:
            break

    assert seen == [f"20261121-09000{number}-run" for number in reversed(range(7))]


def test_all_live_runs_are_found_beyond_one_page(records: RunRecords, waiting: RunRecord) -> None:
    client, long = boto3.client("dynamodb"), "x" * 100_000
    for number in range(25):
        record = replace(waiting, run_id=f"r{number}", message=long)
        client.put_item(TableName="runs", Item=as_item(record))

    assert {record.run_id for record in records.live()} == {f"r{number}" for number in range(25)}


def test_a_counter_is_put_right_only_while_it_stands_still(records: RunRecords, limits: Limits, clock: Any) -> None:
    records.accept("r1", ALICE, "", "digest", limits)
    (read,) = records.counters()
    clock.advance(seconds=1)
    records.accept("r2", ALICE, "", "digest", limits)
    records.request_cancel("r2")

    assert read.active == active(records)[ALICE]
    assert not records.put_right(read, 7)
    (read,) = records.counters()
    assert records.put_right(read, 7)
    assert active(records) == {ALICE: 7}
    assert isinstance(read, Counter)


@pytest.fixture
def conflicts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each transaction meets two conflicts before it goes through, as it may where many runs share a counter."""
    transact, met = DynamoDBBackend.transact_write_items, []

    def at_the_third_try(backend: DynamoDBBackend, items: list[dict[str, Any]]) -> None:
        if met.count(repr(items)) < 2:
            met.append(repr(items))
            raise TransactionCanceledException([("TransactionConflict", "ongoing", None), *[(None, None, None)] * 2])
        transact(backend, items)

    monkeypatch.setattr(DynamoDBBackend, "transact_write_items", at_the_third_try)
    return met


def test_conflicts_between_transactions_are_waited_out(
    records: RunRecords, limits: Limits, conflicts: list[str]
) -> None:
    for number in range(5):
        records.accept(f"r{number}", ALICE, f"{number}", "digest", limits)
    claims = at_once(3, lambda number: records.claim(f"r{number}", limits))
    ends = at_once(3, lambda number: records.end(f"r{number}", Status.FAILED, usd=0.1))

    assert len(conflicts) > 5
    assert all(isinstance(claim, RunRecord) for claim in claims)
    assert ends == [True, True, True]
    assert active(records) == {ALICE: 2, ENVIRONMENT: 0}


@pytest.mark.parametrize("error", ["TransactionConflictException", "ThrottlingException"])
def test_a_single_write_that_meets_a_transaction_is_made_after_it(
    records: RunRecords, running: RunRecord, monkeypatch: pytest.MonkeyPatch, error: str
) -> None:
    update, refusals = DynamoDBBackend.update_item, [error] * 3

    def busy(backend: DynamoDBBackend, *args: Any, **more: Any) -> Any:
        if refusals:
            raise DynamodbException(refusals.pop(), "busy")
        return update(backend, *args, **more)

    monkeypatch.setattr(DynamoDBBackend, "update_item", busy)
    assert not records.beat("r1", "goes on")
    assert (known(records, "r1").phase, refusals) == ("goes on", [])


def test_a_conflict_that_does_not_pass_is_raised(
    records: RunRecords, limits: Limits, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(backend: DynamoDBBackend, items: list[dict[str, Any]]) -> None:
        raise TransactionCanceledException([("TransactionConflict", "ongoing", None)])

    monkeypatch.setattr(DynamoDBBackend, "transact_write_items", never)
    monkeypatch.setattr("kaiseki.stores.dynamodb.writes._LONGEST_WAIT", 0.0)
    with pytest.raises(ClientError, match="TransactionConflict"):
        records.accept("r1", ALICE, "", "digest", limits)


def test_other_failures_of_the_table_are_not_hidden(records: RunRecords, limits: Limits) -> None:
    boto3.client("dynamodb").delete_table(TableName="runs")
    with pytest.raises(ClientError, match="ResourceNotFound"):
        records.accept("r1", ALICE, "", "digest", limits)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        records.beat("r1", "")
