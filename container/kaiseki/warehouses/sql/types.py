"""Redshift's types, as far as a rule of the dialect depends on them: what an expression's type is, and what a
computation of two makes. The rules for NUMERIC are those of Redshift's "Computations with numeric values"."""

import re
from dataclasses import dataclass

from sqlglot import exp

MAX_PRECISION = 38


@dataclass(frozen=True)
class SqlType:
    """A Redshift type; `precision` and `scale` are of NUMERIC only. `UNKNOWN` is honest: no rule may guess from it."""

    name: str
    precision: int = 0
    scale: int = 0

    def __str__(self) -> str:
        return f"NUMERIC({self.precision},{self.scale})" if self.name == "NUMERIC" else self.name

    @property
    def is_integer(self) -> bool:
        return self.name in _INTEGER_DIGITS

    @property
    def is_exact(self) -> bool:
        return self.is_integer or self.name == "NUMERIC"

    @property
    def is_float(self) -> bool:
        return self.name in ("REAL", "DOUBLE PRECISION")

    @property
    def is_number(self) -> bool:
        return self.is_exact or self.is_float

    @property
    def is_datetime(self) -> bool:
        return self.name in ("DATE", "TIMESTAMP", "TIMESTAMPTZ")

    @property
    def known(self) -> bool:
        return self.name != "UNKNOWN"

    def as_numeric(self) -> "SqlType":
        """The NUMERIC that an integer counts as beside a NUMERIC."""
        return numeric(_INTEGER_DIGITS[self.name], 0) if self.is_integer else self


_INTEGER_DIGITS = {"SMALLINT": 5, "INTEGER": 10, "BIGINT": 19}
_INTEGER_ORDER = tuple(_INTEGER_DIGITS)

UNKNOWN = SqlType("UNKNOWN")
SMALLINT, INTEGER, BIGINT = (SqlType(n) for n in _INTEGER_ORDER)
REAL, DOUBLE = SqlType("REAL"), SqlType("DOUBLE PRECISION")
VARCHAR, BOOLEAN, VARBYTE = SqlType("VARCHAR"), SqlType("BOOLEAN"), SqlType("VARBYTE")
DATE, TIMESTAMP, TIMESTAMPTZ, TIME = (SqlType(n) for n in ("DATE", "TIMESTAMP", "TIMESTAMPTZ", "TIME"))
INTERVAL, SUPER = SqlType("INTERVAL"), SqlType("SUPER")

_BY_NAME = {
    t.name: t
    for t in (
        *(SMALLINT, INTEGER, BIGINT, REAL, DOUBLE, VARCHAR, BOOLEAN, VARBYTE),
        *(DATE, TIMESTAMP, TIMESTAMPTZ, TIME, INTERVAL, SUPER),
    )
}
_NUMERIC = re.compile(r"NUMERIC\((\d+),\s*(\d+)\)")

INSTEAD = {  # what to write for types that other databases have
    **dict.fromkeys(("STRING", "NTEXT", "LONGTEXT", "CLOB"), "VARCHAR"),
    **dict.fromkeys(("DOUBLE", "FLOAT64", "BINARY_DOUBLE"), "DOUBLE PRECISION"),
    **dict.fromkeys(("INT64", "LONG", "UBIGINT", "UINT64", "HUGEINT", "INT128"), "BIGINT or NUMERIC(38,0)"),
    **dict.fromkeys(("TINYINT", "BYTEINT", "INT1", "UTINYINT", "USMALLINT"), "SMALLINT"),
    **dict.fromkeys(("UINTEGER", "INT32", "UINT32", "MEDIUMINT"), "INTEGER"),
    **dict.fromkeys(("NUMBER", "BIGNUMERIC", "BIGDECIMAL", "MONEY"), "NUMERIC(18,2)"),
    **dict.fromkeys(("DATETIME", "DATETIME2", "TIMESTAMP_NTZ", "TIMESTAMP_S", "TIMESTAMP_MS"), "TIMESTAMP"),
    **dict.fromkeys(("TIMESTAMP_TZ", "TIMESTAMP_LTZ", "TIMESTAMPLTZ"), "TIMESTAMPTZ"),
    **dict.fromkeys(("JSON", "JSONB", "VARIANT", "STRUCT"), "JSON_PARSE(text), or JSON_EXTRACT_PATH_TEXT(text, 'key')"),
}

_CAST_TYPES: dict[exp.DType, SqlType] = {
    exp.DType.SMALLINT: SMALLINT,
    exp.DType.INT: INTEGER,
    exp.DType.BIGINT: BIGINT,
    exp.DType.FLOAT: REAL,
    exp.DType.DOUBLE: DOUBLE,
    exp.DType.BOOLEAN: BOOLEAN,
    exp.DType.CHAR: VARCHAR,
    exp.DType.NCHAR: VARCHAR,
    exp.DType.BPCHAR: VARCHAR,
    exp.DType.VARCHAR: VARCHAR,
    exp.DType.NVARCHAR: VARCHAR,
    exp.DType.TEXT: VARCHAR,
    exp.DType.DATE: DATE,
    exp.DType.TIMESTAMP: TIMESTAMP,
    exp.DType.TIMESTAMPTZ: TIMESTAMPTZ,
    exp.DType.TIME: TIME,
}


