"""Runs that end without their task: the record first, then the event and the metrics that a task would give."""

import json
from datetime import datetime

from botocore.exceptions import BotoCoreError, ClientError
from decisions import decided
from service import Service

from kaiseki.lifecycle import TERMINAL, Status
from kaiseki.stores.dynamodb import RunRecord

NAMESPACE = "Kaiseki"
CANCELLED = "Cancelled by its owner."
_STATUSES = {status: "".join(word.capitalize() for word in status.split("_")) for status in sorted(TERMINAL)}


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
    print(metrics_line(record, service.settings.environment, service.clock()), flush=True)
    if not service.settings.event_bus:
        return
    told = ("run_id", "owner", "status", "outcome", "reason", "usd")
    entry = {
        "EventBusName": service.settings.event_bus,
        "Source": "kaiseki",
        "DetailType": "Run ended",
        "Detail": json.dumps({name: getattr(record, name) for name in told}),
    }
    try:
        answer = service.events.put_events(Entries=[entry])  # type: ignore[list-item]
    except (ClientError, BotoCoreError) as error:
        decided("event.failed", record.run_id, "ERROR", error=error)
    else:
        if answer["FailedEntryCount"]:
            decided("event.failed", record.run_id, "ERROR", error=answer["Entries"][0].get("ErrorMessage"))


def metrics_line(record: RunRecord, environment: str, now: datetime) -> str:
    """CloudWatch's embedded metric format, as the task's own line but for what only the bundle knows."""
    duration = datetime.fromisoformat(record.changed_at) - datetime.fromisoformat(record.created_at)
    units = {"Duration": "Seconds", "Usd": "None", **dict.fromkeys(_STATUSES.values(), "Count")}
    described = {
        "Namespace": NAMESPACE,
        "Dimensions": [["Environment"]],
        "Metrics": [{"Name": name, "Unit": unit} for name, unit in units.items()],
    }
    return json.dumps(
        {
            "_aws": {"Timestamp": int(now.timestamp() * 1000), "CloudWatchMetrics": [described]},
            "Environment": environment,
            "run_id": record.run_id,
            "status": record.status,
            "outcome": record.outcome,
            "reason": record.reason,
            "Duration": round(duration.total_seconds(), 3),
            "Usd": record.usd,
            **{name: int(record.status is status) for status, name in _STATUSES.items()},
        }
    )
