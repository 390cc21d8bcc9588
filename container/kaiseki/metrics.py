"""What a run took, as one line that CloudWatch turns into metrics (its embedded metric format)."""

import json
from datetime import datetime

from kaiseki.lifecycle import TERMINAL
from kaiseki.models import Run

NAMESPACE = "Kaiseki"
_UNITS = {"Duration": "Seconds", "Steps": "Count", "Repairs": "Count", "Tokens": "Count", "Usd": "None"}
_STATUSES = {status: "".join(word.capitalize() for word in status.split("_")) for status in sorted(TERMINAL)}


def metrics_line(run: Run, environment: str) -> str:
    """Duration, steps, repairs, tokens and dollars; and 1 for the status that the run ended in, 0 for the others."""
    now = datetime.now().astimezone()
    started = run.started_at or run.created_at
    measured = {
        "Duration": round(((run.ended_at or now) - started).total_seconds(), 3),
        "Steps": len(run.steps),
        "Repairs": sum(step.failure is not None for step in run.steps),
        "Tokens": 0 if run.usage.simulated else run.usage.tokens,
        "Usd": 0.0 if run.usage.simulated else run.usage.usd or 0.0,
        **{name: int(run.status is status) for status, name in _STATUSES.items()},
    }
    described = {
        "Namespace": NAMESPACE,
        "Dimensions": [["Environment"]],
        "Metrics": [{"Name": name, "Unit": _UNITS.get(name, "Count")} for name in measured],
    }
    about = {
        "Environment": environment,
        "run_id": run.id,
        "status": run.status,
        "outcome": run.outcome or "",
        "reason": run.reason,
        "model": run.model,
    }
    aws = {"Timestamp": int(now.timestamp() * 1000), "CloudWatchMetrics": [described]}
    return json.dumps({"_aws": aws, **about, **measured})
