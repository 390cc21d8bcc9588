"""Redshift SQL on DuckDB gives what Redshift documents: the tables in tests/sql/dialect, by the pages that they follow.

What stands there are worked examples of the Redshift Developer Guide or follows from its rules; the rest can be checked
by eye. JSON values: NUMERIC is text, dates and times are ISO 8601."""

import json
import math
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

sys.path.append(str(Path(__file__).parent.parent))

from kaiseki.models import Query
from kaiseki.warehouses.duckdb.warehouse import DuckDBWarehouse
from kaiseki.warehouses.parquet_results import rows_as_json
from kaiseki.warehouses.sql.guard import admit
from sql.paragraphs import HERE, Paragraph, paragraphs

NOW = datetime(2026, 11, 21, 10, 30, 15, 123456)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBWarehouse]:
    file = tmp_path_factory.mktemp("dialect") / "shop.duckdb"
    with duckdb.connect(str(file)) as connection:
        for tables in ("sales.sql", "shop.sql"):
            connection.execute((HERE / tables).read_text(encoding="utf-8"))
    opened = DuckDBWarehouse.open(file, now=NOW, threads=1)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rows")


def run(warehouse: DuckDBWarehouse, sql: str, folder: Path) -> tuple[Query, list[list[Any]]]:
    into = folder / "result.parquet"
    query = warehouse.run("q", sql, into, 1000)
    return query, rows_as_json(into)[1] if query.failure is None else []


def statement(paragraph: Paragraph) -> str:
    """An expression stands for the one value of a row."""
    whole = paragraph.sql.upper().startswith(("SELECT ", "WITH "))
    return paragraph.sql if whole else f"SELECT {paragraph.sql} AS v"


def same(found: Any, expected: Any) -> bool:
    if isinstance(found, list) and isinstance(expected, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(found, float) and isinstance(expected, float):
        return math.isclose(found, expected, rel_tol=1e-9)
    return type(found) is type(expected) and bool(found == expected)


@pytest.mark.parametrize("paragraph", paragraphs("dialect"), ids=str)
def test_a_query_has_the_rows_that_redshift_documents(
    warehouse: DuckDBWarehouse, paragraph: Paragraph, folder: Path
) -> None:
    sql, expected = statement(paragraph), json.loads(paragraph.expected)
    query, rows = run(warehouse, sql, folder)
    assert query.failure is None, query.failure
    if sql != paragraph.sql:
        expected = [[expected]]
    elif "ORDER BY" not in sql:
        rows, expected = sorted(rows), sorted(expected)
    assert same(rows, expected), rows
    for (_, found), (_, inferred) in zip(query.columns, admit(sql, warehouse.introspect()).columns, strict=True):
        assert not inferred.known or kind(str(inferred)) == kind(found)  # a rule that reads a wrong type answers wrong


def kind(type_: str) -> str:
    if type_ == "SUPER":
        return "VARCHAR"  # stored as the text of its JSON
    scale = type_.partition(",")[2].rstrip(")")
    return "whole" if type_ == "BIGINT" or scale == "0" else f"NUMERIC {scale}" if scale else type_


@pytest.mark.parametrize("paragraph", paragraphs("refused"), ids=str)
def test_what_cannot_be_answered_right_is_refused_with_what_to_write_instead(
    warehouse: DuckDBWarehouse, paragraph: Paragraph, folder: Path
) -> None:
    type_, _, word = paragraph.expected.partition(":")
    query, _ = run(warehouse, paragraph.sql, folder)
    assert query.failure is not None
    assert query.failure.type == type_, query.failure
    assert word.strip().lower() in f"{query.failure.message} {query.failure.hint}".lower(), query.failure


def test_the_tables_are_as_long_as_they_are_said_to_be() -> None:
    headings = {p.heading for p in paragraphs("dialect")}
    assert len(paragraphs("dialect")) >= 750
    assert all(heading.startswith('"') for heading in headings), "each group names the page that it follows"
    assert len([p for p in paragraphs("refused") if p.place.startswith("elsewhere")]) >= 170


def test_warnings_name_the_arithmetic_that_people_rarely_mean(warehouse: DuckDBWarehouse, folder: Path) -> None:
    query, _ = run(warehouse, "SELECT AVG(qty) AS a, SUM(qty) / COUNT(*) AS b FROM sales", folder)
    assert any("AVG of integers" in w for w in query.warnings)
    assert any("integer divided by an integer" in w for w in query.warnings)
    query, _ = run(warehouse, "SELECT AVG(qty::float) AS a, SUM(qty) * 1.0 / COUNT(*) AS b FROM sales", folder)
    assert query.warnings == ()
