"""What a warehouse on this machine is made of: a folder of CSV and Parquet files, or a DuckDB file, and attached files.

Everything is opened here, once; afterwards the connection is closed to files and network (`close_doors`)."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from kaiseki.errors import InputError
from kaiseki.warehouses.dialect.macros import MACROS
from kaiseki.warehouses.duckdb.csv_files import load_csv
from kaiseki.warehouses.identifiers import column_names, quoted, table_name

Kind = Literal["table", "view", "attachment"]

_CSV = (".csv", ".tsv", ".txt")
_PARQUET = (".parquet", ".pq")
_EXCEL = (".xlsx", ".xlsm")
_DATABASES = (".duckdb", ".db", ".ddb")
_TYPES = "CSV, Parquet or Excel (.xlsx)"
_SOURCE_DATABASE = "source"
_MAGIC = b"DUCK"


@dataclass(frozen=True)
class Loaded:
    """One table that was opened: where DuckDB has it, and what it is called outside."""

    database: str
    schema: str
    name: str
    schema_name: str
    kind: Kind = "table"
    origin: str = ""


def open_source(connection: duckdb.DuckDBPyConnection, source: Path) -> list[Loaded]:
    """Opens a folder or a DuckDB file. Raises InputError."""
    if not source.exists():
        hint = "Give a folder of CSV or Parquet files, or a DuckDB file."
        raise InputError(f"there is no {source}", hint)
    if source.is_file():
        return _open_database(connection, source)
    try:
        entries = sorted(p for p in source.iterdir() if not p.name.startswith((".", "_")))
    except OSError as error:
        raise InputError(f"{source} cannot be read: {error.strerror}", "Check its permissions.") from error
    loaded: list[Loaded] = []
    for entry in entries:
        if entry.is_dir():
            loaded += _open_folder_of_parts(connection, entry, loaded)
        elif entry.suffix.lower() in (*_CSV[:2], *_PARQUET):
            loaded += _open_file(connection, entry, loaded, "table")
    if not loaded:
        raise InputError(f"{source} holds no CSV or Parquet file", "Put at least one .csv or .parquet file into it.")
    return loaded


def open_attachments(
    connection: duckdb.DuckDBPyConnection, files: tuple[Path, ...], before: list[Loaded]
) -> list[Loaded]:
    """Opens attached files as tables beside those of the warehouse. Raises InputError."""
    loaded = list(before)
    for file in files:
        if not file.is_file():
            raise InputError(f"there is no file {file}", f"Attach a {_TYPES} file.")
        if file.suffix.lower() not in (*_CSV, *_PARQUET, *_EXCEL):
            raise InputError(f"{file.name} cannot be attached", f"Attach a {_TYPES} file.")
        loaded += _open_file(connection, file, loaded, "attachment")
    return loaded[len(before) :]


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Settings under which files are loaded and queries are run alike."""
    for setting in (
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "allow_community_extensions = false",
        "python_enable_replacements = false",
        "integer_division = true",
        "TimeZone = 'UTC'",
    ):
        connection.execute(f"SET GLOBAL {setting}")
    for macro in MACROS:
        connection.execute(macro)


def close_doors(connection: duckdb.DuckDBPyConnection, readable: list[Path]) -> None:
    """From here on SQL reaches nothing but what was loaded, and `readable`: the Parquet files behind the views."""
    paths = ", ".join("'" + str(p).replace("'", "''") + "'" for p in readable)
    connection.execute(f"SET GLOBAL allowed_paths = [{paths}]")
    connection.execute("SET GLOBAL enable_external_access = false")
    connection.execute("SET GLOBAL lock_configuration = true")


def parquet_files(loaded: list[Loaded]) -> list[Path]:
    """The files that the views read."""
    files: list[Path] = []
    for table in loaded:
        origin = Path(table.origin) if table.origin else None
        if origin is not None and origin.is_dir():
            files += _parts(origin)
        elif origin is not None and origin.suffix.lower() in _PARQUET:
            files.append(origin)
    return files


