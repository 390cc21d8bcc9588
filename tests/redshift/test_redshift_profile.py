"""What a profile says of a table of Redshift, what it asks for, and how long it may take."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kaiseki.models import Column, Table
from kaiseki.personal.allowance import parse_allowance
from kaiseki.warehouses.redshift import profile as redshift_profile
from kaiseki.warehouses.redshift.warehouse import RedshiftWarehouse
from redshift_server.server import RedshiftServer
from redshift_server.waiting import eventually

Open = Callable[..., RedshiftWarehouse]
SHOP = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, customer_name VARCHAR, contact VARCHAR, vip BOOLEAN, tags JSON,
                        born DATE, birth_date DATE, phone BIGINT, nickname VARCHAR);
CREATE TABLE orders (id BIGINT PRIMARY KEY, customer_id INTEGER, amount DECIMAL(10,2), raw BLOB, shape GEOMETRY,
                     ordered_on DATE);
CREATE VIEW totals AS SELECT customer_id, sum(amount) AS total FROM public.orders GROUP BY 1;
CREATE VIEW endless AS SELECT n, n AS other FROM range(1000000000000) AS r(n);
CREATE VIEW slow AS SELECT max(n) AS most FROM range(1000000000000) AS r(n);
CREATE TABLE nothing ("Line No" INTEGER, day DATE);
INSERT INTO customers
  SELECT n, 'Customer ' || n, 'c' || n || '@example.com', n % 3 = 0, '[1]', NULL, DATE '1980-01-01' + n::INT,
    9000000000 + n, '花子' || n
  FROM range(20) AS r(n);
INSERT INTO orders
  SELECT n, n % 20, CASE WHEN n % 10 > 0 THEN n * 0.25 END, NULL, NULL, DATE '2024-01-01' + (n % 5)::INT
  FROM range(100) AS r(n);
"""
TRIPS = """
CREATE SCHEMA lake; CREATE TABLE lake.trips (km INTEGER, day VARCHAR, hour INTEGER);
INSERT INTO lake.trips SELECT n, '2024-01-0' || (1 + n % 3), n % 2 FROM range(600) AS r(n);
INSERT INTO redshift_catalog.described BY NAME SELECT 'lake' AS schema_name, 'trips' AS table_name, name AS column_name,
  n AS columnnum, part AS part_key, type AS external_type
  FROM (VALUES (1, 'km', 'int', 0), (2, 'day', 'string', 1), (3, 'hour', 'int', 2)) AS c(n, name, type, part);
INSERT INTO redshift_catalog.svv_external_partitions
  VALUES ('lake', 'trips', '["2024-01-01","0"]'), ('lake', 'trips', '["2024-01-03","1"]');
"""


def table(warehouse: RedshiftWarehouse, name: str) -> Table:
    found = warehouse.introspect().table(name)
    assert found is not None
    return found


def columns(profile: Table) -> dict[str, Column]:
    return {column.name: column for column in profile.columns}


def test_a_profile_counts_rows_nulls_values_and_ranges_in_two_statements(
    server: RedshiftServer, open_warehouse: Open
) -> None:
    warehouse = open_warehouse(SHOP)
    orders = table(warehouse, "public.orders")
    begun = len(server.log)
    profile = warehouse.profile(orders)
    assert len(server.log) - begun == 2
    assert (profile.rows, profile.sampled, profile.estimated, profile.profile_note) == (100, None, False, "")
    found = columns(profile)
    amount, day, shape = found["amount"], found["ordered_on"], found["shape"]
    assert (amount.nulls, amount.distinct, amount.minimum, amount.maximum) == (10, 90, "0.25", "24.75")
    assert (day.minimum, day.maximum, day.distinct) == ("2024-01-01", "2024-01-05", 5)
    assert day.frequent == tuple((f"2024-01-0{n}", 20) for n in range(1, 6))
    assert (shape.nulls, shape.distinct, shape.minimum) == (100, None, None)


def test_no_value_of_a_personal_column_is_asked_for_or_kept(server: RedshiftServer, open_warehouse: Open) -> None:
    warehouse = open_warehouse(SHOP)
    found = columns(warehouse.profile(table(warehouse, "public.customers")))
    name = found["customer_name"]
    assert (name.personal, name.distinct, name.nulls) == ("name of a person", 20, 0)
    assert (name.minimum, name.maximum, name.frequent) == (None, None, ())
    assert (set(name.forms), name.lengths) == ({"Aaaaaaaa 9", "Aaaaaaaa 99"}, (10, 11))
    assert set(found["nickname"].forms) <= {"漢漢9", "漢漢99"}
    birth, phone = found["birth_date"], found["phone"]
    assert (birth.personal, birth.minimum, birth.frequent, birth.forms) == ("date of birth", None, (), ())
    assert (phone.personal, phone.minimum, phone.maximum, phone.distinct) == ("phone number", None, None, 20)
    asked = " ".join(server.log[-2:])
    assert 'MIN("birth_date")' not in asked
    assert 'MIN("customer_name")' not in asked
    assert 'THEN "customer_name"' not in asked


