"""Whatever happens to runs, in whatever order and however often: nothing is overwritten, miscounted or left behind."""

import json
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaiseki.lifecycle import IllegalTransition, Status
from kaiseki.stores.dynamodb import ENVIRONMENT, Ended, NotLaunched, OverLimit, RunRecord
from kaiseki.stores.dynamodb.counters import counter_of
from kaiseki.stores.dynamodb.record import from_item

RUNS = ("a", "b", "c", "d")
OWNERS = {"a": "alice", "b": "alice", "c": "bob", "d": "carol"}
MAY_COST = {"a": 8.0, "b": 12.0, "c": 19.5, "d": 17.25}  # more than an environment's day has for all of them


class Fargate:
    """Starts tasks once per token, or says why not, as `mood` tells."""

    def __init__(self) -> None:
        self.mood = "room"
        self.by_token: dict[str, str] = {}
        self.tasks: dict[str, dict[str, Any]] = {}

    def run_task(self, clientToken: str, overrides: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: N803
        if self.mood == "full":
            return {"tasks": [], "failures": [{"reason": "RESOURCE:CPU"}]}
        if self.mood == "forbidden":
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "RunTask")
        arn = self.by_token.setdefault(clientToken, f"arn:task/{len(self.by_token)}")
        command = overrides["containerOverrides"][0]["command"]
        self.tasks.setdefault(arn, {"taskArn": arn, "command": command, "lastStatus": "PENDING", "version": 0})
        if self.mood == "silent":  # the task is there, but the answer is lost
            raise ClientError({"Error": {"Code": "ServerException", "Message": "?"}}, "RunTask")
        return {"tasks": [self.tasks[arn]], "failures": []}

    def stop_task(self, task: str, **_: Any) -> None:
        self.tasks[task]["lastStatus"] = "STOPPED"

    def describe_tasks(self, tasks: list[str], **_: Any) -> dict[str, Any]:
        return {"tasks": [self.tasks[task] for task in tasks if task in self.tasks]}


class Queue:
    def __init__(self) -> None:
        self.messages: list[str] = []

    def send_message(self, MessageBody: str, **_: Any) -> None:  # noqa: N803
        self.messages.append(MessageBody)


