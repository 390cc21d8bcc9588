"""The kit outside of a run: it shows, and writes nothing."""

import shutil
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbclient import NotebookClient
from sklearn.linear_model import LogisticRegression

import kaiseki_kit
from kaiseki_kit import chart, fact, model, setting, table


@pytest.fixture(autouse=True)
def no_outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAISEKI_OUTBOX", raising=False)
    monkeypatch.delenv("KAISEKI_DATA", raising=False)
    monkeypatch.chdir(tmp_path)


def test_facts_and_settings_are_printed_with_their_units(capsys: pytest.CaptureFixture[str]) -> None:
    fact("orders", np.int64(1_234), unit="rows")
    setting("level", 0.05, "the usual one")
    assert capsys.readouterr().out == "orders = 1234 rows\nlevel = 0.05\n"


def test_a_cell_may_run_again(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        fact("orders", 1)
    assert capsys.readouterr().out == "orders = 1\norders = 1\n"


def test_what_a_run_refuses_a_notebook_refuses_too() -> None:
    with pytest.raises(ValueError, match="is nan"):
        fact("rate", float("nan"))
    with pytest.raises(ValueError, match="lower-case"):
        fact("Rate", 1)


def test_tables_charts_and_models_are_shown_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from matplotlib.figure import Figure

    random = np.random.default_rng(0)
    features = pd.DataFrame({"a": random.normal(size=300)})
    target = pd.Series((features["a"] + random.normal(size=300) > 0).astype(int), name="bought")
    estimator = LogisticRegression().fit(features[:200], target[:200])
    table("sales", pd.DataFrame({"kind": ["購入"], "n": [3]}), "Sales")
    chart("bars", Figure(), "Bars")
    report = model(
        "m", estimator, features[200:], target[200:], estimator.predict(features[200:]), X_train=features[:200]
    )
    shown = capsys.readouterr().out
    assert "Sales\n" in shown
    assert "購入" in shown
    assert "Bars\n" in shown
    assert f"m_score = {report.score}" in shown
    assert "passed: none of the 100 held-out rows is among the 200 training rows" in shown
    assert not list(tmp_path.iterdir())


def test_a_notebook_of_a_bundle_shows_tables_and_figures(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    pd.DataFrame({"種類": ["購入", "閲覧"] * 3_000, "n": range(6_000)}).to_parquet(tmp_path / "data" / "sales.parquet")
    shutil.copytree(
        Path(kaiseki_kit.__file__).parent, tmp_path / "kaiseki_kit", ignore=shutil.ignore_patterns("__pycache__")
    )
    before = sorted(path for path in tmp_path.rglob("*") if "__pycache__" not in path.parts)
    cells = [
        "import warnings; warnings.simplefilter('error', UserWarning)",
        "from kaiseki_kit import *\nsales = load('sales')\nfact('rows', len(sales), 'rows')",
        "table('counts', sales['種類'].value_counts(), 'Counts')",
        "import altair as alt\nchart('points', alt.Chart(sales).mark_point().encode(x='n', y='種類'), 'Points')",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.title('購入')\nchart('line', plt, 'Line')",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    _, facts, counts, points, line = (_shown(cell) for cell in notebook.cells)
    assert facts["printed"] == "rows = 6000 rows\n"
    assert "<table" in counts["text/html"]
    assert any("vegalite" in kind or kind == "text/html" for kind in points)
    assert "image/png" in line
    assert sorted(path for path in tmp_path.rglob("*") if "__pycache__" not in path.parts) == before


def _shown(cell: Any) -> dict[str, Any]:
    """What a cell displayed, by media type."""
    shown: dict[str, Any] = {}
    for output in cell.outputs:
        shown |= {"printed": output.text} if output.output_type == "stream" else output.data
    return shown
