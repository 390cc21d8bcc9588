"""A warehouse on this machine: a folder of files or a DuckDB file, queried in Redshift SQL.

guard -> translate -> execute -> Parquet. DuckDB runs in this process, in memory, without access to files (but the
Parquet files of the warehouse), network, extensions or its own settings."""

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb

from kaiseki.data_files import remove_data
from kaiseki.errors import WarehouseError
from kaiseki.models import Catalog, Query, Table
from kaiseki.personal.allowance import NOTHING, Allowance
from kaiseki.warehouses.column_values import unprofiled
from kaiseki.warehouses.dialect.translation import translate
from kaiseki.warehouses.discretion import Discretion
from kaiseki.warehouses.duckdb.catalog import read_catalog
from kaiseki.warehouses.duckdb.errors import explained
from kaiseki.warehouses.duckdb.sources import (
    Loaded,
    close_doors,
    open_attachments,
    open_source,
    parquet_files,
    prepare,
    schemas_of,
)
from kaiseki.warehouses.duckdb.types import redshift_type
from kaiseki.warehouses.identifiers import quoted
from kaiseki.warehouses.numeric_warnings import numeric_warnings
from kaiseki.warehouses.parquet_results import TooWide, write_parquet
from kaiseki.warehouses.profiles import profiled
from kaiseki.warehouses.query_run import Prepared, Result, run_query
from kaiseki.warehouses.readable_schemas import limited, readable_names
from kaiseki.warehouses.refusal import Refusal
from kaiseki.warehouses.sql.guard import admit

_BATCH = 16_384  # rows
_MAX_THREADS = 4
_MAX_SPILL = "10GB"