class World:
    """Runs of three owners, and all that may happen to them."""

    def __init__(self, service: Any, clock: Any) -> None:
        self.service, self.clock, self.records = service, clock, service.records
        self.fargate, self.queue = Fargate(), Queue()
        self.ended: dict[str, RunRecord] = {}
        service.__dict__.update(ecs=self.fargate, sqs=self.queue)
        self._clear()

    def happen(self, action: str, run_id: str, choice: int) -> None:
        if action == "accept":
            self._accept(run_id, OWNERS[run_id])
        elif action == "mood":
            self.fargate.mood = ("room", "room", "full", "forbidden", "silent")[choice % 5]
        elif action == "wait":
            self.clock.advance(seconds=(1, 65, 130, 200, 700, 1_000, 30_000)[choice % 7])
        elif action == "reconcile":
            self._reconcile()
        elif action == "message":
            self._deliver(choice)
        elif action == "event":
            self._event(choice)
        elif self.records.get(run_id) is not None:
            getattr(self, f"_{action}")(run_id, choice)
        self.check()

    def check(self) -> None:
        runs, counted, spent = self._table()
        live = [record for record in runs if not record.status.terminal]
        expected = Counter(record.owner for record in live)
        expected[ENVIRONMENT] = sum(record.status in (Status.LAUNCHING, Status.RUNNING) for record in live)
        assert counted == {whose: expected[whose] for whose in counted}
        assert set(expected) <= {*counted, ENVIRONMENT}
        assert spent == self._expected_dollars(runs)
        for record in runs:
            if record.status.terminal:
                first = self.ended.setdefault(record.run_id, record)
                same = ("status", "outcome", "reason", "message", "changed_at", "usd")
                assert [getattr(record, field) for field in same] == [getattr(first, field) for field in same]

    def drain(self) -> None:
        """Nothing happens any more but time, and the reconciler's minutes; no task ever comes up."""
        self.fargate.mood = "room"
        for seconds in (65, 200, 1_000, 1_000, 1_000, 22_000, 700, 200):
            self.clock.advance(seconds=seconds)
            self._reconcile()
            for _ in range(len(self.queue.messages)):
                self._deliver(0)
        self.check()
        assert [record for record in self._table()[0] if not record.status.terminal] == []
        assert list(self.records.live()) == []

    def _expected_dollars(self, runs: list[RunRecord]) -> Any:
        """By whose they are and the day: what live runs may cost, and what the others did cost."""
        expected: Counter[str] = Counter()
        for record in runs:
            dollars = record.usd if record.status.terminal else record.reserved_usd
            expected[f"SPEND#{record.owner}#{record.created_at[:10]}"] += dollars
            if record.status.terminal or record.launched_at:
                expected[f"SPEND#{ENVIRONMENT}#{(record.launched_at or record.changed_at)[:10]}"] += dollars
        return pytest.approx({key: dollars for key, dollars in expected.items() if dollars})

    def _table(self) -> tuple[list[RunRecord], dict[str, int], dict[str, float]]:
        items = self.service.dynamodb.scan(TableName="runs")["Items"]
        runs = [from_item(item) for item in items if item["pk"]["S"].startswith("RUN#")]
        counters = [counter_of(item) for item in items if item["pk"]["S"].startswith("ACTIVE#")]
        dollars = {item["pk"]["S"]: float(item["usd"]["N"]) for item in items if item["pk"]["S"].startswith("SPEND#")}
        spent = {key: usd for key, usd in dollars.items() if abs(usd) > 1e-9}
        return runs, {counter.whose: counter.active for counter in counters}, spent

    def _clear(self) -> None:
        for item in self.service.dynamodb.scan(TableName="runs")["Items"]:
            self.service.dynamodb.delete_item(TableName="runs", Key={"pk": item["pk"]})

    def _accept(self, run_id: str, owner: str) -> None:
        if self.records.get(run_id) is None:
            try:
                self.records.accept(run_id, owner, "", "digest", self.service.settings.limits, usd=MAY_COST[run_id])
            except OverLimit:
                return

    def _launch(self, run_id: str, choice: int) -> None:
        from launch import launch_run

        launch_run(run_id, self.service)

    def _begin(self, run_id: str, choice: int) -> None:
        launch = 1 + choice % 3
        try:
            assert self.records.begin(run_id, launch).launches == launch
        except (Ended, NotLaunched):
            return

    def _beat(self, run_id: str, choice: int) -> None:
        self.records.beat(run_id, f"step {choice}", usd=choice / 10)

    def _cancel(self, run_id: str, choice: int) -> None:
        self.records.request_cancel(run_id)

    def _end(self, run_id: str, choice: int) -> None:
        status = sorted(status for status in Status if status.terminal)[choice % 4]
        try:
            self.records.end(run_id, status, usd=choice / 10)
        except IllegalTransition:
            assert status is Status.SUCCEEDED

    def _queue(self, run_id: str, choice: int) -> None:
        self.records.queue(run_id, "launch.capacity", launch=choice % 3)

    def _deliver(self, choice: int) -> None:
        from launch import handler

        if not self.queue.messages:
            return
        body = self.queue.messages[choice % len(self.queue.messages)]
        if choice % 3 != 2:  # otherwise it comes once more
            self.queue.messages.remove(body)
        assert handler({"Records": [{"messageId": "m", "body": body}]}, None) == {"batchItemFailures": []}

    def _reconcile(self) -> None:
        from reconcile import reconcile

        reconcile(self.service)

    def _event(self, choice: int) -> None:
        from task_events import take

        if not self.fargate.tasks:
            return
        task = list(self.fargate.tasks.values())[choice % len(self.fargate.tasks)]
        stopped = choice % 2 == 0
        codes = ("SpotInterruption", "EssentialContainerExited", "TaskFailedToStart", "UserInitiated")
        if stopped:
            task["lastStatus"] = "STOPPED"
        take(
            self.service,
            {
                "taskArn": task["taskArn"],
                "version": choice % 7,
                "lastStatus": "STOPPED" if stopped else "RUNNING",
                "stopCode": codes[choice // 2 % 4],
                "stoppedReason": "it stopped",
                "containers": [{"name": "kaiseki", "exitCode": choice % 3}] if choice % 5 else [],
                "overrides": {"containerOverrides": [{"name": "kaiseki", "command": task["command"]}]},
            },
        )


ACTIONS = (
    *("accept", "launch", "begin", "beat", "cancel", "end", "queue"),
    *("message", "event", "event", "reconcile", "wait", "mood", "launch", "accept"),
)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    story=st.lists(
        st.tuples(st.sampled_from(ACTIONS), st.sampled_from(RUNS), st.integers(0, 40)), min_size=1, max_size=30
    )
)
def test_in_any_order_nothing_is_overwritten_miscounted_or_left_behind(
    service: Any, clock: Any, story: list[tuple[str, str, int]], capsys: Any
) -> None:
    world = World(service, clock)
    for action, run_id, choice in story:
        world.happen(action, run_id, choice)
    world.drain()
    decisions = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line for line in decisions if line.get("decision") == "counter.put_right"] == []
    assert [line for line in decisions if line.get("level") == "ERROR"] == []
