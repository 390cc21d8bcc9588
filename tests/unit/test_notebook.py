"""A bundle's notebook and script run top to bottom on its own rows, where there is no Kaiseki."""

import ast
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest

from kaiseki.lifecycle import Outcome, Status
from kaiseki.models import Query, Run, Step
from kaiseki.report.notebook import write_notebook
from kaiseki.report.publish import publish
from kaiseki.report.requirements import pins
from kaiseki.report.script import write_script

HOSTILE = "<script>alert(1)</script> ```\n```python\nraise SystemExit\n``` ![](http://example.org/x.png) $x$\r# %%\n'''"

# A name that cannot be imported, put before everything else: what a machine without Kaiseki has.
NO_KAISEKI = "raise ModuleNotFoundError(\"No module named 'kaiseki'\")\n"
EXECUTE = """\
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read("analysis.ipynb", as_version=4)
NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
nbformat.write(notebook, sys.argv[1])
"""
FIRST = """\
from __future__ import annotations
df = load("sales")
total = df["amount"].sum()
fact("revenue", total, note="revenue")
table("by_region", df.groupby("region").sum(), "By region")"""
SECOND = """\
import random
try:
    import kaiseki
    there = True
except ModuleNotFoundError:
    there = False
import kaiseki_kit
fact("kit_of_the_bundle", str(kaiseki_kit.__file__).startswith(BUNDLE))
fact("kaiseki_is_there", there)
fact("doubled", total * 2)
fact("drawn", [int(np.random.default_rng().integers(10**9)), random.randrange(10**9), int(np.random.randint(10**9))])"""


def step(number: int, code: str, **more: Any) -> Step:
    return Step(number=number, purpose=f"Purpose {number}", code=code, accepted=True, **more)


