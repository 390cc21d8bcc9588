"""Large results by UNLOAD: the same rows and types as by a cursor, from an emulated S3 that is left empty."""

import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from in_process_aws import in_process_bucket
from kaiseki.build import open_warehouse as opened_by_settings
from kaiseki.catalog.guide import SchemaGuide
from kaiseki.cli import run_command
from kaiseki.data_files import data_files
from kaiseki.errors import SettingError
from kaiseki.models import Query, Run
from kaiseki.report.integrity import altered
from kaiseki.settings import load_settings
from kaiseki.warehouses.parquet_results import rows_as_json
from kaiseki.warehouses.redshift.unload import UnloadSettings
from kaiseki.warehouses.redshift.warehouse import RedshiftWarehouse
from redshift_server.server import RedshiftServer
from redshift_server.unloading import Destination
from redshift_server.waiting import eventually

Open = Callable[..., RedshiftWarehouse]
BUCKET = "bundles-111122223333"
ROLE = "arn:aws:iam::111122223333:role/unload"
BELOW = f"s3://{BUCKET}/staging/"
TABLE = "CREATE TABLE t AS SELECT n, 'row ' || n AS w FROM range(20000) AS r(n)"


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    with in_process_bucket(BUCKET) as client:
        yield client


@pytest.fixture
def open_unloading(server: RedshiftServer, open_warehouse: Open, s3: Any) -> Open:
    """A warehouse that unloads what has more than 1,000 rows, and a server that may write where it is told to."""
    server.destination = Destination(s3, ROLE, BELOW)

    def opened(setup: str, role: str = ROLE, below: str = BELOW, **options: Any) -> RedshiftWarehouse:
        unload = UnloadSettings(role, below, 1_000, lambda: s3)
        return open_warehouse(setup, unload=unload, **options)

    return opened


def staged(s3: Any) -> list[str]:
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET).get("Contents", ())]


def unloads(server: RedshiftServer) -> list[str]:
    return [sql for sql in server.log if sql.startswith("UNLOAD")]


def rows_of(folder: Path, name: str = "q") -> list[list[Any]]:
    return rows_as_json(folder / f"{name}.parquet")[1]


def test_a_result_beyond_the_threshold_comes_in_parts_and_leaves_nothing_in_the_bucket(
    server: RedshiftServer, open_unloading: Open, s3: Any, tmp_path: Path
) -> None:
    query = open_unloading(TABLE).run("q", "SELECT n, w FROM t", tmp_path / "q.parquet", 100_000)
    assert (query.failure, query.rows, query.truncated, query.warnings) == (None, 20_000, False, ())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["q"]
    assert [path.name for path in data_files(tmp_path / "q.parquet")] == [f"part-{n:05d}.parquet" for n in range(4)]
    assert sorted(rows_of(tmp_path)) == [[n, f"row {n}"] for n in range(20_000)]
    assert query.bytes == sum(path.stat().st_size for path in (tmp_path / "q").iterdir())
    assert staged(s3) == []
    (unload,) = unloads(server)
    assert f"TO '{BELOW}q-" in unload
    assert f"IAM_ROLE '{ROLE}'" in unload


# ── the same as by a cursor ───────────────────────────────────────────────────────────────────────────────────────

