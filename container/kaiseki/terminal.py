"""Live progress of a run: one moving line on a terminal, plain lines anywhere else."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from kaiseki.models import Event, Usage
from kaiseki.ports import Observer

_MARKS = {"accepted": "✓", "failed": "✗", "query": "·", "step": "▸"}
_LENGTH = 160
# All but the ends of lines and tabs: they move the cursor, set titles, fill the clipboard, turn the order of letters.
_OBEYED = re.compile(r"[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\r(?!\n)")


def disarmed(text: str) -> str:
    """What a terminal would obey is shown instead: code, data and models made the text."""
    return _OBEYED.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def tell(text: str, to: TextIO | None = None, end: str = "\n") -> None:
    """Prints `text` as it is, but disarmed on a terminal; to standard output, if nothing else is said."""
    stream = to or sys.stdout
    print(disarmed(text) if stream.isatty() else text, file=stream, end=end)


@contextmanager
def follow(quiet: bool = False) -> Iterator[Observer]:
    """An observer that tells what happens on standard error; with `quiet`, nobody is told."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if quiet:
        yield _ignore
    elif console.is_terminal:
        with _Live(console) as live:
            yield live
    else:
        yield _print_plainly


def _ignore(event: Event) -> None:
    """Nobody follows."""


def _print_plainly(event: Event) -> None:
    line = _line(event)
    if line:
        print(f"[{event.seconds:6.1f} s] {line}", file=sys.stderr, flush=True)


class _Live:
    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console, transient=True
        )
        self._task = self._progress.add_task("starting")

    def __enter__(self) -> "_Live":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, event: Event) -> None:
        line = _line(event)
        self._progress.update(self._task, description=escape(f"{line or event.message}{_cost(event.usage)}"))
        if event.kind in _MARKS:
            self._progress.console.print(escape(f"  {line}"))


def _line(event: Event) -> str:
    """One line; empty for what is of no interest to who waits."""
    message = disarmed(" ".join(event.message.split()))
    message = message if len(message) <= _LENGTH else message[: _LENGTH - 1] + "…"
    match event.kind:
        case "phase" | "ending":
            return message
        case "thinking":
            return f"step {event.step}: asking the model" + (" for another approach" if message != "WriteStep" else "")
        case "model_call" | "ended":
            return ""
        case _:
            step = f"step {event.step}: " if event.step else ""
            return f"{_MARKS[event.kind]} {step}{message}"


def _cost(usage: Usage) -> str:
    if not usage.calls:
        return ""
    usd = "" if usage.usd is None or usage.simulated else f", {usage.usd:.3f} USD"
    return f" ({usage.tokens:,} tokens{usd})"
