"""What becomes of a query on this machine: its rows, its end before its time, and the doors that are closed to it."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from duckdb_warehouses import Open, folders_opened, rows
from kaiseki.data_files import data_files
from kaiseki.errors import WarehouseError
from kaiseki.models import Table
from kaiseki.ports import Warehouse
from kaiseki.warehouses.parquet_results import rows_as_json


@pytest.fixture
def open_warehouse(tmp_path: Path) -> Iterator[Open]:
    with folders_opened(tmp_path / "source") as opened:
        yield opened


# ── running ───────────────────────────────────────────────────────────────────────────────────────────────────────


def many_rows(count: int) -> str:
    return "n,text\n" + "".join(f"{n},row {n}\n" for n in range(count))


def test_a_query_leaves_one_parquet_file_that_it_describes(open_warehouse: Open, tmp_path: Path) -> None:
    warehouse: Warehouse = open_warehouse({"t.csv": many_rows(100)})
    into = tmp_path / "result.parquet"
    query = warehouse.run("first", "SELECT N, UPPER(text) AS Shouted FROM T ORDER BY n", into, 1000)
    assert query.failure is None
    assert (query.name, query.rows, query.truncated) == ("first", 100, False)
    assert query.columns == (("n", "INTEGER"), ("shouted", "VARCHAR"))
    assert query.sha256 == hashlib.sha256(into.read_bytes()).hexdigest()
    assert query.bytes == into.stat().st_size
    assert "UPPER" in query.executed_sql
    assert 0 < query.seconds < 60
    assert pd.read_parquet(into).shape == (100, 2)
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["result.parquet"]


def test_the_same_rows_make_the_same_bytes(open_warehouse: Open, tmp_path: Path) -> None:
    warehouse = open_warehouse({"t.csv": many_rows(150_000)}, threads=2)
    sql = "SELECT n, text FROM t ORDER BY n"
    hashes = {warehouse.run(f"q{n}", sql, tmp_path / f"{n}.parquet", 200_000).sha256 for n in range(3)}
    assert len(hashes) == 1


@pytest.mark.parametrize(
    ("cap", "kept", "truncated"), [(99, 99, True), (100, 100, False), (101, 100, False), (0, 0, True)]
)
def test_a_result_beyond_the_cap_says_that_it_is_truncated(
    cap: int, kept: int, truncated: bool, open_warehouse: Open, tmp_path: Path
) -> None:
    into = tmp_path / "q.parquet"
    query = open_warehouse({"t.csv": many_rows(100)}).run("q", "SELECT n FROM t ORDER BY n", into, cap)
    assert (query.rows, query.truncated, pq.read_metadata(into).num_rows) == (kept, truncated, kept)


def test_a_result_takes_the_place_of_one_in_several_files(open_warehouse: Open, tmp_path: Path) -> None:
    (tmp_path / "q").mkdir()
    (tmp_path / "q" / "part-00000.parquet").write_text("of another warehouse")
    query = open_warehouse({"t.csv": "a\n1\n"}).run("q", "SELECT a FROM t", tmp_path / "q.parquet", 10)
    assert (query.rows, data_files(tmp_path / "q.parquet")) == (1, [tmp_path / "q.parquet"])
    assert not (tmp_path / "q").exists()


def test_an_empty_result_keeps_its_columns(open_warehouse: Open, tmp_path: Path) -> None:
    into = tmp_path / "q.parquet"
    query = open_warehouse({"t.csv": "a\n1\n"}).run("q", "SELECT a, NULL AS b FROM t WHERE a > 9", into, 10)
    assert (query.rows, query.columns) == (0, (("a", "INTEGER"), ("b", "VARCHAR")))
    assert rows_as_json(into) == (["a", "b"], [])


def test_a_failing_query_leaves_no_file_and_no_word_of_duckdb(open_warehouse: Open, tmp_path: Path) -> None:
    warehouse = open_warehouse({"t.csv": "a,b\n1,x\n0,y\n"})
    failing = {
        "SELECT c FROM t": "UnknownColumn",
        "SELECT a FROM u": "UnknownTable",
        "SELECT a FROM": "SyntaxError",
        "DROP TABLE t": "NotAllowed",
        "SELECT SOUNDEX(b) AS s FROM t": "Unsupported",
        "SELECT 1 / a AS x FROM t": "DivisionByZero",
        "SELECT b::int AS x FROM t": "InvalidValue",
        "SELECT a, COUNT(*) AS n FROM t": "GroupBy",
        "SELECT a FROM t WHERE COUNT(*) > 1": "GroupBy",
        "SELECT a FROM t WHERE a = (SELECT a FROM t)": "SubqueryRows",
        "SELECT a FROM t GROUP BY 7": "SyntaxError",
        "SELECT LEN(a, b) AS n FROM t": "WrongArguments",
        "SELECT a FROM t WHERE a > DATE '2024-01-01'": "TypeMismatch",
    }
    for sql, type_ in failing.items():
        query = warehouse.run("q", sql, tmp_path / "q.parquet", 10)
        assert query.failure is not None, sql
        failure = query.failure
        assert (failure.kind, failure.type, failure.subject) == ("query", type_, "q"), failure
        text = f"{failure.message} {failure.hint} {failure.traceback}".lower()
        assert not any(word in text for word in ("binder", "line 1:", "candidate", "traceback", "memory.main")), text
        assert failure.message.count("\n") <= 1
    assert not list(tmp_path.glob("*.parquet*"))


def test_a_query_that_takes_too_long_is_stopped_and_the_next_one_runs(open_warehouse: Open, tmp_path: Path) -> None:
    warehouse = open_warehouse({"t.csv": many_rows(20_000)}, query_seconds=2.0)
    sql = "SELECT COUNT(*) AS n FROM t AS a, t AS b, t AS c WHERE LEN(a.text || b.text || c.text) = 1"
    query = warehouse.run("q", sql, tmp_path / "q.parquet", 10)
    assert query.failure is not None
    assert query.failure.type == "Timeout"
    assert "2 seconds" in query.failure.message
    assert rows(warehouse, "SELECT COUNT(*) AS n FROM t", tmp_path) == [[20_000]]


def test_a_query_that_needs_too_much_memory_fails_and_the_next_one_runs(open_warehouse: Open, tmp_path: Path) -> None:
    warehouse = open_warehouse({"t.csv": many_rows(2_000)}, memory_limit="64MB")
    sql = "SELECT LISTAGG(a.text || b.text) WITHIN GROUP (ORDER BY a.text) AS all_of_it FROM t AS a, t AS b"
    query = warehouse.run("q", sql, tmp_path / "q.parquet", 10)
    assert query.failure is not None
    assert query.failure.type == "OutOfMemory"
    assert rows(warehouse, "SELECT COUNT(*) AS n FROM t", tmp_path) == [[2000]]


def test_a_large_result_is_written_with_flat_memory(open_warehouse: Open, tmp_path: Path) -> None:
    warehouse = open_warehouse({"t.csv": many_rows(2_000)})
    before = pa.total_allocated_bytes()
    sql = "SELECT a.n, b.text FROM t AS a CROSS JOIN t AS b"
    query = warehouse.run("q", sql, tmp_path / "q.parquet", 1_500_000)
    assert (query.rows, query.truncated) == (1_500_000, True)
    assert pa.total_allocated_bytes() - before < 1_000_000


# ── closed doors: what would hold if the guard did not ────────────────────────────────────────────────────────────


def test_behind_the_guard_duckdb_itself_reaches_no_file_and_no_setting(open_warehouse: Open, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("password\nhunter2\n")
    parquet = tmp_path / "p.parquet"
    pq.write_table(pa.table({"a": [1]}), parquet)
    warehouse = open_warehouse({"p.parquet": parquet.read_bytes(), "t.csv": "a\n1\n"})
    raw = warehouse._connection
    for sql in (
        f"SELECT * FROM read_csv('{tmp_path / 'secret.csv'}')",
        f"SELECT * FROM '{parquet}'",
        f"COPY t TO '{tmp_path / 'out.csv'}'",
        f"ATTACH '{tmp_path / 'x.duckdb'}'",
        "SELECT * FROM glob('/etc/*')",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET GLOBAL integer_division = false",
        "RESET lock_configuration",
        "SELECT * FROM read_csv('https://example.com/x.csv')",
    ):
        with pytest.raises(duckdb.Error):
            raw.execute(sql)
    assert rows(warehouse, "SELECT a FROM p", tmp_path) == [[1]]
    assert sorted(p.name for p in tmp_path.iterdir() if p.suffix in (".csv", ".duckdb")) == ["secret.csv"]


def test_variables_of_this_process_are_no_tables(open_warehouse: Open, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1]})
    query = open_warehouse({"t.csv": "a\n1\n"}).run("q", "SELECT a FROM frame", tmp_path / "q.parquet", 10)
    assert query.failure is not None
    assert query.failure.type == "UnknownTable"
    assert len(frame) == 1


def test_the_clock_of_a_query_is_the_one_of_the_run(open_warehouse: Open, tmp_path: Path) -> None:
    warehouse = open_warehouse({"t.csv": "d\n2026-11-20\n"})
    assert rows(warehouse, "SELECT DATEDIFF(day, d, GETDATE()) AS n, CURRENT_DATE AS today FROM t", tmp_path) == [
        [1, "2026-11-21"]
    ]


def test_a_table_whose_file_is_gone_ends_in_an_error_with_its_name(open_warehouse: Open, tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "p.parquet")
    warehouse = open_warehouse({"p.parquet": (tmp_path / "p.parquet").read_bytes()})
    table: Table = warehouse.introspect().tables[0]
    (tmp_path / "source" / "p.parquet").unlink()
    with pytest.raises(WarehouseError, match="p cannot be profiled"):
        warehouse.profile(table)