def schemas_of(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Those of the DuckDB file that was opened, with tables or without."""
    rows = connection.execute(
        "SELECT schema_name FROM information_schema.schemata WHERE catalog_name = ?", [_SOURCE_DATABASE]
    ).fetchall()
    return [name for (name,) in rows]


# ── a DuckDB file ─────────────────────────────────────────────────────────────────────────────────────────────────


def _open_database(connection: duckdb.DuckDBPyConnection, file: Path) -> list[Loaded]:
    _require_readable(file)
    with file.open("rb") as opened:
        if opened.read(12)[8:] != _MAGIC:
            hint = "Give a folder of CSV or Parquet files, or a file written by DuckDB."
            raise InputError(f"{file.name} is not a DuckDB database", hint)
    path = str(file.resolve()).replace("'", "''")
    try:
        connection.execute(f"ATTACH '{path}' AS {_SOURCE_DATABASE} (READ_ONLY)")
    except duckdb.Error as error:
        reason = str(error).split("\n")[0].partition(": ")[2][:160]
        hint = "Close other programs that have it open; a file of a newer DuckDB must be exported again."
        raise InputError(f"{file.name} cannot be opened as a DuckDB database: {reason}", hint) from error
    rows = connection.execute(
        "SELECT table_schema, table_name, table_type FROM information_schema.tables "
        "WHERE table_catalog = ? ORDER BY ALL",
        [_SOURCE_DATABASE],
    ).fetchall()
    if not rows:
        raise InputError(f"{file.name} has no tables", "Give a database that has some.")
    return [
        Loaded(
            _SOURCE_DATABASE, schema, name, "" if schema == "main" else schema, "view" if kind == "VIEW" else "table"
        )
        for schema, name, kind in rows
    ]


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _open_file(connection: duckdb.DuckDBPyConnection, file: Path, before: list[Loaded], kind: Kind) -> list[Loaded]:
    _require_readable(file)
    suffix = file.suffix.lower()
    if suffix in _EXCEL:
        return list(_open_workbook(connection, file, before, kind))
    loaded = _new(table_name(file.stem), file, before, kind)
    if suffix in _PARQUET:
        _view_parquet(connection, [file], loaded.name)
    else:
        load_csv(connection, file, loaded.name)
    return [loaded]


def _open_folder_of_parts(connection: duckdb.DuckDBPyConnection, folder: Path, before: list[Loaded]) -> list[Loaded]:
    parts = _parts(folder)
    if not parts:
        return []
    for part in parts:
        _require_readable(part)
    loaded = _new(table_name(folder.name), folder, before, "table")
    _view_parquet(connection, parts, loaded.name)
    return [loaded]


def _parts(folder: Path) -> list[Path]:
    return sorted(p.resolve() for p in folder.rglob("*") if p.suffix.lower() in _PARQUET and p.is_file())


def _view_parquet(connection: duckdb.DuckDBPyConnection, files: list[Path], name: str) -> None:
    listed = ", ".join("'" + str(f.resolve()).replace("'", "''") + "'" for f in files)
    reader = f"read_parquet([{listed}], union_by_name=true)"
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {reader}").fetchall()  # noqa: S608
        columns = ", ".join(quoted(n) for n in column_names([row[0] for row in described]))
        connection.execute(f"CREATE VIEW {quoted(name)} ({columns}) AS SELECT * FROM {reader}")  # noqa: S608
    except duckdb.Error as error:
        where = files[0].name if len(files) == 1 else f"the folder {files[0].parent.name}"
        raise InputError(f"{where} cannot be read as Parquet", "Write it again, or remove it.") from error


def _open_workbook(
    connection: duckdb.DuckDBPyConnection, file: Path, before: list[Loaded], kind: Kind
) -> Iterator[Loaded]:
    from kaiseki.warehouses.duckdb.excel_files import (  # pandas is slow to import, workbooks are rare
        load_sheet,
        read_sheets,
    )

    sheets = read_sheets(file)
    known = list(before)
    for sheet, frame in sheets.items():
        stem = file.stem if len(sheets) == 1 else f"{file.stem}_{sheet}"
        loaded = _new(table_name(stem), file, known, kind)
        known.append(loaded)
        load_sheet(connection, frame, loaded.name)
        yield loaded


def _new(name: str, origin: Path, before: list[Loaded], kind: Kind) -> Loaded:
    for other in before:
        if other.name.lower() == name and not other.schema_name:
            there = Path(other.origin).name if other.origin else other.name
            raise InputError(f"{there} and {origin.name} would both be the table {name}", "Rename one of the files.")
    return Loaded("memory", "main", name, "", kind, str(origin.resolve()))


def _require_readable(file: Path) -> None:
    if not os.access(file, os.R_OK):
        raise InputError(f"{file.name} cannot be read", f"Check the permissions of {file}.")
