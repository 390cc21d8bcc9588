"""The reconciler: whatever is lost on the way, no run is left that nobody looks after."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from kaiseki.lifecycle import Status
from kaiseki.stores.dynamodb import ENVIRONMENT, RunRecord

RUN, ALICE = "r1", "alice"


@pytest.fixture
def reconcile(service: Any, ecs: Any) -> Callable[[], RunRecord]:
    from reconcile import reconcile

    def act() -> RunRecord:
        reconcile(service)
        return service.records.get(RUN)

    return act


@pytest.fixture
def accepted(service: Any) -> RunRecord:
    return service.records.accept(RUN, ALICE, "", "digest", service.settings.limits)


@pytest.fixture
def queued(service: Any, accepted: RunRecord) -> RunRecord:
    service.records.queue(RUN, "launch.capacity", "Capacity is unavailable.")
    return service.records.get(RUN)


@pytest.fixture
def launching(service: Any, ecs: Any, accepted: RunRecord) -> RunRecord:
    """With a task that ECS knows."""
    from launch import launch_run

    launch_run(RUN, service)
    ecs.asked.clear()
    return service.records.get(RUN)


@pytest.fixture
def running(service: Any, launching: RunRecord) -> RunRecord:
    return service.records.begin(RUN)


def describe(ecs: Any, record: RunRecord, **task: Any) -> None:
    """What ECS is to say of the run's task the next time."""
    ecs.answer("DescribeTasks", (200, {"tasks": [{"taskArn": record.task_arn, **task}], "failures": []}))


def missing(ecs: Any) -> None:
    ecs.answer("DescribeTasks", (200, {"tasks": [], "failures": [{"reason": "MISSING"}]}))


def places(service: Any) -> dict[str, int]:
    return {counter.whose: counter.active for counter in service.records.counters()}


def test_runs_that_are_looked_after_are_left_alone(
    service: Any, ecs: Any, reconcile: Any, running: RunRecord, clock: Any
) -> None:
    service.records.accept("r2", ALICE, "", "", service.settings.limits)
    service.records.accept("r3", ALICE, "", "", service.settings.limits)
    service.records.queue("r3", "launch.capacity")
    clock.advance(seconds=50)

    assert reconcile() == running
    assert [service.records.get(run_id).status for run_id in ("r2", "r3")] == [Status.ACCEPTED, Status.QUEUED]
    assert ecs.asked == []


def test_a_run_that_nobody_launched_is_launched(
    service: Any, ecs: Any, reconcile: Any, accepted: RunRecord, clock: Any
) -> None:
    clock.advance(seconds=61)
    record = reconcile()
    assert record.status is Status.LAUNCHING
    assert record.task_arn
    assert reconcile() == record
    assert len(ecs.of("RunTask")) == 1


def test_a_launch_that_broke_off_is_carried_out_as_the_same_launch(
    service: Any, ecs: Any, reconcile: Any, accepted: RunRecord, clock: Any
) -> None:
    claimed = service.records.claim(RUN, service.settings.limits)
    clock.advance(seconds=61)

    record = reconcile()

    assert (record.status, record.launches, claimed.launches) == (Status.LAUNCHING, 1, 1)
    assert record.task_arn
    assert places(service) == {ALICE: 1, ENVIRONMENT: 1}


def test_a_message_that_is_late_is_sent_again_once(
    service: Any, reconcile: Any, queued: RunRecord, messages: Any, clock: Any
) -> None:
    from waiting import call_again

    call_again(service, RUN, 7)
    (sent,) = messages()
    clock.advance(seconds=sent["delay"] + 100)
    reconcile()
    assert messages() == []

    clock.advance(seconds=21)
    reconcile()
    reconcile()
    assert [message["attempt"] for message in messages()] == [8]


def test_a_message_that_was_never_sent_is_sent(
    service: Any, reconcile: Any, queued: RunRecord, messages: Any, clock: Any
) -> None:
    clock.advance(seconds=121)
    assert reconcile().status is Status.QUEUED
    assert [message["run_id"] for message in messages()] == [RUN]


def test_a_run_that_waited_too_long_times_out_and_says_for_what_it_waited(
    service: Any, reconcile: Any, queued: RunRecord, clock: Any
) -> None:
    clock.advance(seconds=21_601)
    record = reconcile()
    assert (record.status, record.reason) == (Status.TIMED_OUT, "queue.timeout")
    assert "21600 s" in record.message
    assert "Capacity is unavailable." in record.message
    assert places(service) == {ALICE: 0}


