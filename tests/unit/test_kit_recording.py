"""What a call of the kit leaves in the outbox."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Records = list[dict[str, Any]]
RunStep = Callable[..., Records]


@pytest.fixture
def run_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStep:
    """Runs code as a step of one session and returns all records so far."""
    monkeypatch.setenv("KAISEKI_OUTBOX", str(tmp_path / "outbox"))
    session: dict[str, Any] = {}

    def run(code: str, step: int = 3) -> Records:
        exec(compile("from kaiseki_kit import *\n" + code, f"step-{step:02}.py", "exec"), session)
        lines = (tmp_path / "outbox" / "records.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    return run


def test_a_fact_is_recorded_with_the_step_and_line_that_measured_it(run_step: RunStep) -> None:
    [record] = run_step("\nfact('orders', 12, unit='rows', note='without refunds')", step=7)
    assert record == {
        "kind": "fact", "name": "orders", "step": 7, "line": 3, "value": 12, "unit": "rows",
        "note": "without refunds", "title": None, "files": [],
    }  # fmt: skip


def test_a_record_is_what_the_host_reads(run_step: RunStep) -> None:
    from kaiseki.models import Record

    code = "import pandas\nfact('a', 1)\nsetting('level', 0.05, 'the usual one')\ntable('t', pandas.Series([1]), 'T')"
    records = run_step(code)
    assert [Record.model_validate(record).kind for record in records] == ["fact", "setting", "table"]


def test_the_line_is_that_of_the_innermost_generated_code(run_step: RunStep) -> None:
    run_step("def measure(name):\n    fact(name, 1)\nmeasure('first')", step=1)
    assert [(r["step"], r["line"]) for r in run_step("measure('second')", step=2)] == [(1, 3), (1, 3)]


def test_fact_and_setting_return_what_they_were_given(run_step: RunStep) -> None:
    records = run_step("fact('twice', 2 * fact('once', 21))\nassert setting('folds', 5, 'small sample') == 5")
    assert [(r["name"], r["value"]) for r in records] == [("once", 21), ("twice", 42), ("folds", 5)]


def test_one_name_serves_once_in_a_step_and_again_in_a_later_one(run_step: RunStep) -> None:
    run_step("fact('total', 1)", step=1)
    with pytest.raises(ValueError, match="'total' is already recorded in this step"):
        run_step("setting('total', 2, 'again')", step=1)
    assert [r["value"] for r in run_step("fact('total', 3)", step=2)] == [1, 3]


def test_a_table_may_bear_the_name_of_a_fact(run_step: RunStep) -> None:
    code = "import pandas\nfact('sales', 1)\ntable('sales', pandas.Series([1]), 'Sales')"
    assert [r["kind"] for r in run_step(code)] == ["fact", "table"]


@pytest.mark.parametrize("name", ["Total", "2nd", "a-b", "", "x" * 64, "売上", "a\n"])
def test_a_name_that_no_placeholder_could_hold_is_refused(run_step: RunStep, name: str) -> None:
    with pytest.raises(ValueError, match="lower-case letters, digits and underscores"):
        run_step(f"fact({name!r}, 1)")


def test_a_refused_value_leaves_no_record_and_its_name_free(run_step: RunStep) -> None:
    with pytest.raises(ValueError, match="fact 'rate' is nan"):
        run_step("fact('rate', float('nan'))")
    assert [r["value"] for r in run_step("fact('rate', 0.5)")] == [0.5]


def test_notes_and_units_are_short_texts(run_step: RunStep) -> None:
    with pytest.raises(ValueError, match="the note has 201 characters"):
        run_step("fact('a', 1, note='n' * 201)")
    with pytest.raises(TypeError, match="the unit must be text, not int"):
        run_step("fact('a', 1, unit=3)")


def test_japanese_stays_readable_in_the_records(run_step: RunStep, tmp_path: Path) -> None:
    run_step("fact('top', '購入', note='最も多い種類')")
    assert "購入" in (tmp_path / "outbox" / "records.jsonl").read_text(encoding="utf-8")


def test_importing_the_kit_brings_neither_charts_nor_estimators_nor_the_host() -> None:
    heavy = "{'altair', 'matplotlib', 'sklearn', 'vl_convert', 'kaiseki', 'IPython', 'scipy'}"
    code = f"import sys\nfrom kaiseki_kit import *\nassert not {heavy} & set(sys.modules), {heavy} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