class DuckDBWarehouse:
    """The port `Warehouse` on DuckDB. Made by `open`; queries may not run at the same time."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        spill: "tempfile.TemporaryDirectory[str]",
        loaded: list[Loaded],
        now: datetime,
        query_seconds: float,
        profile_seconds: float,
        schemas: tuple[str, ...] | None,
        allowance: Allowance,
    ) -> None:
        self._connection = connection
        self._spill = spill
        self._loaded = {(t.schema_name.lower(), t.name.lower()): t for t in loaded}
        self._now = now
        self._query_seconds = query_seconds
        self._profile_seconds = profile_seconds
        self._discretion = Discretion(allowance)
        self._catalog = limited(read_catalog(connection, loaded), schemas, lambda: schemas_of(connection))

    @classmethod
    def open(
        cls,
        source: Path | None,
        attachments: tuple[Path, ...] = (),
        *,
        now: datetime | None = None,
        schemas: tuple[str, ...] | None = None,
        allowance: Allowance = NOTHING,
        query_seconds: float = 120.0,
        profile_seconds: float = 20.0,
        memory_limit: str = "2GB",
        threads: int | None = None,
    ) -> "DuckDBWarehouse":
        """Loads a folder of CSV and Parquet files or a DuckDB file, if any, and the attached files beside it.

        `now` is what GETDATE, SYSDATE and CURRENT_DATE return in every query; the present moment if it is None.
        `schemas` are those whose tables may be read; all if it is None. `allowance` names personal columns whose values
        may be shown. What takes longer than `profile_seconds` to profile comes without statistics.
        Raises InputError for what cannot be loaded, SettingError for a schema that is not there.
        """
        threads = threads or min(_MAX_THREADS, os.cpu_count() or 1)
        spill = tempfile.TemporaryDirectory(prefix="kaiseki-spill-", ignore_cleanup_errors=True)
        connection = duckdb.connect(
            config={
                "memory_limit": memory_limit,
                "threads": threads,
                "temp_directory": spill.name,
                "max_temp_directory_size": _MAX_SPILL,
            }
        )
        try:
            prepare(connection)
            found = open_source(connection, source) if source is not None else []
            readable = readable_names({table.schema_name.lower() for table in found}, schemas)
            loaded = [table for table in found if table.schema_name.lower() in readable]
            loaded += open_attachments(connection, attachments, loaded)
            close_doors(connection, parquet_files(loaded))
            now = now or datetime.now()
            return cls(connection, spill, loaded, now, query_seconds, profile_seconds, schemas, allowance)
        except BaseException:
            connection.close()
            spill.cleanup()
            raise

    def introspect(self) -> Catalog:
        return self._catalog

    def profile(self, table: Table) -> Table:
        database, schema, name = self._place(table)
        source = f"{quoted(database)}.{quoted(schema)}.{quoted(name)}"
        cursor = self._connection.cursor()
        try:
            with _deadline(cursor, self._profile_seconds):
                return self._discretion.learn(profiled(cursor, table, source, self._discretion.looks(table)))
        except duckdb.InterruptException:
            return unprofiled(table, self._profile_seconds)
        except duckdb.Error as error:
            raise WarehouseError(
                f"{table.qualified} cannot be profiled", "Check that its files are in place."
            ) from error
        finally:
            cursor.close()

    def run(self, name: str, sql: str, into: Path, row_cap: int) -> Query:
        return run_query(name, sql, into, self._prepare, lambda prepared: self._execute(prepared, into, row_cap))

    def close(self) -> None:
        self._connection.close()
        self._spill.cleanup()

    def _place(self, table: Table) -> tuple[str, str, str]:
        loaded = self._loaded[(table.schema_name.lower(), table.name.lower())]
        return loaded.database, loaded.schema, loaded.name

    # ── one query ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _prepare(self, sql: str) -> Prepared:
        statement = admit(sql, self._catalog)
        warnings = (*statement.warnings, *numeric_warnings(statement))
        marks, discreet = self._discretion.of_statement(statement)  # before the tree is made DuckDB's
        return Prepared(statement, translate(statement, self._now, self._place), warnings, marks, discreet)

    def _execute(self, prepared: Prepared, into: Path, row_cap: int) -> Result:
        wide: set[int] = set()
        while True:
            try:
                return self._stream(prepared.sql, prepared.names, into, row_cap, wide)
            except TooWide as found:
                wide.add(found.position)

    def _stream(self, sql: str, names: list[str], into: Path, row_cap: int, wide: set[int]) -> Result:
        partial = into.with_name(into.name + ".part")
        cursor = self._connection.cursor()
        try:
            with _deadline(cursor, self._query_seconds):
                relation = cursor.sql(_exportable(cursor, sql, names))
                kinds = [str(t) for t in relation.types]
                written = write_parquet(relation.to_arrow_reader(_BATCH), names, partial, row_cap, wide)
            remove_data(into)
            partial.replace(into)
            columns = tuple(
                (name, _stored_type(kind, n in wide)) for n, (name, kind) in enumerate(zip(names, kinds, strict=True))
            )
            return Result(columns, written)
        except (duckdb.Error, OSError) as error:  # Arrow reports an error of DuckDB amid the rows as an OSError
            if isinstance(error, OSError) and error.errno is not None:
                hint = "Free space, or choose another folder."
                raise WarehouseError(f"{into.name} cannot be written: {error.strerror}", hint) from error
            raise explained(str(error), self._query_seconds) from error
        finally:
            partial.unlink(missing_ok=True)
            cursor.close()


def _exportable(cursor: duckdb.DuckDBPyConnection, sql: str, names: list[str]) -> str:
    """The SQL, with the columns that Parquet has no type for turned into text: nested values as JSON."""
    described = cursor.execute(f"DESCRIBE {sql}").fetchall()
    kinds = [redshift_type(row[1]) for row in described]
    if len(names) != len(kinds):
        raise Refusal("Unsupported", "the columns of the result cannot be told", hint="Name each column.")
    for name, kind in zip(names, kinds, strict=True):
        if kind == "INTERVAL":
            hint = "Use DATEDIFF(second, a, b), or cast the parts you need to numbers."
            raise Refusal("Unsupported", f"the column {name} is an INTERVAL, which cannot be stored", hint=hint)
    if "SUPER" not in kinds and all(row[1] not in ("UUID", "BIT") for row in described):
        return sql
    listed = ", ".join(f"c{n}" for n in range(len(names)))
    exported = ", ".join(
        f"CAST(to_json(c{n}) AS VARCHAR) AS c{n}"
        if kind == "SUPER"
        else f"CAST(c{n} AS VARCHAR) AS c{n}"
        if row[1] in ("UUID", "BIT")
        else f"c{n}"
        for n, (kind, row) in enumerate(zip(kinds, described, strict=True))
    )
    return f"SELECT {exported} FROM ({sql}) AS result({listed})"  # noqa: S608


def _stored_type(duckdb_type: str, wide: bool) -> str:
    found = redshift_type(duckdb_type)
    return "BIGINT" if found.startswith("NUMERIC(") and found.endswith(",0)") and not wide else found


@contextmanager
def _deadline(cursor: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    timer = threading.Timer(seconds, cursor.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