VALUES = """CREATE TABLE v AS SELECT n::INTEGER AS n, (n % 100)::SMALLINT AS small, n * 3000000000 AS big,
  (n * 7)::DECIMAL(10,0) AS whole, (n * 7)::DECIMAL(38,0) AS wholes, (n * 0.25)::DECIMAL(12,2) AS amount,
  CASE WHEN n = 1499 THEN 99999999999999999999 ELSE n END::DECIMAL(38,0) AS huge,
  (n / 3.0)::FLOAT AS real, (n / 7.0)::DOUBLE AS double, n % 2 = 0 AS flag, 'O''Neil \\d 東京 ' || n AS words,
  DATE '0001-01-01' + n::INTEGER * 2000 AS day, TIME '23:59:59.123457' AS clock,
  TIMESTAMP '1969-12-31 23:59:59.999999' + to_days(n::INTEGER) AS moment,
  TIMESTAMPTZ '2024-01-01 09:00:00+09:00' + to_hours(n::INTEGER) AS instant,
  ('{"a":[1,null,"' || n || '"]}')::JSON AS super, ('x' || n)::BLOB AS bytes FROM range(1500) AS r(n);
INSERT INTO v (n) VALUES (-1)"""
QUERIES = (
    "SELECT * FROM v ORDER BY n",
    "SELECT n, n AS again, words || '$' AS words FROM v WHERE words <> 'it''s' OR words IS NULL ORDER BY n DESC",
    "WITH w AS (SELECT n, SUM(big) AS total, AVG(amount) AS mean FROM v GROUP BY n) SELECT * FROM w ORDER BY 2, 1",
    "SELECT n FROM v UNION ALL SELECT small FROM v WHERE small IS NOT NULL ORDER BY n",
    "SELECT v.n, CASE WHEN v.flag THEN v.moment END AS even FROM v ORDER BY CASE WHEN v.flag THEN v.moment END, v.n",
    "(SELECT n, small FROM v ORDER BY small DESC, n LIMIT 1200)",
    "SELECT n -- the number\nFROM v ORDER BY n -- all of them\n;",
)


def test_names_types_rows_and_their_order_are_those_of_a_cursor(
    server: RedshiftServer, open_warehouse: Open, open_unloading: Open, tmp_path: Path
) -> None:
    unloading, fetching = open_unloading(VALUES), open_warehouse()
    server.destination.rows_per_file = 700  # type: ignore[union-attr]
    for sql in QUERIES:
        require_the_same(sql, unloading, fetching, tmp_path)
    assert len(unloads(server)) == len(QUERIES)


def require_the_same(sql: str, unloading: RedshiftWarehouse, fetching: RedshiftWarehouse, tmp_path: Path) -> None:
    unloaded = unloading.run("q", sql, tmp_path / "q.parquet", 100_000)
    fetched = fetching.run("c", sql, tmp_path / "c.parquet", 100_000)
    assert (unloaded.failure, fetched.failure) == (None, None)
    told = {"columns", "rows", "truncated", "warnings", "sql", "executed_sql"}
    assert unloaded.model_dump(include=told) == fetched.model_dump(include=told)
    schemas = {str(pq.read_schema(file)) for file in (*data_files(tmp_path / "q.parquet"), tmp_path / "c.parquet")}
    assert len(schemas) == 1
    assert rows_of(tmp_path) == rows_of(tmp_path, "c")


def test_the_same_rows_have_the_same_digest(open_unloading: Open, tmp_path: Path) -> None:
    warehouse = open_unloading(TABLE)
    first, again = (warehouse.run("q", "SELECT n, w FROM t ORDER BY n", tmp_path / "q.parquet", 100_000) for _ in "12")
    other = warehouse.run("q", "SELECT n, w FROM t ORDER BY n DESC", tmp_path / "q.parquet", 100_000)
    assert first.sha256 == again.sha256 != other.sha256


def test_the_cap_holds_and_is_told(server: RedshiftServer, open_unloading: Open, tmp_path: Path) -> None:
    warehouse = open_unloading(TABLE)
    for cap, truncated in ((19_999, True), (20_000, False), (5_000, True)):
        query = warehouse.run("q", "SELECT n FROM t ORDER BY n DESC", tmp_path / "q.parquet", cap)
        assert (query.rows, query.truncated) == (cap, truncated)
        assert rows_of(tmp_path) == [[19_999 - n] for n in range(cap)]
        assert f"LIMIT {cap + 1})" in unloads(server)[-1]


