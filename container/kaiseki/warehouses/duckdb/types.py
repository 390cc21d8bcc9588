"""DuckDB's column types under the names that Redshift has for them."""

import re

_NAMES = {
    "BOOLEAN": "BOOLEAN",
    "TINYINT": "SMALLINT",
    "UTINYINT": "SMALLINT",
    "SMALLINT": "SMALLINT",
    "USMALLINT": "INTEGER",
    "INTEGER": "INTEGER",
    "UINTEGER": "BIGINT",
    "BIGINT": "BIGINT",
    "UBIGINT": "NUMERIC(20,0)",
    "HUGEINT": "NUMERIC(38,0)",
    "UHUGEINT": "NUMERIC(38,0)",
    "FLOAT": "REAL",
    "DOUBLE": "DOUBLE PRECISION",
    "VARCHAR": "VARCHAR",
    "UUID": "VARCHAR",
    "BIT": "VARCHAR",
    "DATE": "DATE",
    "TIME": "TIME",
    "TIMESTAMP": "TIMESTAMP",
    "TIMESTAMP_S": "TIMESTAMP",
    "TIMESTAMP_MS": "TIMESTAMP",
    "TIMESTAMP_NS": "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ",
    "TIME WITH TIME ZONE": "TIMETZ",
    "INTERVAL": "INTERVAL",
    "BLOB": "VARBYTE",
    "JSON": "SUPER",
    '"NULL"': "VARCHAR",
    "NULL": "VARCHAR",
}
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")


def redshift_type(duckdb_type: str) -> str:
    """The Redshift type that holds a DuckDB column; SUPER for anything nested."""
    if match := _DECIMAL.fullmatch(duckdb_type):
        return f"NUMERIC({match[1]},{match[2]})"
    if duckdb_type.startswith("ENUM("):
        return "VARCHAR"
    return _NAMES.get(duckdb_type, "SUPER")
