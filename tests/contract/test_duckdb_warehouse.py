"""The warehouse on this machine keeps the port's promises, on real files and a real DuckDB."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kaiseki.data_files import data_files
from kaiseki.errors import InputError, WarehouseError
from kaiseki.models import Catalog, Table
from kaiseki.ports import Warehouse
from kaiseki.warehouses.duckdb.warehouse import DuckDBWarehouse
from kaiseki.warehouses.parquet_results import rows_as_json

NOW = datetime(2026, 11, 21, 10, 30)
Open = Callable[..., DuckDBWarehouse]


@pytest.fixture
def open_warehouse(tmp_path: Path, request: pytest.FixtureRequest) -> Open:
    """Opens a folder made of the given files (name -> text or bytes), closed at the end of the test."""

    def opened(files: dict[str, str | bytes], attachments: tuple[Path, ...] = (), **options: object) -> DuckDBWarehouse:
        warehouse = DuckDBWarehouse.open(folder(tmp_path / "source", files), attachments, now=NOW, **options)  # type: ignore[arg-type]
        request.addfinalizer(warehouse.close)
        return warehouse

    return opened


def folder(path: Path, files: dict[str, str | bytes]) -> Path:
    path.mkdir(exist_ok=True)
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def types(catalog: Catalog, table: str) -> dict[str, str]:
    found = catalog.table(table)
    assert found is not None
    return {c.name: c.type for c in found.columns}


def rows(warehouse: Warehouse, sql: str, tmp_path: Path, cap: int = 1000) -> list[list[object]]:
    into = tmp_path / "rows.parquet"
    query = warehouse.run("q", sql, into, cap)
    assert query.failure is None, query.failure
    return rows_as_json(into)[1]


# ── what is opened ────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_file_of_a_folder_is_a_table_named_after_it(open_warehouse: Open, tmp_path: Path) -> None:
    pq.write_table(pa.table({"Id": [1, 2]}), tmp_path / "items.parquet")
    warehouse = open_warehouse(
        {
            "Users.csv": "userid,age\n1,30\n",
            "2024-q1 Sales.csv": "a\n1\n",
            "売上.csv": "金額\n5\n",
            "items.parquet": (tmp_path / "items.parquet").read_bytes(),
            "logs/2024/part-0.parquet": (tmp_path / "items.parquet").read_bytes(),
            "logs/2025/part-1.parquet": (tmp_path / "items.parquet").read_bytes(),
            "README.md": "not data",
            ".hidden.csv": "x\n1\n",
        }
    )
    catalog = warehouse.introspect()
    assert sorted(t.name for t in catalog.tables) == ["items", "logs", "t_2024_q1_sales", "users", "売上"]
    assert {t.kind for t in catalog.tables} == {"table"}
    assert rows(warehouse, "SELECT COUNT(*) AS n, SUM(id) AS s FROM logs", tmp_path) == [[4, 6]]
    assert rows(warehouse, "SELECT 金額 FROM 売上", tmp_path) == [[5]]


CSV = {
    "a byte order mark": (b"\xef\xbb\xbfname,n\nx,1\n", [["x", 1]]),
    "UTF-16": ("name,n\n東京,1\n".encode("utf-16"), [["東京", 1]]),
    "Shift_JIS": ("name,n\n東京,1\n".encode("cp932"), [["東京", 1]]),
    "semicolons": (b"name;n\nx, y;1\n", [["x, y", 1]]),
    "tabs": (b"name\tn\nx;y\t1\n", [["x;y", 1]]),
    "quoted newlines and quotes": (b'name,n\n"a\nb ""c""",1\n', [['a\nb "c"', 1]]),
    "Windows line ends": (b"name,n\r\nx,1\r\n", [["x", 1]]),
    "no newline at the end": (b"name,n\nx,1", [["x", 1]]),
    "an empty value": (b"name,n\n,\nx,1\n", [[None, None], ["x", 1]]),
    "a value for missing": (b"name,n\nNA,NA\nx,1\n", [["NA", None], ["x", 1]]),
    "only a header": (b"name,n\n", []),
    "blank lines before the header": (b"\n\nname,n\nx,1\n", [["x", 1]]),
}


@pytest.mark.parametrize("kind", list(CSV))
def test_a_csv_is_read_as_people_write_it(kind: str, open_warehouse: Open, tmp_path: Path) -> None:
    content, expected = CSV[kind]
    assert rows(open_warehouse({"t.csv": content}), "SELECT name, n FROM t", tmp_path) == expected


