"""ECS Task State Change events of what the tasks do: the emulator has the states and emits no events of them."""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from harness.ecs_front import EcsFront
from harness.emulator import Emulator
from harness.places import ACCOUNT, REGION

POLL_SECONDS = 0.2
STATES = ("PENDING", "RUNNING", "STOPPED")


class TaskEvents:
    """Watches the tasks that were launched, and puts an event on the bus for each change of state it sees."""

    def __init__(self, emulator: Emulator, front: EcsFront) -> None:
        self.sent: dict[str, list[dict]] = {}  # task id -> details, oldest first
        self.lost: set[str] = set()  # tasks whose events do not arrive: ids
        self._emulator = emulator
        self._front = front
        self._ecs = emulator.client("ecs")
        self._ended = threading.Event()

    def send(self, detail: dict) -> None:
        entry = {
            "Account": ACCOUNT,
            "Region": REGION,
            "Source": "aws.ecs",
            "DetailType": "ECS Task State Change",
            "Resources": [detail["taskArn"]],
            "Detail": json.dumps(detail, default=_time),
        }
        part = self._emulator.events / f"{time.time_ns()}-{uuid.uuid4().hex}.part"
        part.write_text(json.dumps(entry))
        part.rename(part.with_suffix(".json"))

    def states(self, task: str) -> list[str]:
        """Those of which events were made, oldest first."""
        return [detail["lastStatus"] for detail in self.sent.get(task, [])]

    def delivered(self) -> bool:
        """Whether all that was sent has been put on the bus."""
        return not any(self._emulator.events.iterdir())

    def watch(self) -> None:
        while not self._ended.wait(POLL_SECONDS):
            open_tasks = [launch for launch in list(self._front.launches) if not self._stopped(launch["taskArn"])]
            for start in range(0, len(open_tasks), 100):
                some = open_tasks[start : start + 100]
                described = self._ecs.describe_tasks(
                    cluster=some[0]["clusterArn"], tasks=[launch["taskArn"] for launch in some]
                )
                for task in described["tasks"]:
                    self._note(task)

    def end(self) -> None:
        self._ended.set()

    def _stopped(self, arn: str) -> bool:
        sent = self.sent.get(_id(arn))
        return bool(sent) and sent[-1]["lastStatus"] == "STOPPED"

    def _note(self, task: dict) -> None:
        identity, state = _id(task["taskArn"]), task["lastStatus"]
        sent = self.sent.setdefault(identity, [])
        if state not in STATES or (sent and sent[-1]["lastStatus"] == state):
            return
        family = task["taskDefinitionArn"].rsplit("/", 1)[-1].split(":")[0]
        task["group"] = task.get("group") or f"family:{family}"  # as ECS names the group of a task that has none
        folder = self._emulator.tasks / identity
        if state == "STOPPED" and (folder / "pid").exists():
            # The emulator says so when it asks for it; ECS when the container has ended, and with its real exit code.
            if not (folder / "exit").exists():
                return
            for container in task["containers"]:
                container["exitCode"] = int((folder / "exit").read_text())
        sent.append(task)
        if identity not in self.lost:
            self.send(task)


@contextmanager
def task_events(emulator: Emulator, front: EcsFront) -> Iterator[TaskEvents]:
    events = TaskEvents(emulator, front)
    watcher = threading.Thread(target=events.watch, name="task-events", daemon=True)
    watcher.start()
    try:
        yield events
    finally:
        events.end()
        watcher.join(10)


def _id(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]


def _time(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} is not of an event")
