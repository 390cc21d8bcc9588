"""The schema of a Redshift database in four queries of its system views: tables, columns, keys, row counts."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from kaiseki.models import Catalog, Column, Table
from kaiseki.warehouses.redshift_connection import Connection, ServerError

Place = tuple[str, str]  # schema, table
_OWN = "schema_name NOT IN ('information_schema', 'catalog_history') AND schema_name NOT LIKE 'pg!_%' ESCAPE '!'"
_TABLES = f"""SELECT schema_name, table_name, table_type, remarks FROM svv_all_tables
WHERE database_name = current_database() AND {_OWN} ORDER BY schema_name, table_name"""  # noqa: S608
_COLUMNS = f"""SELECT schema_name, table_name, column_name, data_type, character_maximum_length, numeric_precision,
  numeric_scale, remarks FROM svv_all_columns
WHERE database_name = current_database() AND {_OWN} ORDER BY schema_name, table_name, ordinal_position"""  # noqa: S608
_KEYS = """SELECT n.nspname, c.relname, k.contype, pg_get_constraintdef(k.oid), tn.nspname, t.relname
FROM pg_constraint AS k
JOIN pg_class AS c ON c.oid = k.conrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_class AS t ON t.oid = k.confrelid LEFT JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
WHERE k.contype IN ('p', 'f')"""
_ROWS = """SELECT "schema", "table", tbl_rows FROM svv_table_info WHERE "database" = current_database()"""

_DEFINITION = re.compile(r"(?:PRIMARY|FOREIGN) KEY ?\((.*?)\)(?: REFERENCES .*?\((.*?)\))?")
_NAME = re.compile(r'"((?:[^"]|"")*)"|([^,\s"]+)')
_NAMES_OF_TYPES = {
    "smallint": "SMALLINT",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "real": "REAL",
    "double precision": "DOUBLE PRECISION",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp without time zone": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMPTZ",
    "time without time zone": "TIME",
    "time with time zone": "TIMETZ",
    "super": "SUPER",
    "binary varying": "VARBYTE",
    "varbyte": "VARBYTE",
    "geometry": "GEOMETRY",
    "geography": "GEOGRAPHY",
    "hllsketch": "HLLSKETCH",
    "interval": "INTERVAL",
    # as external tables have them
    "int": "INTEGER",
    "double": "DOUBLE PRECISION",
    "float": "REAL",
    "string": "VARCHAR",
    "timestamp": "TIMESTAMP",
    "tinyint": "SMALLINT",
    "binary": "VARBYTE",
}
_TEXTS = ("character varying", "character", "varchar", "char", "bpchar", "text", "nvarchar", "nchar")


@dataclass
class _Keys:
    primary: dict[Place, tuple[str, ...]] = field(default_factory=dict)
    references: dict[tuple[str, str, str], str] = field(default_factory=dict)  # schema, table, column


def read_catalog(connection: Connection) -> Catalog:
    """All tables but the system's. Raises ServerError and ConnectionLost."""
    tables = connection.execute(_TABLES).rows
    columns: dict[Place, list[tuple[str, str, str]]] = {}
    for schema, table, name, kind, length, precision, scale, comment in connection.execute(_COLUMNS).rows:
        of_table = columns.setdefault((schema, table), [])
        of_table.append((name, redshift_type(kind, length, precision, scale), comment or ""))
    keys = _read_keys(_if_readable(connection, _KEYS))
    counts = {(schema, table): int(rows) for schema, table, rows in _if_readable(connection, _ROWS)}
    found = tuple(
        Table(
            name=name,
            schema_name=schema,
            kind=_kind(type_),
            comment=comment or "",
            rows=counts.get((schema, name)),
            primary_key=keys.primary.get((schema, name), ()),
            columns=tuple(
                Column(name=c, type=t, comment=said, references=keys.references.get((schema, name, c)))
                for c, t, said in columns.get((schema, name), ())
            ),
        )
        for schema, name, type_, comment in tables
    )
    return Catalog(tables=found, fingerprint=_fingerprint(found))


def redshift_type(data_type: str, length: int | None, precision: int | None, scale: int | None) -> str:
    """The type as SQL names it; SUPER for the nested types of external tables."""
    name = data_type.lower().strip()
    if name in _TEXTS:
        return f"VARCHAR({length})" if length and length > 0 else "VARCHAR"
    if name in ("numeric", "decimal"):
        return f"NUMERIC({precision},{scale})" if precision else "NUMERIC(18,0)"
    if sized := re.fullmatch(r"(?:numeric|decimal)\((\d+),\s*(\d+)\)", name):
        return f"NUMERIC({sized[1]},{sized[2]})"
    if sized := re.fullmatch(r"(?:var|n|nvar)?char(?:acter varying)?\((\d+)\)", name):
        return f"VARCHAR({sized[1]})"
    if name.startswith(("struct", "array", "map")):
        return "SUPER"
    return _NAMES_OF_TYPES.get(name, name.upper())


def _kind(table_type: str) -> Literal["table", "view"]:
    return "view" if "VIEW" in table_type.upper() else "table"


def _if_readable(connection: Connection, sql: str) -> Iterable[list[Any]]:
    """Nothing where this user may not read it: a schema without keys or row counts is still a schema."""
    try:
        return connection.execute(sql).rows
    except ServerError:
        return ()


def _read_keys(rows: Iterable[list[Any]]) -> _Keys:
    keys = _Keys()
    for schema, table, kind, definition, target_schema, target in rows:
        found = _DEFINITION.match(definition)
        if found is None:
            continue
        columns = _names(found[1])
        if kind == "p":
            keys.primary[(schema, table)] = columns
        elif target is not None:
            for column, other in zip(columns, _names(found[2] or ""), strict=False):
                keys.references[(schema, table, column)] = f"{target_schema}.{target}.{other}"
    return keys


def _names(listed: str) -> tuple[str, ...]:
    return tuple(quoted.replace('""', '"') or plain for quoted, plain in _NAME.findall(listed))


def _fingerprint(tables: tuple[Table, ...]) -> str:
    lines = (f"{t.qualified}\t{t.kind}\t{c.name}\t{c.type}" for t in tables for c in t.columns)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
