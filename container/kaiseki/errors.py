"""What may go wrong that no model can mend, each with a code, a sentence and the way to mend it.

    KaisekiError                  exit code 1
    ├── UsageError                exit code 2: the call, a setting or an input is wrong; nothing was started
    │   ├── SettingError
    │   ├── InputError
    │   └── UnknownRun
    ├── ModelError                the model's service refused or failed for good
    ├── WarehouseError            the warehouse cannot be reached or read
    ├── SandboxError              generated code cannot be run safely here: no sandbox, no run
    ├── StoreError                a bundle cannot be written or read
    └── ServiceError              the service in AWS cannot be reached, or refuses

A failing query, script or reply is none of these: it is a value (`models.Failure`) that goes back to the model.
"""


class KaisekiError(Exception):
    """Base of all; `code` is stable and machine-readable, `hint` says how to mend it."""

    code = "internal"
    exit_code = 1

    def __init__(self, message: str, hint: str = "", code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code or self.code

    def as_json(self) -> dict[str, dict[str, str]]:
        return {"error": {"code": self.code, "message": self.message, "hint": self.hint}}


class UsageError(KaisekiError):
    code = "usage"
    exit_code = 2


class SettingError(UsageError):
    code = "setting"


class InputError(UsageError):
    code = "input"


class UnknownRun(UsageError):
    code = "run.unknown"


class ModelError(KaisekiError):
    code = "model"


class WarehouseError(KaisekiError):
    code = "warehouse"


class SandboxError(KaisekiError):
    code = "sandbox"


class StoreError(KaisekiError):
    code = "store"


class ServiceError(KaisekiError):
    code = "service"


class TaskInterrupted(KeyboardInterrupt):
    """The place where a run works is taken away: a deploy, Spot capacity that is reclaimed. Nobody cancelled it."""
