"""Runs that end otherwise than by themselves: each gets a terminal status, a reason, and keeps what it had."""

import copy
import signal
import time

import pytest
from harness.waiting import wait_for

PROMPT = "Build a model that predicts purchase from the interactions table."


@pytest.fixture
def running(alice, service, emulator):
    """The id of a run whose task is at work, and stays so."""
    with service.endless_runs(emulator):
        run_id = alice.ask(PROMPT)
        alice.until(run_id, "RUNNING")
    return run_id


def files(service, emulator, run_id: str) -> set[str]:
    listed = emulator.client("s3").list_objects_v2(Bucket=service.bucket, Prefix=f"runs/{run_id}/")
    return {item["Key"].split("/", 2)[2] for item in listed.get("Contents", [])}


def test_a_task_killed_for_its_memory_ends_the_run_with_that_reason(stranded, alice, running, tasks, service, emulator):
    tasks.signal(running, signal.SIGKILL)
    state = alice.ended(running)
    assert (state["status"], state["reason"]) == ("FAILED", "task.killed")
    assert "137" in state["message"]
    wait_for(lambda: running in service.ended_runs(emulator))


def test_a_task_that_crashes_ends_the_run_with_its_exit_code(alice, running, tasks):
    tasks.signal(running, signal.SIGSEGV)
    state = alice.ended(running)
    assert (state["status"], state["reason"]) == ("FAILED", "task.crashed")
    assert "139" in state["message"]


def test_a_cancelled_run_stops_its_task_and_keeps_what_it_had(alice, running, tasks, ecs, service, emulator):
    answer = alice.cancel(running)
    assert answer.status_code == 202
    assert alice.ended(running)["status"] == "CANCELLED"
    tasks.exit_code(running)
    (launch,) = ecs.launches_of(running)
    (task,) = emulator.client("ecs").describe_tasks(cluster=launch["clusterArn"], tasks=[launch["taskArn"]])["tasks"]
    assert (task["lastStatus"], task["stoppedReason"]) == ("STOPPED", "cancelled by its owner")
    assert "run.json" in files(service, emulator, running)
    assert alice.cancel(running).json()["status"] == "CANCELLED"


def test_sigterm_leaves_the_partial_bundle_before_ecs_would_kill_the_task(alice, running, tasks, service, emulator):
    started = time.monotonic()
    tasks.signal(running, signal.SIGTERM)
    assert tasks.exit_code(running) == 0
    assert time.monotonic() - started < service.stop_seconds(emulator)
    state = alice.ended(running)
    assert (state["status"], state["reason"]) == ("FAILED", "task.interrupted")
    assert "run.json" in files(service, emulator, running)


def test_events_that_come_twice_late_or_out_of_order_change_nothing(alice, events, ecs):
    run_id = alice.ask("How many interactions are there?")
    ended = alice.ended(run_id)
    assert ended["status"] == "SUCCEEDED"
    task = ecs.task_of(run_id)
    wait_for(lambda: "STOPPED" in events.states(task))
    began, stopped = events.sent[task][0], events.sent[task][-1]
    failed = copy.deepcopy(stopped)
    failed["containers"][0]["exitCode"] = 1
    failed["version"] += 1
    for detail in (stopped, stopped, began, failed):
        events.send(detail)
    wait_for(events.delivered)
    time.sleep(2)
    again = alice.state(run_id)
    assert {**again, "links": {}, "artifacts": []} == {**ended, "links": {}, "artifacts": []}


def test_an_event_of_the_start_that_comes_after_the_end_does_not_revive_a_run(alice, running, tasks, events, ecs):
    task = ecs.task_of(running)
    wait_for(lambda: "RUNNING" in events.states(task))
    began = events.sent[task][-1]
    tasks.signal(running, signal.SIGKILL)
    assert alice.ended(running)["status"] == "FAILED"
    events.send(began)
    wait_for(events.delivered)
    time.sleep(2)
    assert alice.state(running)["status"] == "FAILED"
