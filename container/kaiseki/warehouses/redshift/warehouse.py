"""Amazon Redshift, Serverless or provisioned: the SQL runs there as it was written, behind the guard.

guard -> read-only transaction -> cursor -> rows set down -> Parquet. A result with more rows than a cursor should
bring is unloaded to S3 instead, where there is a role for it. A statement that must end ends on the server."""

from collections.abc import Callable
from pathlib import Path

from sqlglot import exp

from kaiseki.models import Catalog, Query, Table
from kaiseki.personal.allowance import NOTHING, Allowance
from kaiseki.ports import Cache
from kaiseki.warehouses.column_values import unprofiled
from kaiseki.warehouses.discretion import Discretion
from kaiseki.warehouses.numeric_warnings import numeric_warnings
from kaiseki.warehouses.query_run import Prepared, run_query
from kaiseki.warehouses.readable_schemas import limited
from kaiseki.warehouses.redshift.connection import ServerError
from kaiseki.warehouses.redshift.errors import CANCELLED
from kaiseki.warehouses.redshift.kept_catalog import kept_or_read
from kaiseki.warehouses.redshift.login import Login
from kaiseki.warehouses.redshift.profile import profiled
from kaiseki.warehouses.redshift.reading import ResultReader
from kaiseki.warehouses.redshift.schemas import read_schemas
from kaiseki.warehouses.redshift.server import Server
from kaiseki.warehouses.redshift.unload import UnloadSettings
from kaiseki.warehouses.refusal import Refusal
from kaiseki.warehouses.sql.guard import admit
from kaiseki.warehouses.sql.parser import StrictRedshift
from kaiseki.warehouses.sql.shape import line_of

QUERY_SECONDS = 120.0
PROFILE_SECONDS = 20.0


class RedshiftWarehouse:
    """The port `Warehouse` on Redshift. Connects when it is first asked; queries may not run at the same time."""

    def __init__(
        self,
        sign_in: Callable[[], Login],
        query_seconds: float = QUERY_SECONDS,
        schemas: tuple[str, ...] | None = None,
        unload: UnloadSettings | None = None,
        allowance: Allowance = NOTHING,
        profile_seconds: float = PROFILE_SECONDS,
        cache: Cache | None = None,
        *,
        cursor_rows: int,
    ) -> None:
        """`sign_in` is called for each connection whose credentials have run out, and may raise KaisekiError.

        `schemas` are those whose tables may be read; all that the user may read if it is None.
        `unload` is how large results come; by a cursor, as all others, if it is None.
        `cursor_rows`: what a cursor brings at most, however much is wanted.
        `allowance`: the personal columns whose values may be shown. `profile_seconds`: what a look at a table may take.
        `cache` keeps the schema from one run to the next, as long as it does not change.
        """
        self._server = Server(sign_in, query_seconds)
        self._reader = ResultReader(self._server, unload, cursor_rows)
        self._schemas = schemas
        self._cache = cache
        self._catalog: Catalog | None = None
        self._discretion = Discretion(allowance)
        self._profile_seconds = profile_seconds

    def introspect(self) -> Catalog:
        if self._catalog is None:
            catalog = self._server.must_read("the schema", lambda connection: kept_or_read(connection, self._cache))
            self._catalog = limited(catalog, self._schemas, self.schemas)
        return self._catalog

    def schemas(self) -> dict[str, str]:
        """Each schema that the user may see, and its kind: `local`, `external` or `shared`. Raises WarehouseError."""
        return self._server.must_read("the list of schemas", read_schemas)

    def profile(self, table: Table) -> Table:
        """What takes too long is tried with the first rows to come, and then left."""
        for first_rows in (False, True) if table.kind == "table" else (True,):
            try:
                return self._discretion.learn(self._profiled(table, first_rows))
            except ServerError as error:
                if error.sqlstate != CANCELLED:
                    raise self._server.unreadable(table.qualified, error) from error
        return unprofiled(table, self._profile_seconds)

    def run(self, name: str, sql: str, into: Path, row_cap: int) -> Query:
        return run_query(name, sql, into, self._prepare, lambda prepared: self._reader.read(prepared, into, row_cap))

    def close(self) -> None:
        self._server.close()

    def _profiled(self, table: Table, first_rows: bool) -> Table:
        looks = self._discretion.looks(table)
        return self._server.ask(
            lambda connection: profiled(lambda sql: connection.execute(sql).rows, table, looks, first_rows),
            self._profile_seconds,
        )

    def _prepare(self, sql: str) -> Prepared:
        statement = admit(sql, self.introspect())
        values = statement.tree.find(exp.Values)
        if values is not None:
            hint = "Write SELECT ... UNION ALL SELECT ... in its place."
            raise Refusal("NotAllowed", "Redshift takes no VALUES in place of a table", line_of(values), hint)
        warnings = (*statement.warnings, *numeric_warnings(statement))
        return Prepared(statement, bare(sql), warnings, *self._discretion.of_statement(statement))


def bare(sql: str) -> str:
    """The statement without the semicolons and comments around it, as a cursor can take it."""
    tokens = [t for t in StrictRedshift().tokenize(sql) if t.text != ";"]
    return sql[tokens[0].start : tokens[-1].end + 1]
