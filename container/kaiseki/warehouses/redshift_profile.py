"""The profile of a table of Redshift: a scan for all columns, and one for the frequent values; sampled where large."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kaiseki.models import Column, Table
from kaiseki.warehouses.identifiers import quoted
from kaiseki.warehouses.profiles import ALL_VALUES, EXACT_BELOW, EXAMPLES, UNORDERED, shortened

_SCANNED = 50_000_000  # rows; of a larger table a random part of about so many is looked at
_COUNTED = 1_000_000  # rows of which the frequent values are counted
_OPAQUE = (*UNORDERED, "GEOMETRY", "GEOGRAPHY", "HLLSKETCH")

Rows = Callable[[str], "tuple[list[Any], ...]"]


def profiled(rows_of: Rows, table: Table) -> Table:
    """`table` with its statistics. `rows_of` runs a query."""
    source = f"{quoted(table.schema_name)}.{quoted(table.name)}" if table.schema_name else quoted(table.name)
    count = int(rows_of(f"SELECT COUNT(*) AS n FROM {source}")[0][0])  # noqa: S608
    if not table.columns:
        return table.model_copy(update={"rows": count})
    wanted = ", ".join(part for n, column in enumerate(table.columns) for part in _statistics(n, column, count))
    scanned = f"{source}{_sampled(count, _SCANNED)}"
    row = rows_of(f"SELECT COUNT(*) AS n, {wanted} FROM {scanned}")[0]  # noqa: S608
    columns = [_described(column, row[0], *row[1 + 4 * n : 5 + 4 * n]) for n, column in enumerate(table.columns)]
    frequent = _frequent(rows_of, columns, source, count)
    columns = [replace(c, frequent=tuple(frequent.get(n, ()))) for n, c in enumerate(columns)]
    return table.model_copy(update={"rows": count, "columns": tuple(columns)})


def _sampled(count: int, most: int) -> str:
    return f" WHERE RANDOM() < {most / count:.9f}" if count > most else ""


def _statistics(n: int, column: Column, count: int) -> list[str]:
    name = quoted(column.name)
    filled = f"COUNT({name}) AS f{n}"
    if column.type in _OPAQUE:
        return [filled, f"NULL AS d{n}", f"NULL AS a{n}", f"NULL AS z{n}"]
    exact = "" if count <= EXACT_BELOW else "APPROXIMATE "
    distinct = f"{exact}COUNT(DISTINCT {name}) AS d{n}"
    if column.type == "BOOLEAN":  # Redshift has no MIN of booleans
        return [filled, distinct, f"NULL AS a{n}", f"NULL AS z{n}"]
    return [filled, distinct, f"MIN({name})::VARCHAR AS a{n}", f"MAX({name})::VARCHAR AS z{n}"]


def _described(column: Column, count: Any, filled: Any, distinct: Any, least: Any, most: Any) -> Column:
    return replace(
        column,
        nulls=int(count) - int(filled),
        distinct=None if distinct is None else int(distinct),
        minimum=shortened(least),
        maximum=shortened(most),
    )


def _frequent(rows_of: Rows, columns: list[Column], source: str, count: int) -> dict[int, list[tuple[str, int]]]:
    """By the column's position, most frequent first."""
    queries = []
    for n, column in enumerate(columns):
        limit = _shown(column)
        if limit:
            name = quoted(column.name)
            value = f"CASE WHEN {name} THEN 'true' ELSE 'false' END" if column.type == "BOOLEAN" else f"{name}::VARCHAR"
            queries.append(
                f"(SELECT {n} AS c, {value} AS v, COUNT(*) AS n FROM {source} "  # noqa: S608
                f"WHERE {name} IS NOT NULL{_sampled(count, _COUNTED).replace(' WHERE', ' AND')} "
                f"GROUP BY {name} ORDER BY 3 DESC, 2 LIMIT {limit})"
            )
    found: dict[int, list[tuple[str, int]]] = {}
    if queries:
        rows = rows_of(" UNION ALL ".join(queries) if len(queries) > 1 else queries[0][1:-1])
        for n, value, times in sorted(rows, key=lambda row: (row[0], -row[2], row[1])):
            found.setdefault(n, []).append((shortened(value) or "", int(times)))
    return found


def _shown(column: Column) -> int:
    if not column.distinct:
        return 0
    if column.distinct <= ALL_VALUES:
        return column.distinct
    return EXAMPLES if column.type.startswith("VARCHAR") else 0
