"""The profile of one table: its rows, and of each column the nulls, distinct values, range and commonest values."""

from dataclasses import dataclass, replace
from typing import Any

import duckdb

from kaiseki.models import Column, Table
from kaiseki.warehouses.identifiers import quoted

EXACT_BELOW = 1_000_000  # rows; above, distinct values are estimated
ALL_VALUES = 12  # a column of at most so many distinct values shows each with its count
EXAMPLES = 3  # of a text column with more
_EXAMPLES_BELOW = 5_000_000  # rows; above, no examples are counted
_SHOWN = 60  # characters of a value

UNORDERED = ("SUPER", "VARBYTE", "INTERVAL")


@dataclass(frozen=True)
class _Summary:
    nulls: int
    distinct: int | None
    minimum: str | None
    maximum: str | None


def profiled(connection: duckdb.DuckDBPyConnection, table: Table, source: str) -> Table:
    """`table` with its statistics; `source` is how SQL names it. Raises duckdb.Error."""
    rows = _one(connection, f"SELECT count(*) FROM {source}")[0]  # noqa: S608
    if not table.columns:
        return table.model_copy(update={"rows": rows})
    summaries = _summaries(connection, table, source, rows)
    columns = [
        replace(
            column,
            nulls=found.nulls,
            distinct=found.distinct,
            minimum=found.minimum,
            maximum=found.maximum,
            frequent=_frequent(connection, column, found, source, rows),
        )
        for column, found in zip(table.columns, summaries, strict=True)
    ]
    return table.model_copy(update={"rows": rows, "columns": tuple(columns)})


def _summaries(connection: duckdb.DuckDBPyConnection, table: Table, source: str, rows: int) -> list[_Summary]:
    count_distinct = "count(DISTINCT {c})" if rows <= EXACT_BELOW else "approx_count_distinct({c})"
    wanted = []
    for column in table.columns:
        name = quoted(column.name)
        wanted.append(f"count(*) - count({name})")
        if column.type in UNORDERED:
            wanted += ["NULL", "NULL", "NULL"]
        else:
            text = "CAST({0}({1}) AS VARCHAR)"
            wanted += [count_distinct.format(c=name), text.format("min", name), text.format("max", name)]
    row = _one(connection, f"SELECT {', '.join(wanted)} FROM {source}")  # noqa: S608
    return [_Summary(row[n], row[n + 1], shortened(row[n + 2]), shortened(row[n + 3])) for n in range(0, len(row), 4)]


def _frequent(
    connection: duckdb.DuckDBPyConnection, column: Column, found: _Summary, source: str, rows: int
) -> tuple[tuple[str, int], ...]:
    if not found.distinct:
        return ()
    if found.distinct <= ALL_VALUES:
        limit = found.distinct
    elif column.type.startswith("VARCHAR") and rows <= _EXAMPLES_BELOW:
        limit = EXAMPLES
    else:
        return ()
    name = quoted(column.name)
    counted = connection.execute(
        f"SELECT CAST({name} AS VARCHAR), count(*) AS n FROM {source} WHERE {name} IS NOT NULL "  # noqa: S608
        f"GROUP BY {name} ORDER BY n DESC, {name} LIMIT {limit}"
    ).fetchall()
    return tuple((shortened(value) or "", n) for value, n in counted)


def shortened(value: str | None) -> str | None:
    if value is None:
        return None
    line = " ".join(value.split()) if any(c in value for c in "\r\n\t") else value
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return tuple(row)
