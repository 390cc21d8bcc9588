"""Nothing that changes anything passes the guard: some 500 hostile statements and random disguises of them.

What passes runs as it was written on a database that could be written to, which is compared before and after."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random

import duckdb
import pytest
import redshift_connector

from kaiseki.models import Catalog, Failure
from kaiseki.warehouses.redshift.warehouse import RedshiftWarehouse, bare
from kaiseki.warehouses.sql.guard import Statement, check
from redshift_server.server import RedshiftServer
from sql.mutations import mutated
from sql.paragraphs import HERE, paragraphs

Open = Callable[..., RedshiftWarehouse]

HOSTILE = paragraphs("hostile")
MUTATIONS = 1_500
SHOP = (HERE / "shop.sql").read_text(encoding="utf-8")
EXTRAS = """
CREATE SEQUENCE s; CREATE VIEW v AS SELECT 1 AS a; CREATE MACRO my_udf(a) AS a + 1;
PREPARE p AS DELETE FROM users"""
INNOCENT = ("SELECT age FROM users", "SELECT COUNT(*) AS n FROM orders WHERE status = 'paid'", "SELECT 'it''s' AS a")
REFUSED_AS = ("NotAllowed", "SyntaxError", "UnknownTable", "UnknownColumn", "ReservedWord")
STATE = """
SELECT 'table', sql FROM duckdb_tables() UNION ALL SELECT 'view', sql FROM duckdb_views() WHERE NOT internal
UNION ALL SELECT 'index', sql FROM duckdb_indexes() UNION ALL SELECT 'schema', schema_name FROM duckdb_schemas()
UNION ALL SELECT 'sequence', sequence_name || coalesce(last_value, 0) FROM duckdb_sequences()
UNION ALL SELECT 'function', function_name FROM duckdb_functions() WHERE NOT internal
UNION ALL SELECT 'type', type_name FROM duckdb_types() WHERE NOT internal
UNION ALL SELECT 'comment', comment FROM duckdb_tables()
UNION ALL SELECT 'database', database_name FROM duckdb_databases()
UNION ALL SELECT 'prepared', name FROM duckdb_prepared_statements()
UNION ALL SELECT 'variable', name FROM duckdb_variables()
UNION ALL SELECT 'setting', name || value FROM duckdb_settings()
"""


@dataclass(frozen=True)
class Shop:
    """A database with rows in it, the session that may change it, and the server on which it is Redshift."""

    catalog: Catalog
    session: duckdb.DuckDBPyConnection
    server: RedshiftServer

    def state(self) -> list[tuple[object, ...]]:
        """Whether a transaction was left open, which is ended; schema, sequences, settings, rows."""
        found: list[tuple[object, ...]] = [("in a transaction", self._left_transaction())]
        found += sorted(self.session.execute(STATE).fetchall(), key=str)
        for table in self.catalog.tables:
            found += self.session.execute(f'FROM {table.schema_name}."{table.name}"').fetchall()
        return found

    def _left_transaction(self) -> bool:
        left = False
        try:
            self.session.begin()
        except duckdb.Error:
            left = True
        self.session.rollback()
        return left


@pytest.fixture
def shop(server: RedshiftServer, open_warehouse: Open) -> Shop:
    catalog = open_warehouse(SHOP).introspect()
    server.database.execute(EXTRAS)
    server.database.execute("SET enable_external_access = false")  # a hostile statement finds no file to write
    return Shop(catalog, server.database, server)


def passing(sql: str, catalog: Catalog) -> bool:
    result = check("q", sql, catalog)
    if isinstance(result, Failure):
        assert result.message
        assert len(result.message) < 250
    return isinstance(result, Statement)


def test_every_hostile_statement_is_refused_with_a_word_of_what_is_wrong(shop: Shop) -> None:
    assert len({paragraph.sql for paragraph in HOSTILE}) > 450
    found = [(p, check("q", p.sql, shop.catalog)) for p in HOSTILE]
    assert [str(p) for p, result in found if not isinstance(result, Failure)] == []
    assert {result.type for _, result in found if isinstance(result, Failure)} <= set(REFUSED_AS)


def disguised(catalog: Catalog, count: int, seed: int) -> list[str]:
    """What passes of `count` disguises of hostile statements, among them comments and texts that only quote them."""
    random = Random(seed)
    made = (mutated(random.choice(HOSTILE).sql, random.choice(INNOCENT), random) for _ in range(count))
    return [sql for sql in dict.fromkeys(made) if passing(sql, catalog)]


def changed_by(shop: Shop, admitted: list[str]) -> list[str]:
    """Those of the statements, or all at once, that left a trace when they ran as written where they could write."""
    before = shop.state()
    for sql in admitted:
        with suppress(duckdb.Error):
            shop.session.execute(sql).fetchall()
    return admitted if shop.state() != before else []


def test_no_disguise_that_passes_changes_anything(shop: Shop) -> None:
    admitted = disguised(shop.catalog, MUTATIONS, seed=20261121)
    assert len(admitted) > 20  # of those that only quote a hostile statement some must pass, or nothing was tried
    assert changed_by(shop, admitted) == []


def test_no_disguise_that_passes_changes_anything_through_the_driver(shop: Shop) -> None:
    login = {"user": "analyst", "password": "not-a-secret", "database": "memory"}
    before = shop.state()
    with redshift_connector.connect(host="localhost", port=shop.server.port, ssl=True, **login) as connection:
        connection.autocommit = True
        for sql in disguised(shop.catalog, MUTATIONS // 4, seed=7):
            with connection.cursor() as cursor, suppress(redshift_connector.Error):
                cursor.execute(bare(sql))
    assert shop.state() == before


TRACES = (
    "DELETE FROM users WHERE userid = 1",
    "SELECT age FROM users; UPDATE users SET age = 1",
    "CREATE TABLE x AS SELECT * FROM users",
    "DROP VIEW v",
    "SET threads = 2",
    "SELECT nextval('s')",
    "COMMENT ON TABLE users IS 'x'",
    "SELECT 1; CREATE MACRO f(a) AS a",
    "BEGIN",
    "EXECUTE p",
    "WITH x AS (SELECT 1 AS a) INSERT INTO customers SELECT a, 'x', 'y' FROM x",
)


def test_the_comparison_would_see_a_change(shop: Shop) -> None:
    assert [sql for sql in TRACES if passing(sql, shop.catalog)] == []
    assert [sql for sql in TRACES if not changed_by(shop, [sql])] == []


def test_ordinary_statements_are_not_what_is_refused(shop: Shop) -> None:
    assert all(passing(sql, shop.catalog) for sql in INNOCENT)
