"""Every minute: finds the runs that nobody looks after any more, and the counters that do not fit them.

The index of live runs is a little behind, so a run is read again before anything is done about it; and everything that
is done is conditional, so that a second reconciler, a late event or the task itself may come in between.
"""

from collections import Counter as Tally
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from decisions import decided
from endings import CANCELLED, end_run
from kaiseki.errors import KaisekiError
from kaiseki.lifecycle import Status
from kaiseki.stores.dynamodb import ENVIRONMENT, RunRecord, takes_a_place
from launch import carry_out, launch_run
from service import Service, Settings, the_service
from stopped import close_run
from tasks import describe_task, stop_task
from waiting import call_again

LAUNCH_SECONDS = 60
"""In which a launch, a cancel of a waiting run or a message is dealt with by those whose task it is."""
MESSAGE_LATE_SECONDS = 120
STOP_SECONDS = 180
"""In which a task that was asked to stop has stopped: the stop timeout, and a minute for ECS to say so."""
SILENT_FOR_GOOD = 5
"""After so many times the setting for stale heartbeats a task that runs is believed to hang."""
QUIET = timedelta(minutes=5)
_TIME_KEPT_MS = 8_000


class Finding(Enum):
    NOT_LAUNCHED = auto()
    LAUNCH_HALF_DONE = auto()
    MESSAGE_LOST = auto()
    WAITED_TOO_LONG = auto()
    NEVER_STARTED = auto()
    SILENT = auto()
    CANCEL_WAITS = auto()


def handler(_event: dict[str, Any], context: Any) -> None:
    reconcile(the_service(), lambda: context.get_remaining_time_in_millis() > _TIME_KEPT_MS)


def reconcile(service: Service, time_left: Callable[[], bool] = lambda: True) -> None:
    """One round, those runs first that have been in their state longest; what is left when time is up comes next."""
    counters = list(service.records.counters())
    live = list(service.records.live())
    for seen in live:
        if not time_left():
            decided("reconcile.unfinished", level="WARNING", live=len(live))
            break
        if find(seen, service.settings, service.clock()) is None:
            continue
        try:
            _mend(service, seen.run_id)
        except (ClientError, BotoCoreError, KaisekiError) as error:
            decided("reconcile.failed", seen.run_id, "ERROR", error=repr(error))
    _count(service, counters, live)


def find(record: RunRecord, settings: Settings, now: datetime) -> Finding | None:
    """What is wrong with a live run; None: nothing, or nothing yet."""

    def older(moment: str, seconds: float) -> bool:
        return now - datetime.fromisoformat(moment) > timedelta(seconds=seconds)

    waits = record.status in (Status.ACCEPTED, Status.QUEUED)
    if record.cancel_requested_at:
        patience = LAUNCH_SECONDS if waits or not record.task_arn else STOP_SECONDS
        return Finding.CANCEL_WAITS if older(record.cancel_requested_at, patience) else None
    if waits and older(record.created_at, settings.queue_timeout):
        return Finding.WAITED_TOO_LONG
    if record.status is Status.ACCEPTED and older(record.changed_at, LAUNCH_SECONDS):
        return Finding.NOT_LAUNCHED
    if record.status is Status.QUEUED and older(max(record.changed_at, record.queue_due_at), MESSAGE_LATE_SECONDS):
        return Finding.MESSAGE_LOST
    if record.status is Status.LAUNCHING and older(record.changed_at, settings.start_timeout):
        return Finding.NEVER_STARTED
    if record.status is Status.LAUNCHING and not record.task_arn and older(record.changed_at, LAUNCH_SECONDS):
        return Finding.LAUNCH_HALF_DONE
    if record.status is Status.RUNNING and older(record.heartbeat_at, settings.stale_after):
        return Finding.SILENT
    return None


def _mend(service: Service, run_id: str) -> None:
    record = service.records.get(run_id)
    if record is None or record.status.terminal:
        return
    finding = find(record, service.settings, service.clock())
    if finding is None:
        return
    decided("reconcile", run_id, finding=finding.name, status=record.status, launch=record.launches)
    match finding:
        case Finding.NOT_LAUNCHED:
            launch_run(run_id, service)
        case Finding.LAUNCH_HALF_DONE:
            carry_out(service, record, record.queue_attempt)
        case Finding.MESSAGE_LOST:
            call_again(service, run_id, record.queue_attempt + 1)
        case Finding.WAITED_TOO_LONG:
            waited = f"It waited for {service.settings.queue_timeout} s without being launched."
            end_run(service, record, Status.TIMED_OUT, "queue.timeout", f"{waited} {record.message}".strip())
        case Finding.NEVER_STARTED:
            _never_started(service, record)
        case Finding.SILENT:
            _silent(service, record)
        case Finding.CANCEL_WAITS:
            _cancel(service, record)


def _never_started(service: Service, record: RunRecord) -> None:
    task = describe_task(service, record.task_arn)
    if task is not None and task["lastStatus"] == "STOPPED":
        close_run(service, record, task)
        return
    stop_task(service, record, "it did not start in time")
    message = f"The task did not start within {service.settings.start_timeout} s."
    end_run(service, record, Status.FAILED, "task.never_started", message)


def _silent(service: Service, record: RunRecord) -> None:
    task = describe_task(service, record.task_arn)
    if task is None:
        end_run(service, record, Status.FAILED, "task.lost", "The task is gone, and nobody knows how it ended.")
        return
    if task["lastStatus"] == "STOPPED":
        close_run(service, record, task)
        return
    silent = service.clock() - datetime.fromisoformat(record.heartbeat_at)
    if silent > SILENT_FOR_GOOD * timedelta(seconds=service.settings.stale_after):
        stop_task(service, record, "it gave no sign of life")
        message = f"The task gave no sign of life for {silent.total_seconds():.0f} s and was stopped."
        end_run(service, record, Status.FAILED, "task.lost", message)


def _cancel(service: Service, record: RunRecord) -> None:
    task = describe_task(service, record.task_arn)
    if task is None or task["lastStatus"] == "STOPPED":
        end_run(service, record, Status.CANCELLED, message=CANCELLED)
    else:
        stop_task(service, record, "cancelled by its owner")


def _count(service: Service, counters: Iterable[Any], live: Iterable[RunRecord]) -> None:
    """Puts right what does not fit, of counters that have not moved for so long that the index has caught up.

    What changes the number of a principal's runs moves its counter in the same transaction, so a counter at rest, read
    before the runs, belongs to runs at rest.
    """
    counted = Tally(record.owner for record in live) + Tally(ENVIRONMENT for record in live if takes_a_place(record))
    quiet_since = service.clock() - QUIET
    for counter in counters:
        active = counted[counter.whose]
        if counter.active == active or datetime.fromisoformat(counter.changed_at) > quiet_since:
            continue
        done = service.records.put_right(counter, active)
        decided("counter.put_right", level="WARNING", whose=counter.whose, was=counter.active, now=active, done=done)
