"""DSPy's language model, whose failures are this program's own errors."""

from typing import Any

import dspy
from dspy.utils import exceptions as failures

from kaiseki.errors import KaisekiError, ModelError, SettingError

# The first kind that fits counts: kinds stand before those they are a case of.
_KINDS: tuple[tuple[type[Exception], str, str], ...] = (
    (failures.ContextWindowExceededError, "model.context", "ask about fewer tables, or take a model of longer context"),
    (failures.LMAuthError, "model.access", "check the credentials, and that they may call this model"),
    (failures.LMRateLimitError, "model.throttled", "wait a while, or have the model's quota raised"),
    (
        failures.LMUnsupportedModelError,
        "model.unknown",
        "check the model's id, its region, and the prefix (us. eu. jp. ...)",
    ),
    (failures.LMTimeoutError, "model.timeout", "try again later"),
    (failures.LMServerError, "model.unavailable", "try again later"),
    (failures.LMTransportError, "model.unavailable", "check the network, then try again"),
    (failures.LMInvalidRequestError, "model.refused", "change the question, or take another model"),
)


class LanguageModel(dspy.LM):  # type: ignore[misc]  # dspy ships no types
    """Raises ModelError for what the model's service refused for good, SettingError for what is not configured."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        try:
            return super().__call__(*args, **options)
        except failures.LMError as error:
            raise as_kaiseki_error(error) from error


def as_kaiseki_error(error: Exception) -> KaisekiError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, KaisekiError):
            return cause
        cause = cause.__cause__
    # What follows the first paragraph is advice to users of DSPy.
    said = " ".join(getattr(error, "message", str(error)).partition("\n\n")[0].split())
    hint = getattr(error, "credential_hint", None)
    if isinstance(error, failures.LMConfigurationError):
        return SettingError(said, hint=hint or "check the model's settings")
    for kind, code, usual_hint in _KINDS:
        if isinstance(error, kind):
            return ModelError(said, hint=hint or usual_hint, code=code)
    return ModelError(said)
