"""Amazon Redshift, Serverless or provisioned: the SQL runs there as it was written, behind the guard.

guard -> read-only transaction -> cursor -> rows set down -> Parquet. A statement that must end ends on the server."""

import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from sqlglot import exp

from kaiseki.errors import WarehouseError
from kaiseki.models import Catalog, Query, Table
from kaiseki.warehouses import redshift_errors, redshift_results
from kaiseki.warehouses.numeric_warnings import numeric_warnings
from kaiseki.warehouses.query_run import Prepared, Result, run_query
from kaiseki.warehouses.readable_schemas import limited
from kaiseki.warehouses.redshift_catalog import read_catalog
from kaiseki.warehouses.redshift_connection import Connection, ConnectionLost, ServerError, open_session
from kaiseki.warehouses.redshift_login import Login
from kaiseki.warehouses.redshift_parser import StrictRedshift
from kaiseki.warehouses.redshift_profile import profiled
from kaiseki.warehouses.redshift_results import Fetched, HalfRead
from kaiseki.warehouses.redshift_schemas import read_schemas
from kaiseki.warehouses.refusal import Refusal
from kaiseki.warehouses.sql_guard import admit
from kaiseki.warehouses.sql_shape import line_of

QUERY_SECONDS = 120.0
_LOST_HINT = "try again; see whether the cluster restarts, is paused or resized"
_T = TypeVar("_T")


