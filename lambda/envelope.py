"""What API Gateway hands over, made plain before anything looks into it."""

import base64
import binascii
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from refusals import Refused, invalid

BODY_LIMIT = 1_000_000  # bytes of UTF-8 without escapes
_ESCAPED_LIMIT = 2_500_000  # bytes as sent: clients write a character as up to twelve ASCII characters


def with_plain_body(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event with its body as text. Raises Refused: 413 too large, 415 not JSON, 422 not text."""
    body = event.get("body")
    if not body:
        return dict(event)
    _require_json(event)
    if event.get("isBase64Encoded"):
        body = _decoded(body)
    if len(body.encode("utf-8", "surrogatepass")) > _ESCAPED_LIMIT:
        raise _too_large()
    return {**event, "body": body, "isBase64Encoded": False}


def parsed(text: str) -> Any:
    """The JSON value. Raises Refused: 413 too large, 422 not JSON."""
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        where = f" at line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise invalid("body.malformed", f"the body is not JSON{where}", "send one JSON object") from None
    if len(text) > BODY_LIMIT // 4 and _size(value) > BODY_LIMIT:
        raise _too_large()
    return value


def _require_json(event: Mapping[str, Any]) -> None:
    kind = str((event.get("headers") or {}).get("content-type") or "application/json").split(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "body.media_type",
            f"the body is declared as {kind[:80]}",
            "send JSON, with the header Content-Type: application/json",
        )


def _decoded(body: str) -> str:
    if len(body) > _ESCAPED_LIMIT * 4 // 3 + 4:
        raise _too_large()
    try:
        return base64.b64decode(body, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise invalid("body.malformed", "the body is not text in UTF-8", "send JSON in UTF-8") from None


def _size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _too_large() -> Refused:
    return Refused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "body.too_large",
        f"the body has more than {BODY_LIMIT:,} bytes",
        "attach what is long as a file: POST /uploads",
    )
