"""A schema is kept from one run to the next, and read again as soon as it has changed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kaiseki.models import Catalog
from kaiseki.stores.caches import FolderCache
from kaiseki.warehouses.redshift.kept_catalog import key_of
from kaiseki.warehouses.redshift.login import Login
from kaiseki.warehouses.redshift.warehouse import RedshiftWarehouse
from redshift_server.server import RedshiftServer

Open = Callable[..., RedshiftWarehouse]
SHOP = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR);
CREATE TABLE orders (id BIGINT PRIMARY KEY, customer_id INTEGER REFERENCES customers(id), amount DECIMAL(10,2));
COMMENT ON TABLE orders IS 'one row per order';
INSERT INTO customers SELECT n, 'c' || n FROM range(5) AS r(n);
CREATE SCHEMA lake; CREATE TABLE lake.clicks (url VARCHAR);
INSERT INTO redshift_catalog.described (schema_name, table_name, column_name, columnnum, external_type) VALUES
  ('lake', 'clicks', 'url', 1, 'string');
"""
CHANGES = {
    "a table was added": "CREATE TABLE more (a INTEGER)",
    "a column was added": "ALTER TABLE alone ADD COLUMN b INTEGER",
    "a column was renamed": "ALTER TABLE alone RENAME COLUMN a TO c",
    "a type was changed": "ALTER TABLE alone ALTER COLUMN c TYPE BIGINT",
    "two columns changed their types": "ALTER TABLE pair ALTER a TYPE BIGINT; ALTER TABLE pair ALTER b TYPE INTEGER",
    "a table was renamed": "ALTER TABLE more RENAME TO lonely",
    "a table was dropped": "DROP TABLE lonely",
    "a comment was written": "COMMENT ON COLUMN alone.c IS 'in euro'",
    "a view was added": "CREATE VIEW v AS SELECT 1 AS x",
    "a key was declared": "ALTER TABLE alone ADD PRIMARY KEY (c)",
    "a sort key was chosen": "INSERT INTO redshift_catalog.described (schema_name, table_name, column_name, sortkey) "
    "VALUES ('public', 'alone', 'c', 1)",
    "an external table was added": "INSERT INTO redshift_catalog.described (schema_name, table_name, column_name, "
    "columnnum, external_type) VALUES ('lake', 'more', 'a', 1, 'int')",
    "a database was shared": "ATTACH ':memory:' AS market; CREATE TABLE market.main.rates (day DATE)",
}


@pytest.fixture
def cache(tmp_path: Path) -> FolderCache:
    return FolderCache(tmp_path / "cache" / "kaiseki")


def asked(server: RedshiftServer, read: Callable[[], Catalog]) -> tuple[Catalog, int]:
    """The catalog, and how many questions it took."""
    before = len(server.log)
    catalog = read()
    return catalog, len([sql for sql in server.log[before:] if "svv_" in sql or "pg_constraint" in sql])


def test_a_schema_that_has_not_changed_takes_one_question_and_the_row_counts(
    server: RedshiftServer, open_warehouse: Open, cache: FolderCache
) -> None:
    first, questions = asked(server, open_warehouse(SHOP, cache=cache).introspect)
    assert questions == 5
    again, questions = asked(server, open_warehouse(cache=cache).introspect)
    assert (again, questions) == (first, 2)


def test_row_counts_are_never_old(open_warehouse: Open, cache: FolderCache) -> None:
    open_warehouse(SHOP, cache=cache).introspect()
    grown = open_warehouse("INSERT INTO orders SELECT n, n % 5, 1 FROM range(30) AS r(n)", cache=cache).introspect()
    assert {t.name: t.rows for t in grown.tables} == {"clicks": None, "customers": 5, "orders": 30}


def test_a_schema_that_has_changed_is_read_again(
    server: RedshiftServer, open_warehouse: Open, cache: FolderCache
) -> None:
    tables = "CREATE TABLE alone (a INTEGER); CREATE TABLE pair (a INTEGER, b BIGINT)"
    known = open_warehouse(SHOP + tables, cache=cache).introspect()
    for change, sql in CHANGES.items():
        found, questions = asked(server, open_warehouse(sql, cache=cache).introspect)
        assert questions == 5, change
        assert found != known, change
        known = found


def test_what_one_user_may_see_is_not_shown_to_another() -> None:
    logins = [
        Login("warehouse", 5439, "dev", "analyst", "x"),
        Login("warehouse", 5439, "dev", "auditor", "x"),
        Login("warehouse", 5439, "prod", "analyst", "x"),
        Login("elsewhere", 5439, "dev", "analyst", "x"),
        Login("warehouse", 5440, "dev", "analyst", "x"),
    ]
    assert len({key_of(login) for login in logins}) == len(logins)
    assert key_of(logins[0]) == key_of(Login("warehouse", 5439, "dev", "analyst", "another password"))


def test_what_is_kept_is_not_limited_by_what_one_run_may_read(open_warehouse: Open, cache: FolderCache) -> None:
    narrow = open_warehouse(SHOP, cache=cache, schemas=("lake",)).introspect()
    wide = open_warehouse(cache=cache).introspect()
    again = open_warehouse(cache=cache, schemas=("lake",)).introspect()
    assert [len(catalog.tables) for catalog in (narrow, wide, again)] == [1, 3, 1]


@pytest.mark.parametrize("damage", [b"", b"not gzip", None])
def test_what_was_kept_and_is_damaged_is_read_again(
    open_warehouse: Open, cache: FolderCache, tmp_path: Path, damage: bytes | None
) -> None:
    first = open_warehouse(SHOP, cache=cache).introspect()
    (kept,) = (tmp_path / "cache" / "kaiseki").iterdir()
    kept.write_bytes(kept.read_bytes()[:-20] if damage is None else damage)
    assert open_warehouse(cache=cache).introspect() == first
    assert kept.stat().st_mode & 0o077 == 0


def test_a_cache_that_cannot_be_written_is_no_error(open_warehouse: Open, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = FolderCache(tmp_path / "file" / "below")
    assert len(open_warehouse(SHOP, cache=cache).introspect().tables) == 3


def test_where_nothing_tells_of_a_change_nothing_is_kept(
    server: RedshiftServer, open_warehouse: Open, cache: FolderCache, tmp_path: Path
) -> None:
    server.database.execute("DROP VIEW redshift_catalog.svv_external_columns")
    assert len(open_warehouse(SHOP, cache=cache).introspect().tables) == 3
    assert not (tmp_path / "cache").exists()
