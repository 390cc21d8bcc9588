"""Files beside Redshift: each query reads one or the other."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from kaiseki.build import open_warehouse
from kaiseki.ports import Warehouse
from kaiseki.settings import load_settings

ORDERS = "CREATE TABLE orders (country VARCHAR, amount INTEGER); INSERT INTO orders VALUES ('JP', 3), ('DE', 4)"


@pytest.fixture
def both(server, tmp_path: Path) -> Iterator[Warehouse]:
    server.database.execute(ORDERS)
    file = tmp_path / "targets 2026.csv"
    file.write_text("country,target\nJP,5\nDE,6\nFR,7\n")
    location = f"redshift://analyst@localhost:{server.port}/memory"
    settings = load_settings({"warehouse": location, "redshift_password": "not-a-secret"}, {})
    with open_warehouse(settings, settings.now, (file,)) as both:
        yield both


def rows(both: Warehouse, sql: str, folder: Path) -> list[dict]:
    query = both.run("q", sql, folder / "q.parquet", 100)
    assert query.failure is None, query.failure
    return pq.read_table(folder / "q.parquet").to_pylist()


def test_the_schema_has_the_tables_of_both_and_says_which_are_files(both):
    tables = {table.qualified: table for table in both.introspect().tables}
    assert tables["targets_2026"].kind == "attachment"
    assert "in Python" in tables["targets_2026"].comment
    assert any(name.endswith("orders") and table.kind == "table" for name, table in tables.items())
    assert both.profile(tables["targets_2026"]).rows == 3


def test_a_query_goes_where_its_tables_are(both, server, tmp_path):
    files = "SELECT SUM(target) AS total FROM targets_2026"
    assert rows(both, files, tmp_path) == [{"total": 18}]
    assert not any("targets_2026" in statement for statement in server.log)
    redshift = "WITH targets_2026 AS (SELECT amount FROM orders) SELECT SUM(amount) AS total FROM targets_2026"
    assert rows(both, redshift, tmp_path) == [{"total": 7}]
    assert rows(both, "SELECT 1 AS one", tmp_path) == [{"one": 1}]


def test_a_query_of_both_is_refused_with_the_way_out(both, server, tmp_path):
    sql = "SELECT o.country AS c, target FROM orders o JOIN targets_2026 t ON o.country = t.country"
    query = both.run("q", sql, tmp_path / "q.parquet", 100)
    assert query.failure is not None
    assert "targets_2026 is an attached file" in query.failure.message
    assert "merge the results in Python" in query.failure.hint
    assert not (tmp_path / "q.parquet").exists()
    assert not any("targets_2026" in statement for statement in server.log)


def test_what_is_in_neither_is_refused_by_name_with_what_is_there(both, tmp_path):
    query = both.run("q", "SELECT country FROM targets_2025", tmp_path / "q.parquet", 100)
    assert query.failure is not None
    assert "targets_2026" in query.failure.hint
