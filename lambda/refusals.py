"""Why the API does not do what was asked, in the one shape that all its errors have."""

from http import HTTPStatus


class Refused(Exception):
    """An answer other than success: `code` is stable and machine-readable, `hint` says how to mend it."""

    def __init__(
        self, status: HTTPStatus, code: str, message: str, hint: str = "", headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint
        self.headers = headers or {}

    def as_json(self) -> dict[str, dict[str, str]]:
        return {"error": {"code": self.code, "message": self.message, "hint": self.hint}}


def invalid(code: str, message: str, hint: str = "") -> Refused:
    """422: understood, but not acceptable as it stands."""
    return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, code, message, hint)


def unknown_run(run_id: str) -> Refused:
    """The same words for a run that is not there and for one of somebody else."""
    return Refused(
        HTTPStatus.NOT_FOUND,
        "run.unknown",
        f"there is no run '{run_id[:80]}' of yours",
        "list them: GET /runs",
    )


def unknown_path() -> Refused:
    return Refused(
        HTTPStatus.NOT_FOUND, "path.unknown", "there is nothing at this path", "see docs/api.md for the calls"
    )


def method_not_allowed(method: str, path: str, allowed: tuple[str, ...]) -> Refused:
    return Refused(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "method.not_allowed",
        f"{path} does not take {method}",
        f"use {' or '.join(allowed)}",
        {"Allow": ", ".join(allowed)},
    )


def unknown_caller() -> Refused:
    return Refused(
        HTTPStatus.FORBIDDEN,
        "caller.unknown",
        "the call does not say who makes it",
        "sign it with SigV4 for the service execute-api, or send a bearer token where the environment takes JWTs",
    )


def no_schema(claim: str) -> Refused:
    return Refused(
        HTTPStatus.FORBIDDEN,
        "schemas.none",
        f"the claim {claim} of your token names no schema that may be read here",
        "have whoever issues your tokens name some, or ask another environment",
    )


def unexpected(request_id: str) -> Refused:
    """A fault of the service itself: nothing of it but the name under which it was logged."""
    return Refused(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal",
        f"the service failed; the fault is logged as {request_id}",
        "try again; if it stays, give that id to who runs the service",
    )
