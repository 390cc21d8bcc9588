"""The real driver, over a real socket with TLS, against a server whose SQL really runs: what queries bring."""

from collections.abc import Callable
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import pytest

from kaiseki.models import Failure, Query
from kaiseki.warehouses.parquet_results import rows_as_json
from kaiseki.warehouses.redshift.warehouse import RedshiftWarehouse
from redshift_server.server import RedshiftServer

Open = Callable[..., RedshiftWarehouse]


def rows(warehouse: RedshiftWarehouse, sql: str, folder: Path, cap: int = 1000) -> list[list[object]]:
    query = warehouse.run("q", sql, folder / "q.parquet", cap)
    assert query.failure is None, query.failure
    return rows_as_json(folder / "q.parquet")[1]


def failure(query: Query) -> Failure:
    assert query.failure is not None
    return query.failure


# ── types ─────────────────────────────────────────────────────────────────────────────────────────────────────────

TYPES = {
    "SMALLINT": ("SMALLINT", "int16", {"-32768": -32768, "7": 7}),
    "INTEGER": ("INTEGER", "int32", {"-2147483648": -(2**31)}),
    "BIGINT": ("BIGINT", "int64", {"9223372036854775807": 2**63 - 1}),
    "DECIMAL(10,0)": ("BIGINT", "int64", {"1234567890": 1234567890}),
    "DECIMAL(12,2)": ("NUMERIC(12,2)", "decimal128(12, 2)", {"12.30": "12.30", "-0.05": "-0.05"}),
    "DECIMAL(38,10)": (
        "NUMERIC(38,10)",
        "decimal128(38, 10)",
        {"1234567890123456789012345678.0123456789": "1234567890123456789012345678.0123456789"},
    ),
    "FLOAT": ("REAL", "float", {"1.5": 1.5}),
    "DOUBLE": ("DOUBLE PRECISION", "double", {"0.1": 0.1, "'NaN'": "NaN", "'-Infinity'": "-Infinity"}),
    "BOOLEAN": ("BOOLEAN", "bool", {"true": True, "false": False}),
    "VARCHAR": ("VARCHAR", "string", {"''": "", "'東京 \"x\" ''y'''": "東京 \"x\" 'y'"}),
    "DATE": ("DATE", "date32[day]", {"'0001-01-01'": "0001-01-01", "'9999-12-31'": "9999-12-31"}),
    "TIME": ("TIME", "time64[us]", {"'10:20:30'": "10:20:30", "'23:59:59.123457'": "23:59:59.123457"}),
    "TIMESTAMP": (
        "TIMESTAMP",
        "timestamp[us]",
        {"'1969-12-31 23:59:59.999999'": "1969-12-31T23:59:59.999999", "'2024-02-29'": "2024-02-29T00:00:00"},
    ),
    "TIMESTAMPTZ": (
        "TIMESTAMPTZ",
        "timestamp[us, tz=UTC]",
        {"'2024-01-01 09:00:00+09:00'": "2024-01-01T00:00:00+00:00"},
    ),
    "JSON": ("SUPER", "string", {"""'{"a": [1, null, "x"]}'""": '{"a": [1, null, "x"]}', "'3'": "3"}),
    "BLOB": ("VARBYTE", "string", {"'\\x00\\xFFa'": "00ff61"}),
}


@pytest.mark.parametrize("type_", TYPES)
def test_values_of_each_type_and_its_null_arrive_without_loss(type_: str, open_warehouse: Open, tmp_path: Path) -> None:
    name, stored, values = TYPES[type_]
    inserted = ", ".join(f"({n}, {value})" for n, value in enumerate([*values, "NULL"]))
    warehouse = open_warehouse(f"CREATE TABLE t (n INTEGER, v {type_}); INSERT INTO t VALUES {inserted}")
    query = warehouse.run("q", "SELECT v FROM t ORDER BY n", tmp_path / "q.parquet", 100)
    assert query.failure is None
    assert query.columns == (("v", name),)
    assert str(pq.read_schema(tmp_path / "q.parquet").field("v").type) == stored
    assert rows_as_json(tmp_path / "q.parquet")[1] == [[v] for v in (*values.values(), None)]
    assert any("hexadecimal" in warning for warning in query.warnings) == (type_ == "BLOB")


def test_long_texts_empty_ones_and_nulls_stand_side_by_side(open_warehouse: Open, tmp_path: Path) -> None:
    warehouse = open_warehouse(
        "CREATE TABLE t (n INTEGER, w VARCHAR); "
        "INSERT INTO t VALUES (0, ''), (1, NULL), (2, repeat('東', 5000)), (3, 'x'), (NULL, NULL)"
    )
    found = rows(warehouse, "SELECT w, n FROM t ORDER BY n", tmp_path)
    assert found == [["", 0], [None, 1], ["東" * 5000, 2], ["x", 3], [None, None]]


