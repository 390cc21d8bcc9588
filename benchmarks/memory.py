"""What many sessions at a time take of the machine's memory."""

from contextlib import ExitStack
from pathlib import Path

import psutil
from comparison import Table
from sessions import must_work

from kaiseki.sandbox.local import LocalSandbox

SESSIONS = 50
_MOST_MEGABYTES = 10


def side_by_side(sandbox: LocalSandbox, data: Path) -> Table:
    """Private memory of both processes of each session, all of which hold a little state."""
    with ExitStack() as opened:
        pids: list[int] = []
        for _ in range(SESSIONS):
            session = opened.enter_context(sandbox.open(data))
            execution = session.execute("x = 42\nimport os; print(os.getpid(), os.getppid())", 1, 60.0)
            must_work(execution)
            pids += map(int, execution.stdout.split())
        private = sum(int(psutil.Process(pid).memory_full_info().uss) for pid in pids) / SESSIONS / 1e6
    kept = "yes" if private < _MOST_MEGABYTES else "**no**"
    return Table(
        f"{SESSIONS} sessions side by side",
        (
            "| | private MB each | target | kept |",
            "|---|---:|---|---|",
            f"| interpreter and supervisor | {private:.1f} | below {_MOST_MEGABYTES} | {kept} |",
        ),
    )
