"""Results by a cursor: a half-read one is read anew, and a cluster of one node is asked for smaller batches."""

from collections.abc import Callable
from pathlib import Path

from kaiseki.errors import WarehouseError
from kaiseki.warehouses.query_run import Prepared
from kaiseki.warehouses.redshift import results as redshift_results
from kaiseki.warehouses.redshift.connection import Connection, ServerError
from kaiseki.warehouses.redshift.results import Fetched, HalfRead
from kaiseki.warehouses.redshift.server import LOST_HINT, Server


class CursorReader:
    def __init__(self, server: Server) -> None:
        self._server = server
        self._fetch_rows = redshift_results.FETCH_ROWS

    def read(self, prepared: Prepared, into: Path, most: int) -> tuple[Fetched, tuple[str, ...]]:
        """Sets down at most `most` rows in `into`; and warnings. Raises Refusal and WarehouseError."""

        def fetch(connection: Connection) -> Fetched:
            return redshift_results.fetch(connection, prepared.sql, prepared.names, into, most, self._fetch_rows)

        try:
            return self._within_limits(fetch), ()
        except HalfRead as half:
            rows = half.rows
        try:
            again = f"the connection broke after {rows:,} rows had come; the query was run again from its start"
            return self._within_limits(fetch), (again,)
        except HalfRead as half:
            raise WarehouseError(f"the connection to Redshift broke twice: {half}", LOST_HINT) from half

    def _within_limits(self, fetch: Callable[[Connection], Fetched]) -> Fetched:
        try:
            return self._server.ask(fetch)
        except ServerError as error:
            if not self._is_single_node(error):
                raise self._server.explained(error) from error
        self._fetch_rows = redshift_results.SINGLE_NODE_ROWS
        try:
            return self._server.ask(fetch)
        except ServerError as error:
            raise self._server.explained(error) from error

    def _is_single_node(self, error: ServerError) -> bool:
        return "single node" in error.message and self._fetch_rows > redshift_results.SINGLE_NODE_ROWS
