"""The names of Redshift's types, from those that its system views have for them."""

import re
from functools import lru_cache

_NAMES = {
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
_NESTED = ("struct<", "array<", "map<")


@lru_cache(maxsize=10_000)
def redshift_type(data_type: str, length: str | None, precision: str | None, scale: str | None) -> str:
    """The type as SQL names it; that of a nested column of an external table whole, as its catalog has it.

    All as system views tell it, in texts.
    """
    name = data_type.lower().strip()
    if name in _TEXTS:
        return f"VARCHAR({length})" if int(length or 0) > 0 else "VARCHAR"
    if name in ("numeric", "decimal"):
        return f"NUMERIC({precision},{scale})" if int(precision or 0) else "NUMERIC(18,0)"
    if sized := re.fullmatch(r"(?:numeric|decimal)\((\d+),\s*(\d+)\)", name):
        return f"NUMERIC({sized[1]},{sized[2]})"
    if sized := re.fullmatch(r"(?:var|n|nvar)?char(?:acter)?(?: varying)?\((\d+)\)", name):
        return f"VARCHAR({sized[1]})"
    if name.startswith(_NESTED):
        return data_type.strip()
    return _NAMES.get(name, name.upper())


def is_nested(type_: str) -> bool:
    """Whether a column of this type can only be read field by field, so that it has no values to count."""
    return type_.lower().startswith(_NESTED)