def test_the_type_of_a_csv_column_fits_all_of_its_values(open_warehouse: Open) -> None:
    header = "int,big,float,mixed,zip,bool,day,moment,slash,year_first,word,both_ways,day_first,empty,zoned"
    first = "1,5000000000,1.5,1,01234,true,2024-01-31,2024-01-31 10:00:00,1/31/2024,2024/1/5,x,01/02/2024,31/12/2024,"
    second = "-7,2,2,x,98765,False,2024-02-01,2024-02-01 10:00:00.5,2/1/2024,2024/12/31,y,03/04/2024,01/12/2024,"
    first, second = f"{first},2024-01-01T00:00:00Z", f"{second},2024-01-01T00:00:00+09:00"
    found = types(open_warehouse({"t.csv": "\n".join((header, first, second))}).introspect(), "t")
    assert found == {
        "int": "INTEGER",
        "big": "BIGINT",
        "float": "DOUBLE PRECISION",
        "mixed": "VARCHAR",
        "zip": "VARCHAR",
        "bool": "BOOLEAN",
        "day": "DATE",
        "moment": "TIMESTAMP",
        "slash": "DATE",
        "year_first": "DATE",
        "word": "VARCHAR",
        "both_ways": "VARCHAR",
        "day_first": "DATE",
        "empty": "VARCHAR",
        "zoned": "TIMESTAMPTZ",
    }


def test_a_value_far_down_the_file_still_decides_the_type(open_warehouse: Open) -> None:
    lines = ["n,m", *("1,1" for _ in range(5000)), "x,2.5"]
    assert types(open_warehouse({"t.csv": "\n".join(lines)}).introspect(), "t") == {
        "n": "VARCHAR",
        "m": "DOUBLE PRECISION",
    }


def test_header_cells_become_distinct_lower_case_names(open_warehouse: Open, tmp_path: Path) -> None:
    warehouse = open_warehouse({"t.csv": 'User Name,,Total,total," Total ",order\na,b,1,2,3,4\n'})
    assert list(types(warehouse.introspect(), "t")) == ["user name", "column_2", "total", "total_2", "total_3", "order"]
    assert rows(warehouse, 'SELECT "user name", total_3, "order" FROM t', tmp_path) == [["a", 3, 4]]


BROKEN = {
    "a short row": ({"t.csv": "a,b\n1,2\n3\n"}, ("t.csv", "line 3", "1 value")),
    "a long row": ({"t.csv": "a,b\n1,2\n3,4\n5,6,7\n"}, ("t.csv", "line 4", "3 values")),
    "an open quote": ({"t.csv": 'a,b\n1,"x\n3,4\n'}, ("t.csv", "quote")),
    "an empty file": ({"t.csv": ""}, ("t.csv", "empty")),
    "only blanks": ({"t.csv": "  \n\n"}, ("t.csv", "empty")),
    "not text": ({"t.csv": b"\x00\x01\x02PNG"}, ("t.csv", "text")),
    "no known encoding": ({"t.csv": b"a,b\n1,2\n\xff\xfe\xfd,\x81\n"}, ("t.csv", "line 3", "UTF-8")),
    "a broken Parquet file": ({"t.parquet": b"PAR1nonsense"}, ("t.parquet", "Parquet")),
    "two files of one name": ({"t.csv": "a\n1\n", "T.csv": "a\n1\n"}, ("t.csv", "T.csv", "table t")),
    "an empty folder": ({}, ("no CSV or Parquet",)),
    "other files only": ({"notes.docx": b"x"}, ("no CSV or Parquet",)),
}


@pytest.mark.parametrize("kind", list(BROKEN))
def test_what_cannot_be_loaded_is_named_in_one_line_with_its_cure(kind: str, open_warehouse: Open) -> None:
    files, words = BROKEN[kind]
    with pytest.raises(InputError) as raised:
        open_warehouse(files)
    assert all(word in raised.value.message for word in words), raised.value.message
    assert "\n" not in raised.value.message
    assert raised.value.hint
    assert raised.value.exit_code == 2


def test_a_missing_folder_and_a_file_that_is_no_database_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no .*nowhere"):
        DuckDBWarehouse.open(tmp_path / "nowhere")
    (tmp_path / "fake.duckdb").write_text("hello, I am text")
    with pytest.raises(InputError, match=r"fake\.duckdb is not a DuckDB database"):
        DuckDBWarehouse.open(tmp_path / "fake.duckdb")


