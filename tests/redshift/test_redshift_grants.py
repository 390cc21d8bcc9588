"""`kaiseki schema --grants`: the SQL of the user who may read the schemas that are set, and nothing else."""

import json
from pathlib import Path

import pytest

from kaiseki.cli import run_command
from kaiseki.warehouses.redshift.grants import grants
from redshift_server.server import RedshiftServer

KINDS = {"hr": "local", "lake": "external", "public": "local", "sales": "local", "share.public": "shared"}


@pytest.fixture
def schemas(server: RedshiftServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that has `KINDS`, and settings that lead to it."""
    own, rest = [(n, k) for n, k in KINDS.items() if "." not in n], "('share', 'public', 'shared')"
    rows = ", ".join([*(f"('memory', '{name}', '{kind}')" for name, kind in own), rest])
    server.database.execute(
        f"CREATE OR REPLACE VIEW redshift_catalog.svv_all_schemas AS FROM (VALUES {rows}) "
        "AS s(database_name, schema_name, schema_type)"
    )
    monkeypatch.setenv("KAISEKI_WAREHOUSE", f"redshift://analyst@localhost:{server.port}/memory")
    monkeypatch.setenv("KAISEKI_REDSHIFT_PASSWORD", "not-a-secret")


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert run_command(["schema", "--grants", *arguments]) == 0
    return [line for line in capsys.readouterr().out.splitlines() if not line.startswith("-- ")]


@pytest.mark.usefixtures("schemas")
def test_what_is_listed_is_granted_and_what_is_not_is_taken_back(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "--schemas", "sales,lake", "--role", "kaiseki-task") == [
        'CREATE USER "IAMR:kaiseki-task" PASSWORD DISABLE;',
        'ALTER USER "IAMR:kaiseki-task" SET statement_timeout TO 600000;',
        "ALTER USER \"IAMR:kaiseki-task\" SET query_group TO 'kaiseki';",
        'ALTER USER "IAMR:kaiseki-task" SET search_path TO public;',
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC;",
        'REVOKE TEMPORARY ON DATABASE "memory" FROM PUBLIC, "IAMR:kaiseki-task";',
        'GRANT USAGE ON SCHEMA "sales" TO "IAMR:kaiseki-task";',
        'GRANT SELECT ON ALL TABLES IN SCHEMA "sales" TO "IAMR:kaiseki-task";',
        'ALTER DEFAULT PRIVILEGES IN SCHEMA "sales" GRANT SELECT ON TABLES TO "IAMR:kaiseki-task";',
        'GRANT TEMPORARY ON DATABASE "memory" TO "IAMR:kaiseki-task";',
        'GRANT USAGE ON SCHEMA "lake" TO "IAMR:kaiseki-task";',
        'REVOKE ALL ON SCHEMA "hr", "public" FROM "IAMR:kaiseki-task";',
        'REVOKE ALL ON ALL TABLES IN SCHEMA "hr", "public" FROM "IAMR:kaiseki-task";',
        'ALTER DEFAULT PRIVILEGES IN SCHEMA "hr", "public" REVOKE ALL ON TABLES FROM "IAMR:kaiseki-task";',
    ]


@pytest.mark.usefixtures("schemas")
def test_without_a_list_all_schemas_are_granted_to_the_user_who_signs_in(capsys: pytest.CaptureFixture[str]) -> None:
    statements = printed(capsys)
    assert statements[0] == 'CREATE USER "analyst" PASSWORD DISABLE;'
    assert 'GRANT SELECT ON ALL TABLES IN SCHEMA "hr", "public", "sales" TO "analyst";' in statements
    assert 'GRANT USAGE ON DATABASE "share" TO "analyst";' in statements
    assert [s for s in statements if s.startswith("REVOKE")] == statements[4:6]


@pytest.mark.usefixtures("schemas")
def test_who_reads_no_external_tables_may_not_make_temporary_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert not [s for s in printed(capsys, "--schemas", "sales", "--user", "reader") if s.startswith("GRANT TEMPORARY")]


@pytest.mark.usefixtures("schemas")
def test_the_role_of_large_results_is_granted_where_one_is_set(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    role = "arn:aws:iam::111122223333:role/unload"
    monkeypatch.setenv("KAISEKI_UNLOAD_ROLE", role)
    monkeypatch.setenv("KAISEKI_UNLOAD_TO", "s3://bundles-111122223333/staging")
    statements = printed(capsys, "--schemas", "sales", "--user", "reader")
    assert statements[-1] == f"GRANT ASSUMEROLE ON '{role}' TO \"reader\" FOR UNLOAD;"


@pytest.mark.usefixtures("schemas")
def test_a_schema_that_is_not_there_is_named_instead(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["schema", "--grants", "--schemas", "sales,slaes"]) == 2
    assert capsys.readouterr().err.startswith("kaiseki: Redshift has no schema slaes (")


def test_before_there_is_a_redshift_the_names_of_the_list_are_taken_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "users.csv").write_text("id\n1\n")
    monkeypatch.setenv("KAISEKI_WAREHOUSE", f"duckdb:{tmp_path}")
    assert 'GRANT USAGE ON SCHEMA "public" TO "reader";' in printed(capsys, "--user", "reader")
    assert 'GRANT USAGE ON SCHEMA "a", "b" TO "kaiseki";' in printed(capsys, "--schemas", "a,b")
    assert run_command(["schema", "--grants", "--role", "arn:aws:iam::111122223333:role/team/task", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["user"] == "IAMR:task"
    assert {"sql": "REVOKE CREATE ON SCHEMA public FROM PUBLIC"}.items() <= told["statements"][4].items()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--user", "a"],
        ["--role", "a"],
        ["--grants", "--user", " "],
        ["--grants", "--role", ""],
        ["--grants", "--user", "a\nb"],
    ],
)
def test_what_makes_no_user_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["schema", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_every_name_is_quoted_and_every_statement_says_or_shares_its_reason() -> None:
    statements = grants('o"neil', 'd"b', ['my "schema"'], {})
    for statement in statements:
        unquoted = statement.sql.replace('"o""neil"', "").replace('"d""b"', "").replace('"my ""schema"""', "")
        assert '"' not in unquoted
    assert sum(not statement.why for statement in statements) == 1
