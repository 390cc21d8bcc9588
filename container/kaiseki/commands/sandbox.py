"""`kaiseki sandbox run`: Python as generated code runs, with the result of AgentCore's Code Interpreter.

`kaiseki sandbox session`: that interpreter itself, for any program that writes and reads lines.

`kaiseki sandbox doctor`: which layers hold generated code here, and whether they do.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kaiseki.build import new_sandbox, open_sandbox
from kaiseki.errors import InputError, UsageError
from kaiseki.sandbox.code_interpreter import CodeInterpreter
from kaiseki.sandbox.doctor import Diagnosis, examine
from kaiseki.sandbox.line_server import LineServer
from kaiseki.sandbox.result import as_content
from kaiseki.settings import SandboxLimits, Settings
from kaiseki.terminal import tell

_EXIT_CODES = {"ok": 0, "error": 1, "killed": 3}


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    commands = {"run": _run, "session": _serve, "doctor": _examine}
    return commands[arguments.sandbox_command](arguments, settings)


def _examine(arguments: argparse.Namespace, settings: Settings) -> int:
    with new_sandbox(settings, settings.now) as sandbox:
        diagnosis = examine(sandbox)
    if arguments.json:
        print(json.dumps(diagnosis.as_json(), ensure_ascii=False))
    else:
        print("\n".join(_lines(diagnosis)))
    return 0 if diagnosis.safe else 1


def _lines(diagnosis: Diagnosis) -> Iterator[str]:
    for layer in diagnosis.layers:
        yield f"{layer.state:<11} {layer.name}{f' ({layer.detail})' if layer.detail else ''}"
    for check in diagnosis.checks:
        yield f"{'held' if check.held else 'NOT HELD':<11} {check.name}"
    if diagnosis.safe:
        yield "Generated code can be run safely here."
    elif diagnosis.problem:
        yield f"No generated code is run here: {diagnosis.problem}"
    else:
        yield "Generated code is run here, but not held in all that it should be: use the container, or a newer kernel."


def _run(arguments: argparse.Namespace, settings: Settings) -> int:
    code = _code(arguments.file)
    limits = _limits(arguments, settings)
    settings = settings.model_copy(update={"sandbox": limits})
    with (
        tempfile.TemporaryDirectory() as data,
        open_sandbox(settings, settings.now) as sandbox,
        sandbox.open(Path(data)) as session,
    ):
        execution = session.execute(code, 1, limits.step_seconds, show=True)
    result = as_content(execution, session.displayed)
    if arguments.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        tell(execution.stdout, end="")
        tell(execution.stderr, sys.stderr, end="")
        if execution.failure is not None:
            tell(execution.failure.traceback or f"kaiseki: {execution.failure.message}", sys.stderr)
    return _EXIT_CODES[result["outcome"]]


def _serve(arguments: argparse.Namespace, settings: Settings) -> int:
    limits = _limits(arguments, settings)
    settings = settings.model_copy(update={"sandbox": limits})
    with (
        open_sandbox(settings, settings.now) as sandbox,
        CodeInterpreter(sandbox, limits.step_seconds) as interpreter,
    ):
        LineServer(interpreter, _write_line).serve(sys.stdin.buffer)
    return 0


def _write_line(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)  # ASCII: a reader that splits at other ends of lines than this one is safe


def _code(name: str) -> str:
    if name == "-":
        return sys.stdin.read()
    try:
        return Path(name).read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{name} cannot be read: {(error.strerror or '').lower()}", hint="name a Python file, or -"
        ) from None
    except UnicodeDecodeError:
        raise InputError(f"{name} is not UTF-8 text", hint="save it as UTF-8") from None


def _limits(arguments: argparse.Namespace, settings: Settings) -> SandboxLimits:
    timeout, memory = arguments.timeout, arguments.memory
    if timeout is not None and timeout <= 0:
        raise UsageError("--timeout must be more than 0 seconds", hint="leave it out for the default")
    if memory is not None and memory < 256:
        raise UsageError(
            "--memory must be at least 256 MB: Python and its data stack need that", hint="leave it out for the default"
        )
    given = {name: value for name, value in (("step_seconds", timeout), ("memory_mb", memory)) if value is not None}
    return settings.sandbox.model_copy(update=given)
