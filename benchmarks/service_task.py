"""`python -m kaiseki` as a task of the emulated service, which notes when it came how far in `stamps.json`, at home.

Not a benchmark to be run: service_journey.py has the emulator start it in place of the image's entry point.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

STAMPS: dict[str, float] = {}  # seconds since 1970


def process_started() -> float:
    """From the kernel's books, which count in hundredths of a second."""
    ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    boot = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    return boot + ticks / os.sysconf("SC_CLK_TCK")


def note(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Notes when `function` had first returned."""

    @wraps(function)
    def run(*arguments: Any, **named: Any) -> Any:
        result = function(*arguments, **named)
        STAMPS.setdefault(name, time.time())
        return result

    return run


def note_first_call(function: Callable[..., Any]) -> Callable[..., Any]:
    """Notes when the model was first asked, and writes all notes."""

    @wraps(function)
    def run(*arguments: Any, **named: Any) -> Any:
        if "model" not in STAMPS:
            STAMPS["model"] = time.time()
            (Path.home() / "stamps.json").write_text(json.dumps(STAMPS))
        return function(*arguments, **named)

    return run


def main() -> None:
    STAMPS["process"] = process_started()
    from kaiseki import run
    from kaiseki.cli import run_command
    from kaiseki.commands import execute
    from kaiseki.lm.language_model import LanguageModel

    STAMPS["imports"] = time.time()
    execute.open_record = note("clients", execute.open_record)
    from kaiseki.task import Task

    Task.carry_out = _noting_begin(Task.carry_out)  # type: ignore[method-assign]
    execute.follow = note("request", execute.follow)
    execute.execute = _noting_start(execute.execute)
    run._understand = note("schema", run._understand)
    LanguageModel.__call__ = note_first_call(LanguageModel.__call__)  # type: ignore[method-assign]
    sys.exit(run_command(sys.argv[1:]))


def _noting_begin(carry_out: Callable[..., int]) -> Callable[..., int]:
    @wraps(carry_out)
    def run(task: Any, *arguments: Any) -> int:
        task._record.begin = note("begin", task._record.begin)
        return carry_out(task, *arguments)

    return run


def _noting_start(execute: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(execute)
    def run(*arguments: Any) -> Any:
        STAMPS["parts"] = time.time()
        return execute(*arguments)

    return run


if __name__ == "__main__":
    main()