def test_attached_files_are_tables_beside_those_of_the_warehouse(open_warehouse: Open, tmp_path: Path) -> None:
    attached = folder(tmp_path / "attached", {"extra.csv": "userid,score\n1,5\n"})
    with pd.ExcelWriter(attached / "plan.xlsx") as book:
        pd.DataFrame({"Region": ["east"], "Target": [10], "Due": [pd.Timestamp("2024-05-01")]}).to_excel(
            book, sheet_name="Q1", index=False
        )
        pd.DataFrame({"Mixed": [1, "x"]}).to_excel(book, sheet_name="Q 2", index=False)
    pd.DataFrame({"a": [1]}).to_excel(attached / "one.xlsx", index=False)
    files = (attached / "extra.csv", attached / "plan.xlsx", attached / "one.xlsx")
    warehouse = open_warehouse({"users.csv": "userid\n1\n"}, files)
    kinds = {t.name: t.kind for t in warehouse.introspect().tables}
    assert kinds == {
        "users": "table",
        "extra": "attachment",
        "plan_q1": "attachment",
        "plan_q_2": "attachment",
        "one": "attachment",
    }
    assert types(warehouse.introspect(), "plan_q1") == {"region": "VARCHAR", "target": "BIGINT", "due": "TIMESTAMP"}
    joined = "SELECT u.userid, score, target FROM users AS u JOIN extra USING (userid) CROSS JOIN plan_q1"
    assert rows(warehouse, joined, tmp_path) == [[1, 5, 10]]
    assert rows(warehouse, "SELECT mixed FROM plan_q_2", tmp_path) == [["1"], ["x"]]


