"""Which schemas of a DuckDB file may be read: the others are not in the catalog, and nothing tells that they are."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from duckdb_warehouses import file_from
from kaiseki.build import open_warehouse
from kaiseki.cli import run_command
from kaiseki.errors import SettingError
from kaiseki.models import Catalog, Column, Request, Table
from kaiseki.ports import Warehouse
from kaiseki.settings import load_settings
from kaiseki.stores.folder import FolderStore
from kaiseki.warehouses.readable_schemas import limited

COMPANY = """
CREATE TABLE regions (id INTEGER PRIMARY KEY, name VARCHAR);
CREATE SCHEMA hr; CREATE TABLE hr.salaries (id INTEGER PRIMARY KEY, amount INTEGER);
CREATE SCHEMA sales; CREATE TABLE sales.orders (id INTEGER, amount INTEGER);
CREATE VIEW sales.large AS SELECT * FROM sales.orders WHERE amount > 1;
CREATE SCHEMA plans;
INSERT INTO regions VALUES (1, 'north');
INSERT INTO sales.orders VALUES (1, 10); INSERT INTO hr.salaries VALUES (1, 99);
CREATE TABLE hr.bonus (salary INTEGER REFERENCES hr.salaries(id), region INTEGER);
"""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return file_from(COMPANY, tmp_path_factory.mktemp("warehouse"))


def warehouse_of(file: Path, schemas: str | None, *attachments: Path) -> Iterator[Warehouse]:
    settings = load_settings({"warehouse": f"duckdb:{file}", "schemas": schemas}, {})
    with open_warehouse(settings, settings.now, attachments) as warehouse:
        yield warehouse


def tables(file: Path, schemas: str | None, *attachments: Path) -> list[str]:
    (names,) = [[t.qualified for t in w.introspect().tables] for w in warehouse_of(file, schemas, *attachments)]
    return names


def refused(warehouse: Warehouse, sql: str, folder: Path) -> tuple[str, str, str]:
    failure = warehouse.run("q", sql, folder / "q.parquet", 10).failure
    assert failure is not None, sql
    return failure.type, failure.message, failure.hint


@pytest.mark.parametrize(
    ("schemas", "readable"),
    [
        (None, ["hr.bonus", "hr.salaries", "regions", "sales.large", "sales.orders"]),
        ("sales", ["sales.large", "sales.orders"]),
        (" Sales , MAIN ", ["regions", "sales.large", "sales.orders"]),
        ("public", ["regions"]),
        ("plans,hr", ["hr.bonus", "hr.salaries"]),
    ],
)
def test_the_catalog_holds_the_tables_of_the_listed_schemas_alone(
    company: Path, schemas: str | None, readable: list[str]
) -> None:
    assert sorted(tables(company, schemas)) == readable


def test_what_is_listed_is_read_and_nothing_else(company: Path, tmp_path: Path) -> None:
    for warehouse in warehouse_of(company, "sales"):
        assert warehouse.run("q", "SELECT id FROM sales.orders", tmp_path / "q.parquet", 10).rows == 1
        for sql in (
            "SELECT * FROM hr.salaries",
            'SELECT * FROM "HR"."salaries"',
            "WITH x AS (SELECT * FROM hr.salaries) SELECT id FROM x",
            "SELECT id FROM sales.orders WHERE id IN (SELECT id FROM hr.salaries)",
            "SELECT id FROM sales.orders UNION ALL SELECT id FROM hr.salaries",
        ):
            assert refused(warehouse, sql, tmp_path) == (
                "NotAllowed",
                "the schema hr may not be read",
                "Only these may be read: sales.",
            )
        assert refused(warehouse, "SELECT * FROM regions", tmp_path)[0] == "UnknownTable"


def test_a_refusal_does_not_tell_what_is_hidden(company: Path, tmp_path: Path) -> None:
    for warehouse in warehouse_of(company, "sales"):
        for there, nowhere in (
            ("hr.salaries", "hr.x"),
            ("hr.salaries", "zz.x"),
            ("regions", "regionz"),
            ("main.regions", "main.x"),
        ):
            told = [refused(warehouse, f"SELECT * FROM {name}", tmp_path) for name in (there, nowhere)]
            of_there, of_nowhere = (
                [part.replace(name, "?").replace(name.split(".")[0], "?") for part in parts]
                for name, parts in zip((there, nowhere), told, strict=True)
            )
            assert of_there == of_nowhere
        told_all = json.dumps(warehouse.introspect().model_dump(mode="json"))
        assert "salar" not in told_all
        assert "region" not in told_all


def test_a_key_into_a_hidden_table_is_not_shown() -> None:
    order = Column(name="order_id", type="INTEGER", references="sales.orders.id")
    person = Column(name="person_id", type="INTEGER", references="hr.people.id")
    of_people = Table(name="people", schema_name="hr", columns=())
    orders = Table(name="orders", schema_name="sales", columns=(order, person))
    kept = limited(Catalog(tables=(orders, of_people)), ("sales",), list).tables
    assert [[(c.name, c.references) for c in t.columns] for t in kept] == [
        [("order_id", "sales.orders.id"), ("person_id", None)]
    ]


def test_a_schema_of_a_shared_database_is_another_than_the_own_of_that_name() -> None:
    catalog = Catalog(
        tables=tuple(Table(name="t", schema_name="public", database=of, columns=()) for of in ("", "share"))
    )
    assert [t.qualified for t in limited(catalog, ("public",), list).tables] == ["public.t"]
    assert [t.qualified for t in limited(catalog, ("share.public",), list).tables] == ["share.public.t"]


def test_attached_files_are_read_whatever_is_listed(company: Path, tmp_path: Path) -> None:
    attached = tmp_path / "regions.csv"
    attached.write_text("id,target\n1,5\n2,6\n")
    for warehouse in warehouse_of(company, "sales", attached):
        assert sorted(t.qualified for t in warehouse.introspect().tables) == ["regions", "sales.large", "sales.orders"]
        assert warehouse.run("q", "SELECT target FROM regions", tmp_path / "q.parquet", 10).rows == 2


def test_the_tables_of_a_folder_are_those_of_main_or_public(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text("id\n1\n")
    assert tables(tmp_path, "public") == tables(tmp_path, "main") == ["users"]


def test_a_schema_that_is_not_there_is_named_at_the_start(company: Path) -> None:
    with pytest.raises(SettingError) as refused:
        tables(company, "sales,slaes")
    assert refused.value.message == "the warehouse has no schema slaes that its user may see"
    assert "--schemas" in refused.value.hint


@pytest.mark.parametrize("names", ["", " , ", "pg_catalog", "sales;drop", 'a"b', "x" * 128])
def test_what_is_no_list_of_schemas_is_refused(names: str) -> None:
    with pytest.raises(SettingError):
        load_settings({}, {"KAISEKI_SCHEMAS": names})


def ask(company: Path, results: Path, *more: str) -> int:
    question = "How many orders are there?"
    return run_command(["ask", question, "--warehouse", f"duckdb:{company}", "--store", f"folder:{results}", *more])


def test_the_request_of_a_run_keeps_what_may_be_read(
    company: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(company, tmp_path, "--schemas", "sales,main", "--json") == 0
    run_id = json.loads(capsys.readouterr().out)["id"]
    assert FolderStore(tmp_path).request(run_id).schemas == ("sales", "main")
    everything = "\n".join(
        p.read_text() for p in tmp_path.rglob("*") if p.suffix in (".json", ".jsonl", ".md", ".html")
    )
    assert "salaries" not in everything


def execute(company: Path, results: Path, asked: tuple[str, ...] | None, *more: str) -> tuple[int, str]:
    settings = load_settings({"store": f"folder:{results}"}, {})
    run_id = f"20261121-090000-orders-{len(list(results.rglob('request.json')))}"
    request = Request(run_id=run_id, prompt="How many salaries are there?", created_at=settings.now, schemas=asked)
    FolderStore(results).create(request)
    place = ["--warehouse", f"duckdb:{company}", "--store", f"folder:{results}"]
    code = run_command(["execute", run_id, *place, *more])
    trace = results / "runs" / run_id / "trace.jsonl"
    return code, trace.read_text() if trace.exists() else ""


def test_the_list_of_a_request_is_that_of_its_run(
    company: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for settings in ([], ["--schemas", "hr,nowhere"]):
        code, read = execute(company, tmp_path, ("nowhere",), *settings)
        assert (code, read) == (2, "")
        assert "the warehouse has no schema nowhere" in capsys.readouterr().err


def test_a_request_cannot_widen_what_the_settings_let_read(
    company: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, read = execute(company, tmp_path, ("sales", "hr"), "--schemas", "sales")
    assert (code, read) == (2, "")
    assert "the schema hr, which may not be read here" in capsys.readouterr().err