BY_CURSOR = (
    ("SELECT n FROM t WHERE n < 1000", 100_000),  # as many as a cursor may bring
    ("SELECT n FROM t", 1_000),  # no more are wanted
    ("SELECT n FROM t ORDER BY LEN(w), n", 100_000),  # by what it does not return
    ("SELECT n FROM t WHERE w <> '$$' ORDER BY n", 100_000),  # cannot be quoted
)


def test_other_results_come_by_a_cursor(server: RedshiftServer, open_unloading: Open, tmp_path: Path) -> None:
    warehouse = open_unloading(TABLE)
    for sql, cap in BY_CURSOR:
        query = warehouse.run("q", sql, tmp_path / "q.parquet", cap)
        assert (query.failure, data_files(tmp_path / "q.parquet")) == (None, [tmp_path / "q.parquet"])
    assert unloads(server) == []


def test_by_a_cursor_no_more_comes_than_one_may_bring_and_the_query_says_what_brings_more(
    server: RedshiftServer, open_warehouse: Open, open_unloading: Open, tmp_path: Path
) -> None:
    unloading = open_unloading(TABLE, cursor_rows=2_000)
    found = [
        (unloading, "SELECT n FROM t ORDER BY LEN(w), n", "sort by columns that the query returns"),
        (open_warehouse(cursor_rows=2_000), "SELECT n FROM t ORDER BY n", "aggregate or filter more in SQL"),
    ]
    for warehouse, sql, hint in found:
        query = warehouse.run("q", sql, tmp_path / "q.parquet", 100_000)
        assert (query.rows, query.truncated) == (2_000, True)
        (warning,) = query.warnings
        assert "a cursor brings 2,000 rows at most, and there are more" in warning
        assert hint in warning
    assert unloading.run("q", "SELECT n FROM t", tmp_path / "q.parquet", 100_000).rows == 20_000
    whole = unloading.run("q", "SELECT n FROM t WHERE n < 2000 ORDER BY LEN(w), n", tmp_path / "q.parquet", 100_000)
    assert (whole.rows, whole.truncated, whole.warnings) == (2_000, False, ())


def test_one_form_of_the_rows_takes_the_place_of_the_other(open_unloading: Open, tmp_path: Path) -> None:
    warehouse = open_unloading(TABLE)
    for sql, files in (("SELECT n FROM t", 4), ("SELECT n FROM t WHERE n < 9", 1), ("SELECT n FROM t", 4)):
        warehouse.run("q", sql, tmp_path / "q.parquet", 100_000)
        assert len(data_files(tmp_path / "q.parquet")) == files
        assert len(list(tmp_path.iterdir())) == 1


# ── what goes wrong ───────────────────────────────────────────────────────────────────────────────────────────────


