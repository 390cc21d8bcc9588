"""What a task that stopped means for its run, whoever noticed it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from decisions import decided
from endings import CANCELLED, end_run
from kaiseki.lifecycle import Status
from kaiseki.stores.dynamodb import RunRecord
from service import Service
from tasks import is_want_of_room
from waiting import let_wait

_KILLED = 137  # 128 + SIGKILL: out of memory, or it did not stop in time
_SPOT = frozenset({"SpotInterruption", "TerminationNotice"})
_FROM_OUTSIDE = _SPOT | {"UserInitiated", "ServiceSchedulerInitiated"}


@dataclass(frozen=True)
class StoppedTask:
    """How ECS describes it, in an event or in DescribeTasks."""

    stop_code: str
    reason: str
    exit_code: int | None
    """None: the container never ran."""

    @property
    def out_of_memory(self) -> bool:
        return "OutOfMemory" in self.reason

    @property
    def told(self) -> str:
        code = "" if self.exit_code is None else f", exit code {self.exit_code}"
        return f"{self.reason or 'no reason given'} ({self.stop_code or 'no stop code'}{code})."


@dataclass(frozen=True)
class Verdict:
    status: Status
    """QUEUED: the run is to be launched again."""
    reason: str
    message: str


def stopped_task(described: Mapping[str, Any], container: str) -> StoppedTask:
    ours: Mapping[str, Any] = next((one for one in described.get("containers", []) if one.get("name") == container), {})
    reasons = [text.rstrip(".") for text in (described.get("stoppedReason", ""), ours.get("reason", "")) if text]
    return StoppedTask(described.get("stopCode", ""), "; ".join(dict.fromkeys(reasons)), ours.get("exitCode"))


def judge(record: RunRecord, task: StoppedTask) -> Verdict:
    """Of a run that has not ended itself."""
    if record.cancel_requested_at:
        return Verdict(Status.CANCELLED, "", CANCELLED)
    begun = record.status is Status.RUNNING
    if not begun and task.stop_code in _SPOT:
        return Verdict(Status.QUEUED, "task.interrupted", f"Its task was interrupted before it began: {task.told}")
    if not begun and task.exit_code is None and is_want_of_room(task.reason):
        return Verdict(Status.QUEUED, "launch.capacity", f"There was no room for its task: {task.told}")
    if task.out_of_memory:
        return Verdict(Status.FAILED, "task.killed", f"The task ran out of memory: {task.told}")
    if task.stop_code in _FROM_OUTSIDE:
        return Verdict(Status.FAILED, "task.interrupted", f"The task was stopped from outside: {task.told}")
    if task.exit_code is None and not begun:
        return Verdict(Status.FAILED, "task.never_started", f"The task never started: {task.told}")
    if task.exit_code == _KILLED:
        return Verdict(Status.FAILED, "task.killed", f"The task was killed, probably for want of memory: {task.told}")
    return Verdict(Status.FAILED, "task.crashed", f"The task stopped without ending its run: {task.told}")


def close_run(service: Service, record: RunRecord, described: Mapping[str, Any]) -> None:
    """Ends the run of a task that stopped, or queues it again; nothing where it has ended or is in another launch."""
    verdict = judge(record, stopped_task(described, service.settings.container))
    if verdict.status is Status.QUEUED:
        decided("launch.again", record.run_id, reason=verdict.reason, launch=record.launches)
        let_wait(service, record, verdict.reason, verdict.message, record.queue_attempt)
    else:
        end_run(service, record, verdict.status, verdict.reason, verdict.message)
