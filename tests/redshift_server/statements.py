"""Statements of one session, run by DuckDB: queries by the project's own dialect, transactions, cursors, settings."""

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import duckdb
import pyarrow as pa

from kaiseki.models import Catalog, Table
from kaiseki.warehouses.dialect.translation import translate
from kaiseki.warehouses.duckdb.catalog import read_catalog
from kaiseki.warehouses.duckdb.sources import Loaded
from kaiseki.warehouses.refusal import Refusal
from kaiseki.warehouses.sql.guard import admit
from redshift_server import errors, unloading, wire_types
from redshift_server.catalog_views import SCHEMA
from redshift_server.errors import ServerError
from redshift_server.prepared import Declared, Prepared, answer, columns_of, one_value, taken
from redshift_server.unloading import Destination, require_no_outer_limit

VERSION = "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2, Redshift 1.0.131321"
COPY = "COPY"
_BATCH = 4_096
_CATALOG = re.compile(r"\bsvv_\w+|\bpg_constraint\b", re.IGNORECASE)
_NOW = datetime(2026, 11, 21, 10, 30)


class Backends(Protocol):
    """What a statement may do to other sessions, and where it may unload to."""

    destination: Destination | None
    copies: bool  # COPY TO STDOUT, which PostgreSQL has and Redshift has not

    def cancel(self, pid: int) -> bool: ...


