"""The API: who calls, what is asked, which answer. Each rule stands in a module of its name."""

import json
from collections.abc import Callable
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Path, Query

from bodies import PAGE_LIMIT, Accepted, Cancelled, PromptBody, RunList, RunState, SelfLink, Uploads, UploadsBody
from documented import SECURITY, answers
from envelope import parsed, with_plain_body
from faults import refusal_of
from owner import owner_of
from parts import parts
from refusals import Refused, method_not_allowed

JSON = "application/json"
RunId = Annotated[str, Path(description="As POST /prompt gave it.")]
app = APIGatewayHttpResolver(enable_validation=True, debug=False, json_body_deserializer=parsed)


@app.post(
    "/prompt",
    status_code=202,
    summary="Ask a question",
    description="Accepts a run, and launches it. Poll the link `self` for what becomes of it.",
    operation_id="ask",
    responses=answers(202, Accepted, "The run, which goes on without the caller.", (413, 415, 422, 429)),
    security=SECURITY,
)
def ask(
    body: Annotated[PromptBody, Body()],
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="The same key with the same body within a day gives the same run, and the header "
            "`Idempotency-Replayed: true`; with another body 422.",
        ),
    ] = None,
) -> Response[Accepted]:
    readable = parts().readable.by(app.current_event.raw_event)
    record, new = parts().intake.accept(body, _owner(), readable, idempotency_key)
    status = parts().launch(record) if new else record.status
    accepted = Accepted(run_id=record.run_id, status=status, links=SelfLink(self=f"/runs/{record.run_id}"))
    return Response(202, JSON, accepted, headers={} if new else {"Idempotency-Replayed": "true"})


@app.post(
    "/uploads",
    status_code=201,
    summary="Upload files to attach",
    description="Gives a presigned PUT for each file. Once put, its id goes into `attachments` of POST /prompt, and "
    "the file becomes a table beside those of the warehouse. Uploads are kept for a day.",
    operation_id="upload",
    responses=answers(201, Uploads, "Where to put the files, in the order asked.", (413, 415, 422)),
    security=SECURITY,
)
def upload(body: Annotated[UploadsBody, Body()]) -> Response[Uploads]:
    return Response(201, JSON, Uploads(uploads=[parts().uploads.offer(_owner(), wish) for wish in body.files]))


@app.get(
    "/runs",
    summary="List your runs",
    operation_id="list_runs",
    responses=answers(200, RunList, "A page of the caller's runs.", (422,)),
    security=SECURITY,
)
def list_runs(
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT)] = 20,
    cursor: Annotated[str, Query(max_length=200, description="`next_cursor` of the page before.")] = "",
) -> RunList:
    return parts().runs.page(_owner(), limit, cursor)


@app.get(
    "/runs/<run_id>",
    summary="Follow a run",
    description="Its status, the steps so far, and at the end the answer, with links to all files of the bundle.",
    operation_id="tell_run",
    responses=answers(200, RunState, "The run as it is now.", (404,)),
    security=SECURITY,
)
def tell_run(run_id: RunId) -> RunState:
    return parts().runs.tell(run_id, _owner())


@app.delete(
    "/runs/<run_id>",
    status_code=202,
    summary="Cancel a run",
    description="Stops its task; the run ends CANCELLED with what it had. A run that is over stays as it ended.",
    operation_id="cancel_run",
    responses=answers(202, Cancelled, "The run's status now.", (404,)),
    security=SECURITY,
)
def cancel_run(run_id: RunId) -> Response[Cancelled]:
    return Response(202, JSON, parts().runs.cancel(run_id, _owner()))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """What API Gateway (HTTP API, payload format 2.0) calls."""
    try:
        owner = owner_of(event, parts().keep_session)
        plain = with_plain_body(event)
        app.append_context(owner=owner)  # type: ignore[no-untyped-call]
        return app.resolve(plain, context)
    except Exception as error:  # noqa: BLE001 - no fault may show its insides
        return _plain(refusal_of(error, str(context.aws_request_id)))


@app.exception_handler(Exception)  # type: ignore[untyped-decorator]
def _refuse(error: Exception) -> Response[Any]:
    refusal = refusal_of(error, str(app.lambda_context.aws_request_id))
    return Response(
        int(refusal.status), JSON, json.dumps(refusal.as_json(), ensure_ascii=False), headers=refusal.headers
    )


def _plain(refusal: Refused) -> dict[str, Any]:
    return {
        "statusCode": int(refusal.status),
        "headers": {"Content-Type": JSON, **refusal.headers},
        "body": json.dumps(refusal.as_json(), ensure_ascii=False),
        "isBase64Encoded": False,
    }


def _owner() -> str:
    return str(app.context["owner"])


def _refuses(allowed: tuple[str, ...]) -> Callable[..., None]:
    def refuse(run_id: str = "") -> None:  # noqa: ARG001 - of the path, where it has one
        event = app.current_event
        raise method_not_allowed(event.http_method, event.path, allowed)

    return refuse


_METHODS = {"/prompt": ("POST",), "/uploads": ("POST",), "/runs": ("GET",), "/runs/<run_id>": ("GET", "DELETE")}
_ALL = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
for _rule, _allowed in _METHODS.items():
    _others = [method for method in _ALL if method not in _allowed]
    app.route(_rule, method=_others, include_in_schema=False, enable_validation=False)(_refuses(_allowed))
