"""The launch of a run: once, whatever ECS says, and by whoever comes first."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError

from kaiseki.errors import SettingError
from kaiseki.lifecycle import Status
from kaiseki.stores.dynamodb import ENVIRONMENT, NotLaunched, RunRecord

RUN = "20261121-090000-interactions-purchase-abcdefghijkm"
ALICE = "arn:aws:iam::111122223333:role/analyst/alice"
Messages = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def accepted(service: Any) -> RunRecord:
    return service.records.accept(RUN, ALICE, "", "digest", service.settings.limits)


@pytest.fixture
def launch(service: Any, ecs: Any, accepted: RunRecord) -> Callable[..., RunRecord]:
    from launch import launch_run

    def act(attempt: int = 0) -> RunRecord:
        launch_run(RUN, service, attempt)
        return service.records.get(RUN)

    return act


@pytest.fixture
def deliver(service: Any, ecs: Any) -> Callable[..., dict[str, Any]]:
    from launch import handler

    def act(*bodies: Any) -> dict[str, Any]:
        texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
        return handler({"Records": [{"messageId": f"m{n}", "body": text} for n, text in enumerate(texts)]}, None)

    return act


def places(service: Any) -> dict[str, int]:
    return {counter.whose: counter.active for counter in service.records.counters()}


def test_a_launch_starts_one_task_that_is_told_only_its_run_and_launch(service: Any, ecs: Any, launch: Any) -> None:
    record = launch()

    assert record.status is Status.LAUNCHING
    (asked,) = ecs.of("RunTask")
    command = ["execute", RUN, "--launch", "1"]
    assert asked["overrides"] == {"containerOverrides": [{"name": "kaiseki", "command": command}]}
    assert asked["taskDefinition"] == "kaiseki-dev"
    assert asked["capacityProviderStrategy"] == [{"capacityProvider": "FARGATE", "weight": 1}]
    assert asked["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "DISABLED"
    assert asked["startedBy"] == "kaiseki"
    assert {"key": "kaiseki:run", "value": RUN} in asked["tags"]
    (task,) = boto3.client("ecs").describe_tasks(cluster="analysts", tasks=[record.task_arn])["tasks"]
    assert task["taskArn"] == record.task_arn


def test_a_second_launch_of_the_same_run_starts_nothing(ecs: Any, launch: Any) -> None:
    assert launch() == launch()
    assert len(ecs.of("RunTask")) == 1


@pytest.mark.parametrize(
    ("code", "message", "times"),
    [
        ("ThrottlingException", "Rate exceeded", 3),
        ("ClientException", "Capacity is unavailable at this time. Please try again later.", 1),
        ("ClientException", "You've reached the limit on the number of vCPUs you can run concurrently", 1),
    ],
)
def test_a_launch_without_room_waits_in_the_queue(
    service: Any, ecs: Any, launch: Any, messages: Messages, code: str, message: str, times: int
) -> None:
    ecs.fail("RunTask", code, message, times)

    record = launch()

    assert (record.status, record.reason, record.message) == (Status.QUEUED, "launch.capacity", message)
    (sent,) = messages()
    assert (sent["run_id"], sent["attempt"]) == (RUN, 1)
    assert 7 <= sent["delay"] <= 15
    assert places(service) == {ALICE: 1, ENVIRONMENT: 0}


def test_failures_in_an_answer_of_200_are_read(ecs: Any, launch: Any, messages: Messages) -> None:
    ecs.answer("RunTask", (200, {"tasks": [], "failures": [{"reason": "RESOURCE:MEMORY"}]}))
    assert launch().status is Status.QUEUED
    assert len(messages()) == 1


@pytest.mark.parametrize(
    ("status", "answer", "told"),
    [
        (
            400,
            {"__type": "AccessDeniedException", "message": "not authorized to perform ecs:RunTask"},
            "not authorized",
        ),
        (400, {"__type": "ClientException", "message": "TaskDefinition is inactive"}, "TaskDefinition is inactive"),
        (200, {"tasks": [], "failures": [{"reason": "MISSING", "detail": "no subnet"}]}, "MISSING: no subnet"),
        (200, {"tasks": [], "failures": []}, "no reason given"),
    ],
)
def test_what_will_not_be_better_the_next_time_fails_the_run(
    service: Any, ecs: Any, launch: Any, messages: Messages, status: int, answer: dict[str, Any], told: str
) -> None:
    ecs.answer("RunTask", (status, answer))

    record = launch()

    assert (record.status, record.reason) == (Status.FAILED, "launch.failed")
    assert told in record.message
    assert messages() == []
    assert places(service) == {ALICE: 0, ENVIRONMENT: 0}


def test_a_failed_launch_is_counted_and_logged(ecs: Any, launch: Any, capsys: pytest.CaptureFixture[str]) -> None:
    ecs.fail("RunTask", "AccessDeniedException", "not authorized")
    launch()

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (decision,) = [line for line in lines if line.get("decision") == "ended"]
    assert (decision["run_id"], decision["status"], decision["reason"]) == (RUN, "FAILED", "launch.failed")
    (metrics,) = [line for line in lines if "_aws" in line]
    (described,) = metrics["_aws"]["CloudWatchMetrics"]
    assert (described["Namespace"], described["Dimensions"]) == ("Kaiseki", [["Environment"]])
    assert all(metric["Name"] in metrics for metric in described["Metrics"])
    assert (metrics["Environment"], metrics["Failed"], metrics["Succeeded"], metrics["reason"]) == (
        "dev", 1, 0, "launch.failed",
    )  # fmt: skip


def test_a_launch_of_which_nothing_is_known_is_asked_for_again_with_the_same_token(
    service: Any, ecs: Any, launch: Any, messages: Messages
) -> None:
    from launch import carry_out

    timeout = ConnectTimeoutError(endpoint_url="https://ecs")
    ecs.answer("RunTask", timeout, timeout, timeout)
    record = launch()
    assert (record.status, record.task_arn, messages()) == (Status.LAUNCHING, "", [])

    carry_out(service, record)

    assert service.records.get(RUN).task_arn
    assert len({asked["clientToken"] for asked in ecs.of("RunTask")}) == 1


def test_each_launch_has_a_token_of_its_own_that_ecs_takes(ecs: Any, launch: Any, service: Any) -> None:
    ecs.fail("RunTask", "ClientException", "Capacity is unavailable at this time.", 2)
    for _ in range(3):
        launch()

    tokens = [asked["clientToken"] for asked in ecs.of("RunTask")]
    assert len(set(tokens)) == 3
    assert all(len(token) <= 64 and "abcdefghijkm" in token for token in tokens)


def test_a_token_fits_also_for_the_longest_run_id(service: Any, accepted: RunRecord) -> None:
    from dataclasses import replace

    from tasks import client_token

    long = replace(accepted, run_id="20261121-090000-" + "a" * 16 + "-" + "b" * 16 + "-abcdefghijkm", launches=1234)
    assert len(client_token(long, "FARGATE_SPOT")) <= 64


def test_a_conflict_names_the_task_that_the_launch_has_already(ecs: Any, launch: Any) -> None:
    ecs.fail("RunTask", "ConflictException", "in use with other parameters", resourceIds=["arn:task/earlier"])
    record = launch()
    assert (record.status, record.task_arn) == (Status.LAUNCHING, "arn:task/earlier")


@pytest.mark.parametrize(
    ("capacity", "tried", "status"),
    [
        ("spot-first", ["FARGATE_SPOT", "FARGATE"], Status.LAUNCHING),
        ("spot", ["FARGATE_SPOT"], Status.QUEUED),
        ("on-demand", ["FARGATE"], Status.QUEUED),
    ],
)
def test_where_spot_has_no_room_the_setting_says_what_next(
    service: Any, ecs: Any, launch: Any, capacity: str, tried: list[str], status: Status
) -> None:
    from service import CAPACITIES

    object.__setattr__(service.settings, "capacity", CAPACITIES[capacity])
    ecs.fail("RunTask", "ClientException", "Capacity is unavailable at this time.")

    assert launch().status is status
    asked = ecs.of("RunTask")
    assert [one["capacityProviderStrategy"][0]["capacityProvider"] for one in asked] == tried
    assert len({one["clientToken"] for one in asked}) == len(asked)


def test_a_launch_that_turned_to_another_provider_stays_with_it_when_it_is_repeated(
    service: Any, ecs: Any, launch: Any
) -> None:
    from launch import carry_out
    from service import CAPACITIES

    object.__setattr__(service.settings, "capacity", CAPACITIES["spot-first"])
    ecs.fail("RunTask", "ClientException", "Capacity is unavailable at this time.")
    ecs.answer("RunTask", *[ConnectTimeoutError(endpoint_url="https://ecs")] * 3)  # maybe there is a task on demand
    assert launch().task_arn == ""
    ecs.asked.clear()

    carry_out(service, service.records.get(RUN))

    (asked,) = ecs.of("RunTask")  # although spot has room now
    assert asked["capacityProviderStrategy"] == [{"capacityProvider": "FARGATE", "weight": 1}]
    service.records.queue(RUN, "task.interrupted")
    launch()
    assert ecs.of("RunTask")[-1]["capacityProviderStrategy"][0]["capacityProvider"] == "FARGATE_SPOT"


def test_a_run_that_was_cancelled_while_spot_had_no_room_is_not_asked_for_on_demand(
    service: Any, ecs: Any, launch: Any
) -> None:
    from service import CAPACITIES

    object.__setattr__(service.settings, "capacity", CAPACITIES["spot-first"])
    ecs.fail("RunTask", "ClientException", "Capacity is unavailable at this time.")
    service.ecs.meta.events.register(
        "before-call.ecs.RunTask", lambda **_: service.records.request_cancel(RUN) and None
    )

    assert launch().status is Status.CANCELLED
    assert len(ecs.of("RunTask")) == 1


def test_a_task_that_came_up_although_ecs_said_otherwise_does_not_take_the_run_from_the_next(
    service: Any, ecs: Any, launch: Any
) -> None:
    ecs.fail("RunTask", "ThrottlingException", "Rate exceeded", 3)  # and yet it started one
    assert launch().status is Status.QUEUED
    second = launch()
    assert (second.status, second.launches) == (Status.LAUNCHING, 2)

    with pytest.raises(NotLaunched):
        service.records.begin(RUN, launch=1)
    assert service.records.get(RUN) == second
    assert service.records.begin(RUN, launch=2).status is Status.RUNNING
    with pytest.raises(NotLaunched):
        service.records.begin(RUN, launch=1)


def test_a_run_that_finds_the_environment_full_comes_again_within_a_minute(
    service: Any, ecs: Any, launch: Any, messages: Messages
) -> None:
    for number in range(3):
        service.records.accept(f"r{number}", f"owner-{number}", "", "digest", service.settings.limits)
        service.records.claim(f"r{number}", service.settings.limits)

    record = launch()
    assert (record.status, record.reason) == (Status.QUEUED, "limit.environment_active")
    assert [message["attempt"] for message in messages()] == [1]
    assert ecs.of("RunTask") == []

    launch(attempt=9)
    ((attempt, delay),) = [(message["attempt"], message["delay"]) for message in messages()]
    assert (attempt, service.records.get(RUN).queue_attempt) == (10, 10)
    assert 30 <= delay <= 60
    service.records.end("r0", Status.FAILED)
    assert launch(attempt=10).status is Status.LAUNCHING


def test_waits_double_up_to_fifteen_minutes_and_differ() -> None:
    from waiting import delay_before

    for attempt, longest in ((1, 15), (2, 30), (4, 120), (7, 900), (500, 900)):
        delays = [delay_before(attempt) for _ in range(50)]
        assert longest / 2 <= min(delays) < max(delays) <= longest


def test_a_run_that_is_cancelled_while_its_task_is_asked_for_does_not_keep_the_task(
    service: Any, ecs: Any, launch: Any
) -> None:
    service.ecs.meta.events.register(
        "before-call.ecs.RunTask", lambda **_: service.records.request_cancel(RUN) and None
    )
    record = launch()

    assert [asked["task"] for asked in ecs.of("StopTask")] == [record.task_arn]
    assert record.cancel_requested_at


def test_a_run_that_is_cancelled_while_there_is_no_room_ends_cancelled(
    service: Any, ecs: Any, launch: Any, messages: Messages
) -> None:
    service.ecs.meta.events.register(
        "before-call.ecs.RunTask", lambda **_: service.records.request_cancel(RUN) and None
    )
    ecs.fail("RunTask", "ClientException", "Capacity is unavailable at this time.")

    assert launch().status is Status.CANCELLED
    assert messages() == []
    assert places(service) == {ALICE: 0, ENVIRONMENT: 0}


def test_a_run_whose_message_cannot_be_sent_waits_for_the_reconciler(
    service: Any, ecs: Any, launch: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    boto3.client("sqs").delete_queue(QueueUrl=service.settings.queue_url)
    ecs.fail("RunTask", "ClientException", "Capacity is unavailable at this time.")

    assert launch().status is Status.QUEUED
    assert '"queue.failed"' in capsys.readouterr().out


def test_a_message_launches_its_run_when_there_is_room_again(
    ecs: Any, service: Any, launch: Any, deliver: Any, messages: Messages
) -> None:
    ecs.fail("RunTask", "ClientException", "Capacity is unavailable at this time.", 2)
    launch()
    (first,) = messages()
    assert deliver(first) == {"batchItemFailures": []}
    (second,) = messages()
    assert second["attempt"] == 2
    assert deliver(second) == {"batchItemFailures": []}
    assert service.records.get(RUN).status is Status.LAUNCHING
    assert service.records.get(RUN).launches == 3


def test_messages_of_runs_that_do_not_wait_and_messages_that_were_replaced_are_dropped(
    ecs: Any, service: Any, launch: Any, deliver: Any, messages: Messages
) -> None:
    launch()
    assert deliver({"run_id": RUN, "attempt": 1}, {"run_id": "r0", "attempt": 1}) == {"batchItemFailures": []}
    assert len(ecs.of("RunTask")) == 1

    service.records.queue(RUN, "task.interrupted")
    service.records.sent(RUN, 4, service.clock())
    assert deliver({"run_id": RUN, "attempt": 3}) == {"batchItemFailures": []}
    assert service.records.get(RUN).status is Status.QUEUED
    assert messages() == []


def test_messages_that_nobody_can_read_fail_alone(service: Any, accepted: RunRecord, deliver: Any) -> None:
    service.records.queue(RUN, "launch.capacity")
    bad = ["{", "[]", "{}", '{"run_id": "r1", "attempt": null}', '"text"']

    answer = deliver(*bad, {"run_id": RUN, "attempt": 1})

    assert [one["itemIdentifier"] for one in answer["batchItemFailures"]] == ["m0", "m1", "m2", "m3", "m4"]
    assert service.records.get(RUN).status is Status.LAUNCHING


def test_a_message_comes_again_when_the_table_does_not_answer(service: Any, accepted: RunRecord, deliver: Any) -> None:
    boto3.client("dynamodb").delete_table(TableName="runs")
    assert deliver({"run_id": RUN, "attempt": 1}) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}


@pytest.mark.parametrize(
    ("name", "value"), [("TABLE", ""), ("CAPACITY", "cheap"), ("START_TIMEOUT", "soon"), ("OWNER", "anyone")]
)
def test_a_wrong_setting_is_named(lambda_environment: dict[str, str], name: str, value: str) -> None:
    from service import load_settings

    with pytest.raises(SettingError, match=f"KAISEKI_{name} "):
        load_settings({**lambda_environment, f"KAISEKI_{name}": value})