class Statements:
    def __init__(self, database: duckdb.DuckDBPyConnection, pid: int, backends: Backends) -> None:
        self._database, self._pid, self._backends = database, pid, backends
        self._duck = database.cursor()
        self._duck.execute(f"SET search_path = '{SCHEMA},public'")
        self._cursors: dict[str, Declared] = {}
        self._stopped: ServerError | None = None
        self._turn = threading.Lock()  # held where one statement takes the place of another, and to stop one
        self.transaction = "I"
        self.settings: dict[str, str] = {}
        self.running = ""

    def prepare(self, sql: str) -> Prepared:
        """Raises ServerError."""
        words = sql.strip().rstrip(";").strip()
        if self.transaction == "E" and not re.match(r"(rollback|commit|end)\b", words, re.IGNORECASE):
            raise errors.FAILED_TRANSACTION
        for pattern, handle in _FORMS:
            if found := re.fullmatch(pattern, words, re.IGNORECASE | re.DOTALL):
                return handle(self, *found.groups())
        if re.match(r"(\(|select\b|with\b|/\*|--)", words, re.IGNORECASE):
            return self._query(words)
        return Prepared(None, lambda: self._write(words), words.split()[0].upper())

    def execute(self, sql: str, run: Callable[[], Iterator[pa.RecordBatch]]) -> Iterator[pa.RecordBatch]:
        """Runs what was prepared, within the session's statement_timeout. Raises ServerError."""
        with self._turn:
            self._stopped = None
            self.running = sql
        try:
            with self._timeout():
                yield from run()
        except (duckdb.Error, OSError, pa.ArrowException) as error:
            raise self._stopped or errors.of_duckdb(str(error)) from error
        finally:
            with self._turn:
                self.running = ""

    def stop(self, reason: ServerError) -> None:
        """Ends the statement that runs, if one does; called by other threads."""
        with self._turn:
            if self.running:
                self._stopped = reason
                threading.Thread(target=self._interrupt, daemon=True).start()

    def _interrupt(self) -> None:
        """Until it has ended: DuckDB forgets an interrupt that comes just before it begins."""
        while self._interrupted():
            time.sleep(0.05)

    def _interrupted(self) -> bool:
        """Never the statement after the one that is to end."""
        with self._turn:
            if not (self.running and self._stopped):
                return False
            for duck in (self._duck, *(c.duck for c in list(self._cursors.values()))):
                with suppress(duckdb.Error):
                    duck.interrupt()
            return True

    def fail(self) -> None:
        self.transaction = "E" if self.transaction != "I" else "I"

    def close(self) -> None:
        self._end()
        self._duck.close()

    @contextmanager
    def _timeout(self) -> Iterator[None]:
        limit = float(self.settings.get("statement_timeout", "0"))
        timer = threading.Timer(limit / 1_000, self.stop, [errors.TIMED_OUT]) if limit else None
        if timer:
            timer.start()
        try:
            yield
        finally:
            if timer:
                timer.cancel()
                timer.join()  # or it stops the next statement

    # ── queries ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _query(self, sql: str) -> Prepared:
        duck_sql, names = self._translated(sql)
        try:
            columns = columns_of(self._duck, duck_sql, names)
        except duckdb.Error as error:
            raise errors.of_duckdb(str(error)) from error
        return Prepared(columns, lambda: self._batches(self._duck, duck_sql), "SELECT")

    def _translated(self, sql: str) -> tuple[str, list[str] | None]:
        if _CATALOG.search(sql):
            return sql, None
        try:
            statement = admit(sql, self._catalog())
            return translate(statement, _NOW, self._located), [name for name, _ in statement.columns]
        except Refusal as refusal:
            raise errors.of_refusal(refusal) from refusal

    def _catalog(self) -> Catalog:
        rows = self._duck.execute(
            "SELECT NULLIF(database_name, current_database()), schema_name, table_name FROM svv_all_tables "
            "WHERE table_type <> 'SYSTEM TABLE' ORDER BY ALL"
        ).fetchall()
        loaded = [Loaded(database or "memory", schema, name, schema) for database, schema, name in rows]
        named = zip(read_catalog(self._duck, loaded).tables, rows, strict=True)
        return Catalog(tables=tuple(t.model_copy(update={"database": row[0] or ""}) for t, row in named))

    def _located(self, table: Table) -> tuple[str, str, str]:
        return table.database or "memory", table.schema_name, table.name

    def _batches(self, duck: duckdb.DuckDBPyConnection, sql: str) -> Iterator[pa.RecordBatch]:
        yield from self._until_stopped(duck.sql(sql).to_arrow_reader(_BATCH))

    def _until_stopped(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            if self._stopped:
                raise self._stopped
            yield batch

    def _write(self, sql: str) -> Iterator[pa.RecordBatch]:
        self._duck.execute(sql)
        yield from ()

    # ── transactions and settings ─────────────────────────────────────────────────────────────────────────────────

    def _begin(self, read_only: str | None) -> Prepared:
        def run() -> Iterator[pa.RecordBatch]:
            self._duck.execute("BEGIN TRANSACTION" + (" READ ONLY" if read_only else ""))
            self.transaction = "T"
            yield from ()

        return Prepared(None, run, "BEGIN")

    def _rollback(self, word: str) -> Prepared:
        def run() -> Iterator[pa.RecordBatch]:
            self._end(commit=word.upper() == "COMMIT" and self.transaction == "T")
            yield from ()

        return Prepared(None, run, word.upper())

    def _end(self, commit: bool = False) -> None:
        for name in list(self._cursors):
            self._cursors.pop(name).duck.close()
        if self.transaction != "I":
            self._duck.execute("COMMIT" if commit else "ROLLBACK")
        self.transaction = "I"

    def _set(self, name: str, value: str) -> Prepared:
        def run() -> Iterator[pa.RecordBatch]:
            self.settings[name.lower()] = value.strip("'")
            yield from ()

        return Prepared(None, run, "SET")

    # ── cursors ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _declare(self, name: str, sql: str) -> Prepared:
        if self.transaction != "T":
            raise ServerError("25P01", "DECLARE CURSOR may only be used in transaction blocks")
        query = self._query(sql.strip())
        assert query.columns is not None
        columns = query.columns
        duck_sql, _ = self._translated(sql.strip())

        def run() -> Iterator[pa.RecordBatch]:
            duck = self._database.cursor()
            self._cursors[name] = Declared(duck, columns, self._batches(duck, duck_sql))
            yield from ()

        return Prepared(None, run, "DECLARE CURSOR")

    def _fetch(self, count: str, name: str) -> Prepared:
        declared = self._cursors.get(name)
        if declared is None:
            raise ServerError("34000", f'cursor "{name}" does not exist')
        return Prepared(declared.columns, lambda: taken(declared, int(count)), "FETCH")

    def _close_cursor(self, name: str) -> Prepared:
        def run() -> Iterator[pa.RecordBatch]:
            self._cursors.pop(name).duck.close()
            yield from ()

        return Prepared(None, run, "CLOSE CURSOR")

    def _unload(self, select: str, to: str, role: str, parallel: str) -> Prepared:
        def run() -> Iterator[pa.RecordBatch]:
            destination = self._backends.destination
            if self.transaction != "I":  # not documented; so nobody relies on it
                raise errors.READ_ONLY
            if destination is None:
                raise ServerError("XX000", f"User is not authorized to assume IAM Role {role}")
            require_no_outer_limit(select)
            destination.require(role, to)
            reader = self._duck.sql(self._translated(select)[0]).to_arrow_reader(_BATCH)
            destination.write(self._until_stopped(reader), reader.schema, to, parallel.lower() == "off")
            while destination.hold and not self._stopped:
                time.sleep(0.01)
            if self._stopped:
                raise self._stopped
            yield from ()

        return Prepared(None, run, "UNLOAD")

    def _copy(self, select: str) -> Prepared:
        if not self._backends.copies:
            raise ServerError("42601", 'syntax error at or near "("')
        return replace(self._query(select), tag=COPY)

    # ── the session itself ────────────────────────────────────────────────────────────────────────────────────────

    def _own_pid(self) -> Prepared:
        return one_value("pg_backend_pid", lambda: self._pid)

    def _version(self) -> Prepared:
        return answer(pa.record_batch({"version": [VERSION]}))

    def _types(self) -> Prepared:
        return answer(wire_types.types())

    def _attributes(self) -> Prepared:
        return answer(wire_types.attributes())

    def _cancel(self, pid: str) -> Prepared:
        return one_value("pg_cancel_backend", lambda: int(self._backends.cancel(int(pid))))


_FORMS: tuple[tuple[str, Callable[..., Prepared]], ...] = (
    (r"(?:begin|start)(?: transaction)?( read only)?", Statements._begin),
    (r"(rollback|commit)", Statements._rollback),
    (r"set (\w+) to (.+)", Statements._set),
    (r"declare (\w+) cursor for\s(.*)", Statements._declare),
    (r"fetch forward (\d+) from (\w+)", Statements._fetch),
    (r"close (\w+)", Statements._close_cursor),
    (unloading.FORM, Statements._unload),
    (r"copy \((.*)\) to stdout \(format binary\)", Statements._copy),
    (r"select pg_backend_pid\(\)", Statements._own_pid),
    (r"select version\(\)", Statements._version),
    (wire_types.TYPES_FORM, Statements._types),
    (wire_types.ATTRIBUTES_FORM, Statements._attributes),
    (r"select pg_cancel_backend\((\d+)\)", Statements._cancel),
)
