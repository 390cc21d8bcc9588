"""A catalog that was read before, for as long as the schema that it was read from has not changed."""

import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO, cast

from pydantic import ValidationError

from kaiseki.models import Catalog, Table
from kaiseki.ports import Cache
from kaiseki.warehouses.redshift.catalog import counted, fingerprint_of, if_readable, read_catalog
from kaiseki.warehouses.redshift.connection import Connection
from kaiseki.warehouses.redshift.login import Login
from kaiseki.warehouses.redshift.system_views import STATE

_FORM = "1"  # of what is kept; another is not read
_QUICKLY = 1  # gzip's level


def kept_or_read(connection: Connection, cache: Cache | None) -> Catalog:
    """What `cache` has of this database, if its state is still the same; else it is read, and kept there.

    The state is asked for before the schema is read: what changes in between is read again the next time. Row counts,
    which change all the time, are always read. Raises ServerError and ConnectionLost.
    """
    if cache is None:
        return read_catalog(connection)
    state = next((json.dumps(row) for row in if_readable(connection, STATE)), None)
    if state is None:  # nothing tells whether the schema has changed
        return read_catalog(connection)
    key = key_of(connection.login)
    tables = _unpacked(cache.get(key), state)
    if tables is not None:
        return counted(Catalog(tables=tables, fingerprint=fingerprint_of(tables)), connection)
    catalog = read_catalog(connection)
    cache.put(key, _packed(state, catalog.tables))
    return catalog


def key_of(login: Login) -> str:
    """One for each user of each database, since each may see other tables."""
    seen = json.dumps([_FORM, login.host, login.port, login.database, login.user])
    return f"{hashlib.sha256(seen.encode()).hexdigest()[:32]}.jsonl.gz"


def _packed(state: str, tables: Iterable[Table]) -> bytes:
    """A line for the state, then one for each table."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=_QUICKLY, mtime=0) as lines:
        lines.write(f"{state}\n".encode())
        for table in tables:
            lines.write(f"{table.model_dump_json(exclude_defaults=True)}\n".encode())
    return packed.getvalue()


def _unpacked(packed: bytes | None, state: str) -> tuple[Table, ...] | None:
    """The tables, if they are of this state; None too for what cannot be read."""
    if packed is None:
        return None
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as lines:
            return tuple(_tables(cast(BinaryIO, lines), state))
    except (OSError, EOFError, zlib.error, ValidationError, _AnotherState):
        return None


class _AnotherState(Exception):
    pass


def _tables(lines: BinaryIO, state: str) -> Iterator[Table]:
    if lines.readline().decode(errors="replace").rstrip("\n") != state:
        raise _AnotherState
    for line in lines:
        yield Table.model_validate_json(line)
