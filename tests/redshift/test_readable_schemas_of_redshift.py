"""Which schemas of a Redshift may be read: its catalog is limited to them, and the guard lets nothing else through."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kaiseki.cli import run_command
from kaiseki.errors import SettingError
from kaiseki.warehouses.redshift.warehouse import RedshiftWarehouse
from redshift_server.server import RedshiftServer

Open = Callable[..., RedshiftWarehouse]
COMPANY = """
CREATE SCHEMA hr; CREATE TABLE hr.salaries (id INTEGER); CREATE SCHEMA sales; CREATE TABLE sales.orders (id INTEGER);
CREATE SCHEMA plans; CREATE TABLE notes (id INTEGER); INSERT INTO sales.orders VALUES (1);
"""


def test_no_statement_about_another_schema_reaches_the_server(
    server: RedshiftServer, open_warehouse: Open, tmp_path: Path
) -> None:
    warehouse = open_warehouse(COMPANY, schemas=("sales", "plans"))
    assert [t.qualified for t in warehouse.introspect().tables] == ["sales.orders"]
    assert warehouse.run("q", "SELECT id FROM sales.orders", tmp_path / "q.parquet", 10).rows == 1
    asked = len(server.log)
    for sql in ("SELECT id FROM hr.salaries", "SELECT id FROM notes", "SELECT id FROM public.notes"):
        failure = warehouse.run("q", sql, tmp_path / "q.parquet", 10).failure
        assert failure is not None
        assert failure.type in ("NotAllowed", "UnknownTable")
    assert len(server.log) == asked


def test_a_schema_that_is_not_there_is_named(open_warehouse: Open) -> None:
    warehouse = open_warehouse(COMPANY, schemas=("sales", "slaes", "finance"))
    with pytest.raises(SettingError, match="no schema slaes or finance that its user may see"):
        warehouse.introspect()


def test_the_schemas_are_told_with_their_kinds(server: RedshiftServer, open_warehouse: Open) -> None:
    warehouse = open_warehouse(COMPANY)
    server.database.execute(
        "CREATE OR REPLACE VIEW redshift_catalog.svv_all_schemas AS FROM (VALUES "
        "('memory', 'sales', 'local'), ('memory', 'lake', 'external'), ('share', 'public', 'shared'), "
        "('elsewhere', 'public', 'local'), ('memory', 'pg_catalog', 'local')) "
        "AS schemas(database_name, schema_name, schema_type)"
    )
    assert warehouse.schemas() == {"lake": "external", "sales": "local", "share.public": "shared"}


def test_a_question_is_not_begun_where_a_schema_is_not_there(
    server: RedshiftServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server.database.execute(COMPANY)
    monkeypatch.setenv("KAISEKI_WAREHOUSE", f"redshift://analyst@localhost:{server.port}/memory")
    monkeypatch.setenv("KAISEKI_REDSHIFT_PASSWORD", "not-a-secret")
    monkeypatch.setenv("KAISEKI_CACHE", "none")
    asked = ["ask", "How many orders are there?", "--store", f"folder:{tmp_path}", "--schemas", "sales,slaes"]
    assert run_command(asked) == 2
    assert capsys.readouterr().err.startswith("kaiseki: the warehouse has no schema slaes")
    assert not list(tmp_path.glob("runs/*"))
