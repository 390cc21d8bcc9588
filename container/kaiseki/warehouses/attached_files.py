"""Files attached to a question whose warehouse cannot take them in: they lie in a database of their own beside it.

A query reads either the files or the warehouse; rows of both meet in Python."""

from pathlib import Path

from kaiseki.models import Catalog, Query, Table
from kaiseki.ports import Warehouse
from kaiseki.warehouses.refusal import Refusal
from kaiseki.warehouses.sql.guard import Statement, admit

_COMMENT = "attached file, not in the warehouse: query it by itself, and merge with other results in Python"
_HINT = "Query each by itself, aggregated as far as can be, and merge the results in Python."


class WithAttachedFiles:
    """The port `Warehouse` over two others: each statement goes to the one whose tables it names."""

    def __init__(self, warehouse: Warehouse, files: Warehouse) -> None:
        """`files` has tables of the kind "attachment" alone, and `warehouse` has none."""
        self._warehouse = warehouse
        self._files = files
        self._catalog: Catalog | None = None

    def introspect(self) -> Catalog:
        if self._catalog is None:
            theirs, attached = self._warehouse.introspect(), self._files.introspect()
            tables = tuple(table.model_copy(update={"comment": _COMMENT}) for table in attached.tables)
            known = {"tables": (*tables, *theirs.tables), "fingerprint": f"{theirs.fingerprint}+{attached.fingerprint}"}
            self._catalog = theirs.model_copy(update=known)
        return self._catalog

    def profile(self, table: Table) -> Table:
        return self._holder_of(table).profile(table)

    def run(self, name: str, sql: str, into: Path, row_cap: int) -> Query:
        try:
            holder = self._holder_for(admit(sql, self.introspect()))
        except Refusal as refusal:
            return Query(name=name, sql=sql, failure=refusal.as_failure(name))
        return holder.run(name, sql, into, row_cap)

    def close(self) -> None:
        self._files.close()
        self._warehouse.close()

    def _holder_for(self, statement: Statement) -> Warehouse:
        attached = [table for table in statement.tables if table.kind == "attachment"]
        others = [table for table in statement.tables if table.kind != "attachment"]
        if attached and others:
            message = (
                f"{attached[0].qualified} is an attached file and {others[0].qualified} is not: no query reads both"
            )
            raise Refusal("Unsupported", message, hint=_HINT)
        return self._files if attached else self._warehouse

    def _holder_of(self, table: Table) -> Warehouse:
        return self._files if table.kind == "attachment" else self._warehouse
