"""Redshift's columns as Arrow columns, exact to the last digit; what no Parquet column can hold is refused by name."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from redshift_connector.config import FC_TEXT
from redshift_connector.utils.oids import RedshiftOID as Oid

from kaiseki.warehouses.redshift.wire import WireColumn
from kaiseki.warehouses.refusal import Refusal

_MICROS_1970_TO_2000 = 946_684_800_000_000
_YEAR_1, _YEAR_10000 = -62_135_596_800_000_000, 253_402_300_800_000_000  # microseconds since 1970
_INT64 = pa.int64()
_MOST_DIGITS_OF_INT64 = 18
_DATE_CHARACTERS = len("2024-01-31")
_BINARY = (
    *(Oid.BOOLEAN, Oid.SMALLINT, Oid.INTEGER, Oid.BIGINT, Oid.OID, Oid.REAL, Oid.FLOAT),
    *(Oid.TIMESTAMP, Oid.TIMESTAMPTZ),
)
Decoder = tuple[int, Callable[[bytes, int, int], Any]]
Convert = Callable[[WireColumn, pa.DataType], pa.Array]


def _text(data: bytes, offset: int, length: int) -> str:
    return data[offset : offset + length].decode()


def wire_formats(of_driver: Mapping[int, Decoder]) -> dict[int, Decoder]:
    """In which format each type is asked for: the driver's own binary one where it is exact, or else text."""
    return {oid: decoder if oid in _BINARY else (FC_TEXT, _text) for oid, decoder in of_driver.items()}


@dataclass(frozen=True)
class ServerColumn:
    """A column as the server describes it. `modifier` is -1 where the type has none."""

    name: str
    oid: int
    modifier: int


@dataclass(frozen=True)
class ResultColumn:
    """A column of a result: its name, its type in Redshift's words, and how its values become Arrow's.

    `unloaded`: the expression that UNLOAD writes in place of the column `{}`, so that Parquet holds what the wire does.
    """

    name: str
    type: str
    arrow: pa.DataType
    convert: Convert
    unloaded: str = "{}"

    def of_unloaded(self, values: pa.Array) -> pa.Array:
        """The same, for values that UNLOAD wrote. Raises Refusal where one has no place in the type."""
        with self._refusing():
            if pa.types.is_time(self.arrow):
                return _of_day(values, self.arrow)
            found = values.cast(self.arrow)
            _require_years(found)
            return found

    def array(self, values: WireColumn) -> pa.Array:
        """Raises Refusal where a value has no place in the type."""
        with self._refusing():
            return self.convert(values, self.arrow)

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
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
            return ResultColumn(name, "BIGINT", _INT64, _texts)
        return ResultColumn(name, f"NUMERIC({precision},{scale})", pa.decimal128(precision, scale), _texts)
    type_, arrow, convert = _TYPES.get(column.oid, ("VARCHAR", pa.string(), _texts))
    return ResultColumn(name, type_, arrow, convert, _UNLOADED.get(column.oid, "{}"))


def numeric_of(modifier: int) -> tuple[int, int]:
    """Precision and scale; where the server tells none, as many digits as there can be on both sides of the point."""
    if modifier < 0:
        return 38, 10
    return (modifier - 4) >> 16 & 0xFFFF, (modifier - 4) & 0xFFFF


def _numbers(form: str) -> Convert:
    return lambda values, type_: pa.array(values.numbers(form), mask=values.nulls).cast(type_)


def _texts(values: WireColumn, type_: pa.DataType) -> pa.Array:
    return values.texts().cast(type_)


def _unpadded(values: WireColumn, type_: pa.DataType) -> pa.Array:
    """The blanks that fill up a CHAR(n) mean nothing."""
    return pc.utf8_rtrim(_texts(values, type_), " ")


def _dates(values: WireColumn, type_: pa.DataType) -> pa.Array:
    odd = values.lengths[~values.nulls & (values.lengths != _DATE_CHARACTERS)]
    if odd.size:
        raise ValueError("a date is infinite, or outside the years 1 to 9999")
    return _texts(values, type_)


def _timestamps(values: WireColumn, type_: pa.DataType) -> pa.Array:
    """From microseconds since 2000. The infinities are the ends of 64 bits, far outside the years there are."""
    since_2000 = values.numbers(">i8")
    outside = (since_2000 < _YEAR_1 - _MICROS_1970_TO_2000) | (since_2000 >= _YEAR_10000 - _MICROS_1970_TO_2000)
    if np.any(outside & ~values.nulls):
        raise ValueError("a timestamp is infinite, or outside the years 1 to 9999")
    since_1970 = np.where(values.nulls, 0, since_2000) + _MICROS_1970_TO_2000
    return pa.array(since_1970, _INT64, mask=values.nulls).cast(type_)


def _times(values: WireColumn, type_: pa.DataType) -> pa.Array:
    return _of_day(values.texts(), type_)


def _of_day(texts: pa.Array, type_: pa.DataType) -> pa.Array:
    """Arrow reads no time of day but in a timestamp."""
    return pc.binary_join_element_wise("1970-01-01", texts, " ").cast(pa.timestamp("us")).cast(type_)


def _require_years(values: pa.Array) -> None:
    if pa.types.is_timestamp(values.type) or pa.types.is_date(values.type):
        ends = pc.min_max(values.cast(pa.timestamp("us")).cast(_INT64)).as_py()
        if ends["min"] is not None and not (ends["min"] >= _YEAR_1 and ends["max"] < _YEAR_10000):
            raise ValueError("a date is infinite, or outside the years 1 to 9999")


_TYPES: dict[int, tuple[str, pa.DataType, Convert]] = {
    Oid.BOOLEAN: ("BOOLEAN", pa.bool_(), _numbers("?")),
    Oid.SMALLINT: ("SMALLINT", pa.int16(), _numbers(">i2")),
    Oid.INTEGER: ("INTEGER", pa.int32(), _numbers(">i4")),
    Oid.BIGINT: ("BIGINT", _INT64, _numbers(">i8")),
    Oid.OID: ("BIGINT", _INT64, _numbers(">u4")),
    Oid.REAL: ("REAL", pa.float32(), _numbers(">f4")),
    Oid.FLOAT: ("DOUBLE PRECISION", pa.float64(), _numbers(">f8")),
    Oid.BPCHAR: ("VARCHAR", pa.string(), _unpadded),
    Oid.DATE: ("DATE", pa.date32(), _dates),
    Oid.TIME: ("TIME", pa.time64("us"), _times),
    Oid.TIMETZ: ("TIMETZ", pa.string(), _texts),
    Oid.TIMESTAMP: ("TIMESTAMP", pa.timestamp("us"), _timestamps),
    Oid.TIMESTAMPTZ: ("TIMESTAMPTZ", pa.timestamp("us", tz="UTC"), _timestamps),
    Oid.SUPER: ("SUPER", pa.string(), _texts),
    Oid.VARBYTE: ("VARBYTE", pa.string(), _texts),
}
_UNLOADED: dict[int, str] = {
    Oid.BPCHAR: "RTRIM({})",
    Oid.TIME: "CAST({} AS VARCHAR)",
    Oid.TIMETZ: "CAST({} AS VARCHAR)",
    Oid.TIMESTAMPTZ: "{} AT TIME ZONE 'UTC'",
    Oid.SUPER: "JSON_SERIALIZE({})",
    Oid.VARBYTE: "TO_HEX({})",
}
