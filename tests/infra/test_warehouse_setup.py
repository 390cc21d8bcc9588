"""The function that CloudFormation calls to run statements in a new warehouse, against stand-ins for AWS's answers."""

import importlib.util
import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import pytest

from infra.warehouse_code import copy_setup_code
from kaiseki.warehouses.redshift.grants import grants

EVENT = {"StackId": "stack", "RequestId": "request", "LogicalResourceId": "Statements"}
PROPERTIES = {
    "Workgroup": "kaiseki-dev",
    "Namespace": "kaiseki-dev",
    "Database": "kaiseki",
    "Reader": "IAMR:task",
    "Schemas": ["public", "sales", "lake"],
    "Grants": "0a1b",
    "Statements": ["CREATE TABLE a (b INTEGER)"],
}
SCHEMAS = {"public": "local", "hr": "local", "lake": "external", "attic": "external"}


class Redshift:
    """The Data API and the workgroup's own, as far as the function calls them."""

    def __init__(self, readers: int = 0, ends: str = "FINISHED", error: str = "") -> None:
        self.ran: list[list[str]] = []  # each transaction
        self.secrets: set[str] = set()
        self._answers: dict[str, list[list[dict[str, Any]]]] = {}
        self._readers, self._ends, self._error = readers, ends, error
        self._polls = 0

    def get_namespace(self, namespaceName: str) -> dict[str, Any]:  # noqa: N803
        return {"namespace": {"adminPasswordSecretArn": f"arn:secret:{namespaceName}"}}

    def execute_statement(self, SecretArn: str, Sql: str, **asked: Any) -> dict[str, str]:  # noqa: N803
        self.secrets.add(SecretArn)
        if "pg_user" in Sql:
            assert asked["Parameters"] == [{"name": "reader", "value": "IAMR:task"}]
            self._answers["asked"] = [[{"longValue": self._readers}]]
        elif "svv_all_schemas" in Sql:
            self._answers["asked"] = [[{"stringValue": name}, {"stringValue": kind}] for name, kind in SCHEMAS.items()]
        else:
            self.ran.append([Sql])
        return {"Id": "asked"}

    def batch_execute_statement(self, SecretArn: str, Sqls: list[str], **_: Any) -> dict[str, str]:  # noqa: N803
        self.secrets.add(SecretArn)
        assert 0 < len(Sqls) <= 40
        self.ran.append(Sqls)
        return {"Id": "batch"}

    def describe_statement(self, Id: str) -> dict[str, str]:  # noqa: N803
        self._polls += 1
        if self._polls % 2:
            return {"Status": "STARTED"}
        return {"Status": self._ends if Id == "batch" else "FINISHED", "Error": self._error}

    def get_statement_result(self, Id: str, NextToken: str = "0") -> dict[str, Any]:  # noqa: N803
        """A record a page, as far apart as pages can be."""
        rows, at = self._answers[Id], int(NextToken)
        more = {"NextToken": str(at + 1)} if at + 1 < len(rows) else {}
        return {"Records": [rows[at]], **more}


class CloudFormation:
    """Takes the answer at the address that it gave."""

    def __init__(self) -> None:
        answers: list[dict[str, Any]] = []

        class Door(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                answers.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self.answers = answers
        self._server = HTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def cloudformation() -> Iterator[CloudFormation]:
    door = CloudFormation()
    yield door
    door.close()


@pytest.fixture
def on_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """As it is packed, with nothing of the project beside it but what is packed with it."""
    copy_setup_code(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "kaiseki"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(tmp_path))
    spec = importlib.util.spec_from_file_location("on_change", tmp_path / "on_change.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert sys.modules["kaiseki"].__file__ == str(tmp_path / "kaiseki" / "__init__.py")
    for name in [name for name in sys.modules if name.partition(".")[0] == "kaiseki"]:
        monkeypatch.delitem(sys.modules, name)
    module.POLL_SECONDS = 0  # type: ignore[attr-defined]
    return module


def change(
    module: ModuleType,
    redshift: Redshift,
    door: CloudFormation,
    monkeypatch: pytest.MonkeyPatch,
    kind: str = "Create",
) -> dict[str, Any]:
    monkeypatch.setattr(boto3, "client", lambda _service: redshift)
    event = {**EVENT, "RequestType": kind, "ResponseURL": door.url, "ResourceProperties": PROPERTIES}
    module.handler(event, SimpleNamespace(log_stream_name="stream"))
    (answer,) = door.answers
    return answer


def test_the_reader_is_made_and_granted_the_schemas_of_the_settings(
    on_change: ModuleType, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    redshift = Redshift()
    assert change(on_change, redshift, cloudformation, monkeypatch)["Status"] == "SUCCESS"
    tables, reader, *alone = redshift.ran
    assert tables == PROPERTIES["Statements"]
    assert reader[:2] == ['CREATE USER "IAMR:task" PASSWORD DISABLE', 'CREATE SCHEMA IF NOT EXISTS "sales"']
    assert 'REVOKE TEMPORARY ON DATABASE "kaiseki" FROM PUBLIC, "IAMR:task"' in reader
    assert 'GRANT SELECT ON ALL TABLES IN SCHEMA "public", "sales" TO "IAMR:task"' in reader
    assert alone == [
        ['GRANT USAGE ON SCHEMA "lake" TO "IAMR:task"'],
        ['REVOKE USAGE ON SCHEMA "attic" FROM "IAMR:task"'],
    ]
    assert redshift.secrets == {"arn:secret:kaiseki-dev"}


def test_it_is_what_the_command_prints(
    on_change: ModuleType, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    redshift = Redshift(readers=1)
    change(on_change, redshift, cloudformation, monkeypatch, "Update")
    ran = {sql for transaction in redshift.ran[1:] for sql in transaction} - {'CREATE SCHEMA IF NOT EXISTS "sales"'}
    assert ran == {s.sql for s in grants("IAMR:task", "kaiseki", ("public", "sales", "lake"), SCHEMAS)}


def test_a_reader_that_is_there_is_not_made_again_and_loses_what_is_no_longer_listed(
    on_change: ModuleType, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    redshift = Redshift(readers=1)
    change(on_change, redshift, cloudformation, monkeypatch, "Update")
    reader = redshift.ran[1]
    assert not any(sql.startswith("CREATE USER") for sql in reader)
    assert 'REVOKE ALL ON ALL TABLES IN SCHEMA "hr" FROM "IAMR:task"' in reader


def test_many_tables_are_made_in_as_many_transactions_as_it_takes(
    on_change: ModuleType, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    redshift = Redshift()
    monkeypatch.setitem(PROPERTIES, "Statements", [f"statement {n}" for n in range(60)])
    change(on_change, redshift, cloudformation, monkeypatch)
    assert [len(transaction) for transaction in redshift.ran[:2]] == [39, 21]


def test_what_redshift_refuses_fails_the_deployment_with_its_words(
    on_change: ModuleType, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = Redshift(ends="FAILED", error="Load into table 'users' failed")
    answer = change(on_change, refusing, cloudformation, monkeypatch)
    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == "Load into table 'users' failed (log stream stream)"
    assert {name: answer[name] for name in EVENT} == EVENT


def test_nothing_is_run_when_the_stack_goes(
    on_change: ModuleType, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    redshift = Redshift()
    assert change(on_change, redshift, cloudformation, monkeypatch, "Delete")["Status"] == "SUCCESS"
    assert redshift.ran == []