def test_a_task_that_does_not_start_is_stopped_and_its_run_fails(
    service: Any, ecs: Any, reconcile: Any, launching: RunRecord, clock: Any
) -> None:
    clock.advance(seconds=599)
    assert reconcile() == launching
    clock.advance(seconds=2)

    record = reconcile()

    assert (record.status, record.reason) == (Status.FAILED, "task.never_started")
    assert [asked["task"] for asked in ecs.of("StopTask")] == [launching.task_arn]
    assert places(service) == {ALICE: 0, ENVIRONMENT: 0}


def test_a_task_that_stopped_before_it_began_while_its_event_was_lost_is_judged_by_its_exit(
    service: Any, ecs: Any, reconcile: Any, launching: RunRecord, clock: Any, messages: Any
) -> None:
    clock.advance(seconds=601)
    describe(ecs, launching, lastStatus="STOPPED", stopCode="SpotInterruption", stoppedReason="taken", containers=[])

    assert reconcile().status is Status.QUEUED
    assert len(messages()) == 1
    assert ecs.of("StopTask") == []


def test_a_launch_of_which_no_task_is_known_fails_after_the_start_timeout(
    service: Any, ecs: Any, reconcile: Any, accepted: RunRecord, clock: Any
) -> None:
    service.records.claim(RUN, service.settings.limits)
    clock.advance(seconds=601)
    record = reconcile()
    assert (record.status, record.reason) == (Status.FAILED, "task.never_started")
    assert ecs.asked == []


@pytest.mark.parametrize(("exit_code", "reason"), [(137, "task.killed"), (1, "task.crashed"), (0, "task.crashed")])
def test_a_silent_run_whose_task_stopped_is_closed_with_its_exit(
    service: Any, ecs: Any, reconcile: Any, running: RunRecord, clock: Any, exit_code: int, reason: str
) -> None:
    clock.advance(seconds=181)
    containers = [{"name": "kaiseki", "exitCode": exit_code}]
    describe(ecs, running, lastStatus="STOPPED", stopCode="EssentialContainerExited", containers=containers)
    record = reconcile()
    assert (record.status, record.reason) == (Status.FAILED, reason)


def test_a_silent_run_whose_task_is_gone_is_lost(
    service: Any, ecs: Any, reconcile: Any, running: RunRecord, clock: Any
) -> None:
    clock.advance(seconds=181)
    missing(ecs)
    record = reconcile()
    assert (record.status, record.reason) == (Status.FAILED, "task.lost")
    assert places(service) == {ALICE: 0, ENVIRONMENT: 0}


def test_the_dollars_that_a_stranded_run_had_reserved_come_back(
    service: Any, ecs: Any, reconcile: Any, clock: Any
) -> None:
    limits = replace(service.settings.limits, principal_usd_per_day=5, environment_usd_per_day=5)
    service.records.accept(RUN, ALICE, "", "digest", limits, usd=5.0)
    service.records.claim(RUN, limits)
    service.records.begin(RUN)
    clock.advance(seconds=181)
    missing(ecs)

    assert reconcile().reason == "task.lost"
    reconcile()

    service.records.accept("r2", ALICE, "", "digest", limits, usd=5.0)
    assert service.records.claim("r2", limits) is not None


def test_a_silent_task_that_runs_gets_time_before_it_is_stopped(
    service: Any, ecs: Any, reconcile: Any, running: RunRecord, clock: Any
) -> None:
    clock.advance(seconds=400)
    describe(ecs, running, lastStatus="RUNNING")
    assert reconcile() == running
    assert ecs.of("StopTask") == []

    clock.advance(seconds=501)
    describe(ecs, running, lastStatus="RUNNING")
    record = reconcile()
    assert (record.status, record.reason) == (Status.FAILED, "task.lost")
    assert "901 s" in record.message
    assert [asked["task"] for asked in ecs.of("StopTask")] == [running.task_arn]


def test_a_beating_run_is_left_alone_however_long_it_takes(
    service: Any, ecs: Any, reconcile: Any, running: RunRecord, clock: Any
) -> None:
    for _ in range(60):
        clock.advance(minutes=2)
        service.records.beat(RUN, "trains")
        assert reconcile().status is Status.RUNNING
    assert ecs.asked == []


def test_a_cancelled_task_that_goes_on_is_stopped_again_until_it_is_gone(
    service: Any, ecs: Any, reconcile: Any, running: RunRecord, clock: Any
) -> None:
    service.records.request_cancel(RUN)
    clock.advance(seconds=100)
    service.records.beat(RUN, "does not listen")
    assert reconcile().status is Status.RUNNING
    assert ecs.asked == []

    clock.advance(seconds=81)
    describe(ecs, running, lastStatus="RUNNING")
    assert reconcile().status is Status.RUNNING
    assert [asked["reason"] for asked in ecs.of("StopTask")] == ["cancelled by its owner"]

    describe(ecs, running, lastStatus="STOPPED", containers=[])
    assert reconcile().status is Status.CANCELLED


