"""Loading what the queries brought."""

import json
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import kaiseki_kit


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("KAISEKI_DATA", str(folder))
    monkeypatch.setenv("KAISEKI_OUTBOX", str(tmp_path / "outbox"))
    return folder


def test_a_query_is_loaded_with_the_types_it_was_stored_with(data: Path) -> None:
    stored = pd.DataFrame(
        {"n": [1, 2], "share": [0.5, None], "kind": ["購入", None], "at": [pd.Timestamp("2025-01-01"), pd.NaT]}
    )
    stored.to_parquet(data / "orders.parquet")
    pd.testing.assert_frame_equal(kaiseki_kit.load("orders"), stored)


def test_parts_of_a_query_are_loaded_as_one_in_order(data: Path) -> None:
    (data / "orders").mkdir()
    for part in (1, 0, 2):
        pd.DataFrame({"n": [part * 10, part * 10 + 1]}).to_parquet(data / "orders" / f"part-{part:05}.parquet")
    loaded = kaiseki_kit.load("orders")
    assert loaded["n"].tolist() == [0, 1, 10, 11, 20, 21]
    assert loaded.index.tolist() == list(range(6))


def test_each_load_is_a_frame_of_its_own(data: Path) -> None:
    pd.DataFrame({"n": [1]}).to_parquet(data / "orders.parquet")
    changed = kaiseki_kit.load("orders")
    changed["n"] = 99
    assert kaiseki_kit.load("orders")["n"].tolist() == [1]


def test_a_load_records_columns_and_types(data: Path, tmp_path: Path) -> None:
    pd.DataFrame({"n": [1], "share": [0.5]}).to_parquet(data / "orders.parquet")
    exec(
        compile("import kaiseki_kit\nkaiseki_kit.load('orders')\nkaiseki_kit.load('orders')", "step-02.py", "exec"), {}
    )
    first, second = map(json.loads, (tmp_path / "outbox" / "records.jsonl").read_text().splitlines())
    assert (first["kind"], first["name"], first["step"], first["line"]) == ("load", "orders", 2, 2)
    assert first["value"] == second["value"] == [["n", "int64"], ["share", "float64"]]


def test_an_unknown_name_is_answered_with_the_names_there_are_and_the_nearest(data: Path) -> None:
    for name in ("interactions", "users"):
        pd.DataFrame({"n": [1]}).to_parquet(data / f"{name}.parquet")
    with pytest.raises(KeyError) as caught:
        kaiseki_kit.load("interaction")
    assert str(caught.value) == (
        "there is no data named 'interaction'; there is: interactions, users; the nearest is 'interactions'"
    )


def test_decimals_come_as_floats_so_that_scipy_takes_them(data: Path) -> None:
    pd.DataFrame({"price": [Decimal("1.25"), None], "n": [1, 2]}).to_parquet(data / "prices.parquet")
    frame = kaiseki_kit.load("prices")
    assert [str(dtype) for dtype in frame.dtypes] == ["float64", "int64"]
    assert frame["price"].iloc[0] == 1.25
    assert np.isnan(frame["price"].iloc[1])


def test_without_any_data_the_error_says_so(data: Path) -> None:
    with pytest.raises(KeyError, match="no query has left rows"):
        kaiseki_kit.load("orders")


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "secret.parquet", ""])
def test_a_name_is_never_a_path(data: Path, name: str) -> None:
    pd.DataFrame({"n": [1]}).to_parquet(data.parent / "secret.parquet")
    with pytest.raises(KeyError):
        kaiseki_kit.load(name)


def test_in_a_bundle_the_copied_kit_finds_the_data_beside_it(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    (bundle / "data").mkdir(parents=True)
    shutil.copytree(
        Path(kaiseki_kit.__file__).parent, bundle / "kaiseki_kit", ignore=shutil.ignore_patterns("__pycache__")
    )
    pd.DataFrame({"n": [4, 5]}).to_parquet(bundle / "data" / "orders.parquet")
    code = "from kaiseki_kit import *; import kaiseki_kit"
    code += "; fact('total', load('orders')['n'].sum(), 'rows'); print(kaiseki_kit.__file__)"
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=bundle, check=True, capture_output=True, text=True, env={"PATH": "/usr/bin"}
    ).stdout.splitlines()
    assert shown == ["total = 9 rows", str(bundle / "kaiseki_kit" / "__init__.py")]
    assert sorted(path.name for path in bundle.iterdir()) == ["data", "kaiseki_kit"]
