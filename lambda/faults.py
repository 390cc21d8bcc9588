"""Whatever went wrong in a call, as an answer in the one shape that errors have."""

import traceback
from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from bodies import PROMPT_LIMIT
from decisions import decided
from refusals import Refused, invalid, unexpected, unknown_path

_PLAINER = {"model_attributes_type": "should be a JSON object", "extra_forbidden": "is not a field of this call"}


def refusal_of(error: Exception, request_id: str) -> Refused:
    """What the caller is told; a fault of the service is logged in full, and told by its request id alone."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, NotFoundError):
        return unknown_path()
    if isinstance(error, RequestValidationError):
        return _unacceptable(error.errors())
    decided("call.failed", level="ERROR", request_id=request_id, error="".join(traceback.format_exception(error)))
    return unexpected(request_id)


def _unacceptable(errors: Sequence[dict[str, Any]]) -> Refused:
    first = errors[0]
    field = _path(first["loc"])
    if field == "prompt" and first["type"] == "string_too_long":
        message = f"the prompt has {len(first['input']):,} characters; {PROMPT_LIMIT:,} are the most"
        return invalid("prompt.too_long", message, "shorten it, or attach the long part as a file: POST /uploads")
    if field == "prompt" and first["type"] == "string_pattern_mismatch":
        return invalid("prompt.blank", "the prompt is blank", "ask a question in the field prompt")
    said = _PLAINER.get(first["type"]) or str(first["msg"])
    further = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return invalid(
        "request.invalid",
        f"{field}: {said[:1].lower()}{said[1:]}{further}"[:500],
        "docs/openapi.json has what is taken",
    )


def _path(location: Sequence[str | int]) -> str:
    """`files[0].name`; without the part of the call that it stands in."""
    path = ""
    for part in location[1:]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.lstrip(".") or "the body"