def test_an_attachment_that_is_no_table_is_refused(open_warehouse: Open, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(b"x")
    (tmp_path / "bad.xlsx").write_bytes(b"x")
    (tmp_path / "users.csv").write_text("a\n1\n")
    for name in ("photo.png", "bad.xlsx", "users.csv", "missing.csv"):
        with pytest.raises(InputError, match=name):
            open_warehouse({"users.csv": "userid\n1\n"}, (tmp_path / name,))


# ── a DuckDB file ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def database(tmp_path: Path) -> Path:
    file = tmp_path / "shop.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            """
            CREATE TABLE Customers (Id INTEGER PRIMARY KEY, name VARCHAR, tags VARCHAR[], ref UUID,
                                    kind ENUM('a', 'b'));
            CREATE TABLE orders (id BIGINT PRIMARY KEY, customer_id INTEGER REFERENCES Customers(Id),
                                 amount DECIMAL(10,2), "at" TIMESTAMPTZ, ok BOOLEAN, raw BLOB, t TIME);
            CREATE VIEW totals AS SELECT customer_id, sum(amount) AS total FROM orders GROUP BY 1;
            CREATE SCHEMA finance; CREATE TABLE finance.ledger (id HUGEINT, entry JSON);
            COMMENT ON TABLE orders IS 'one row per order'; COMMENT ON COLUMN orders.amount IS 'in euro';
            INSERT INTO Customers VALUES (1, 'Ann', ['x','y'], '6b1a2c3d-0000-4000-8000-000000000000', 'a');
            INSERT INTO orders VALUES (1, 1, 12.30, '2024-01-01 00:00:00+00', true, 'ab'::BLOB, '10:20:30'),
                                      (2, 1, 0.70, NULL, NULL, NULL, NULL);
            INSERT INTO finance.ledger VALUES (170141183460469231731687303715884105727, '{"a": 1}');
            """
        )
    return file


def test_a_duckdb_file_shows_its_schemas_keys_and_comments_in_redshift_types(database: Path) -> None:
    warehouse = DuckDBWarehouse.open(database)
    catalog = warehouse.introspect()
    assert [(t.qualified, t.kind) for t in catalog.tables] == [
        ("finance.ledger", "table"),
        ("customers", "table"),
        ("orders", "table"),
        ("totals", "view"),
    ]
    orders = catalog.table("orders")
    assert orders is not None
    assert (orders.primary_key, orders.comment) == (("id",), "one row per order")
    assert {c.name: c.references for c in orders.columns if c.references} == {"customer_id": "customers.id"}
    assert next(c.comment for c in orders.columns if c.name == "amount") == "in euro"
    assert types(catalog, "orders") == {
        "id": "BIGINT",
        "customer_id": "INTEGER",
        "amount": "NUMERIC(10,2)",
        "at": "TIMESTAMPTZ",
        "ok": "BOOLEAN",
        "raw": "VARBYTE",
        "t": "TIME",
    }
    assert types(catalog, "customers")["tags"] == types(catalog, "finance.ledger")["entry"] == "SUPER"
    warehouse.close()


def test_every_type_reaches_json_without_loss(database: Path, tmp_path: Path) -> None:
    warehouse = DuckDBWarehouse.open(database)
    assert rows(warehouse, 'SELECT id, amount, at, ok, "raw", t FROM orders ORDER BY id', tmp_path) == [
        [1, "12.30", "2024-01-01T00:00:00+00:00", True, "6162", "10:20:30"],
        [2, "0.70", None, None, None, None],
    ]
    assert rows(warehouse, "SELECT * FROM customers", tmp_path) == [
        [1, "Ann", '["x","y"]', "6b1a2c3d-0000-4000-8000-000000000000", "a"]
    ]
    assert rows(warehouse, "SELECT 'NaN'::float AS a, 'Infinity'::float AS b, -'Infinity'::float AS c", tmp_path) == [
        ["NaN", "Infinity", "-Infinity"]
    ]
    warehouse.close()


def test_whole_numerics_arrive_as_64_bit_integers_where_they_fit(open_warehouse: Open, tmp_path: Path) -> None:
    warehouse = open_warehouse({"t.csv": "a,b\n1,9000000000000000000\n2,9000000000000000000\n"})
    into = tmp_path / "q.parquet"
    query = warehouse.run("q", "SELECT SUM(a) AS small, SUM(b) AS wide, COUNT(*) AS n FROM t", into, 10)
    assert query.columns == (("small", "BIGINT"), ("wide", "NUMERIC(38,0)"), ("n", "BIGINT"))
    assert [str(f.type) for f in pq.read_schema(into)] == ["int64", "decimal128(38, 0)", "int64"]
    assert rows_as_json(into)[1] == [[3, "18000000000000000000", 2]]


def test_a_duckdb_file_is_never_written(database: Path, tmp_path: Path) -> None:
    before = database.read_bytes()
    warehouse = DuckDBWarehouse.open(database)
    for sql in ("DELETE FROM orders", "SELECT id INTO x FROM orders", "CREATE TABLE y AS SELECT 1 AS a"):
        assert warehouse.run("q", sql, tmp_path / "q.parquet", 10).failure is not None
    warehouse.close()
    assert database.read_bytes() == before


def test_the_fingerprint_changes_with_names_and_types_only(open_warehouse: Open) -> None:
    first = open_warehouse({"t.csv": "a,b\n1,x\n"}).introspect().fingerprint
    assert open_warehouse({"t.csv": "a,b\n2,y\n3,z\n"}).introspect().fingerprint == first
    assert open_warehouse({"t.csv": "a,b\n2.5,y\n"}).introspect().fingerprint != first
    assert open_warehouse({"t.csv": "a,c\n2,y\n"}).introspect().fingerprint != first
    assert len(first) == 64


# ── the profile ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_profile_counts_rows_nulls_values_and_ranges(open_warehouse: Open) -> None:
    long = "x" * 200
    lines = [
        "kind,age,at,note",
        *(f"{'view' if n % 3 else 'click'},{n},2024-01-{n:02d},{long}{n % 14}" for n in range(1, 29)),
    ]
    warehouse = open_warehouse({"t.csv": "\n".join([*lines, ",,,"])})
    table = warehouse.introspect().tables[0]
    assert table.rows is None
    profile = warehouse.profile(table)
    kind, age, at, note = profile.columns
    assert profile.rows == 29
    assert (kind.nulls, kind.distinct, kind.frequent) == (1, 2, (("view", 19), ("click", 9)))
    assert (age.minimum, age.maximum, age.distinct, age.frequent) == ("1", "28", 28, ())
    assert (at.minimum, at.maximum) == ("2024-01-01", "2024-01-28")
    assert (note.distinct, len(note.frequent)) == (14, 3)
    assert all(len(value) <= 60 for value, _ in note.frequent)


def test_a_profile_of_an_empty_table_and_of_nested_columns_stands(open_warehouse: Open, database: Path) -> None:
    empty = open_warehouse({"t.csv": "a,b\n"})
    profile = empty.profile(empty.introspect().tables[0])
    assert (profile.rows, profile.columns[0].distinct, profile.columns[0].minimum) == (0, 0, None)
    warehouse = DuckDBWarehouse.open(database)
    customers = warehouse.introspect().table("customers")
    assert customers is not None
    tags = next(c for c in warehouse.profile(customers).columns if c.name == "tags")
    assert (tags.nulls, tags.distinct, tags.frequent) == (0, None, ())
    warehouse.close()


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
