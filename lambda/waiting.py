"""Runs that wait for room: QUEUED in the records, and one message in the queue that comes back when to try again."""

import json
import random
from datetime import timedelta

from botocore.exceptions import BotoCoreError, ClientError

from decisions import decided
from endings import CANCELLED, end_run
from kaiseki.lifecycle import Status
from kaiseki.stores.dynamodb import RunRecord
from service import Service

LONGEST_WAIT = 900  # seconds; SQS takes no longer delay
WAIT_FOR_A_PLACE = 60  # the environment's own places come free sooner than capacity of AWS does
_FIRST_WAIT = 15


def let_wait(
    service: Service, record: RunRecord, reason: str, message: str, attempt: int, longest: int = LONGEST_WAIT
) -> None:
    """Queues a run that could not be launched at `attempt`; one that its owner cancelled meanwhile ends instead."""
    if service.records.queue(record.run_id, reason, message, launch=record.launches):
        decided("queued", record.run_id, reason=reason, message=message, attempt=attempt)
        call_again(service, record.run_id, attempt + 1, longest)
        return
    now = service.records.get(record.run_id)
    if now is not None and now.cancel_requested_at and now.launches == record.launches:
        end_run(service, now, Status.CANCELLED, message=CANCELLED)


def call_again(service: Service, run_id: str, attempt: int, longest: int = LONGEST_WAIT) -> None:
    """Sends the message for the run's launch of that `attempt`; where that fails, the reconciler sends it."""
    delay = delay_before(attempt, longest)
    try:
        service.sqs.send_message(
            QueueUrl=service.settings.queue_url,
            MessageBody=json.dumps({"run_id": run_id, "attempt": attempt}),
            DelaySeconds=delay,
        )
        service.records.sent(run_id, attempt, service.clock() + timedelta(seconds=delay))
    except (ClientError, BotoCoreError) as error:
        decided("queue.failed", run_id, "ERROR", error=error)


def delay_before(attempt: int, longest: int = LONGEST_WAIT) -> int:
    """15 s, 30 s, 60 s, ... less up to half by chance, so that runs queued together do not come back together."""
    most = min(longest, _FIRST_WAIT * 2 ** min(attempt - 1, 10))
    return round(random.uniform(most / 2, most))  # noqa: S311
