"""Parameters of a statement: bound values in the place of $1, $2, ..., as literals."""

import re
import struct
from collections.abc import Sequence

from redshift_server.errors import ServerError

_PLACE = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|\$(\d+)")
_TYPES = {
    16: "BOOLEAN",
    20: "BIGINT",
    21: "SMALLINT",
    23: "INTEGER",
    700: "REAL",
    701: "DOUBLE PRECISION",
    1082: "DATE",
    1114: "TIMESTAMP",
    1700: "NUMERIC",
    **dict.fromkeys((0, 25, 705, 1043), "VARCHAR"),
}
_BINARY = {16: "!?", 20: "!q", 21: "!h", 23: "!i", 700: "!f", 701: "!d"}


def count(sql: str) -> int:
    return max((int(found[1]) for found in _PLACE.finditer(sql) if found[1]), default=0)


def bound(sql: str, types: Sequence[int], formats: Sequence[int], values: Sequence[bytes | None]) -> str:
    """Raises ServerError for a type or number of values that is not known."""
    if count(sql) > len(values):
        raise ServerError("08P01", f"the statement takes {count(sql)} parameters, and {len(values)} came")
    forms = formats if len(formats) == len(values) else [*(formats or [0])] * len(values)
    oids = [*types, *[0] * (len(values) - len(types))]
    literals = [_literal(*each) for each in zip(oids, forms, values, strict=True)]
    return _PLACE.sub(lambda found: literals[int(found[1]) - 1] if found[1] else found[0], sql)


def unbound(sql: str, types: Sequence[int]) -> str:
    """With NULLs, so that the columns can be described before there are values."""
    number = count(sql)
    return bound(sql, types, [], [None] * number) if number else sql


def _literal(oid: int, form: int, value: bytes | None) -> str:
    if oid not in _TYPES:
        raise ServerError("42704", f"parameters of type {oid} are not known")
    if value is None:
        return f"CAST(NULL AS {_TYPES[oid]})"
    text = str(struct.unpack(_BINARY[oid], value)[0]) if form and oid in _BINARY else value.decode()
    return f"CAST('{text.replace(chr(39), chr(39) * 2)}' AS {_TYPES[oid]})"
