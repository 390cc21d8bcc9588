"""From nothing to a zygote that forks sessions, and to its first one, beside the imports that it makes before that."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from comparison import Contender, Run, Table, Target, compare

from kaiseki.sandbox.launcher import SessionTerms, Zygote
from kaiseki.sandbox.limits import Limits
from kaiseki.sandbox.local import LocalSandbox

_IMPORTS = "import numpy, pandas, kaiseki_kit"
_SAY_SO = "; print('imported', flush=True)"


def boot(data: Path, rounds: int) -> Table:
    imports = f"python -c {_IMPORTS!r}"
    contenders = (
        Contender(imports, _import),
        Contender("zygote, ready", lambda: _boot(data), Target(imports, 1.3)),
        Contender("zygote and its first session, ready", lambda: _start(data)),
    )
    return compare("Boot", contenders, _IMPORTS, rounds)


@contextmanager
def _import() -> Iterator[Run]:
    def run(code: str) -> float:
        started = time.perf_counter()
        with subprocess.Popen([sys.executable, "-c", code + _SAY_SO], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            said = process.stdout.readline()
            taken = time.perf_counter() - started  # its exit does not count, as the sandbox's does not
        if said != b"imported\n":
            raise RuntimeError(f"{code!r} failed")
        return taken

    yield run


@contextmanager
def _boot(data: Path) -> Iterator[Run]:
    def run(_code: str) -> float:
        started = time.perf_counter()
        zygote = Zygote(SessionTerms(datetime.now(UTC), 0, Limits(), os.getegid()))
        try:
            _, end = zygote.open(data)  # waits for the zygote, and not for the session
            taken = time.perf_counter() - started
            end.close()
        finally:
            zygote.close()
        return taken

    yield run


@contextmanager
def _start(data: Path) -> Iterator[Run]:
    def run(_code: str) -> float:
        started = time.perf_counter()
        with LocalSandbox(datetime.now(UTC)) as sandbox, sandbox.open(data):
            return time.perf_counter() - started

    yield run
