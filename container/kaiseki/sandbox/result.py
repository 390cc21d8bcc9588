"""An execution in the shape of AgentCore's Code Interpreter, for `kaiseki sandbox run`."""

from collections.abc import Sequence
from typing import Any

from kaiseki.models import Execution
from kaiseki.sandbox.displays import Display


def as_content(execution: Execution, displayed: Sequence[Display] = ()) -> dict[str, Any]:
    """`content`, `structuredContent` and `isError` as InvokeCodeInterpreter streams them, and the `outcome` beside.

    As with plain Python, the traceback is the end of stderr. `executionTime` is in seconds.
    """
    stderr = execution.stderr
    if execution.failure:
        failure = execution.failure
        stderr += failure.traceback or f"{failure.type}: {failure.message}\n"
    outcome = "killed" if execution.killed else "error" if execution.failure or execution.exit_code else "ok"
    return {
        "content": [
            {"type": "text", "text": execution.stdout + stderr},
            *(_content(number, each) for number, each in enumerate(displayed, start=1)),
        ],
        "structuredContent": {
            "stdout": execution.stdout,
            "stderr": stderr,
            "exitCode": execution.exit_code,
            "executionTime": execution.seconds,
        },
        "isError": outcome != "ok",
        "outcome": outcome,
    }


def _content(number: int, display: Display) -> dict[str, Any]:
    if display.media_type.startswith("image/"):
        return {"type": "image", "data": display.data, "mimeType": display.media_type}
    resource = {
        "type": "text",
        "uri": f"display:///{number}",
        "mimeType": display.media_type,
        "text": display.data,
    }
    return {"type": "resource", "resource": resource}