def test_a_column_whose_values_look_personal_is_veiled_whatever_it_is_called(open_warehouse: Open) -> None:
    contact = columns((warehouse := open_warehouse(SHOP)).profile(table(warehouse, "public.customers")))["contact"]
    assert (contact.personal, contact.minimum, contact.frequent) == ("e-mail address", None, ())
    assert set(contact.forms) <= {"a9@aaaaaaa.aaa", "a99@aaaaaaa.aaa"}


def test_what_the_operator_allows_is_shown(open_warehouse: Open) -> None:
    warehouse = open_warehouse(SHOP, allowance=parse_allowance("customers.contact,public.customers.phone"))
    found = columns(warehouse.profile(table(warehouse, "public.customers")))
    assert (found["contact"].personal, len(found["contact"].frequent)) == ("", 3)
    assert (found["phone"].personal, found["phone"].minimum) == ("", "9000000000")
    assert found["customer_name"].personal


def test_a_large_table_is_profiled_from_a_random_part_of_it(
    server: RedshiftServer, open_warehouse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, rows in (("_SCANNED", 5_000), ("_COUNTED", 2_000), ("EXACT_BELOW", 1_000)):
        monkeypatch.setattr(redshift_profile, name, rows)
    warehouse = open_warehouse("CREATE TABLE t AS SELECT n % 4 AS kind FROM range(20000) AS r(n)")
    profile = warehouse.profile(table(warehouse, "public.t"))
    scanned, counted = server.log[-2:]
    assert "RANDOM() < 0.25" in scanned
    assert "APPROXIMATE COUNT(DISTINCT" in scanned
    assert "RANDOM() < 0.1" in counted or "RANDOM() < 0.09" in counted
    assert (profile.rows, profile.estimated) == (20_000, True)
    assert profile.sampled is not None
    assert 4_000 < profile.sampled < 6_000
    assert profile.profile_note == f"statistics of a random sample of about {profile.sampled:,} rows"
    kind = profile.columns[0]
    assert {value for value, _ in kind.frequent} == {"0", "1", "2", "3"}
    assert 0.8 < sum(times for _, times in kind.frequent) / profile.sampled < 1.2


def test_of_a_view_no_more_than_its_first_rows_are_taken(server: RedshiftServer, open_warehouse: Open) -> None:
    warehouse = open_warehouse(SHOP)
    totals = warehouse.profile(table(warehouse, "public.totals"))
    assert (totals.rows, totals.sampled, totals.profile_note) == (20, None, "")
    endless = warehouse.profile(table(warehouse, "public.endless"))
    assert (endless.rows, endless.sampled) == (None, 100_000)
    assert endless.profile_note == "statistics of the first 100,000 rows to come"
    assert all("LIMIT 100000" in sql for sql in server.log[-2:])


def test_of_a_partitioned_external_table_one_partition_is_read(server: RedshiftServer, open_warehouse: Open) -> None:
    warehouse = open_warehouse(TRIPS)
    begun = len(server.log)
    profile = warehouse.profile(table(warehouse, "lake.trips"))
    asked = [sql for sql in server.log[begun:] if '"trips"' in sql]
    assert len(asked) == 2
    assert all("""WHERE "day" = '2024-01-03' AND "hour" = 1 LIMIT 100000""" in sql for sql in asked)
    assert (profile.rows, profile.sampled) == (None, 100)
    assert profile.profile_note == "statistics of the first 100 rows to come of one partition"


def test_what_takes_too_long_is_tried_with_its_first_rows(
    server: RedshiftServer, open_warehouse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redshift_profile, "_FIRST", 100)
    warehouse = open_warehouse(SHOP)
    huge = table(warehouse, "public.endless").model_copy(update={"kind": "table", "rows": 30_000_000})
    server.faults.time_out_on = "endless"
    profile = warehouse.profile(huge)
    assert (profile.rows, profile.sampled) == (30_000_000, 100)


def test_what_is_too_slow_even_then_comes_without_statistics_and_says_so(
    server: RedshiftServer, open_warehouse: Open, tmp_path: Path
) -> None:
    warehouse = open_warehouse(SHOP, profile_seconds=0.3)
    slow = table(warehouse, "public.slow")
    profile = warehouse.profile(slow)
    assert profile.profile_note == "no statistics: they took longer than 0.3 seconds"
    assert profile.columns == slow.columns
    assert eventually(lambda: not [sql for sql in server.running if "slow" in sql])
    assert warehouse.run("q", "SELECT COUNT(*) AS n FROM orders", tmp_path / "q.parquet", 10).rows == 1


def test_a_table_of_more_columns_than_a_statement_takes_is_scanned_in_parts(
    server: RedshiftServer, open_warehouse: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redshift_profile, "_COLUMNS", 2)
    warehouse = open_warehouse("CREATE TABLE t AS SELECT 1 AS a, 2 AS b, 3 AS c, 4 AS d, 5 AS e")
    wide = table(warehouse, "public.t")
    begun = len(server.log)
    profile = warehouse.profile(wide)
    assert [c.frequent for c in profile.columns] == [((str(n), 1),) for n in range(1, 6)]
    assert len(server.log) - begun == 6


def test_empty_tables_and_odd_names_stand(open_warehouse: Open) -> None:
    warehouse = open_warehouse(SHOP)
    nothing = warehouse.profile(table(warehouse, "public.nothing"))
    assert (nothing.rows, [(c.nulls, c.distinct, c.minimum) for c in nothing.columns]) == (0, [(0, 0, None)] * 2)