class RedshiftWarehouse:
    """The port `Warehouse` on Redshift. Connects when it is first asked; queries may not run at the same time."""

    def __init__(
        self,
        sign_in: Callable[[], Login],
        query_seconds: float = QUERY_SECONDS,
        schemas: tuple[str, ...] | None = None,
    ) -> None:
        """`sign_in` is called for each connection whose credentials have run out, and may raise KaisekiError.

        `schemas` are those whose tables may be read; all that the user may read if it is None.
        """
        self._sign_in = sign_in
        self._query_seconds = query_seconds
        self._schemas = schemas
        self._login: Login | None = None
        self._connection: Connection | None = None
        self._catalog: Catalog | None = None
        self._fetch_rows = redshift_results.FETCH_ROWS

    def introspect(self) -> Catalog:
        if self._catalog is None:
            self._catalog = limited(self._read("the schema", read_catalog), self._schemas, self.schemas)
        return self._catalog

    def schemas(self) -> dict[str, str]:
        """Each schema that the user may see, and its kind: `local`, `external` or `shared`. Raises WarehouseError."""
        return self._read("the list of schemas", read_schemas)

    def profile(self, table: Table) -> Table:
        return self._read(table.qualified, lambda connection: profiled(lambda sql: connection.execute(sql).rows, table))

    def run(self, name: str, sql: str, into: Path, row_cap: int) -> Query:
        return run_query(name, sql, self._prepare, lambda prepared: self._execute(prepared, into, row_cap))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    # ── one query ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _prepare(self, sql: str) -> Prepared:
        statement = admit(sql, self.introspect())
        values = statement.tree.find(exp.Values)
        if values is not None:
            hint = "Write SELECT ... UNION ALL SELECT ... in its place."
            raise Refusal("NotAllowed", "Redshift takes no VALUES in place of a table", line_of(values), hint)
        return Prepared(statement, bare(sql), (*statement.warnings, *numeric_warnings(statement)))

    def _execute(self, prepared: Prepared, into: Path, row_cap: int) -> Result:
        warnings: list[str] = []
        with tempfile.TemporaryDirectory(dir=into.parent, prefix=".rows-") as folder:
            rows = Path(folder) / "rows.arrow"

            def read(connection: Connection) -> Fetched:
                most = row_cap + 1
                return redshift_results.fetch(connection, prepared.sql, prepared.names, rows, most, self._fetch_rows)

            fetched = self._fetched(read, warnings)
            written = redshift_results.write(fetched, rows, into, row_cap)
        warnings += [
            f"the column {column} is VARBYTE and comes as hexadecimal text"
            for column, type_ in fetched.described
            if type_ == "VARBYTE"
        ]
        return Result(fetched.described, written, tuple(warnings))

    def _fetched(self, read: Callable[[Connection], Fetched], warnings: list[str]) -> Fetched:
        """A half-read result is not gone on with: the query runs again from its start, and a warning says so."""
        try:
            return self._within_limits(read)
        except HalfRead as half:
            warnings.append(
                f"the connection broke after {half.rows:,} rows had come; the query was run again from its start"
            )
        try:
            return self._within_limits(read)
        except HalfRead as half:
            raise WarehouseError(f"the connection to Redshift broke twice: {half}", _LOST_HINT) from half

    def _within_limits(self, read: Callable[[Connection], Fetched]) -> Fetched:
        try:
            return self._on_server(read)
        except ServerError as error:
            if not self._is_single_node(error):
                raise self._explained(error) from error
        self._fetch_rows = redshift_results.SINGLE_NODE_ROWS
        try:
            return self._on_server(read)
        except ServerError as error:
            raise self._explained(error) from error

    def _is_single_node(self, error: ServerError) -> bool:
        return "single node" in error.message and self._fetch_rows > redshift_results.SINGLE_NODE_ROWS

    def _explained(self, error: ServerError) -> Refusal:
        return redshift_errors.explained(error, self._query_seconds, deadline=isinstance(error, _Overdue))

    # ── what is asked of the server ───────────────────────────────────────────────────────────────────────────────

    def _read(self, what: str, read: Callable[[Connection], _T]) -> _T:
        """What must be there for the analysis to go on, whatever a query may do. Raises WarehouseError."""
        try:
            return self._on_server(read)
        except ServerError as error:
            hint = error.hint or "grant the user USAGE on the schema and SELECT on its tables"
            raise WarehouseError(f"{what} cannot be read from Redshift: {error.message}", hint) from error

    def _on_server(self, ask: Callable[[Connection], _T]) -> _T:
        """Asks, once more on a new connection if there turns out to be none. Raises ServerError and WarehouseError."""
        try:
            return self._timed(ask)
        except ConnectionLost:
            self.close()
        try:
            return self._timed(ask)
        except ConnectionLost as lost:
            self.close()
            raise WarehouseError(f"the connection to Redshift was lost: {lost}", _LOST_HINT) from lost

    def _timed(self, ask: Callable[[Connection], _T]) -> _T:
        """Whatever ends the asking early, a deadline or Ctrl-C, ends the statement on the server too."""
        connection = self._connected()
        deadline = _Deadline(connection, self._query_seconds)
        try:
            with deadline:
                return ask(connection)
        except (ServerError, ConnectionLost, HalfRead) as error:
            if deadline.over:  # whether the cancel came in time or not: nothing is asked of this connection any more
                self.close()
                raise _Overdue(redshift_errors.CANCELLED, str(error), "") from error
            if isinstance(error, HalfRead):
                self.close()
            raise
        except (KeyboardInterrupt, SystemExit):
            connection.cancel()
            self.close()
            raise

    def _connected(self) -> Connection:
        if self._connection is None:
            if self._login is None or not self._login.valid:
                self._login = self._sign_in()
            self._connection = open_session(self._login, self._query_seconds)
        return self._connection


class _Overdue(ServerError):
    """Ended because its time was over."""


@dataclass
class _Deadline:
    """Cancels what runs on `connection` after `seconds`: the server's own timeout is for each FETCH anew."""

    connection: Connection
    seconds: float
    over: bool = False
    _timer: threading.Timer = field(init=False)

    def __enter__(self) -> None:
        self._timer = threading.Timer(self.seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self.over:
            self._timer.join()

    def _end(self) -> None:
        self.over = True
        self.connection.cancel()


def bare(sql: str) -> str:
    """The statement without the semicolons and comments around it, as a cursor can take it."""
    tokens = [t for t in StrictRedshift().tokenize(sql) if t.text != ";"]
    return sql[tokens[0].start : tokens[-1].end + 1]
