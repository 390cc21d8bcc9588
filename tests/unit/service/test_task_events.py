"""What ECS tells of tasks: repeated, out of order, of launches long over, and of runs that ended themselves."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from kaiseki.lifecycle import Status
from kaiseki.stores.dynamodb import ENVIRONMENT, RunRecord

RUN, ALICE = "r1", "alice"
TASK = "arn:aws:ecs:eu-central-1:111122223333:task/analysts/1"
OTHER = "arn:aws:ecs:eu-central-1:111122223333:task/analysts/2"


def event(
    last_status: str = "STOPPED",
    version: int = 4,
    task: str = TASK,
    stop_code: str = "EssentialContainerExited",
    reason: str = "Essential container in task exited",
    exit_code: int | None = 1,
    container_reason: str = "",
    command: tuple[str, ...] = ("execute", RUN, "--launch", "1"),
) -> dict[str, Any]:
    """As EventBridge delivers it, with what the service reads of it and some of the rest."""
    container: dict[str, Any] = {"name": "kaiseki", "lastStatus": last_status}
    detail: dict[str, Any] = {
        "clusterArn": "arn:aws:ecs:eu-central-1:111122223333:cluster/analysts",
        "taskArn": task,
        "lastStatus": last_status,
        "desiredStatus": "STOPPED" if last_status == "STOPPED" else "RUNNING",
        "version": version,
        "group": "family:kaiseki-dev",
        "overrides": {"containerOverrides": [{"name": "kaiseki", "command": list(command)}]},
        "containers": [container],
    }
    if last_status == "STOPPED":
        detail |= {"stopCode": stop_code, "stoppedReason": reason}
        container |= {"exitCode": exit_code} if exit_code is not None else {}
        container |= {"reason": container_reason} if container_reason else {}
    return {"source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": detail}


@pytest.fixture
def tell(service: Any, ecs: Any) -> Callable[..., RunRecord]:
    from task_events import handler

    def act(**of: Any) -> RunRecord:
        handler(event(**of), None)
        return service.records.get(RUN)

    return act


@pytest.fixture
def launching(service: Any) -> RunRecord:
    service.records.accept(RUN, ALICE, "", "digest", service.settings.limits)
    service.records.claim(RUN, service.settings.limits)
    return service.records.launched(RUN, TASK)


@pytest.fixture
def running(service: Any, launching: RunRecord) -> RunRecord:
    return service.records.begin(RUN)


def places(service: Any) -> dict[str, int]:
    return {counter.whose: counter.active for counter in service.records.counters()}


OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
SPOT = "Your Spot Task was interrupted."


@pytest.mark.parametrize(
    ("told", "reason", "message"),
    [
        ({"exit_code": 1}, "task.crashed", "exit code 1"),
        ({"exit_code": 0}, "task.crashed", "without ending its run"),
        ({"exit_code": 139}, "task.crashed", "exit code 139"),
        ({"exit_code": None}, "task.crashed", "Essential container in task exited"),
        ({"exit_code": 137}, "task.killed", "exit code 137"),
        ({"exit_code": 137, "container_reason": OUT_OF_MEMORY}, "task.killed", "ran out of memory"),
        ({"exit_code": 1, "container_reason": OUT_OF_MEMORY}, "task.killed", "ran out of memory"),
        ({"exit_code": 137, "stop_code": "SpotInterruption", "reason": SPOT}, "task.interrupted", SPOT.rstrip(".")),
        ({"exit_code": 143, "stop_code": "TerminationNotice", "reason": SPOT}, "task.interrupted", "from outside"),
        ({"exit_code": 0, "stop_code": "UserInitiated", "reason": "a deploy"}, "task.interrupted", "a deploy"),
    ],
)
def test_a_run_whose_task_stopped_without_a_word_fails_with_the_exit_reason(
    service: Any, tell: Any, running: RunRecord, told: dict[str, Any], reason: str, message: str
) -> None:
    record = tell(**told)

    assert (record.status, record.reason) == (Status.FAILED, reason)
    assert message in record.message
    assert places(service) == {ALICE: 0, ENVIRONMENT: 0}


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"stop_code": "TaskFailedToStart", "exit_code": None, "reason": "CannotPullContainerError: denied"},
         "task.never_started"),
        ({"stop_code": "TaskFailedToStart", "exit_code": None,
          "reason": "ResourceInitializationError: unable to pull the image"}, "task.never_started"),
        ({"exit_code": 1}, "task.crashed"),
        ({"stop_code": "UserInitiated", "exit_code": None, "reason": "by hand"}, "task.interrupted"),
    ],
)  # fmt: skip
def test_a_task_that_did_not_get_to_its_run_fails_it(
    service: Any, tell: Any, launching: RunRecord, told: dict[str, Any], reason: str
) -> None:
    record = tell(**told)
    assert (record.status, record.reason) == (Status.FAILED, reason)
    assert told.get("reason", "exit code 1").split(":")[0] in record.message


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"stop_code": "SpotInterruption", "exit_code": None, "reason": SPOT}, "task.interrupted"),
        ({"stop_code": "SpotInterruption", "exit_code": 143, "reason": SPOT}, "task.interrupted"),
        ({"stop_code": "TaskFailedToStart", "exit_code": None,
          "reason": "Capacity is unavailable at this time. Please try again later"}, "launch.capacity"),
        ({"stop_code": "TaskFailedToStart", "exit_code": None,
          "reason": "Timeout waiting for network interface provisioning to complete."}, "launch.capacity"),
    ],
)  # fmt: skip
def test_a_task_that_was_taken_away_before_it_began_is_launched_again(
    service: Any, tell: Any, launching: RunRecord, messages: Any, told: dict[str, Any], reason: str
) -> None:
    record = tell(**told)
    assert (record.status, record.reason, record.task_arn) == (Status.QUEUED, reason, "")
    (message,) = messages()
    assert places(service) == {ALICE: 1, ENVIRONMENT: 0}

    assert tell(**told) == service.records.get(RUN)
    assert messages() == []

    from launch import launch_run

    launch_run(RUN, service, message["attempt"])
    second = service.records.get(RUN)
    assert (second.status, second.launches) == (Status.LAUNCHING, 2)
    assert tell(**told, version=9) == second
    assert tell(exit_code=137, version=10) == second


@pytest.mark.parametrize("begun", [False, True])
def test_a_task_that_stopped_after_a_cancel_leaves_its_run_cancelled(
    service: Any, tell: Any, launching: RunRecord, begun: bool
) -> None:
    if begun:
        service.records.begin(RUN)
    service.records.request_cancel(RUN)

    record = tell(stop_code="UserInitiated", reason="cancelled by its owner", exit_code=143)

    assert (record.status, record.reason) == (Status.CANCELLED, "")
    assert places(service) == {ALICE: 0, ENVIRONMENT: 0}


def test_a_run_that_ended_itself_stays_as_it_ended(service: Any, tell: Any, running: RunRecord) -> None:
    service.records.end(RUN, Status.SUCCEEDED, outcome="answered", usd=0.2)
    ended = service.records.get(RUN)

    after = tell(exit_code=0)

    assert (after.status, after.outcome, after.usd, after.changed_at) == (
        Status.SUCCEEDED, "answered", 0.2, ended.changed_at,
    )  # fmt: skip


def test_that_a_task_runs_is_only_noted(service: Any, tell: Any, launching: RunRecord) -> None:
    record = tell(last_status="RUNNING", version=3)
    assert (record.status, record.task_version) == (Status.LAUNCHING, 3)
    assert tell(last_status="PENDING", version=2) == record


def test_events_may_come_in_any_order(service: Any, tell: Any, running: RunRecord) -> None:
    assert tell(exit_code=1, version=5).reason == "task.crashed"
    ended = service.records.get(RUN)
    assert tell(last_status="RUNNING", version=3) == ended
    assert tell(exit_code=1, version=5) == ended


def test_an_event_that_was_taken_half_way_is_taken_again(service: Any, tell: Any, running: RunRecord) -> None:
    service.records.note_task(RUN, 1, TASK, 5)
    assert tell(exit_code=1, version=5).status is Status.FAILED


def test_a_task_is_known_by_its_events_where_the_launch_could_not_note_it(service: Any, tell: Any, ecs: Any) -> None:
    service.records.accept(RUN, ALICE, "", "digest", service.settings.limits)
    service.records.claim(RUN, service.settings.limits)

    assert tell(last_status="RUNNING", version=2).task_arn == TASK
    assert tell(task=OTHER, exit_code=1, version=9).status is Status.LAUNCHING
    assert tell(exit_code=1, version=5).status is Status.FAILED


def test_a_task_of_an_earlier_launch_is_not_taken_for_that_of_the_current_one(service: Any, tell: Any) -> None:
    service.records.accept(RUN, ALICE, "", "digest", service.settings.limits)
    service.records.claim(RUN, service.settings.limits)
    service.records.queue(RUN, "launch.capacity")  # nobody heard of its task
    second = service.records.claim(RUN, service.settings.limits)

    assert tell(last_status="RUNNING", version=2) == second
    assert tell(exit_code=0, version=3) == second
    assert service.records.launched(RUN, OTHER) is not None
    again = ("execute", RUN, "--launch", "2")
    assert tell(task=OTHER, last_status="RUNNING", version=2, command=again).task_version == 2


def test_tasks_of_others_in_the_cluster_and_runs_that_are_not_there_are_left_alone(
    service: Any, tell: Any, running: RunRecord
) -> None:
    assert tell(command=("sh",)) == running
    assert tell(command=()) == running
    assert tell(command=("execute", "r0", "--launch", "1")) == running
    assert tell(command=("execute", RUN, "--launch", "soon")) == running
    assert tell(task=OTHER) == running


def test_each_event_leaves_one_line_in_the_log_that_names_its_run(
    tell: Any, running: RunRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(last_status="RUNNING", version=3)
    tell(exit_code=1, version=5)

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    decisions = [line for line in lines if "decision" in line]
    assert [(line["run_id"], line["decision"]) for line in decisions] == [(RUN, "event.noted"), (RUN, "ended")]
    (metrics,) = [line for line in lines if "_aws" in line]
    assert (metrics["reason"], metrics["Failed"]) == ("task.crashed", 1)


def test_the_end_is_told_to_the_event_bus(service: Any, tell: Any, running: RunRecord) -> None:
    boto3.client("events").create_event_bus(Name="runs")
    object.__setattr__(service.settings, "event_bus", "runs")
    told: list[dict[str, Any]] = []
    service.events.meta.events.register(
        "provide-client-params.events.PutEvents", lambda params, **_: told.extend(params["Entries"])
    )

    tell(exit_code=137)
    tell(exit_code=137)

    (entry,) = told
    assert (entry["Source"], entry["DetailType"], entry["EventBusName"]) == ("kaiseki", "Run ended", "runs")
    assert json.loads(entry["Detail"]) == {
        "run_id": RUN, "owner": ALICE, "status": "FAILED", "outcome": "", "reason": "task.killed", "usd": 0.0,
    }  # fmt: skip


def test_a_bus_that_does_not_answer_changes_nothing_about_the_end(
    service: Any, tell: Any, running: RunRecord, capsys: pytest.CaptureFixture[str]
) -> None:
    object.__setattr__(service.settings, "event_bus", "runs")

    def unreachable(**_: object) -> None:
        from botocore.exceptions import EndpointConnectionError

        raise EndpointConnectionError(endpoint_url="https://events")

    service.events.meta.events.register_first("before-call.events.PutEvents", unreachable)

    assert tell(exit_code=1).status is Status.FAILED
    assert '"event.failed"' in capsys.readouterr().out
