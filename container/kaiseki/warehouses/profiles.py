"""The profile of one table of DuckDB: its rows, and of each column nulls, distinct values, range and commonest values.

Above a size a part of the rows is looked at: another one each time, because DuckDB samples in several threads, each of
which gets blocks as they come, whatever the seed. Of personal columns no value is asked for."""

from dataclasses import dataclass
from typing import Any

import duckdb

from kaiseki.models import Table
from kaiseki.warehouses.column_values import EXACT_BELOW, UNORDERED, Look, masked
from kaiseki.warehouses.identifiers import quoted

_SCANNED = 50_000_000  # rows; of a larger table a part of about so many is looked at
_COUNTED = 5_000_000  # rows of which the frequent values are counted


@dataclass(frozen=True)
class _Source:
    """The rows that are looked at. `name` is how SQL names the table, `share` the part that is taken of it."""

    name: str
    share: float

    def rows(self, part: float = 1.0) -> str:
        """A part of blocks, which is quick."""
        share = self.share * part
        return self.name if share >= 1 else f"{self.name} TABLESAMPLE SYSTEM ({share * 100:.6f}%)"


def profiled(connection: duckdb.DuckDBPyConnection, table: Table, name: str, looks: tuple[Look, ...]) -> Table:
    """`table` with its statistics; `name` is how SQL names it. Raises duckdb.Error."""
    rows = int(_one(connection, f"SELECT count(*) FROM {name}")[0])  # noqa: S608
    if not looks:
        return table.model_copy(update={"rows": rows})
    source = _Source(name, min(1.0, _SCANNED / rows) if rows else 1.0)
    seen, statistics = _scan(connection, source, looks, exact=rows <= EXACT_BELOW)
    columns = []
    for look, found in zip(looks, statistics, strict=True):
        most = look.values_wanted(found[1])
        counted = _frequent(connection, source, look, most, seen) if most else []
        columns.append(look.described(*found, counted))
    sampled = source.share < 1
    return table.model_copy(
        update={
            "rows": rows,
            "sampled": seen if sampled else None,
            "estimated": rows > EXACT_BELOW,
            "profile_note": f"statistics of a sample of about {seen:,} rows" if sampled else "",
            "columns": tuple(columns),
        }
    )


def _scan(
    connection: duckdb.DuckDBPyConnection, source: _Source, looks: tuple[Look, ...], exact: bool
) -> tuple[int, list[tuple[int, int | None, str | None, str | None]]]:
    """Rows that were looked at; of each column nulls, distinct values, least and most (lengths, if it is personal)."""
    wanted = ["count(*)"]
    for look in looks:
        name = quoted(look.column.name)
        wanted.append(f"count(*) - count({name})")
        if look.column.type in UNORDERED:
            wanted += ["NULL", "NULL", "NULL"]
            continue
        wanted.append(f"count(DISTINCT {name})" if exact else f"approx_count_distinct({name})")
        if look.kind is not None and not look.is_text:
            wanted += ["NULL", "NULL"]
        else:
            measured = f"length({_text(name)})" if look.kind is not None else name
            wanted += [f"CAST(min({measured}) AS VARCHAR)", f"CAST(max({measured}) AS VARCHAR)"]
    seen, *row = _one(connection, f"SELECT {', '.join(wanted)} FROM {source.rows()}")  # noqa: S608
    return int(seen), [(row[n], row[n + 1], row[n + 2], row[n + 3]) for n in range(0, len(row), 4)]


def _frequent(
    connection: duckdb.DuckDBPyConnection, source: _Source, look: Look, most: int, seen: int
) -> list[tuple[str, int]]:
    name = quoted(look.column.name)
    value = masked(_text(name)) if look.kind is not None else name
    part = min(1.0, _COUNTED / seen)
    counted = connection.execute(
        f"SELECT {_text(value)}, count(*) AS n FROM {source.rows(part)} "  # noqa: S608
        f"WHERE {name} IS NOT NULL GROUP BY {value} ORDER BY n DESC, {value} LIMIT {most}"
    ).fetchall()
    return [(text, max(1, round(times / part))) for text, times in counted]


def _text(name: str) -> str:
    """Of a UUID and the like, which are text on Redshift."""
    return f"CAST({name} AS VARCHAR)"


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return tuple(row)
