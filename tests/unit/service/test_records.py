"""The records of runs: what becomes of a run from its acceptance to its end, whoever acts on it at once."""

import itertools
import threading
from dataclasses import replace
from typing import Any

import boto3
import pytest

from kaiseki.errors import UnknownRun
from kaiseki.lifecycle import IllegalTransition, Status
from kaiseki.stores.dynamodb import (
    ENVIRONMENT,
    Counter,
    Ended,
    Limits,
    NotLaunched,
    RunRecord,
    RunRecords,
)
from kaiseki.stores.dynamodb.record import as_item
from run_records import ALICE, BOB, active, at_once, known


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
