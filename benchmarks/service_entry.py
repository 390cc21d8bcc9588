"""The program in the task: from nothing to its first call of a model, beside the imports that it cannot do without."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from comparison import Contender, Run, Table, Target, compare

from kaiseki.models import Request
from kaiseki.stores.folder import FolderStore

ROOT = Path(__file__).parents[1]
RUN_ID = "20261121-090000-benchmark-entry"
PROMPT = "Which age groups buy most often?"
IMPORTS = "import kaiseki.cli, kaiseki.commands.execute, kaiseki.lm.models, kaiseki.warehouses.duckdb.warehouse"
_SAY_SO = "print('here', flush=True)"
_FIRST_CALL = f"""
import os
from kaiseki.cli import run_command
from kaiseki.lm.language_model import LanguageModel
def first_call(*_, **__):
    {_SAY_SO}
    os._exit(0)
LanguageModel.__call__ = first_call
run_command(["execute", {RUN_ID!r}, "--json"])
"""


def entry(rounds: int) -> Table:
    with tempfile.TemporaryDirectory() as folder:
        store = FolderStore(Path(folder))
        store.create(Request(run_id=RUN_ID, prompt=PROMPT, created_at=datetime.now(UTC)))
        imports = "its imports alone"
        contenders = (
            Contender(imports, lambda: _process(f"{IMPORTS}; {_SAY_SO}", folder)),
            Contender(
                "the entry point's first call of a model", lambda: _process(_FIRST_CALL, folder), Target(imports, 1.5)
            ),
        )
        return compare("The entry point, on input/*.csv", contenders, "", rounds)


@contextmanager
def _process(script: str, store: str) -> Iterator[Run]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KAISEKI_")}
    environment |= {"KAISEKI_STORE": f"folder:{store}", "KAISEKI_MODEL": "offline"}

    def run(_code: str) -> float:
        started = time.perf_counter()
        command = [sys.executable, "-c", script]
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            assert process.stdout is not None
            said = process.stdout.readline()
            taken = time.perf_counter() - started  # its exit does not count
        if said != b"here\n":
            raise RuntimeError(f"it did not get there: {script!r}")
        return taken

    yield run