@pytest.mark.parametrize(
    ("column", "type_", "message"),
    [
        ("g GEOMETRY", "Unsupported", "the column g is GEOMETRY"),
        ("i INTERVAL", "Unsupported", "the column i is an INTERVAL"),
    ],
)
def test_what_parquet_cannot_hold_is_refused_by_name(
    column: str, type_: str, message: str, open_warehouse: Open, tmp_path: Path
) -> None:
    warehouse = open_warehouse(f"CREATE TABLE t (a INTEGER, {column}); INSERT INTO t (a) VALUES (1)")
    refused = failure(warehouse.run("q", "SELECT * FROM t", tmp_path / "q.parquet", 10))
    assert (refused.type, message in refused.message) == (type_, True)
    assert refused.hint
    assert list(tmp_path.iterdir()) == []
    assert rows(warehouse, "SELECT a FROM t", tmp_path) == [[1]]


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("TIMESTAMP", "infinity"),
        ("TIMESTAMP", "-infinity"),
        ("TIMESTAMPTZ", "infinity"),
        ("DATE", "infinity"),
        ("DATE", "12024-01-01"),
    ],
)
def test_infinite_and_far_dates_are_refused_rather_than_bent(
    type_: str, value: str, open_warehouse: Open, tmp_path: Path
) -> None:
    warehouse = open_warehouse(f"CREATE TABLE t (d {type_}); INSERT INTO t VALUES ('{value}')")
    refused = failure(warehouse.run("q", "SELECT d FROM t", tmp_path / "q.parquet", 10))
    assert (refused.type, "years 1 to 9999" in refused.message) == ("InvalidValue", True)
    assert "CASE" in refused.hint
    assert rows(warehouse, "SELECT COUNT(*) AS n FROM t", tmp_path) == [[1]]


def test_whole_numerics_are_integers_where_all_of_them_fit_even_the_last(open_warehouse: Open, tmp_path: Path) -> None:
    warehouse = open_warehouse(
        "CREATE TABLE t AS SELECT n::BIGINT AS n, "
        "CASE WHEN n = 24999 THEN 99999999999999999999 ELSE n END::DECIMAL(38,0) AS big FROM range(25000) AS r(n)"
    )
    into = tmp_path / "q.parquet"
    query = warehouse.run("q", "SELECT n, big, SUM(n) OVER () AS total FROM t ORDER BY n", into, 100_000)
    assert query.columns == (("n", "BIGINT"), ("big", "NUMERIC(38,0)"), ("total", "BIGINT"))
    assert [str(f.type) for f in pq.read_schema(into)] == ["int64", "decimal128(38, 0)", "int64"]
    assert rows_as_json(into)[1][-1] == [24999, "99999999999999999999", 312487500]


# ── results ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("cap", "kept", "truncated"), [(99, 99, True), (100, 100, False), (101, 100, False), (0, 0, True)]
)
def test_a_result_beyond_the_cap_says_that_it_is_truncated(
    cap: int, kept: int, truncated: bool, open_warehouse: Open, tmp_path: Path
) -> None:
    warehouse = open_warehouse("CREATE TABLE t AS SELECT * FROM range(100) AS r(n)")
    query = warehouse.run("q", "SELECT n FROM t ORDER BY n", tmp_path / "q.parquet", cap)
    assert (query.rows, query.truncated, pq.read_metadata(tmp_path / "q.parquet").num_rows) == (kept, truncated, kept)


def test_no_more_than_one_row_beyond_the_cap_is_fetched(
    server: RedshiftServer, open_warehouse: Open, tmp_path: Path
) -> None:
    warehouse = open_warehouse("CREATE TABLE t AS SELECT * FROM range(50000) AS r(n)")
    query = warehouse.run("q", "SELECT n FROM t", tmp_path / "q.parquet", 12_000)
    assert (query.rows, query.truncated) == (12_000, True)
    fetched = [int(sql.split()[2]) for sql in server.log if sql.startswith("FETCH")]
    assert fetched == [10_000, 2_001]


def test_an_empty_result_keeps_its_columns(open_warehouse: Open, tmp_path: Path) -> None:
    warehouse = open_warehouse("CREATE TABLE t (a INTEGER, d DATE, x DECIMAL(10,2))")
    query = warehouse.run("q", "SELECT a, d, x FROM t", tmp_path / "q.parquet", 10)
    assert (query.rows, query.columns) == (0, (("a", "INTEGER"), ("d", "DATE"), ("x", "NUMERIC(10,2)")))
    assert rows_as_json(tmp_path / "q.parquet") == (["a", "d", "x"], [])


