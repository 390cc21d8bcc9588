"""Requests to a code interpreter as JSON objects, with the names and arguments of Amazon Bedrock AgentCore.

    {"id": 1, "name": "executeCode", "arguments": {"code": "6 * 7"}}

`name` is one of InvokeCodeInterpreter (executeCode, executeCommand, readFiles, listFiles, writeFiles, removeFiles), or
an operation on sessions (startCodeInterpreterSession, listCodeInterpreterSessions, stopCodeInterpreterSession).
`sessionId` names the session; without it there is one that is opened when it is first needed. `timeout`, in seconds, is
not AgentCore's.
"""

import base64
import binascii
import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from kaiseki.errors import InputError
from kaiseki.sandbox.code_interpreter import DEFAULT_LIFE, CodeInterpreter, Result

INVOCATIONS = ("executeCode", "executeCommand", "readFiles", "listFiles", "writeFiles", "removeFiles")
OF_SESSIONS = ("startCodeInterpreterSession", "listCodeInterpreterSessions", "stopCodeInterpreterSession")


class _Closed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, strict=True)


class _File(_Closed):
    path: str
    text: str | None = None
    blob: str | None = None  # base64


class _Arguments(_Closed):
    """Those of AgentCore's ToolArguments that mean something here, and of StartCodeInterpreterSession."""

    code: str | None = None
    language: str = "python"
    runtime: Literal["python"] = "python"
    clear_context: bool = False
    command: str | None = None
    path: str | None = None
    paths: list[str] | None = None
    content: list[_File] | None = None
    directory_path: str | None = None
    session_timeout_seconds: int = DEFAULT_LIFE


class Request(_Closed):
    id: str | int | None = None
    name: str
    session_id: str | None = None
    arguments: _Arguments = _Arguments()
    timeout: float | None = None

    @classmethod
    def parse(cls, line: bytes) -> "Request":
        """Raises InputError."""
        try:
            request = cls.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise InputError(
                f"this is no request: {f'{where}: ' if where else ''}{first['msg'][:1].lower()}{first['msg'][1:]}",
                hint='send one JSON object a line: {"id": 1, "name": "executeCode", "arguments": {"code": "6 * 7"}}',
                code="request",
            ) from None
        known = (*INVOCATIONS, *OF_SESSIONS)
        if request.name not in known:
            raise InputError(f"there is no {request.name!r}", hint=f"known are {', '.join(known)}", code="request")
        return request


def id_of(line: bytes) -> str | int | None:
    """The `id` of what is no request, as far as it has one."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    number = found.get("id") if isinstance(found, dict) else None
    return number if isinstance(number, str | int) else None


def invoke(interpreter: CodeInterpreter, session_id: str, request: Request) -> Result:
    """The result of a request by one of the names in INVOCATIONS. Raises as CodeInterpreter does."""
    given, timeout = request.arguments, request.timeout
    match request.name:
        case "executeCode":
            code = _required(request, "code", given.code)
            return interpreter.execute_code(session_id, code, given.language, given.clear_context, timeout)
        case "executeCommand":
            return interpreter.execute_command(session_id, _required(request, "command", given.command), timeout)
        case "readFiles":
            return interpreter.read_files(session_id, _paths(request), timeout)
        case "listFiles":
            return interpreter.list_files(session_id, given.directory_path or given.path or "", timeout)
        case "writeFiles":
            files = [_to_write(file) for file in _required(request, "content", given.content)]
            return interpreter.write_files(session_id, files, timeout)
        case _:
            return interpreter.remove_files(session_id, _paths(request), timeout)


def _paths(request: Request) -> list[str]:
    given = request.arguments
    return given.paths if given.paths is not None else [_required(request, "paths", given.path)]


def _to_write(file: _File) -> dict[str, str | bytes]:
    written: dict[str, str | bytes] = {"path": file.path}
    if file.text is not None:
        written["text"] = file.text
    if file.blob is not None:
        try:
            written["blob"] = base64.b64decode(file.blob, validate=True)
        except binascii.Error:
            raise InputError(f"the blob of {file.path!r} is not base64") from None
    return written


def _required(request: Request, name: str, value: Any) -> Any:
    if value is None:
        raise InputError(f"{request.name} needs the argument {name!r}", code="request")
    return value
