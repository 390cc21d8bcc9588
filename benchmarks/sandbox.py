"""How long generated code waits for its sandbox, beside other ways to run it.

    make bench-sandbox            (or: .venv/bin/python benchmarks/sandbox.py [--rounds N])

Contenders are measured in turn within each round, so that a machine that slows down slows all of them; the table shows
medians of the rounds, and ratios to plain Python taken round by round. What is not installed is left out and named.
"""

import argparse
import importlib.util
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from kaiseki.sandbox.local import LocalSandbox

HELLO = "print('hello world')"
FRAME = (
    "import pandas as pd\nframe = pd.read_csv({path!r})\nprint(frame.describe())\nprint(frame['kind'].value_counts())"
)
ROWS = 300_000
SIDE_BY_SIDE = 50

Run = Callable[[str], None]


def plain_python(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def fresh_session(sandbox: LocalSandbox, data: Path) -> Run:
    def run(code: str) -> None:
        session = sandbox.open(data)
        try:
            _must_work(session.execute(code, 1, 120.0))
        finally:
            session.close()

    return run


@contextmanager
def warm_session(sandbox: LocalSandbox, data: Path) -> Iterator[Run]:
    with sandbox.open(data) as session:
        yield lambda code: _must_work(session.execute(code, 1, 120.0))


def _must_work(execution: object) -> None:
    failure = getattr(execution, "failure", None)
    if failure is not None:
        raise RuntimeError(f"{failure.type}: {failure.message}")


@contextmanager
def warm_kernel() -> Iterator[Run]:
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel()
    try:
        yield lambda code: _execute(client, code)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def fresh_kernel(code: str) -> None:
    with warm_kernel() as run:
        run(code)


def _execute(client: object, code: str) -> None:
    reply = client.execute_interactive(code, output_hook=lambda _: None)  # type: ignore[attr-defined]
    if reply["content"]["status"] != "ok":
        raise RuntimeError(reply["content"]["evalue"])


def dspy_interpreter(code: str) -> None:
    from dspy.primitives import PythonInterpreter

    with PythonInterpreter() as interpreter:
        interpreter.execute(code)


def smolagents_executor(code: str) -> None:
    from smolagents.local_python_executor import LocalPythonExecutor

    executor = LocalPythonExecutor(additional_authorized_imports=["pandas"])
    executor.send_tools({"print": print})
    executor(code)


def bare_exec(code: str) -> None:
    exec(compile(code, "<bare>", "exec"), {})


def seconds(run: Run, code: str) -> float:
    started = time.perf_counter()
    run(code)
    return time.perf_counter() - started


def compare(title: str, contenders: dict[str, Run], code: str, rounds: int, base: str) -> None:
    """Prints medians, and the median of each contender's ratio to `base`, taken round by round."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, run in contenders.items():
            took = seconds(run, code)
            if number:  # the first round warms caches
                times[name].append(took)
    print(f"\n{title} ({rounds} rounds)\n\n| | median ms | of {base} |\n|---|---|---|")
    for name, taken in times.items():
        ratio = statistics.median(a / b for a, b in zip(taken, times[base], strict=True))
        print(f"| {name} | {statistics.median(taken) * 1000:.2f} | {ratio:.3f} |")


def side_by_side(sandbox: LocalSandbox, data: Path) -> None:
    """Private memory of many sessions that each hold a little state."""
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    sessions = [sandbox.open(data) for _ in range(SIDE_BY_SIDE)]
    try:
        for session in sessions:
            _must_work(session.execute("x = 42", 1, 60.0))
        added = [p for p in psutil.Process().children(recursive=True) if p.pid not in before]
        private = sum(process.memory_full_info().uss for process in added) / SIDE_BY_SIDE
    finally:
        for session in sessions:
            session.close()
    print(f"\n{SIDE_BY_SIDE} sessions side by side: {private / 1e6:.1f} MB private memory each")


def boot(data: Path, rounds: int) -> None:
    """From nothing to a first result, beside the imports that it makes before it."""
    imports = "import numpy, pandas, pyarrow.parquet, kaiseki_kit"

    def start(code: str) -> None:
        with LocalSandbox(datetime.now(UTC)) as sandbox, sandbox.open(data) as session:
            _must_work(session.execute(code, 1, 60.0))

    contenders = {"bare imports": lambda _: plain_python(imports), "zygote, session, first result": start}
    compare("Boot", contenders, HELLO, rounds, base="bare imports")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    left_out = []
    others: dict[str, Run] = {"ipykernel": fresh_kernel}
    if shutil.which("deno"):
        others["DSPy PythonInterpreter"] = dspy_interpreter
    else:
        left_out.append("DSPy PythonInterpreter (needs deno)")
    if importlib.util.find_spec("smolagents"):
        others["smolagents local executor (no process of its own)"] = smolagents_executor
    else:
        left_out.append("smolagents local executor")
    with tempfile.TemporaryDirectory() as folder, LocalSandbox(datetime.now(UTC)) as sandbox:
        data = Path(folder)
        path = data / "rows.csv"
        rng = np.random.default_rng(0)
        pd.DataFrame(
            {"kind": rng.choice(list("abcdef"), ROWS), **{name: rng.normal(size=ROWS) for name in ("x", "y", "z")}}
        ).to_csv(path, index=False)
        boot(data, rounds)
        fresh_session(sandbox, data)("import pandas, sklearn.linear_model, altair")
        time.sleep(5)  # the zygote's idle imports
        fresh = {"plain python -c": plain_python, "fresh session": fresh_session(sandbox, data)}
        compare("Fresh, hello world", fresh | others, HELLO, rounds, base="plain python -c")
        with warm_session(sandbox, data) as warm, warm_kernel() as kernel:
            compare(
                "Warm, x = 1",
                {"bare exec": bare_exec, "warm session": warm, "ipykernel": kernel},
                "x = 1",
                200,
                "bare exec",
            )
            rows = FRAME.format(path=str(path))
            contenders = {
                "plain python -c": plain_python,
                "fresh session": fresh["fresh session"],
                "warm session": warm,
                "warm ipykernel": kernel,
            }
            compare(f"{ROWS:,} x 4 CSV: describe and value_counts", contenders, rows, rounds, "plain python -c")
        side_by_side(sandbox, data)
    if left_out:
        print(f"\nnot installed, left out: {', '.join(left_out)}")


if __name__ == "__main__":
    main()
