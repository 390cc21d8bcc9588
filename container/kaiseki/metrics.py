"""What a run took, as the task tells it."""

from datetime import datetime

from kaiseki.embedded_metrics import metrics_of_ended_run
from kaiseki.models import Run


def metrics_line(run: Run, environment: str) -> str:
    """Duration, steps, repairs, tokens, dollars and status, as CloudWatch reads them from the log."""
    now = datetime.now().astimezone()
    started = run.started_at or run.created_at
    measured = {
        "Duration": round(((run.ended_at or now) - started).total_seconds(), 3),
        "Steps": len(run.steps),
        "Repairs": sum(step.failure is not None for step in run.steps),
        "Tokens": 0 if run.usage.simulated else run.usage.tokens,
        "Usd": 0.0 if run.usage.simulated else run.usage.usd or 0.0,
    }
    about = {"run_id": run.id, "outcome": run.outcome or "", "reason": run.reason, "model": run.model}
    return metrics_of_ended_run(environment, run.status, measured, about, now)
