"""What the records refuse."""

from kaiseki.errors import StoreError, UsageError


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
    """The run waits for its launch; what wants to execute it is a task of an earlier one."""

    code = "run.not_launched"
