"""A warehouse of many tables: what a schema costs that no test of one table shows."""

import random
from collections.abc import Iterator

import duckdb

_SCHEMAS = 40
_AT_ONCE = 500
_SUBJECTS = "order customer invoice payment shipment product store employee session campaign contract claim".split()
_ASPECTS = "daily monthly archived pending regional online returned forecast audited corrected imported".split()
_MEASURES = "amount quantity status created_on updated_at category discount region currency reference".split()
_TYPES = "DECIMAL(12,2)", "BIGINT", "VARCHAR", "DATE", "TIMESTAMP"


def create_tables(connection: duckdb.DuckDBPyConnection, count: int, columns: int) -> None:
    """`count` tables in 40 schemas, with primary keys, foreign keys and comments; hardly a column has the same name."""
    for schema in range(_SCHEMAS):
        connection.execute(f"CREATE SCHEMA area_{schema}")
    statements = list(_statements(count, columns))
    connection.execute("BEGIN")
    for start in range(0, len(statements), _AT_ONCE):
        connection.execute(";".join(statements[start : start + _AT_ONCE]))
    connection.execute("COMMIT")


def freeze(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    """The system views' rows as they are now, set down, so that who reads them does not wait for DuckDB's catalog."""
    views = "svv_all_tables svv_all_columns svv_table_info pg_class pg_constraint".split()
    for view in views:
        connection.execute(f"CREATE TABLE {schema}.set_down_{view} AS FROM {schema}.{view}")
    for view in views:
        connection.execute(f"CREATE OR REPLACE VIEW {schema}.{view} AS FROM {schema}.set_down_{view}")


def _statements(count: int, width: int) -> Iterator[str]:
    chosen = random.Random(7)
    names = [f"{chosen.choice(_ASPECTS)}_{chosen.choice(_SUBJECTS)}_{n}" for n in range(count)]
    for n, name in enumerate(names):
        parent = f"area_{n % _SCHEMAS}.{names[n - _SCHEMAS]}" if n >= _SCHEMAS else ""
        columns = [f"{name}_id BIGINT PRIMARY KEY", f"parent_{n} BIGINT" + (f" REFERENCES {parent}" if parent else "")]
        columns += [
            f"{chosen.choice(_MEASURES)}_{chosen.choice(_SUBJECTS)}_{c}_{n} {chosen.choice(_TYPES)}"
            for c in range(width - 2)
        ]
        yield f"CREATE TABLE area_{n % _SCHEMAS}.{name} ({', '.join(columns)})"
        yield f"COMMENT ON TABLE area_{n % _SCHEMAS}.{name} IS 'rows of {name.replace('_', ' ')}, loaded every night'"
