"""Runs that end without their task: the record first, then the event and the metrics that a task would give."""

from datetime import datetime

from decisions import decided
from kaiseki.embedded_metrics import metrics_of_ended_run
from kaiseki.errors import StoreError
from kaiseki.lifecycle import Status
from kaiseki.stores.dynamodb import RunRecord
from service import Service

CANCELLED = "Cancelled by its owner."


def end_run(service: Service, record: RunRecord, status: Status, reason: str = "", message: str = "") -> bool:
    """Ends the run if it is still in the launch that was looked at; False: others were faster."""
    ended = service.records.end(
        record.run_id, status, reason=reason, message=message, launch=record.launches, usd=record.usd
    )
    if not ended:
        decided("end.late", record.run_id, status=status, reason=reason)
        return False
    decided("ended", record.run_id, status=status, reason=reason, message=message, before=record.status)
    now = service.records.get(record.run_id)
    if now is not None:
        announce(service, now)
    return True


def announce(service: Service, record: RunRecord) -> None:
    """Tells of a run that ended; who listens may fail, the run has ended all the same."""
    print(_metrics(record, service.settings.environment, service.clock()), flush=True)
    if service.event_bus is None:
        return
    told = {name: getattr(record, name) for name in ("owner", "status", "outcome", "reason", "usd")}
    try:
        service.event_bus.run_ended(record.run_id, **told)
    except StoreError as error:
        decided("event.failed", record.run_id, "ERROR", error=error.message)


def _metrics(record: RunRecord, environment: str, now: datetime) -> str:
    """The task's own, but for what only the bundle knows."""
    duration = datetime.fromisoformat(record.changed_at) - datetime.fromisoformat(record.created_at)
    measured = {"Duration": round(duration.total_seconds(), 3), "Usd": record.usd}
    about = {"run_id": record.run_id, "outcome": record.outcome, "reason": record.reason}
    return metrics_of_ended_run(environment, record.status, measured, about, now)
