"""DuckDB's columns as Redshift describes and encodes them: OIDs, modifiers, text and binary formats."""

import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from redshift_server import binary
from redshift_server.binary import NULL as _NULL

_MICROS_1970_TO_2000 = 946_684_800_000_000
_INFINITY = 2**63 - 1
_LAST_DAY = date.max.toordinal() - date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Column:
    name: str
    oid: int
    size: int
    modifier: int
    encode: "Callable[[pa.Array, bool], Sequence[bytes]]"


def column_of(name: str, duckdb_type: str) -> Column:
    if found := re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", duckdb_type):
        return Column(name, 1700, -1, (int(found[1]) << 16 | int(found[2])) + 4, _numerics)
    if duckdb_type == "HUGEINT":
        return Column(name, 1700, -1, (38 << 16) + 4, _numerics)
    oid, size, encode = _TYPES.get(duckdb_type, (1043, -1, _texts))
    return Column(name, oid, size, -1, encode)


def _packed(form: str) -> "Callable[[pa.Array, bool], Sequence[bytes]]":
    packing = struct.Struct("!i" + form)
    size = packing.size - 4

    def encode(values: pa.Array, in_binary: bool) -> Sequence[bytes]:
        if not in_binary:
            return _texts(values, in_binary)
        return [_NULL if v is None else packing.pack(size, v) for v in values.to_pylist()]

    return encode


def _texts(values: pa.Array, _: bool) -> Sequence[bytes]:
    return [_text(v) for v in values.to_pylist()]


def _text(value: Any) -> bytes:
    if value is None:
        return _NULL
    shown = format(value, "f") if hasattr(value, "as_tuple") else str(value)
    encoded = shown.encode()
    return struct.pack("!i", len(encoded)) + encoded


def _timestamps(values: pa.Array, in_binary: bool) -> Sequence[bytes]:
    """In the binary form, microseconds since 2000."""
    if not in_binary:
        return _texts(values, in_binary)
    found = []
    for micros in values.cast(pa.int64()).to_pylist():
        if micros is None:
            found.append(_NULL)
        elif abs(micros) == _INFINITY:
            found.append(struct.pack("!iq", 8, _INFINITY if micros > 0 else -_INFINITY - 1))
        else:
            found.append(struct.pack("!iq", 8, micros - _MICROS_1970_TO_2000))
    return found


def _numerics(values: pa.Array, in_binary: bool) -> Sequence[bytes]:
    return binary.numerics(values) if in_binary else _texts(values, in_binary)


def _dates(values: pa.Array, in_binary: bool) -> Sequence[bytes]:
    if in_binary:
        return binary.dates(values)
    return [_NULL if days is None else _text(_date(days)) for days in values.cast(pa.int32()).to_pylist()]


def _date(days: int) -> str:
    if abs(days) == 2**31 - 1:
        return "infinity" if days > 0 else "-infinity"
    if days > _LAST_DAY:
        return f"{10_000 + (days - _LAST_DAY) // 365}-01-01"
    return (date(1970, 1, 1) + timedelta(days=days)).isoformat()


def _hexadecimal(values: pa.Array, _: bool) -> Sequence[bytes]:
    return [_NULL if v is None else _text(v.hex()) for v in values.to_pylist()]


_TYPES: dict[str, tuple[int, int, Callable[[pa.Array, bool], Sequence[bytes]]]] = {
    "BOOLEAN": (16, 1, _packed("?")),
    "SMALLINT": (21, 2, _packed("h")),
    "INTEGER": (23, 4, _packed("i")),
    "BIGINT": (20, 8, _packed("q")),
    "FLOAT": (700, 4, _packed("f")),
    "DOUBLE": (701, 8, _packed("d")),
    "DATE": (1082, 4, _dates),
    "TIME": (1083, 8, _texts),
    "TIMESTAMP": (1114, 8, _timestamps),
    "TIMESTAMP WITH TIME ZONE": (1184, 8, _timestamps),
    "INTERVAL": (1186, 16, _texts),
    "JSON": (4000, -1, _texts),
    "BLOB": (6551, -1, _hexadecimal),
    "GEOMETRY": (3000, -1, _hexadecimal),
}
