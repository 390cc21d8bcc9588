"""Which columns of a warehouse are personal, by their names and by the values that profiles have met."""

from sqlglot import exp

from kaiseki.models import Column, Table
from kaiseki.personal.allowance import NOTHING, Allowance
from kaiseki.personal.kinds import Kind
from kaiseki.personal.names import kind_by_name
from kaiseki.warehouses.column_values import Look
from kaiseki.warehouses.sql.descent import Mark, descent
from kaiseki.warehouses.sql.guard import Statement


class Discretion:
    """Remembers what profiles found, since the name of a column may say nothing."""

    def __init__(self, allowance: Allowance = NOTHING) -> None:
        self._allowance = allowance
        self._found: dict[tuple[str, str], Kind] = {}

    def looks(self, table: Table) -> tuple[Look, ...]:
        return tuple(Look(column, self.kind(table, column), self.allows(table, column)) for column in table.columns)

    def allows(self, table: Table, column: Column) -> bool:
        """Whether it may be shown, whatever it is."""
        return self._allowance.covers(table.schema_name, table.name, column.name)

    def kind(self, table: Table, column: Column) -> Kind | None:
        """What it tells of people; None for a column that may be shown."""
        if self.allows(table, column):
            return None
        by_values = self._found.get((table.qualified, column.name))
        return by_values or kind_by_name(table.name, column.name, column.type)

    def mark(self, table: Table, column: Column) -> Mark:
        if self.allows(table, column):
            return Mark.SHOWN
        return Mark.PLAIN if self.kind(table, column) is None else Mark.PERSONAL

    def of_statement(self, statement: Statement) -> tuple[dict[str, Mark], bool]:
        """The mark of each column of the result; whether the statement names any personal column."""
        if self._allowance.everything:
            return {name: Mark.SHOWN for name, _ in statement.columns}, False
        personal = {
            column.name.lower()
            for table in statement.tables
            for column in table.columns
            if self.mark(table, column) is Mark.PERSONAL
        }
        columns = statement.tree.find_all(exp.Column)
        named = any(isinstance(c.this, exp.Star) or c.name.lower() in personal for c in columns)
        discreet = bool(personal) and (named or statement.tree.find(exp.Star) is not None)
        return descent(statement.tree, self.mark), discreet

    def learn(self, table: Table) -> Table:
        """`table`, whose profile is thus remembered."""
        for column in table.columns:
            if column.personal:
                self._found[(table.qualified, column.name)] = Kind(column.personal)
        return table