def run(*steps: Step, **more: Any) -> Run:
    return Run(
        **{
            "id": "20261121-010203-revenue-7f3a",
            "prompt": "What was the revenue?",
            "status": Status.SUCCEEDED,
            "outcome": Outcome.ANSWERED,
            "created_at": datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC),
            "steps": steps,
            "answer": "The revenue was 60.",
            **more,
        }
    )


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published bundle whose question, answer and SQL would break out of a cell or a comment if they could."""
    folder = tmp_path_factory.mktemp("bundle")
    (folder / "data").mkdir()
    rows = pd.DataFrame({"region": ["east", "west", "east"], "amount": [10, 20, 30]})
    rows.to_parquet(folder / "data" / "sales.parquet")
    query = Query(name="sales", sql=f"SELECT region, amount FROM orders -- {HOSTILE}", rows=3)
    second = SECOND.replace("BUNDLE", repr(str(folder)))
    steps = (
        step(1, FIRST, queries=(query,)),
        Step(number=2, code="raise ValueError", purpose="failed"),
        step(3, second),
    )
    publish(run(*steps, prompt=HOSTILE, answer=HOSTILE, answer_template=HOSTILE), folder)
    return folder


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a machine without Kaiseki."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "kaiseki").mkdir()
    (folder / "kaiseki" / "__init__.py").write_text(NO_KAISEKI)
    (folder / "kaiseki_kit.py").write_text("raise ModuleNotFoundError('not the bundle\\'s kit')\n")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("KAISEKI_")}
    return kept | {"PYTHONPATH": str(folder), "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture(scope="module")
def executed(bundle: Path, elsewhere: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the cells of the notebook print, executed for real."""
    into = tmp_path_factory.mktemp("executed") / "done.ipynb"
    command = [sys.executable, "-c", EXECUTE, str(into)]
    done = subprocess.run(command, cwd=bundle, env=elsewhere, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    outputs = [output for cell in json.loads(into.read_text())["cells"] for output in cell.get("outputs", [])]
    return "".join("".join(output.get("text", "")) for output in outputs if output["output_type"] == "stream")


@pytest.fixture(scope="module")
def printed(bundle: Path, elsewhere: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the script prints, started from another folder."""
    command = [sys.executable, str(bundle / "analysis.py")]
    away = tmp_path_factory.mktemp("away")
    done = subprocess.run(command, cwd=away, env=elsewhere, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_notebook_runs_top_to_bottom_without_kaiseki(executed: str) -> None:
    assert _shown(executed, "revenue") == "60"
    assert _shown(executed, "doubled") == "120"
    assert _shown(executed, "kaiseki_is_there").lower() == "false"
    assert _shown(executed, "kit_of_the_bundle").lower() == "true"


def test_the_script_gives_the_same_facts_from_any_folder(executed: str, printed: str) -> None:
    names = ("revenue", "doubled", "kaiseki_is_there", "kit_of_the_bundle", "drawn")
    assert {name: _shown(printed, name) for name in names} == {name: _shown(executed, name) for name in names}


def test_random_numbers_are_those_of_the_run(printed: str) -> None:
    import random

    import numpy as np

    legacy = np.random.RandomState(0)
    drawn = [
        int(np.random.default_rng(np.random.SeedSequence(0).spawn(1)[0]).integers(10**9)),
        random.Random(0).randrange(10**9),
        int(legacy.randint(10**9)),
    ]
    assert json.loads(_shown(printed, "drawn")) == drawn


def test_the_notebook_is_valid_and_its_cells_keep_their_ids(bundle: Path) -> None:
    notebook = nbformat.read(bundle / "analysis.ipynb", as_version=4)
    nbformat.validate(notebook)

    assert [cell.id for cell in notebook.cells] == [
        *("question", "setup", "step-01-purpose", "step-01", "step-03-purpose", "step-03", "answer")
    ]
    assert [cell.cell_type for cell in notebook.cells if cell.id in ("setup", "step-01", "step-03")] == ["code"] * 3


def test_the_code_of_a_step_stands_in_its_cell_as_it_was_written(bundle: Path) -> None:
    cells = {cell.id: cell for cell in nbformat.read(bundle / "analysis.ipynb", as_version=4).cells}

    assert cells["step-01"].source == FIRST
    assert "Purpose 1" in cells["step-01-purpose"].source
    assert "SELECT region, amount FROM orders" in cells["step-01-purpose"].source


def test_words_of_others_stay_words_in_the_notebook(tmp_path: Path) -> None:
    from markdown_it import MarkdownIt

    hostile = run(step(1, "1", queries=(Query(name="q", sql=HOSTILE),)), prompt=HOSTILE, answer=HOSTILE)
    write_notebook(
        hostile.model_copy(update={"steps": (hostile.steps[0].model_copy(update={"purpose": HOSTILE}),)}), tmp_path
    )
    words = [
        c.source for c in nbformat.read(tmp_path / "analysis.ipynb", as_version=4).cells if c.cell_type == "markdown"
    ]
    html = "".join(MarkdownIt("commonmark").render(source) for source in words)

    assert "<script" not in html
    assert "<img" not in html
    assert html.count("&lt;script&gt;") == 4


def test_the_script_is_one_program_with_only_the_steps_own_statements(tmp_path: Path) -> None:
    hostile = run(step(1, "a = 1", queries=(Query(name="q", sql=HOSTILE),)), prompt=HOSTILE, answer=HOSTILE)
    write_script(hostile, tmp_path)
    program = ast.parse((tmp_path / "analysis.py").read_text(encoding="utf-8"))

    kinds = [type(node).__name__ for node in program.body]
    assert kinds == ["Expr", "FunctionDef", "Expr", "ImportFrom", "Import", "Import", "Assign"]


def test_imports_from_the_future_move_to_the_top_of_the_script(tmp_path: Path) -> None:
    write_script(run(step(1, "a = 1"), step(2, "from __future__ import annotations\nb = 2")), tmp_path)

    text = (tmp_path / "analysis.py").read_text()
    compile(text, "analysis.py", "exec")
    assert text.index("from __future__ import annotations") < text.index("a = 1")


def test_steps_stand_in_the_order_of_the_analysis(tmp_path: Path) -> None:
    steps = (step(1, "a = 1", replaced_by=3), step(2, "b = a"), step(3, "a = 2", replaces=1))
    write_notebook(run(*steps), tmp_path)

    cells = nbformat.read(tmp_path / "analysis.ipynb", as_version=4).cells
    assert [cell.source for cell in cells if cell.id in ("step-02", "step-03")] == ["a = 2", "b = a"]


def test_a_run_without_any_accepted_step_has_a_notebook_that_says_so(tmp_path: Path) -> None:
    failure = {"code": "warehouse", "message": "the warehouse is gone", "hint": "see the network"}
    write_notebook(run(status=Status.FAILED, outcome=None, answer="", failure=failure), tmp_path)

    last = nbformat.read(tmp_path / "analysis.ipynb", as_version=4).cells[-1]
    assert "The warehouse is gone" in last.source


def test_requirements_pin_what_kit_and_code_import_and_nothing_else(bundle: Path) -> None:
    lines = (bundle / "requirements.txt").read_text().splitlines()

    assert f"pandas=={metadata.version('pandas')}" in lines
    assert f"pyarrow=={metadata.version('pyarrow')}" in lines
    assert lines == sorted(lines)
    names = {line.partition("==")[0] for line in lines}
    assert names.isdisjoint({"kaiseki", "dspy", "boto3", "duckdb", "ipython", "pytest"})


def test_a_package_is_pinned_by_the_name_it_is_installed_by() -> None:
    sources = [
        "def f():\n    from sklearn.linear_model import Ridge\n",
        "import os, not_installed_anywhere, scipy.stats",
    ]

    assert [line.partition("==")[0] for line in pins(sources, ["altair"])] == [
        *("altair", "numpy", "pandas", "scikit-learn", "scipy")
    ]


def _shown(output: str, name: str) -> str:
    """The value that the kit printed for the fact `name`."""
    start = f"{name} = "
    return next(line for line in output.splitlines() if line.startswith(start)).removeprefix(start)
