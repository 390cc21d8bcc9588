"""From columns to a FROM clause: which table the rows are of, and which others are joined to it."""

from collections.abc import Iterable
from dataclasses import dataclass

from kaiseki.lm.offline.reading import Column, Table


@dataclass(frozen=True)
class Source:
    """`base` is the table that one row stands for; each join adds columns and never rows."""

    base: Table
    joins: tuple[tuple[Table, str], ...] = ()  # (table, condition)

    @property
    def tables(self) -> tuple[Table, ...]:
        return (self.base, *(table for table, _ in self.joins))

    def alias(self, table_sql: str) -> str:
        return f"t{[t.sql for t in self.tables].index(table_sql) + 1}"

    def name(self, column: Column) -> str:
        return f"{self.alias(column.table)}.{column.sql}" if self.joins else column.sql

    @property
    def clause(self) -> str:
        if not self.joins:
            return f"FROM {self.base.sql}"
        lines = [f"FROM {self.base.sql} AS t1"]
        lines += [f"LEFT JOIN {table.sql} AS {self.alias(table.sql)} ON {on}" for table, on in self.joins]
        return "\n".join(lines)


def source_for(columns: Iterable[Column], tables: tuple[Table, ...], base: Table | None = None) -> Source | None:
    """The smallest way to have all of `columns` in one row, following references from child to parent.

    With `base`, rows are of that table if it reaches them. None if no table reaches all of them.
    """
    needed = {column.table for column in columns} | ({base.sql} if base else set())
    ways = [way for table in tables if (way := _reach(table, needed, tables))]
    return min(ways, key=lambda way: (len(way.joins), way.base is not base, -way.base.rows), default=None)


def _reach(base: Table, needed: set[str], tables: tuple[Table, ...]) -> Source | None:
    """`base` joined to what is needed and to what lies between, breadth first."""
    by_name = {table.sql: table for table in tables}
    paths: dict[str, tuple[Column, ...]] = {base.sql: ()}
    queue = [base]
    while queue:
        table = queue.pop(0)
        for column in table.columns:
            if column.references in by_name and column.references not in paths:
                paths[column.references] = (*paths[table.sql], column)
                queue.append(by_name[column.references])
    if not needed <= paths.keys():
        return None
    links = dict.fromkeys(link for name in sorted(needed) for link in paths[name])
    order = [base.sql]
    joins = []
    for link in links:
        order.append(link.references)
        left, right = f"t{order.index(link.table) + 1}", f"t{len(order)}"
        joins.append((by_name[link.references], f"{left}.{link.sql} = {right}.{link.referenced}"))
    return Source(base, tuple(joins))


def literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
