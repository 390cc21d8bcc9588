"""Redshift's columns as Arrow columns, exact to the last digit; what no Parquet column can hold is refused by name."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from redshift_connector.config import FC_BINARY, FC_TEXT
from redshift_connector.utils.oids import RedshiftOID as Oid

from kaiseki.warehouses.refusal import Refusal

_MICROS_1970_TO_2000 = 946_684_800_000_000
_YEAR_1, _YEAR_10000 = -62_135_596_800_000_000, 253_402_300_800_000_000  # microseconds since 1970
_INT64 = pa.int64()
_MOST_DIGITS_OF_INT64 = 18


def _micros(data: bytes, offset: int, _: int) -> int:
    return int(struct.unpack_from("!q", data, offset)[0])


def _text(data: bytes, offset: int, length: int) -> str:
    return data[offset : offset + length].decode()


# In place of the driver's: these lose no digits, and cost no object of Python's per date.
DECODERS: dict[int, tuple[int, Callable[[bytes, int, int], Any]]] = {
    Oid.TIMESTAMP: (FC_BINARY, _micros),
    Oid.TIMESTAMPTZ: (FC_BINARY, _micros),
    **dict.fromkeys((Oid.DATE, Oid.TIME, Oid.TIMETZ, Oid.NUMERIC, Oid.VARBYTE), (FC_TEXT, _text)),
}


@dataclass(frozen=True)
class ServerColumn:
    """A column as the server describes it. `modifier` is -1 where the type has none."""

    name: str
    oid: int
    modifier: int


@dataclass(frozen=True)
class ResultColumn:
    """A column of a result: its name, its type in Redshift's words, and how its values become Arrow's."""

    name: str
    type: str
    arrow: pa.DataType
    convert: Callable[[Sequence[Any], pa.DataType], pa.Array]

    def array(self, values: Sequence[Any]) -> pa.Array:
        """Raises Refusal where a value has no place in the type."""
        try:
            return self.convert(values, self.arrow)
        except (pa.ArrowInvalid, ValueError, OverflowError) as error:
            hint = f"Filter them out, or turn them into NULL by CASE. The type is {self.type}."
            raise Refusal(
                "InvalidValue", f"the column {self.name} holds values that cannot be stored: {error}", hint=hint
            ) from error


def result_column(column: ServerColumn, name: str) -> ResultColumn:
    """Raises Refusal for a type that cannot be stored."""
    if column.oid in (Oid.GEOMETRY, Oid.GEOMETRYHEX, Oid.GEOGRAPHY):
        kind = "GEOGRAPHY" if column.oid == Oid.GEOGRAPHY else "GEOMETRY"
        message = f"the column {name} is {kind}, which cannot be stored"
        raise Refusal("Unsupported", message, hint="Leave it out of the SELECT.")
    if column.oid in (Oid.INTERVAL, Oid.INTERVALY2M, Oid.INTERVALD2S):
        hint = "Use DATEDIFF(second, a, b), or cast the parts you need to numbers."
        raise Refusal("Unsupported", f"the column {name} is an INTERVAL, which cannot be stored", hint=hint)
    if column.oid == Oid.NUMERIC:
        precision, scale = numeric_of(column.modifier)
        if scale == 0 and precision <= _MOST_DIGITS_OF_INT64:
            return ResultColumn(name, "BIGINT", _INT64, _parsed)
        return ResultColumn(name, f"NUMERIC({precision},{scale})", pa.decimal128(precision, scale), _parsed)
    type_, arrow, convert = _TYPES.get(column.oid, ("VARCHAR", pa.string(), _texts))
    return ResultColumn(name, type_, arrow, convert)


def numeric_of(modifier: int) -> tuple[int, int]:
    """Precision and scale; where the server tells none, as many digits as there can be on both sides of the point."""
    if modifier < 0:
        return 38, 10
    return (modifier - 4) >> 16 & 0xFFFF, (modifier - 4) & 0xFFFF


def _plain(values: Sequence[Any], type_: pa.DataType) -> pa.Array:
    return pa.array(values, type_)


def _texts(values: Sequence[Any], type_: pa.DataType) -> pa.Array:
    return pa.array([v if v is None or isinstance(v, str) else str(v) for v in values], type_)


def _parsed(values: Sequence[Any], type_: pa.DataType) -> pa.Array:
    return pa.array(values, pa.string()).cast(type_)


def _unpadded(values: Sequence[Any], type_: pa.DataType) -> pa.Array:
    """The blanks that fill up a CHAR(n) mean nothing."""
    return pc.utf8_rtrim(pa.array(values, type_), " ")


def _dates(values: Sequence[Any], type_: pa.DataType) -> pa.Array:
    for value in values:
        if value is not None and len(value) != len("2024-01-31"):
            raise ValueError(f"the date {value} is outside the years 1 to 9999")
    return _parsed(values, type_)


def _timestamps(values: Sequence[Any], type_: pa.DataType) -> pa.Array:
    """From microseconds since 2000. The infinities are the ends of 64 bits, far outside the years there are."""
    since_1970 = [None if v is None else v + _MICROS_1970_TO_2000 for v in values]
    if any(v is not None and not _YEAR_1 <= v < _YEAR_10000 for v in since_1970):
        raise ValueError("a timestamp is infinite, or outside the years 1 to 9999")
    return pa.array(since_1970, _INT64).cast(type_)


def _times(values: Sequence[Any], type_: pa.DataType) -> pa.Array:
    return pa.array([None if v is None else _micros_of_day(v) for v in values], _INT64).cast(type_)


def _micros_of_day(text: str) -> int:
    hours, minutes, seconds = text.split(":")
    whole, _, fraction = seconds.partition(".")
    found = ((int(hours) * 60 + int(minutes)) * 60 + int(whole)) * 1_000_000 + int(fraction.ljust(6, "0")[:6])
    if found >= 86_400_000_000:
        raise ValueError(f"the time {text} is not of one day")
    return found


_TYPES: dict[int, tuple[str, pa.DataType, Callable[[Sequence[Any], pa.DataType], pa.Array]]] = {
    Oid.BOOLEAN: ("BOOLEAN", pa.bool_(), _plain),
    Oid.SMALLINT: ("SMALLINT", pa.int16(), _plain),
    Oid.INTEGER: ("INTEGER", pa.int32(), _plain),
    Oid.BIGINT: ("BIGINT", _INT64, _plain),
    Oid.OID: ("BIGINT", _INT64, _plain),
    Oid.REAL: ("REAL", pa.float32(), _plain),
    Oid.FLOAT: ("DOUBLE PRECISION", pa.float64(), _plain),
    Oid.BPCHAR: ("VARCHAR", pa.string(), _unpadded),
    Oid.DATE: ("DATE", pa.date32(), _dates),
    Oid.TIME: ("TIME", pa.time64("us"), _times),
    Oid.TIMETZ: ("TIMETZ", pa.string(), _texts),
    Oid.TIMESTAMP: ("TIMESTAMP", pa.timestamp("us"), _timestamps),
    Oid.TIMESTAMPTZ: ("TIMESTAMPTZ", pa.timestamp("us", tz="UTC"), _timestamps),
    Oid.SUPER: ("SUPER", pa.string(), _texts),
    Oid.VARBYTE: ("VARBYTE", pa.string(), _texts),
}
