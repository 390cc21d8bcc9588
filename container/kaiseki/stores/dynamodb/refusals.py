"""What the records refuse."""

from datetime import datetime, timedelta

from kaiseki.errors import StoreError, UsageError
from kaiseki.stores.dynamodb.record import Limits


class KeyReused(UsageError):
    """An idempotency key came with another request than the first time."""

    code = "idempotency.reused"


class OverLimit(UsageError):
    """A principal has reached one of its limits; `limit` is the field of Limits, `retry_after` in seconds."""

    code = "limit.principal"

    def __init__(self, limit: str, message: str, hint: str, retry_after: int) -> None:
        super().__init__(message, hint)
        self.limit = limit
        self.retry_after = retry_after


class EnvironmentFull(UsageError):
    """No run can be launched now, since the environment has reached a limit; `limit` is the field of Limits."""

    code = "limit.environment"

    def __init__(self, limit: str, message: str) -> None:
        super().__init__(message, "It is launched as soon as there is room.")
        self.limit = limit


class Ended(StoreError):
    """The run is over: there is nothing left to execute."""

    code = "run.ended"


class NotLaunched(StoreError):
    """The run waits for its launch or is in a later one; what wants to execute it is a task of an earlier one."""

    code = "run.not_launched"


def too_many_runs(limits: Limits) -> OverLimit:
    message = f"you have {limits.principal_active} live runs, as many as you may"
    return OverLimit("principal_active", message, "Wait for one to end, or cancel one.", retry_after=30)


def too_many_dollars(limits: Limits, usd: float, others_go_on: bool, now: datetime) -> OverLimit:
    """`others_go_on`: what is reserved for live runs may come back when they end."""
    most = f"${limits.principal_usd_per_day:g}"
    message = f"your runs of today leave too little of the day's {most} for one that may cost ${usd:g}"
    hint = "Ask with a smaller options.budget.usd, or send it again tomorrow (UTC)."
    if others_go_on:
        hint = "Ask with a smaller options.budget.usd, or again when a run that is going on has ended."
        return OverLimit("principal_usd_per_day", message, hint, retry_after=60)
    tomorrow = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    seconds = int((tomorrow - now).total_seconds()) + 1
    return OverLimit("principal_usd_per_day", message, hint, retry_after=seconds)
