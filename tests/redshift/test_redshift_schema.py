"""What the adapter learns of a schema from Redshift's system views."""

from collections.abc import Callable

import pytest

from kaiseki.errors import WarehouseError
from kaiseki.models import Table
from kaiseki.warehouses.redshift.types import redshift_type
from kaiseki.warehouses.redshift.warehouse import RedshiftWarehouse
from redshift_server.server import RedshiftServer

Open = Callable[..., RedshiftWarehouse]
SHOP = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR, vip BOOLEAN, tags JSON, seen TIMESTAMPTZ);
CREATE TABLE orders (id BIGINT PRIMARY KEY, customer_id INTEGER REFERENCES customers(id), amount DECIMAL(10,2),
                     raw BLOB, shape GEOMETRY, ordered_on DATE);
CREATE VIEW totals AS SELECT customer_id, sum(amount) AS total FROM public.orders GROUP BY 1;
CREATE SCHEMA finance; CREATE TABLE finance.ledger ("Line No" INTEGER, day DATE, PRIMARY KEY ("Line No", day));
COMMENT ON TABLE orders IS 'one row per order'; COMMENT ON COLUMN orders.amount IS 'in euro';
INSERT INTO customers
  SELECT n, 'customer ' || n, n % 3 = 0, '[1]', '2024-01-01 00:00:00+00' FROM range(20) AS r(n);
INSERT INTO orders
  SELECT n, n % 20, CASE WHEN n % 10 > 0 THEN n * 0.25 END, NULL, NULL, DATE '2024-01-01' + (n % 5)::INT
  FROM range(100) AS r(n);
"""


def table(warehouse: RedshiftWarehouse, name: str) -> Table:
    found = warehouse.introspect().table(name)
    assert found is not None
    return found


def test_the_schema_has_tables_views_types_comments_keys_and_row_counts(open_warehouse: Open) -> None:
    warehouse = open_warehouse(SHOP)
    assert [(t.qualified, t.kind, t.rows) for t in warehouse.introspect().tables] == [
        ("finance.ledger", "table", None),
        ("public.customers", "table", 20),
        ("public.orders", "table", 100),
        ("public.totals", "view", None),
    ]
    orders = table(warehouse, "public.orders")
    assert (orders.primary_key, orders.comment) == (("id",), "one row per order")
    assert {c.name: c.references for c in orders.columns if c.references} == {"customer_id": "public.customers.id"}
    assert {c.name: c.comment for c in orders.columns if c.comment} == {"amount": "in euro"}
    assert {c.name: c.type for c in orders.columns} == {
        "id": "BIGINT",
        "customer_id": "INTEGER",
        "amount": "NUMERIC(10,2)",
        "raw": "VARBYTE",
        "shape": "GEOMETRY",
        "ordered_on": "DATE",
    }
    assert [c.type for c in table(warehouse, "public.customers").columns] == [
        *("INTEGER", "VARCHAR(256)", "BOOLEAN", "SUPER", "TIMESTAMPTZ")
    ]
    assert table(warehouse, "finance.ledger").primary_key == ("Line No", "day")


def test_it_is_read_in_four_round_trips_and_once(server: RedshiftServer, open_warehouse: Open) -> None:
    warehouse = open_warehouse(SHOP)
    fingerprint = warehouse.introspect().fingerprint
    warehouse.introspect()
    asked = [sql for sql in server.log if not sql.startswith("SET") and "pg_backend_pid" not in sql]
    assert len(asked) == 4
    assert open_warehouse("CREATE TABLE more (a INTEGER)").introspect().fingerprint != fingerprint


def test_who_may_not_read_row_counts_or_keys_still_has_a_schema(server: RedshiftServer, open_warehouse: Open) -> None:
    server.database.execute("DROP VIEW redshift_catalog.svv_table_info; DROP VIEW redshift_catalog.pg_constraint")
    orders = table(open_warehouse(SHOP), "public.orders")
    assert (orders.rows, len(orders.columns)) == (None, 6)


def test_who_may_not_read_the_tables_is_told_what_to_grant(server: RedshiftServer, open_warehouse: Open) -> None:
    server.database.execute("DROP VIEW redshift_catalog.svv_all_tables")
    with pytest.raises(WarehouseError, match="the schema cannot be read from Redshift") as refused:
        open_warehouse().introspect()
    assert "SELECT" in refused.value.hint


@pytest.mark.parametrize(
    ("told", "type_"),
    [
        (("character varying", "65535", None, None), "VARCHAR(65535)"),
        (("character", "3", None, None), "VARCHAR(3)"),
        (("numeric", None, "38", "10"), "NUMERIC(38,10)"),
        (("decimal(12,2)", None, None, None), "NUMERIC(12,2)"),
        (("varchar(20)", None, None, None), "VARCHAR(20)"),
        (("timestamp with time zone", None, None, None), "TIMESTAMPTZ"),
        (("binary varying", "64", None, None), "VARBYTE"),
        (("struct<a:int,b:array<string>>", None, None, None), "struct<a:int,b:array<string>>"),
        (("hllsketch", None, None, None), "HLLSKETCH"),
    ],
)
def test_types_have_the_names_that_sql_gives_them(
    told: tuple[str, str | None, str | None, str | None], type_: str
) -> None:
    assert redshift_type(*told) == type_
