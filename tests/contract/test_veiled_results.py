"""Which columns of a result the model is shown by their form: those that descend from personal ones, or look it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from duckdb_warehouses import file_from
from kaiseki.models import Query
from kaiseki.personal.allowance import parse_allowance
from kaiseki.warehouses.duckdb.warehouse import DuckDBWarehouse

SHOP = """
CREATE TABLE customers (id INTEGER, name VARCHAR, email VARCHAR, born DATE, birth_date DATE, city VARCHAR,
                        phone BIGINT, reached VARCHAR);
INSERT INTO customers SELECT n, 'Customer ' || n, 'c' || n || '@example.com', NULL, DATE '1980-01-01' + n::INT,
  'Kyoto', 90 + n, '090-1234-56' || (10 + n) FROM range(20) AS r(n);
CREATE TABLE orders (id INTEGER, customer_id INTEGER, amount INTEGER, product_name VARCHAR);
INSERT INTO orders SELECT n, n % 20, n, 'Tea' FROM range(60) AS r(n);
"""
VEILED = {
    "SELECT * FROM customers": "name email birth_date phone reached",
    "SELECT c.*, o.amount FROM customers AS c JOIN orders AS o ON o.customer_id = c.id": "name email birth_date phone "
    "reached",
    "SELECT name AS who, city FROM customers": "who",
    "SELECT UPPER(LEFT(name, 3)) || '!' AS a, COALESCE(email, 'none') AS b, city AS c FROM customers": "a b",
    "SELECT SPLIT_PART(email, '@', 2) AS domain, COUNT(*) AS n FROM customers GROUP BY 1": "domain",
    "SELECT MAX(name) AS a, MIN(email) AS b, COUNT(name) AS c, COUNT(DISTINCT email) AS d FROM customers": "a b",
    "SELECT LISTAGG(name, ', ') WITHIN GROUP (ORDER BY id) AS names FROM customers": "names",
    "SELECT LEN(name) AS a, name LIKE 'C%' AS b, email IS NULL AS c, MD5(email) AS d FROM customers": "",
    "SELECT CASE WHEN name LIKE 'C%' THEN 'yes' END AS a, CASE WHEN id > 3 THEN name END AS b FROM customers": "b",
    "SELECT DATEDIFF(year, birth_date, DATE '2026-01-01') AS age, EXTRACT(year FROM birth_date) AS y, birth_date AS d "
    "FROM customers": "d",
    "WITH c AS (SELECT id, name AS n FROM customers) SELECT n AS x FROM c": "x",
    "WITH c (a, b) AS (SELECT id, name FROM customers) SELECT * FROM c": "b",
    "SELECT s.n AS x FROM (SELECT name AS n, id FROM customers) AS s": "x",
    "SELECT city AS a FROM customers UNION ALL SELECT name AS a FROM customers": "a",
    "SELECT product_name AS a, amount AS b FROM orders": "",
    "SELECT o.id AS i, (SELECT MAX(c.name) FROM customers AS c WHERE c.id = o.customer_id) AS w FROM orders AS o": "w",
    "SELECT id, FIRST_VALUE(name) OVER (PARTITION BY city ORDER BY id ROWS UNBOUNDED PRECEDING) AS a, "
    "ROW_NUMBER() OVER (ORDER BY name) AS b FROM customers": "a",
    "SELECT name AS a, a || '!' AS b FROM customers": "a b",
    "SELECT city FROM customers WHERE name = 'Customer 1' ORDER BY email": "",
    "SELECT reached AS r FROM customers": "r",  # by its values: the name says nothing
    "SELECT SUBSTRING('x@example.com', 1) AS x FROM orders": "x",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return file_from(SHOP, tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def warehouse(shop: Path) -> Iterator[DuckDBWarehouse]:
    warehouse = DuckDBWarehouse.open(shop)
    yield warehouse
    warehouse.close()


def ran(warehouse: DuckDBWarehouse, sql: str, folder: Path) -> Query:
    return warehouse.run("q", sql, folder / "q.parquet", 1_000)


@pytest.mark.parametrize("sql", VEILED)
def test_what_descends_from_a_personal_column_is_veiled(sql: str, warehouse: DuckDBWarehouse, tmp_path: Path) -> None:
    query = ran(warehouse, sql, tmp_path)
    assert query.failure is None
    assert query.veiled == tuple(VEILED[sql].split())


def test_what_the_operator_allows_is_veiled_nowhere(shop: Path, tmp_path: Path) -> None:
    sql = "SELECT name AS a, reached AS b, email AS c FROM customers"
    warehouse = DuckDBWarehouse.open(shop, allowance=parse_allowance("customers.name,customers.reached"))
    assert ran(warehouse, sql, tmp_path).veiled == ("c",)
    warehouse.close()
    warehouse = DuckDBWarehouse.open(shop, allowance=parse_allowance("all"))
    assert ran(warehouse, sql, tmp_path).veiled == ()
    warehouse.close()


def test_a_column_that_a_profile_found_personal_is_veiled_in_results(shop: Path, tmp_path: Path) -> None:
    warehouse = DuckDBWarehouse.open(shop)
    sql = "SELECT LEFT(reached, 3) AS prefix FROM customers"
    assert ran(warehouse, sql, tmp_path).veiled == ()
    customers = warehouse.introspect().table("customers")
    assert customers is not None
    warehouse.profile(customers)
    assert ran(warehouse, sql, tmp_path).veiled == ("prefix",)
    warehouse.close()


def test_an_error_does_not_quote_the_value_of_a_personal_column(warehouse: DuckDBWarehouse, tmp_path: Path) -> None:
    failure = ran(warehouse, "SELECT email::INTEGER AS n FROM customers WHERE id = 7", tmp_path).failure
    assert failure is not None
    assert "example" not in failure.message
    assert "'a9@aaaaaaa.aaa'" in failure.message
    failure = ran(warehouse, "SELECT 'Customer x'::INTEGER AS n, name AS m FROM customers", tmp_path).failure
    assert failure is not None
    assert "'Customer x'" in failure.message
    failure = ran(warehouse, "SELECT product_name::INTEGER AS n FROM orders", tmp_path).failure
    assert failure is not None
    assert "'Tea'" in failure.message
