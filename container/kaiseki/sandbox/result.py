"""An execution in the shape of AgentCore's Code Interpreter, for `kaiseki sandbox run`."""

from typing import Any

from kaiseki.models import Execution


def as_content(execution: Execution) -> dict[str, Any]:
    """`content`, `structuredContent` and `isError` as InvokeCodeInterpreter streams them, and the `outcome` beside.

    As with plain Python, the traceback is the end of stderr. `executionTime` is in seconds.
    """
    stderr = execution.stderr
    if execution.failure:
        failure = execution.failure
        stderr += failure.traceback or f"{failure.type}: {failure.message}\n"
    outcome = "killed" if execution.killed else "error" if execution.failure or execution.exit_code else "ok"
    return {
        "content": [{"type": "text", "text": execution.stdout + stderr}],
        "structuredContent": {
            "stdout": execution.stdout,
            "stderr": stderr,
            "exitCode": execution.exit_code,
            "executionTime": execution.seconds,
        },
        "isError": outcome != "ok",
        "outcome": outcome,
    }
