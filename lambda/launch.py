"""Launches runs: the API at once, the queue's messages when there was no room before, the reconciler what was left."""

import json
from dataclasses import replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from decisions import decided
from endings import end_run
from kaiseki.errors import KaisekiError
from kaiseki.lifecycle import Status
from kaiseki.stores.dynamodb import EnvironmentFull, RunRecord
from service import Service, the_service
from tasks import NoRoom, Rejected, Started, Unclear, start_task, stop_task
from waiting import WAIT_FOR_A_PLACE, let_wait


def launch_run(run_id: str, service: Service | None = None, attempt: int = 0) -> None:
    """Starts the run's task, lets the run wait, or ends it as FAILED; safe to be called twice, also at once.

    `attempt` counts how often it was to be launched before. Raises ClientError and BotoCoreError where the records
    cannot be reached; the reconciler launches what was accepted all the same.
    """
    service = service or the_service()
    try:
        record = service.records.claim(run_id, service.settings.limits)
    except EnvironmentFull as full:
        waiting = service.records.get(run_id)
        if waiting is not None:
            let_wait(service, waiting, f"limit.{full.limit}", full.message, attempt, WAIT_FOR_A_PLACE)
        return
    if record is None:
        decided("launch.dropped", run_id)
        return
    carry_out(service, record, attempt)


def carry_out(service: Service, record: RunRecord, attempt: int = 0) -> None:
    """Starts the task of a launch that was claimed; repeated for the same launch it finds the same task."""
    match start_task(service, record):
        case Started(task_arn):
            noted = service.records.launched(record.run_id, task_arn)
            decided("launched", record.run_id, task_arn=task_arn, launch=record.launches)
            if noted is None or noted.cancel_requested_at:
                stop_task(service, replace(record, task_arn=task_arn), "its run was cancelled or has ended")
        case NoRoom(message):
            let_wait(service, record, "launch.capacity", message, attempt)
        case Rejected(message):
            end_run(service, record, Status.FAILED, "launch.failed", f"The task could not be started: {message}")
        case Unclear(message):
            decided("launch.unclear", record.run_id, "WARNING", message=message)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Messages `{"run_id", "attempt"}` of SQS; those that cannot be dealt with are named, and come again."""
    failed = []
    for message in event["Records"]:
        try:
            body = json.loads(message["body"])
            _call(the_service(), str(body["run_id"]), int(body["attempt"]))
        except (ClientError, BotoCoreError, KaisekiError, LookupError, TypeError, ValueError) as error:
            decided("message.failed", level="ERROR", message_id=message["messageId"], error=repr(error))
            failed.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failed}


def _call(service: Service, run_id: str, attempt: int) -> None:
    record = service.records.get(run_id)
    if record is None or record.status is not Status.QUEUED:
        decided("message.dropped", run_id, status=record.status if record else "unknown")
    elif attempt < record.queue_attempt:
        decided("message.dropped", run_id, attempt=attempt, newest=record.queue_attempt)
    else:
        launch_run(run_id, service, attempt)
