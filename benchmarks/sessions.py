"""Python as it is, and sessions of the sandbox: what the comparison is about."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from comparison import Run

from kaiseki.models import Execution
from kaiseki.sandbox.local import LocalSandbox

Execute = Callable[[str], object]
_SECONDS = 120.0


@contextmanager
def plain_python() -> Iterator[Execute]:
    yield lambda code: subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@contextmanager
def bare_exec() -> Iterator[Execute]:
    namespace: dict[str, object] = {}
    yield lambda code: exec(compile(code, "<bare>", "exec"), namespace)


class Sessions:
    """Of one sandbox, for one folder of data."""

    TO_MAKE_ONE_AHEAD = 1.2  # seconds of idleness

    def __init__(self, sandbox: LocalSandbox, data: Path) -> None:
        self._sandbox = sandbox
        self._data = data

    @contextmanager
    def open(self) -> Iterator[Execute]:
        with self._sandbox.open(self._data) as session:
            yield lambda code: must_work(session.execute(code, 1, _SECONDS))

    @contextmanager
    def forked_at_once(self) -> Iterator[Run]:
        """Times what comes when the one that was made ahead has just been taken."""

        def run(code: str) -> float:
            time.sleep(self.TO_MAKE_ONE_AHEAD)
            with self.open():
                started = time.perf_counter()
                with self.open() as execute:
                    execute(code)
                    return time.perf_counter() - started

        yield run

    @contextmanager
    def closing(self) -> Iterator[Run]:
        """Times the end of a session: of all its processes, its folder and its user."""

        def run(code: str) -> float:
            with self.open() as execute:
                execute(code)
                started = time.perf_counter()
            return time.perf_counter() - started

        yield run


def must_work(execution: Execution) -> None:
    if execution.failure is not None:
        raise RuntimeError(f"{execution.failure.type}: {execution.failure.message}")
