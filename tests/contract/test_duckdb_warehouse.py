"""The warehouse on this machine keeps the port's promises, on real files and a real DuckDB."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from duckdb_warehouses import Open, file_from, folder_of, folders_opened, rows
from kaiseki.errors import InputError
from kaiseki.models import Catalog
from kaiseki.warehouses.duckdb.warehouse import DuckDBWarehouse
from kaiseki.warehouses.parquet_results import rows_as_json


@pytest.fixture
def open_warehouse(tmp_path: Path) -> Iterator[Open]:
    with folders_opened(tmp_path / "source") as opened:
        yield opened


def types(catalog: Catalog, table: str) -> dict[str, str]:
    found = catalog.table(table)
    assert found is not None
    return {c.name: c.type for c in found.columns}


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
    "half-width kana": ("name,n\nﾄｳｷｮｳ,1\n".encode("cp932"), [["ﾄｳｷｮｳ", 1]]),
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
    "letters of the West that Shift_JIS takes for kanji": (
        {"t.csv": "ville,n\nOrléans,1\nBéziers,2\n".encode("latin-1")},
        ("t.csv", "line 2", "UTF-8"),
    ),
    "more columns than Redshift has": (
        {"t.csv": ",".join(f"c{n}" for n in range(1_601))},
        ("t.csv", "1,601", "1,600"),
    ),
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
    attached = folder_of({"extra.csv": "userid,score\n1,5\n"}, tmp_path / "attached")
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


DATABASE = """
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


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return file_from(DATABASE, tmp_path)


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