def test_the_sql_is_run_as_it_was_written(server: RedshiftServer, open_warehouse: Open, tmp_path: Path) -> None:
    warehouse = open_warehouse("CREATE TABLE t AS SELECT 1 AS a, 2 AS b")
    sql = (
        "-- first\nSELECT DATEDIFF(day, '2024-01-01', '2024-01-31') AS days, /* half */ a / b AS zero\n"
        "FROM public.T -- end\n;"
    )
    query = warehouse.run("q", sql, tmp_path / "q.parquet", 10)
    assert query.sql == sql
    assert query.executed_sql == sql[sql.index("SELECT") : sql.index(" -- end")]
    assert f"DECLARE kaiseki_rows CURSOR FOR\n{query.executed_sql}" in server.log
    assert rows_as_json(tmp_path / "q.parquet") == (["days", "zero"], [[30, 0]])


def test_a_million_rows_come_with_flat_memory(open_warehouse: Open, tmp_path: Path) -> None:
    warehouse = open_warehouse("CREATE TABLE t AS SELECT n, 'row ' || n AS words FROM range(1000000) AS r(n)")
    warehouse.run("warm", "SELECT n, words FROM t", tmp_path / "warm.parquet", 50_000)
    process = psutil.Process()
    before = process.memory_info().rss
    peaks: list[int] = []
    fetch = warehouse._server.connection.fetch  # type: ignore[union-attr]

    def measured(sql: str) -> object:
        peaks.append(process.memory_info().rss)
        return fetch(sql)

    warehouse._server.connection.fetch = measured  # type: ignore[method-assign, union-attr, assignment]
    query = warehouse.run("q", "SELECT n, words FROM t", tmp_path / "q.parquet", 2_000_000)
    assert (query.failure, query.rows, query.truncated) == (None, 1_000_000, False)
    assert max(peaks) - before < 60_000_000  # the rows as Python's objects would take ten times as much
    table = pq.read_table(tmp_path / "q.parquet")
    assert table["n"].to_numpy().sum() == 499_999_500_000


# ── failures ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_failing_query_leaves_no_file_and_says_why_as_any_warehouse_does(
    open_warehouse: Open, tmp_path: Path
) -> None:
    warehouse = open_warehouse("CREATE TABLE t AS SELECT 1 AS a, 'x' AS b UNION ALL SELECT 0, 'y'")
    failing = {
        "SELECT c FROM t": "UnknownColumn",
        "SELECT a FROM u": "UnknownTable",
        "SELECT a FROM": "SyntaxError",
        "DROP TABLE t": "NotAllowed",
        "SELECT v.n FROM (VALUES (1), (2)) AS v(n)": "NotAllowed",
        "SELECT 1 / a AS x FROM t": "DivisionByZero",
        "SELECT b::int AS x FROM t": "InvalidValue",
        "SELECT a FROM t WHERE a = (SELECT a FROM t)": "SubqueryRows",
        "SELECT a, COUNT(*) AS n FROM t": "GroupBy",
    }
    for sql, type_ in failing.items():
        found = failure(warehouse.run("q", sql, tmp_path / "q.parquet", 10))
        assert (found.kind, found.type, found.subject) == ("query", type_, "q"), found
        assert "\n" not in found.message
        assert found.hint or type_ == "SyntaxError"
    assert list(tmp_path.iterdir()) == []
    assert rows(warehouse, "SELECT COUNT(*) AS n FROM t", tmp_path) == [[2]]


def test_the_traps_of_redshifts_numbers_are_warned_of(open_warehouse: Open, tmp_path: Path) -> None:
    warehouse = open_warehouse("CREATE TABLE t AS SELECT 7 AS a, 2 AS b")
    query = warehouse.run("q", "SELECT a / b AS half, AVG(a) AS mean FROM t GROUP BY a, b", tmp_path / "q.parquet", 10)
    assert [warning.split(" drops")[0] for warning in query.warnings] == [
        "an integer divided by an integer",
        "AVG of integers",
    ]


def test_a_table_that_was_changed_meanwhile_is_no_riddle(
    server: RedshiftServer, open_warehouse: Open, tmp_path: Path
) -> None:
    warehouse = open_warehouse("CREATE TABLE t AS SELECT 1 AS a")
    warehouse.introspect()
    server.database.execute("ALTER TABLE t ADD COLUMN b INTEGER")
    changed = failure(warehouse.run("q", "SELECT * FROM t", tmp_path / "q.parquet", 10))
    assert (changed.type, "2 columns where the catalog knows 1" in changed.message) == ("SchemaChanged", True)
    assert rows(warehouse, "SELECT a FROM t", tmp_path) == [[1]]
    server.database.execute("ALTER TABLE t DROP COLUMN a")
    assert failure(warehouse.run("q", "SELECT a FROM t", tmp_path / "q.parquet", 10)).type == "UnknownColumn"
