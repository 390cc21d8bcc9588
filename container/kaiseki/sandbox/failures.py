"""What the model is told when its code failed, or when a limit ended it."""

import re
import signal
from dataclasses import dataclass
from typing import Any, Self

from kaiseki.models import Failure
from kaiseki.sandbox.limits import MIB, Limits

_FRAME = re.compile(r'^  File "(?P<file>step-\d{2,}\.py)", line (?P<line>\d{1,9}) in (?P<name>.+)$', re.MULTILINE)
# Beyond what an honest interpreter reports, which cuts the middle out of a text that is too long.
_LONGEST_TYPE = 500  # characters
_LONGEST_MESSAGE = 5_000
_LONGEST_TRACEBACK = 20_000
_LAST_LINE = 999_999_999
_TYPES = {"time": "timeout"}


def of_code(reported: Any) -> Failure | None:
    """The error as the interpreter described it; its words lie within reach of the generated code."""
    if reported is None:
        return None
    if not isinstance(reported, dict):
        reported = {}
    line = reported.get("line")
    return Failure(
        kind="code",
        type=_text(reported.get("type"))[:_LONGEST_TYPE] or "Exception",
        message=_text(reported.get("message"))[:_LONGEST_MESSAGE],
        line=line if isinstance(line, int) and 0 < line <= _LAST_LINE else None,
        traceback=_text(reported.get("traceback"))[:_LONGEST_TRACEBACK],
    )


def of_limit(killed: str, timeout: float, exit_code: int, limits: Limits, place: "Place | None" = None) -> Failure:
    """Why the session was ended, and where its code was at that moment, if that is known."""
    message, hint = _words(killed, timeout, exit_code, limits)
    type_ = _TYPES.get(killed, killed)
    traceback = f"{place.traceback}{type_}: {message}\n" if place and place.traceback else ""
    line = place.line if place else None
    return Failure(kind="code", type=type_, message=message, line=line, traceback=traceback, hint=hint)


@dataclass(frozen=True)
class Place:
    """Where generated code was: the line in the step's own file, and the frames of all steps as a traceback."""

    line: int | None
    traceback: str

    @classmethod
    def from_dump(cls, dump: str, step_file: str, code: str) -> Self:
        """From what faulthandler wrote, the innermost frame first."""
        frames = [(match["file"], int(match["line"]), match["name"]) for match in _FRAME.finditer(dump)]
        source = code.splitlines()
        lines = []
        for file, number, name in reversed(frames):
            lines.append(f'  File "{file}", line {number}, in {name}\n')
            if file == step_file and number <= len(source):
                lines.append(f"    {source[number - 1].strip()}\n")
        own = next((number for file, number, _ in frames if file == step_file), None)
        return cls(own, "".join(["Traceback (most recent call last):\n", *lines]) if lines else "")


def of_dead_session(killed: str) -> Failure:
    return Failure(
        kind="code",
        type="SessionGone",
        message=f"the session has ended ({killed or 'closed'}), and its variables with it",
        hint="run the accepted steps again in a new session",
    )


def _words(killed: str, timeout: float, exit_code: int, limits: Limits) -> tuple[str, str]:
    match killed:
        case "time":
            return f"the step did not end within {timeout:g} s", "do less work, or work on a sample"
        case "memory":
            return f"the step used more than {limits.memory // MIB:,} MiB of memory", "load fewer columns or rows"
        case "cpu":
            return f"the session used more than {limits.cpu:g} s of CPU time", "do less work"
        case "disk":
            return (
                f"the working folder grew beyond {limits.disk // MIB:,} MiB or {limits.disk_entries:,} entries, "
                "or cannot be measured",
                "write less to files",
            )
        case "processes":
            return f"the step ran more than {limits.processes} processes at a time", "start fewer processes"
    if exit_code < 0:
        hint = "the system may have been out of memory" if exit_code == -signal.SIGKILL else ""
        return f"the interpreter was ended by {_signal_name(-exit_code)}", hint
    return f"the code ended the interpreter itself, with exit code {exit_code}", "do not call os._exit"


def _signal_name(number: int) -> str:
    try:
        return f"{signal.Signals(number).name} ({signal.strsignal(number)})"
    except ValueError:
        return f"signal {number}"


def _text(value: object) -> str:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""