def test_a_cancelled_launch_of_which_no_task_is_known_ends(
    service: Any, ecs: Any, reconcile: Any, accepted: RunRecord, clock: Any
) -> None:
    service.records.claim(RUN, service.settings.limits)
    service.records.request_cancel(RUN)
    clock.advance(seconds=61)
    assert reconcile().status is Status.CANCELLED
    assert ecs.of("RunTask") == []
    assert places(service) == {ALICE: 0, ENVIRONMENT: 0}


def test_a_cancel_that_broke_off_is_completed(
    service: Any, ecs: Any, reconcile: Any, queued: RunRecord, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(service.records, "end", lambda *_, **__: False)
        service.records.request_cancel(RUN)
    clock.advance(seconds=61)
    assert reconcile().status is Status.CANCELLED
    assert ecs.asked == []


def test_a_run_that_moved_on_since_the_index_was_written_is_left_alone(
    service: Any, ecs: Any, reconcile: Any, running: RunRecord, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = list(service.records.live())
    clock.advance(seconds=300)
    service.records.beat(RUN, "is well")
    monkeypatch.setattr(service.records, "live", lambda: iter(stale))

    assert reconcile().status is Status.RUNNING
    assert ecs.asked == []


def test_one_run_that_cannot_be_mended_does_not_keep_the_others(
    service: Any, ecs: Any, reconcile: Any, running: RunRecord, clock: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    clock.advance(seconds=90)
    service.records.accept("r2", ALICE, "", "", service.settings.limits)
    clock.advance(seconds=91)
    ecs.fail("DescribeTasks", "AccessDeniedException", "not authorized")

    assert reconcile().status is Status.RUNNING
    assert service.records.get("r2").status is Status.LAUNCHING
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["run_id"] for line in lines if line.get("level") == "ERROR"] == [RUN]


def test_a_round_ends_before_its_time_is_up_and_the_next_goes_on(service: Any, ecs: Any, clock: Any) -> None:
    from reconcile import handler

    class Context:
        remaining = iter([60_000, 60_000, 5_000])

        def get_remaining_time_in_millis(self) -> int:
            return next(self.remaining)

    for number in range(3):
        service.records.accept(f"r{number}", f"owner-{number}", "", "", service.settings.limits)
        clock.advance(seconds=1)
    clock.advance(seconds=61)

    handler({}, Context())
    assert [service.records.get(f"r{n}").status for n in range(3)] == ["LAUNCHING", "LAUNCHING", "ACCEPTED"]
    Context.remaining = iter([60_000] * 9)
    handler({}, Context())
    assert service.records.get("r2").status is Status.LAUNCHING


def test_counters_that_do_not_fit_the_live_runs_are_put_right_when_they_are_at_rest(
    service: Any, reconcile: Any, running: RunRecord, clock: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    table = boto3.resource("dynamodb").Table("runs")
    for whose, wrong in ((ALICE, 4), (ENVIRONMENT, -1)):
        table.update_item(
            Key={"pk": f"ACTIVE#{whose}"},
            UpdateExpression="SET active = :wrong",
            ExpressionAttributeValues={":wrong": wrong},
        )
    clock.advance(minutes=4)
    service.records.beat(RUN, "trains")
    reconcile()
    assert places(service) == {ALICE: 4, ENVIRONMENT: -1}

    clock.advance(minutes=2)
    service.records.beat(RUN, "trains")
    reconcile()

    assert places(service) == {ALICE: 1, ENVIRONMENT: 1}
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "counter.put_right" in line]
    assert {(line["whose"], line["was"], line["now"], line["done"]) for line in said} == {
        (ALICE, 4, 1, True), (ENVIRONMENT, -1, 1, True),
    }  # fmt: skip


def test_a_counter_without_live_runs_lets_its_principal_in_again(
    service: Any, reconcile: Any, accepted: RunRecord, clock: Any
) -> None:
    service.records.request_cancel(RUN)
    boto3.resource("dynamodb").Table("runs").update_item(
        Key={"pk": f"ACTIVE#{ALICE}"}, UpdateExpression="SET active = :five", ExpressionAttributeValues={":five": 5}
    )
    clock.advance(minutes=6)
    reconcile()
    assert service.records.accept("r2", ALICE, "", "", service.settings.limits)


def test_a_stopped_task_that_ecs_forgot_is_no_error(service: Any, ecs: Any, running: RunRecord) -> None:
    from tasks import stop_task

    ecs.fail("StopTask", "InvalidParameterException", "The referenced task was not found.")
    stop_task(service, running, "cancelled by its owner")
    ecs.fail("StopTask", "AccessDeniedException", "not authorized")
    with pytest.raises(ClientError, match="not authorized"):
        stop_task(service, running, "cancelled by its owner")
