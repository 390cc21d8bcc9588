"""The catalog of what was loaded, in Redshift's words: tables, columns, types, comments and declared keys."""

import hashlib

import duckdb

from kaiseki.models import Catalog, Column, Table
from kaiseki.warehouses.duckdb.sources import Loaded
from kaiseki.warehouses.duckdb.types import redshift_type

Place = tuple[str, str, str]  # database, schema, table


def read_catalog(connection: duckdb.DuckDBPyConnection, loaded: list[Loaded]) -> Catalog:
    """The tables of `loaded`, in that order, without statistics. Raises duckdb.Error."""
    columns = _columns(connection)
    comments = _comments(connection)
    keys, references = _constraints(connection, {(t.database, t.schema, t.name): t for t in loaded})
    tables = []
    for found in loaded:
        place = (found.database, found.schema, found.name)
        tables.append(
            Table(
                name=found.name.lower(),
                schema_name=found.schema_name.lower(),
                kind=found.kind,
                comment=comments.get(place, ""),
                primary_key=keys.get(place, ()),
                columns=tuple(
                    Column(name=name.lower(), type=type_, comment=comment, references=references.get((*place, name)))
                    for name, type_, comment in columns.get(place, ())
                ),
            )
        )
    return Catalog(tables=tuple(tables), fingerprint=_fingerprint(tables))


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[Place, list[tuple[str, str, str]]]:
    rows = connection.execute(
        "SELECT database_name, schema_name, table_name, column_name, data_type, comment FROM duckdb_columns() "
        "ORDER BY database_name, schema_name, table_name, column_index"
    ).fetchall()
    found: dict[Place, list[tuple[str, str, str]]] = {}
    for database, schema, table, name, type_, comment in rows:
        found.setdefault((database, schema, table), []).append((name, redshift_type(type_), comment or ""))
    return found


def _comments(connection: duckdb.DuckDBPyConnection) -> dict[Place, str]:
    rows = connection.execute(
        "SELECT database_name, schema_name, table_name, comment FROM duckdb_tables() WHERE comment IS NOT NULL "
        "UNION ALL SELECT database_name, schema_name, view_name, comment FROM duckdb_views() WHERE comment IS NOT NULL"
    ).fetchall()
    return {(database, schema, name): comment for database, schema, name, comment in rows}


def _constraints(
    connection: duckdb.DuckDBPyConnection, loaded: dict[Place, Loaded]
) -> tuple[dict[Place, tuple[str, ...]], dict[tuple[str, str, str, str], str]]:
    rows = connection.execute(
        "SELECT database_name, schema_name, table_name, constraint_type, constraint_column_names, referenced_table, "
        "referenced_column_names FROM duckdb_constraints() WHERE constraint_type IN ('PRIMARY KEY', 'FOREIGN KEY')"
    ).fetchall()
    keys: dict[Place, tuple[str, ...]] = {}
    references: dict[tuple[str, str, str, str], str] = {}
    for database, schema, table, kind, columns, target, target_columns in rows:
        if kind == "PRIMARY KEY":
            keys[(database, schema, table)] = tuple(c.lower() for c in columns)
            continue
        referenced = loaded.get((database, schema, target))
        prefix = f"{referenced.schema_name}." if referenced is not None and referenced.schema_name else ""
        for column, other in zip(columns, target_columns, strict=True):
            references[(database, schema, table, column)] = f"{prefix}{target}.{other}".lower()
    return keys, references


def _fingerprint(tables: list[Table]) -> str:
    lines = (f"{t.qualified}\t{t.kind}\t{c.name}\t{c.type}" for t in tables for c in t.columns)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
