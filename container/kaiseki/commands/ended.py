"""What a command prints of a run that has ended, and its exit code."""

from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown

from kaiseki.lifecycle import Status
from kaiseki.models import Run
from kaiseki.terminal import disarmed, tell

EXIT_CODES = {Status.SUCCEEDED: 0, Status.FAILED: 1, Status.TIMED_OUT: 3, Status.CANCELLED: 130}


def conclude(run: Run, bundle: Path, as_json: bool) -> int:
    if as_json:
        print(run.model_dump_json())
    else:
        _print_answer(run.answer.strip())
        tell(_summary(run))
        print(f"report: {bundle / 'report.html'}")
    return EXIT_CODES[run.status]


def _print_answer(answer: str) -> None:
    """Markdown as it is, but set on a terminal."""
    console = Console()
    print()
    if console.is_terminal:
        console.print(Markdown(disarmed(answer)))
    else:
        print(answer)
    print()


def _summary(run: Run) -> str:
    ended = f"{run.status}" + (f", {run.outcome}" if run.outcome else "") + (f" ({run.reason})" if run.reason else "")
    if run.failure:
        ended += f": {run.failure['message']}" + (f" ({run.failure['hint']})" if run.failure["hint"] else "")
    failed = sum(step.failure is not None for step in run.steps)
    steps = f"{len(run.steps)} step{'s' if len(run.steps) != 1 else ''}" + (
        f", {failed} of them failed" if failed else ""
    )
    warnings = sum(check.status != "passed" for check in run.checks)
    checks = f"; {warnings} warning{'s' if warnings != 1 else ''}, see the report" if warnings else ""
    replayed = "; replayed: same" if run.replayed else ""
    return f"{ended}; {steps}, {len(run.facts)} facts{replayed}{checks}"