def numeric(precision: int, scale: int) -> SqlType:
    return SqlType("NUMERIC", min(precision, MAX_PRECISION), scale)


def from_catalog(text: str) -> SqlType:
    """The type that a catalog's column declares."""
    if match := _NUMERIC.fullmatch(text):
        return numeric(int(match[1]), int(match[2]))
    return _BY_NAME.get(text.split("(")[0], UNKNOWN)


def from_cast(target: exp.DataType) -> SqlType | None:
    """The type that a CAST names, or None if Redshift has none of that name or no rule here knows it."""
    if target.this == exp.DType.DECIMAL:
        sizes = [int(p.name) for p in target.expressions]
        return numeric(*(sizes + [18, 0][len(sizes) :]))
    return _CAST_TYPES.get(target.this)


def from_number(text: str) -> SqlType:
    """The type of a number as written: 5 is INTEGER, 5.00 NUMERIC(3,2), 5e0 DOUBLE PRECISION."""
    if "e" in text.lower():
        return DOUBLE
    whole, _, fraction = text.partition(".")
    if "." in text:
        return numeric(max(len(whole), 1) + len(fraction), len(fraction))
    value = int(text)
    if value < 2**31:
        return INTEGER
    return BIGINT if value < 2**63 else numeric(MAX_PRECISION, 0)


def common(types: list[SqlType]) -> SqlType:
    """What CASE, COALESCE, UNION and the like make of several types; `UNKNOWN` (a bare NULL) gives way to the rest."""
    known = [t for t in types if t.known]
    if not known:
        return UNKNOWN
    first = known[0]
    for other in known[1:]:
        first = _common_of_two(first, other)
    return first


def _common_of_two(a: SqlType, b: SqlType) -> SqlType:
    if a == b:
        return a
    if a.is_integer and b.is_integer:
        return _wider(a, b)
    if a.is_exact and b.is_exact:
        a, b = a.as_numeric(), b.as_numeric()
        scale = max(a.scale, b.scale)
        return numeric(max(a.precision - a.scale, b.precision - b.scale) + scale, scale)
    if a.is_number and b.is_number:
        return DOUBLE
    if a.is_datetime and b.is_datetime:
        return TIMESTAMPTZ if TIMESTAMPTZ in (a, b) else TIMESTAMP
    if VARCHAR in (a, b):
        return b if a == VARCHAR else a
    return UNKNOWN


def _wider(a: SqlType, b: SqlType) -> SqlType:
    return max(a, b, key=lambda t: _INTEGER_ORDER.index(t.name))


def arithmetic(operator: type[exp.Expr], a: SqlType, b: SqlType) -> SqlType:
    """The type of `a operator b` for + - * / %."""
    if a.is_datetime or b.is_datetime or INTERVAL in (a, b):
        return _datetime_arithmetic(operator, a, b)
    if not (a.is_number and b.is_number):
        return UNKNOWN
    if a.is_float or b.is_float:
        return REAL if a == b == REAL else DOUBLE
    if a.is_integer and b.is_integer:
        return _wider(a, b)
    a, b = a.as_numeric(), b.as_numeric()
    if operator is exp.Mul:
        return numeric(a.precision + b.precision + 1, a.scale + b.scale)
    if operator is exp.Div:
        return _quotient(a, b)
    if operator is exp.Mod:
        return _common_of_two(a, b)
    scale = max(a.scale, b.scale)
    return numeric(max(a.precision - a.scale, b.precision - b.scale) + 1 + scale, scale)


def _quotient(a: SqlType, b: SqlType) -> SqlType:
    scale = max(4, a.scale + b.precision - b.scale + 1)
    precision = a.precision - a.scale + b.scale + scale
    if precision > MAX_PRECISION:
        scale = max(MAX_PRECISION + scale - precision, 4)
    return numeric(precision, scale)


def _datetime_arithmetic(operator: type[exp.Expr], a: SqlType, b: SqlType) -> SqlType:
    if DATE in (a, b) and (a.is_integer or b.is_integer):
        return DATE
    if a == b == DATE and operator is exp.Sub:
        return INTEGER
    if a.is_datetime and b.is_datetime:
        return INTERVAL
    if INTERVAL in (a, b):
        other = b if a == INTERVAL else a
        if other == DATE:
            return TIMESTAMP
        return other if other.is_datetime or other == TIME else INTERVAL
    return UNKNOWN
