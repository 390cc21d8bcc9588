"""What a schema of Redshift is made of beside its own tables, and how SQL and the card name it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from kaiseki.catalog.guide import SchemaGuide
from kaiseki.models import Table
from kaiseki.warehouses.redshift.warehouse import RedshiftWarehouse
from redshift_server.many_tables import create_tables
from redshift_server.server import RedshiftServer

Open = Callable[..., RedshiftWarehouse]
SALES = """
CREATE TABLE sales (id BIGINT PRIMARY KEY, sold_on DATE, region VARCHAR, customer_id INTEGER, amount DECIMAL(12,2));
INSERT INTO sales SELECT n, DATE '2024-01-01' + n::INT, 'north', n, 1.5 FROM range(10) AS r(n);
INSERT INTO redshift_catalog.described (schema_name, table_name, column_name, distkey, sortkey) VALUES
  ('public', 'sales', 'customer_id', true, 0), ('public', 'sales', 'sold_on', false, 2),
  ('public', 'sales', 'region', false, -1);
"""
SHARED = """
ATTACH ':memory:' AS market; CREATE SCHEMA market.rates;
CREATE TABLE market.rates.daily (day DATE, "Rate" DOUBLE); COMMENT ON TABLE market.rates.daily IS 'closing rates';
INSERT INTO market.rates.daily VALUES ('2024-01-01', 1.1), ('2024-01-02', 1.2);
"""
NESTED = "struct<" + ",".join(f"field_{n}:struct<name:varchar(20),value:decimal(12,2)>" for n in range(12)) + ">"
CLICKS = f"""
CREATE SCHEMA lake; CREATE TABLE lake.clicks (url VARCHAR, seen TIMESTAMP, item JSON, day VARCHAR);
INSERT INTO lake.clicks VALUES ('/a', '2024-01-01 10:00:00', NULL, '2024-01-01');
INSERT INTO redshift_catalog.described (schema_name, table_name, column_name, columnnum, part_key, external_type) VALUES
  ('lake', 'clicks', 'url', 1, 0, 'string'), ('lake', 'clicks', 'seen', 2, 0, 'timestamp'),
  ('lake', 'clicks', 'item', 3, 0, '{NESTED}'), ('lake', 'clicks', 'day', 4, 1, 'varchar(10)');
