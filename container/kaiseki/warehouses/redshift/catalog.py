"""The schema of a Redshift database in four queries of its system views: tables, columns, keys, row counts.

Local tables and views, external ones (Spectrum), and those of shared databases."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from kaiseki.models import Catalog, Column, Table
from kaiseki.warehouses.redshift.connection import Connection, ServerError
from kaiseki.warehouses.redshift.system_views import INVENTORY, KEYS, ROW_COUNTS, STORAGE
from kaiseki.warehouses.redshift.types import redshift_type
from kaiseki.warehouses.redshift.wire import columns_of

Place = tuple[str, str, str]  # database (empty: the own one), schema, table
Row = tuple[Any, ...]  # of texts, or None

_AT_ONCE = 5_000  # rows that become objects at the same time

_DEFINITION = re.compile(r"(?:PRIMARY|FOREIGN) KEY ?\((.*?)\)(?: REFERENCES .*?\((.*?)\))?")
_NAME = re.compile(r'"((?:[^"]|"")*)"|([^,\s"]+)')


def read_catalog(connection: Connection) -> Catalog:
    """All tables but the system's. Raises ServerError and ConnectionLost."""
    inventory = _rows(connection, INVENTORY)
    storage = _read_storage(if_readable(connection, STORAGE))
    keys = _read_keys(if_readable(connection, KEYS))
    tables = tuple(_tables(inventory, storage, keys))
    return counted(Catalog(tables=tables, fingerprint=fingerprint_of(tables)), connection)


@dataclass
class _Storage:
    sort_keys: dict[Place, list[tuple[int, str]]] = field(default_factory=dict)
    partition_keys: dict[Place, list[tuple[int, str]]] = field(default_factory=dict)
    distribution: dict[Place, str] = field(default_factory=dict)
    types: dict[tuple[Place, str], str] = field(default_factory=dict)


@dataclass
class _Keys:
    primary: dict[Place, tuple[str, ...]] = field(default_factory=dict)
    references: dict[tuple[Place, str], str] = field(default_factory=dict)


def _tables(rows: Iterable[Row], storage: _Storage, keys: _Keys) -> Iterable[Table]:
    """From rows in the order of their tables, each table's own before those of its columns."""
    named: Place | None = None
    kind, remarks, columns = "", "", list[Column]()
    for database, schema, table, column, type_, *sizes, comment in rows:
        place = (database or "", schema, table)
        if place != named:
            if named is not None and kind:
                yield _table(named, kind, remarks, columns, storage, keys)
            named, kind, remarks, columns = place, "", "", []
        if column is None:
            kind, remarks = type_ or "TABLE", comment or ""
        else:
            columns.append(
                Column(
                    name=column,
                    type=redshift_type(storage.types.get((place, column), type_ or ""), *sizes),
                    comment=comment or "",
                    references=keys.references.get((place, column)),
                )
            )
    if named is not None and kind:
        yield _table(named, kind, remarks, columns, storage, keys)


def _table(place: Place, kind: str, comment: str, columns: Iterable[Column], storage: _Storage, keys: _Keys) -> Table:
    database, schema, name = place
    return Table(
        name=name,
        schema_name=schema,
        database=database,
        kind=_kind(kind),
        comment=comment,
        primary_key=keys.primary.get(place, ()),
        sort_key=_in_order(storage.sort_keys.get(place, [])),
        distribution_key=storage.distribution.get(place, ""),
        partition_key=_in_order(storage.partition_keys.get(place, [])),
        columns=tuple(columns),
    )


def _kind(table_type: str) -> Literal["table", "view", "external"]:
    if "EXTERNAL" in table_type.upper():
        return "external"
    return "view" if "VIEW" in table_type.upper() else "table"


def _in_order(placed: list[tuple[int, str]]) -> tuple[str, ...]:
    """Of an interleaved sort key every other position is negative."""
    return tuple(name for _, name in sorted(placed, key=lambda each: abs(each[0])))


def counted(catalog: Catalog, connection: Connection) -> Catalog:
    """With row counts, as far as this user may read them; an empty table has none."""
    counts = {(schema, table): int(rows) for schema, table, rows in if_readable(connection, ROW_COUNTS)}
    tables = tuple(
        t if t.database or rows == t.rows else t.model_copy(update={"rows": rows})
        for t in catalog.tables
        for rows in (counts.get((t.schema_name, t.name)),)
    )
    return catalog.model_copy(update={"tables": tables})


def if_readable(connection: Connection, sql: str) -> Iterator[Row]:
    """Nothing where this user may not read it: a schema without keys or row counts is still a schema."""
    try:
        return _rows(connection, sql)
    except ServerError:
        return iter(())


def _rows(connection: Connection, sql: str) -> Iterator[Row]:
    """Asks at once; the rows become objects a few at a time, and are gone from memory when they have been taken."""
    packed = connection.fetch(sql)
    return _unpacked(packed.rows, len(packed.columns))


def _unpacked(rows: list[bytes], width: int) -> Iterator[Row]:
    rows.reverse()
    while rows:
        some = rows[: -_AT_ONCE - 1 : -1]
        del rows[-_AT_ONCE:]
        yield from zip(*(came.texts().to_pylist() for came in columns_of(some, width)), strict=True)


def _read_storage(rows: Iterable[Row]) -> _Storage:
    storage = _Storage()
    for database, schema, table, column, distributed, sorted_, partitioned, full_type in rows:
        place = (database or "", schema, table)
        if distributed == "1":
            storage.distribution[place] = column
        if position := int(sorted_ or 0):
            storage.sort_keys.setdefault(place, []).append((position, column))
        if position := int(partitioned or 0):
            storage.partition_keys.setdefault(place, []).append((position, column))
        if full_type:
            storage.types[place, column] = full_type
    return storage


def _read_keys(rows: Iterable[Row]) -> _Keys:
    keys = _Keys()
    for schema, table, kind, definition, target_schema, target in rows:
        found = _DEFINITION.match(definition)
        if found is None:
            continue
        place, columns = ("", schema, table), _names(found[1])
        if kind == "p":
            keys.primary[place] = columns
        elif target is not None:
            for column, other in zip(columns, _names(found[2] or ""), strict=False):
                keys.references[place, column] = f"{target_schema}.{target}.{other}"
    return keys


def _names(listed: str) -> tuple[str, ...]:
    return tuple(quoted.replace('""', '"') or plain for quoted, plain in _NAME.findall(listed))


def fingerprint_of(tables: tuple[Table, ...]) -> str:
    digest = hashlib.sha256()
    for table in tables:
        digest.update(f"{table.qualified}\t{table.kind}\t".encode())
        digest.update("\t".join(f"{c.name} {c.type}" for c in table.columns).encode())
    return digest.hexdigest()
