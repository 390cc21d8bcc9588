"""The profile of a table of Redshift: one scan for all columns, and one pass for all frequent values.

A large table is sampled at random; of views and external tables the first rows are taken, since the one may be dear to
compute, and the other costs by the bytes that are read. Of personal columns no value is asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kaiseki.models import Table
from kaiseki.warehouses.column_values import EXACT_BELOW, UNORDERED, Look, masked
from kaiseki.warehouses.identifiers import quoted
from kaiseki.warehouses.redshift.types import is_nested

_SCANNED = 50_000_000  # rows; of a larger table a random part of about so many is looked at
_COUNTED = 1_000_000  # rows of which the frequent values are counted
_FIRST = 100_000  # rows of a view, an external table, or a table that took too long
_COLUMNS = 400  # of one statement: Redshift takes 1,664 expressions
_LONGEST = 200  # characters of a value that are fetched
_OPAQUE = (*UNORDERED, "GEOMETRY", "GEOGRAPHY", "HLLSKETCH")

Rows = Callable[[str], "tuple[list[Any], ...]"]
Statistics = tuple[int, int | None, str | None, str | None]  # nulls, distinct, least, most


@dataclass(frozen=True)
class Basis:
    """The rows that are looked at: all, a random `share`, or the `first` that come; of one partition by `condition`."""

    table: Table
    share: float = 1.0
    first: int | None = None
    condition: str = ""

    def rows(self, columns: str, part: float = 1.0) -> str:
        """A FROM entry of the given columns, and of a random part of the rows."""
        share = self.share * part
        conditions = [self.condition] if self.condition else []
        conditions += [f"RANDOM() < {share:.9f}"] if share < 1 else []
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        limit = "" if self.first is None else f" LIMIT {self.first}"
        source = ".".join(map(quoted, self.table.path))
        return f"(SELECT {columns} FROM {source}{where}{limit}) AS looked_at"  # noqa: S608

    def is_whole(self, seen: int) -> bool:
        return self.share == 1 and not self.condition and (self.first is None or seen < self.first)

    def note(self, seen: int) -> str:
        if self.is_whole(seen):
            return ""
        if self.first is None:
            return f"statistics of a random sample of about {seen:,} rows"
        return f"statistics of the first {seen:,} rows to come" + (" of one partition" if self.condition else "")


def profiled(rows_of: Rows, table: Table, looks: tuple[Look, ...], first_rows: bool = False) -> Table:
    """`table` with its statistics. `rows_of` runs a query; `first_rows`: looks at no more than the first that come."""
    basis = _basis(rows_of, table, first_rows or table.kind != "table")
    looks = tuple(look for look in looks if not is_nested(look.column.type))
    exact = basis.first is not None or (basis.table.rows or 0) <= EXACT_BELOW
    seen, statistics = _scan(rows_of, basis, looks, exact)
    wanted = {n: most for n, look in enumerate(looks) if (most := look.values_wanted(statistics[n][1]))}
    counted = _frequent(rows_of, basis, looks, wanted, seen)
    described = (look.described(*statistics[n], counted.get(n, [])) for n, look in enumerate(looks))
    columns = {column.name: column for column in described}
    whole = basis.is_whole(seen)
    return table.model_copy(
        update={
            "rows": seen if whole else basis.table.rows,
            "sampled": None if whole else seen,
            "estimated": not exact or seen > _COUNTED,
            "profile_note": basis.note(seen),
            "columns": tuple(columns.get(column.name, column) for column in table.columns),
        }
    )


def _basis(rows_of: Rows, table: Table, first_rows: bool) -> Basis:
    if first_rows:
        return Basis(table, first=_FIRST, condition=_one_partition(rows_of, table))
    if table.rows is None:  # the system view omits empty tables, and must be granted
        count = int(rows_of(f"SELECT COUNT(*) AS n FROM {Basis(table).rows('1 AS one')}")[0][0])  # noqa: S608
        table = table.model_copy(update={"rows": count})
    return Basis(table, share=min(1.0, _SCANNED / table.rows) if table.rows else 1.0)


def _one_partition(rows_of: Rows, table: Table) -> str:
    """A condition that has the last partition read alone; nothing for a table without any."""
    if not table.partition_key:
        return ""
    schema, name = (part.replace("'", "''") for part in (table.schema_name, table.name))
    rows = rows_of(
        'SELECT MAX("values") AS last FROM svv_external_partitions '  # noqa: S608
        f"WHERE schemaname = '{schema}' AND tablename = '{name}'"
    )
    listed = (rows[0][0] or "").strip().removeprefix("[").removesuffix("]")  # ["2024-01-01","jp"]
    values = [value.strip().strip('"') for value in listed.split(",")] if listed else []
    types = {column.name: column.type for column in table.columns}
    return " AND ".join(
        f"{quoted(column)} = {_literal(value, types.get(column, 'VARCHAR'))}"
        for column, value in zip(table.partition_key, values, strict=False)
    )


def _literal(value: str, type_: str) -> str:
    if type_.startswith(("SMALLINT", "INTEGER", "BIGINT")) and value.isdecimal():
        return value
    text = "'" + value.replace("'", "''") + "'"
    return f"DATE {text}" if type_ == "DATE" else text


def _scan(rows_of: Rows, basis: Basis, looks: tuple[Look, ...], exact: bool) -> tuple[int, list[Statistics]]:
    """Rows that were looked at, and the statistics of each column."""
    seen, found = 0, list[Statistics]()
    for start in range(0, max(1, len(looks)), _COLUMNS):
        part = looks[start : start + _COLUMNS]
        wanted = [expression for n, look in enumerate(part) for expression in _statistics(n, look, exact)]
        columns = ", ".join(quoted(look.column.name) for look in part) or "1 AS one"
        sql = f"SELECT {', '.join(['COUNT(*) AS n', *wanted])} FROM {basis.rows(columns)}"  # noqa: S608
        row = rows_of(sql)[0]
        seen = int(row[0])
        for n in range(1, len(row), 4):
            filled, distinct, least, most = row[n : n + 4]
            found.append((seen - int(filled), None if distinct is None else int(distinct), least, most))
    return seen, found


def _statistics(n: int, look: Look, exact: bool) -> list[str]:
    name, type_ = quoted(look.column.name), look.column.type
    filled = f"COUNT({name}) AS f{n}"
    if type_.startswith(_OPAQUE):
        return [filled, f"NULL AS d{n}", f"NULL AS a{n}", f"NULL AS z{n}"]
    distinct = f"{'' if exact else 'APPROXIMATE '}COUNT(DISTINCT {name}) AS d{n}"
    if look.kind is not None and look.is_text:
        return [filled, distinct, f"MIN(LEN({name}))::VARCHAR AS a{n}", f"MAX(LEN({name}))::VARCHAR AS z{n}"]
    if look.kind is not None or type_ == "BOOLEAN":  # Redshift has no MIN of booleans
        return [filled, distinct, f"NULL AS a{n}", f"NULL AS z{n}"]
    return [filled, distinct, f"MIN({name})::VARCHAR AS a{n}", f"MAX({name})::VARCHAR AS z{n}"]


def _frequent(
    rows_of: Rows, basis: Basis, looks: tuple[Look, ...], wanted: Mapping[int, int], seen: int
) -> dict[int, list[tuple[str, int]]]:
    """By the column's position, most frequent first. In one pass, in which each row is taken apart into its values."""
    part = min(1.0, _COUNTED / seen) if seen and basis.first is None else 1.0
    found: dict[int, list[tuple[str, int]]] = {}
    positions = list(wanted)
    for start in range(0, len(positions), _COLUMNS):
        chosen = positions[start : start + _COLUMNS]
        numbers = " UNION ALL ".join(f"SELECT {n} AS c" for n in chosen)
        values = " ".join(f"WHEN {n} THEN {_value(looks[n], f'v{n}')}" for n in chosen)
        columns = ", ".join(f"{quoted(looks[n].column.name)} AS v{n}" for n in chosen)
        rows = rows_of(
            f"SELECT c, LEFT(v, {_LONGEST}) AS v, times FROM ("  # noqa: S608
            "SELECT c, v, COUNT(*) AS times, ROW_NUMBER() OVER (PARTITION BY c ORDER BY COUNT(*) DESC, v) AS place "
            f"FROM (SELECT numbers.c, CASE numbers.c {values} END AS v FROM {basis.rows(columns, part)} "
            f"CROSS JOIN ({numbers}) AS numbers) AS taken_apart WHERE v IS NOT NULL GROUP BY c, v"
            f") AS ranked WHERE place <= {max(wanted[n] for n in chosen)} ORDER BY c, place"
        )
        for n, value, times in rows:
            of_column = found.setdefault(int(n), [])
            if len(of_column) < wanted[int(n)]:
                of_column.append((value, max(1, round(int(times) / part))))
    return found


def _value(look: Look, name: str) -> str:
    if look.column.type == "BOOLEAN":
        return f"CASE WHEN {name} THEN 'true' ELSE 'false' END"
    return masked(name) if look.kind is not None else f"{name}::VARCHAR"
