"""How the calls stand in the OpenAPI document: their errors, and who may make them."""

from typing import Any

from bodies import ErrorBody

SIGNED = "SigV4"
TOKEN = "JWT"  # noqa: S105
SECURITY: list[dict[str, list[str]]] = [{SIGNED: []}, {TOKEN: []}]

_EXAMPLES: dict[int, tuple[str, str, str, str]] = {
    403: (
        "It is not known who calls, or not signed.",
        "caller.unknown",
        "the call does not say who makes it",
        "sign it with SigV4 for the service execute-api, or send a bearer token where the environment takes JWTs",
    ),
    404: (
        "No such run, or not the caller's.",
        "run.unknown",
        "there is no run '20261121-093015-run-aaaaaaaaaaaa' of yours",
        "list them: GET /runs",
    ),
    413: (
        "The body is too large.",
        "body.too_large",
        "the body has more than 1,000,000 bytes",
        "attach what is long as a file: POST /uploads",
    ),
    415: (
        "The body is not JSON.",
        "body.media_type",
        "the body is declared as text/plain",
        "send JSON, with the header Content-Type: application/json",
    ),
    422: (
        "Not acceptable as it stands.",
        "prompt.blank",
        "the prompt is blank",
        "ask a question in the field prompt",
    ),
    429: (
        "A limit of the caller is reached.",
        "limit.principal_active",
        "5 of your runs are going on already.",
        "Wait until one has ended, or cancel one.",
    ),
    500: (
        "A fault of the service.",
        "internal",
        "the service failed; the fault is logged as 7a1c0f52-5d0c-4b8e-9d8e-3f6f0b9a4c11",
        "try again; if it stays, give that id to who runs the service",
    ),
}
_RETRY_AFTER = {
    "Retry-After": {"description": "Seconds after which it is worth trying again.", "schema": {"type": "integer"}}
}


def answers(status: int, model: type, description: str, errors: tuple[int, ...]) -> dict[int, Any]:
    """The responses of a call: what it gives, and how it may refuse (403 and 500 always)."""
    given = {status: {"description": description, "content": {"application/json": {"model": model}}}}
    return given | {code: _refusal(code) for code in sorted({403, 500, *errors})}


def _refusal(status: int) -> dict[str, Any]:
    description, code, message, hint = _EXAMPLES[status]
    example = {"error": {"code": code, "message": message, "hint": hint}}
    content = {"model": ErrorBody, "examples": {code: {"value": example}}}
    headers = {"headers": _RETRY_AFTER} if status == 429 else {}
    return {"description": description, "content": {"application/json": content}, **headers}