def came_by_cursor(query: Query, folder: Path, why: str) -> None:
    assert (query.failure, query.rows, data_files(folder / "q.parquet")) == (None, 20_000, [folder / "q.parquet"])
    assert [why in warning for warning in query.warnings] == [True]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"role": "arn:aws:iam::111122223333:role/other"}, "not authorized to assume IAM Role"),
        ({"below": f"s3://{BUCKET}/elsewhere/"}, "Access Denied"),
    ],
)
def test_where_the_role_may_not_the_rows_come_by_a_cursor_and_the_query_says_why(
    options: dict[str, Any], why: str, open_unloading: Open, s3: Any, tmp_path: Path
) -> None:
    query = open_unloading(TABLE, **options).run("q", "SELECT n FROM t", tmp_path / "q.parquet", 100_000)
    came_by_cursor(query, tmp_path, why)
    assert staged(s3) == []


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda s3, key: s3.delete_object(Bucket=BUCKET, Key=key), "cannot be read"),
        (lambda s3, key: s3.put_object(Bucket=BUCKET, Key=key, Body=b"{}"), "manifest is not of the form"),
    ],
)
def test_a_result_that_cannot_be_read_whole_is_not_taken(
    spoil: Callable[[Any, str], None],
    why: str,
    server: RedshiftServer,
    open_unloading: Open,
    s3: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write = Destination.write

    def spoiled(destination: Destination, *result: Any) -> None:
        write(destination, *result)
        spoil(s3, next(key for key in staged(s3) if key.endswith("manifest")))

    monkeypatch.setattr(Destination, "write", spoiled)
    query = open_unloading(TABLE).run("q", "SELECT n FROM t", tmp_path / "q.parquet", 100_000)
    came_by_cursor(query, tmp_path, why)
    assert staged(s3) == []


def test_what_cannot_be_unloaded_is_cut_where_a_cursor_ends_and_both_are_told(
    open_unloading: Open, tmp_path: Path
) -> None:
    elsewhere = open_unloading(TABLE, below=f"s3://{BUCKET}/elsewhere/", cursor_rows=5_000)
    query = elsewhere.run("q", "SELECT n FROM t", tmp_path / "q.parquet", 100_000)
    assert (query.failure, query.rows, query.truncated) == (None, 5_000, True)
    assert ["could not be unloaded" in query.warnings[0], "5,000 rows at most" in query.warnings[1]] == [True, True]


def test_a_failing_statement_is_refused_as_ever(open_unloading: Open, s3: Any, tmp_path: Path) -> None:
    sql = "SELECT 1 / (n - 15000) AS x FROM t"
    query = open_unloading(TABLE).run("q", sql, tmp_path / "q.parquet", 100_000)
    assert query.failure is not None
    assert query.failure.type == "DivisionByZero"
    assert (list(tmp_path.iterdir()), staged(s3)) == ([], [])


def test_the_deadline_ends_the_unload_on_the_server_and_leaves_nothing(
    server: RedshiftServer, open_unloading: Open, s3: Any, tmp_path: Path
) -> None:
    server.destination.hold = True  # type: ignore[union-attr]
    query = open_unloading(TABLE, query_seconds=3.0).run("q", "SELECT n FROM t", tmp_path / "q.parquet", 100_000)
    assert query.failure is not None
    assert query.failure.type == "Timeout"
    assert (list(tmp_path.iterdir()), staged(s3)) == ([], [])
    assert eventually(lambda: server.running == [])


def test_ctrl_c_ends_the_unload_on_the_server_and_leaves_nothing(
    server: RedshiftServer, open_unloading: Open, s3: Any, tmp_path: Path
) -> None:
    server.destination.hold = True  # type: ignore[union-attr]
    warehouse = open_unloading(TABLE)
    main = threading.main_thread().ident
    assert main is not None
    holding = threading.Event()

    def press() -> None:
        while not any(key.endswith("manifest") for key in staged(s3)):
            holding.wait(0.02)
        signal.pthread_kill(main, signal.SIGINT)

    pressing = threading.Thread(target=press)
    pressing.start()
    with pytest.raises(KeyboardInterrupt):
        warehouse.run("q", "SELECT n FROM t", tmp_path / "q.parquet", 100_000)
    pressing.join()
    assert (list(tmp_path.iterdir()), staged(s3)) == ([], [])
    assert eventually(lambda: server.running == [])


def test_a_connection_lost_amid_the_unload_is_opened_anew_and_its_files_are_not_mixed(
    server: RedshiftServer, open_unloading: Open, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, times = Destination.write, iter([True])

    def lost(destination: Destination, *result: Any) -> None:
        write(destination, *result)
        if next(times, False):
            server.hang_up()

    monkeypatch.setattr(Destination, "write", lost)
    query = open_unloading(TABLE).run("q", "SELECT n FROM t ORDER BY n", tmp_path / "q.parquet", 100_000)
    assert (query.failure, query.rows) == (None, 20_000)
    assert rows_of(tmp_path) == [[n] for n in range(20_000)]
    assert (len(unloads(server)), staged(s3)) == (2, [])


# ── the whole program ─────────────────────────────────────────────────────────────────────────────────────────────

STEP = """The rows, counted here.
```sql name=numbers
SELECT n FROM public.t ORDER BY n
```
```python
numbers = load("numbers")
fact("rows", len(numbers))
fact("total", int(numbers["n"].sum()))
```
```answer outcome=answered
{rows} rows, {total} in total.
```
"""


def test_a_run_loads_an_unloaded_result_replays_it_and_its_bundle_holds_the_parts(
    server: RedshiftServer,
    s3: Any,
    ask: Callable[..., tuple[Run, Path]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server.destination = Destination(s3, ROLE, BELOW)
    server.database.execute(TABLE)
    settings = {
        "warehouse": f"redshift://analyst@localhost:{server.port}/memory",
        "redshift_password": "not-a-secret",
        "unload_role": ROLE,
        "unload_to": BELOW.rstrip("/"),
        "unload_above": "1000",
    }
    run, bundle = ask("How many?", [STEP], **settings)
    assert (run.outcome, run.answer.strip(), run.replayed) == ("answered", "20000 rows, 199990000 in total.", True)
    parts = [artifact for artifact in run.artifacts if artifact.kind == "data"]
    assert [part.path for part in parts] == [f"data/numbers/part-{n:05d}.parquet" for n in range(4)]
    assert {part.name for part in parts} == {"numbers"}
    assert altered(run, bundle, "data") == ()
    for name, value in settings.items():
        monkeypatch.setenv(f"KAISEKI_{name.upper()}", value)
    assert run_command(["replay", str(bundle), "--requery"]) == 0
    assert len(unloads(server)) == 2


def test_by_default_a_result_beyond_the_threshold_is_unloaded_below_the_prefix_of_its_run(
    server: RedshiftServer, s3: Any, tmp_path: Path
) -> None:
    server.destination = Destination(s3, ROLE, f"{BELOW}20261121-rows/", rows_per_file=100_000)
    server.database.execute("CREATE TABLE many AS SELECT n FROM range(250000) AS r(n)")
    settings = load_settings({**place_of(server), "unload_role": ROLE, "unload_to": BELOW}, {})
    with opened_by_settings(settings, settings.now, run_id="20261121-rows") as warehouse:
        query = warehouse.run("q", "SELECT n FROM many", tmp_path / "q.parquet", settings.budget.rows_per_query)
    assert (query.failure, query.rows, query.truncated, query.warnings) == (None, 250_000, False, ())
    assert len(unloads(server)) == 1
    assert staged(s3) == []


def test_what_a_query_returns_at_most_is_told_to_the_model(server: RedshiftServer) -> None:
    server.database.execute(TABLE)
    unloading = {"unload_role": ROLE, "unload_to": BELOW}
    for flags, told in (({}, 200_000), (unloading, 2_000_000), ({**unloading, "budget_rows_per_query": 50}, 50)):
        settings = load_settings({**place_of(server), **flags}, {})
        rows = settings.budget.rows_per_query
        with opened_by_settings(settings, settings.now) as warehouse:
            card = SchemaGuide(warehouse, settings.now.date(), rows, settings.card_characters).study("How many?").card
        assert f"A query returns at most {told:,} rows." in card


def place_of(server: RedshiftServer) -> dict[str, str]:
    return {
        "warehouse": f"redshift://analyst@localhost:{server.port}/memory",
        "redshift_password": "not-a-secret",
        "cache": "none",
    }


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"unload_role": ROLE}, "one of them is not set"),
        ({"unload_role": "admin", "unload_to": BELOW}, "is no role"),
        ({"unload_role": ROLE, "unload_to": "s3://b/x' y"}, "is no prefix in S3"),
    ],
)
def test_a_role_or_place_that_is_none_is_refused_before_anything_starts(values: dict[str, str], message: str) -> None:
    with pytest.raises(SettingError, match=message) as refused:
        load_settings(values, {})
    assert refused.value.hint
