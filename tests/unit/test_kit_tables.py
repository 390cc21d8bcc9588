"""Tables that an analysis hands to the report."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kaiseki_kit import table

Written = Callable[[str], tuple[str, dict[str, Any]]]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """The CSV text and the record of a table."""
    monkeypatch.setenv("KAISEKI_OUTBOX", str(tmp_path))

    def read(name: str) -> tuple[str, dict[str, Any]]:
        records = [json.loads(line) for line in (tmp_path / "records.jsonl").read_text(encoding="utf-8").splitlines()]
        return (tmp_path / "tables" / f"{name}.csv").read_text(encoding="utf-8"), records[-1]

    return read


def test_a_table_is_a_csv_file_and_a_record_that_tells_its_size(written: Written) -> None:
    table("sales", pd.DataFrame({"種類": ["購入", "閲覧"], "n": [1, 2]}), "Sales by kind")
    text, record = written("sales")
    assert text == "種類,n\n購入,1\n閲覧,2\n"
    assert (record["kind"], record["title"], record["files"]) == ("table", "Sales by kind", ["tables/sales.csv"])
    assert record["value"] == {"rows": 2, "columns": ["種類", "n"], "rows_written": 2}


def test_a_named_index_is_a_column_and_row_numbers_are_not(written: Written) -> None:
    frame = pd.DataFrame({"kind": ["a", "b", "b"], "n": [1, 2, 3]})
    table("grouped", frame.groupby("kind")[["n"]].sum(), "Grouped")
    assert written("grouped")[0] == "kind,n\na,1\nb,5\n"
    table("filtered", frame[frame["n"] > 1], "Filtered")
    assert written("filtered")[0] == "kind,n\nb,2\nb,3\n"


def test_names_of_rows_are_kept_even_without_a_heading(written: Written) -> None:
    table("described", pd.DataFrame({"n": [1.0, 3.0]}).describe().loc[["mean", "max"]], "Described")
    assert written("described")[0] == ",n\nmean,2.0\nmax,3.0\n"


def test_a_series_is_a_table(written: Written) -> None:
    table("counts", pd.Series(["a", "b", "a"], name="kind").value_counts(), "Counts")
    assert written("counts")[0] == "kind,count\na,2\nb,1\n"


def test_headings_of_two_levels_become_one(written: Written) -> None:
    frame = pd.DataFrame({"g": ["x", "x"], "n": [1, 3]}).groupby("g").agg({"n": ["min", "max"]})
    table("spread", frame, "Spread")
    assert written("spread")[0] == "g,n / min,n / max\nx,1,3\n"


def test_a_long_table_is_cut_at_10000_rows_and_says_so(written: Written) -> None:
    table("long", pd.DataFrame({"n": range(10_005)}), "Long")
    text, record = written("long")
    assert text.count("\n") == 10_001
    assert record["value"] == {"rows": 10_005, "columns": ["n"], "rows_written": 10_000}


def test_the_frame_is_left_as_it_was(written: Written) -> None:
    frame = pd.DataFrame({("a", "b"): [1]})
    table("kept", frame, "Kept")
    assert ("a", "b") in frame.columns


def test_what_is_no_frame_is_refused(written: Written) -> None:
    with pytest.raises(TypeError, match="needs a pandas DataFrame or Series, not a list"):
        table("bad", [1, 2], "Bad")  # type: ignore[arg-type]