"""


def table(warehouse: RedshiftWarehouse, name: str) -> Table:
    found = warehouse.introspect().table(name)
    assert found is not None
    return found


def card(warehouse: RedshiftWarehouse, *names: str) -> str:
    return SchemaGuide(warehouse, date(2026, 11, 21), 1_000, 24_000).look_up(names)


def test_sort_and_distribution_keys_are_known_and_shown(open_warehouse: Open) -> None:
    warehouse = open_warehouse(SALES)
    sales = table(warehouse, "public.sales")
    assert (sales.sort_key, sales.distribution_key) == (("region", "sold_on"), "customer_id")
    title = next(line for line in card(warehouse, "sales").splitlines() if line.startswith("table "))
    assert title.endswith("[comment: sorted by (region, sold_on). distributed by (customer_id)]")


def test_tables_of_a_shared_database_are_written_with_three_names(open_warehouse: Open, tmp_path: Path) -> None:
    warehouse = open_warehouse(SALES + SHARED)
    daily = table(warehouse, "market.rates.daily")
    assert (daily.path, daily.comment) == (("market", "rates", "daily"), "closing rates")
    assert "table market.rates.daily -- 2 rows   [comment: closing rates]" in card(warehouse, "daily")
    joined = 'SELECT s.id, d."rate" FROM sales AS s JOIN market.rates.daily AS d ON s.sold_on = d.day ORDER BY 1'
    query = warehouse.run("joined", joined, tmp_path / "joined.parquet", 100)
    assert (query.failure, query.rows) == (None, 2)


def test_a_shared_table_without_its_database_is_refused_with_its_whole_name(
    open_warehouse: Open, tmp_path: Path
) -> None:
    warehouse = open_warehouse(SALES + SHARED)
    for wrong in ("rates.daily", "daily", "elsewhere.rates.daily"):
        failure = warehouse.run("wrong", f"SELECT day FROM {wrong}", tmp_path / "wrong.parquet", 100).failure
        assert failure is not None
        assert failure.message == f"there is no table {wrong}"
        assert failure.hint == "Nearest: market.rates.daily."


def test_an_external_table_has_its_partition_key_and_whole_types(open_warehouse: Open, tmp_path: Path) -> None:
    warehouse = open_warehouse(CLICKS)
    clicks = table(warehouse, "lake.clicks")
    assert (clicks.kind, clicks.partition_key) == ("external", ("day",))
    assert [c.type for c in clicks.columns] == ["VARCHAR", "TIMESTAMP", NESTED, "VARCHAR(10)"]
    assert len(NESTED) > 500
    shown = card(warehouse, "clicks")
    assert "[comment: external table. partitioned by (day)]" in shown
    assert f"- item {NESTED}" in shown
    query = warehouse.run("urls", "SELECT url FROM lake.clicks", tmp_path / "urls.parquet", 100)
    assert (query.failure, query.rows) == (None, 1)


def test_nested_columns_are_not_asked_for_their_values(server: RedshiftServer, open_warehouse: Open) -> None:
    warehouse = open_warehouse(CLICKS)
    clicks = table(warehouse, "lake.clicks")
    begun = len(server.log)
    item = warehouse.profile(clicks).columns[2]
    assert (item.nulls, item.distinct, item.frequent) == (None, None, ())
    assert not [sql for sql in server.log[begun:] if "item" in sql]


def test_the_table_behind_a_materialized_view_is_not_shown(open_warehouse: Open) -> None:
    warehouse = open_warehouse(
        "CREATE TABLE mv_tbl__totals__0 (a INTEGER); CREATE VIEW totals AS FROM public.mv_tbl__totals__0;"
        "CREATE TABLE mv_tables (a INTEGER)"
    )
    assert [(t.name, t.kind) for t in warehouse.introspect().tables] == [("mv_tables", "table"), ("totals", "view")]


def test_a_view_whose_columns_are_not_known_is_still_there(server: RedshiftServer, open_warehouse: Open) -> None:
    server.database.execute(
        "CREATE OR REPLACE VIEW redshift_catalog.svv_all_columns AS SELECT 'memory' AS database_name, 'public' AS "
        "schema_name, 'b' AS table_name, 'x' AS column_name, 1 AS ordinal_position, 'integer' AS data_type, "
        "NULL AS character_maximum_length, NULL AS numeric_precision, NULL AS numeric_scale, NULL AS remarks"
    )
    warehouse = open_warehouse("CREATE VIEW a AS SELECT 1 AS y; CREATE TABLE b (x INTEGER)")
    assert [(t.name, [c.name for c in t.columns]) for t in warehouse.introspect().tables] == [("a", []), ("b", ["x"])]


def test_sort_keys_that_may_not_be_read_hide_nothing_else(server: RedshiftServer, open_warehouse: Open) -> None:
    server.database.execute("DROP VIEW redshift_catalog.svv_external_columns")
    sales = table(open_warehouse(SALES), "public.sales")
    assert (sales.sort_key, len(sales.columns), sales.rows) == ((), 5, 10)


def test_of_many_tables_none_and_no_column_is_lost(server: RedshiftServer, open_warehouse: Open) -> None:
    create_tables(server.database, 200, 30)
    tables = open_warehouse().introspect().tables
    names = "SELECT schema_name || '.' || table_name, list(column_name ORDER BY column_index) FROM duckdb_columns() "
    expected = server.database.execute(f"{names} WHERE schema_name LIKE 'area%' GROUP BY ALL").fetchall()
    assert {t.qualified: [c.name for c in t.columns] for t in tables} == dict(expected)
    assert sum(len(t.columns) for t in tables) == 6_000
    assert len([c for t in tables for c in t.columns if c.references]) == 160
    assert all(t.primary_key and t.comment for t in tables)
