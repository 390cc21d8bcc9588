"""Which columns of a warehouse are personal, by their names and by the values that profiles have met."""

from kaiseki.models import Column, Table
from kaiseki.personal.allowance import NOTHING, Allowance
from kaiseki.personal.kinds import Kind
from kaiseki.personal.names import kind_by_name
from kaiseki.warehouses.column_values import Look


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

    def learn(self, table: Table) -> Table:
        """`table`, whose profile is thus remembered."""
        for column in table.columns:
            if column.personal:
                self._found[(table.qualified, column.name)] = Kind(column.personal)
        return table
