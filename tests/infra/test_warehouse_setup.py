"""The function that CloudFormation calls to run statements in a new warehouse, against stand-ins for AWS's answers."""

import importlib.util
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import pytest

EVENT = {"StackId": "stack", "RequestId": "request", "LogicalResourceId": "Statements"}
PROPERTIES = {
    "Workgroup": "kaiseki-dev",
    "Namespace": "kaiseki-dev",
    "Database": "kaiseki",
    "Reader": "IAMR:task",
    "Statements": ["CREATE TABLE a (b INTEGER)", "GRANT SELECT ON a TO reader"],
}


class Redshift:
    """The Data API and the workgroup's own, as far as the function calls them."""

    def __init__(self, readers: int = 0, ends: str = "FINISHED", error: str = "") -> None:
        self.batches: list[list[str]] = []
        self.secrets: list[str] = []
        self._readers, self._ends, self._error = readers, ends, error
        self._polls = 0

    def get_namespace(self, namespaceName: str) -> dict[str, Any]:  # noqa: N803
        return {"namespace": {"adminPasswordSecretArn": f"arn:secret:{namespaceName}"}}

    def execute_statement(self, **asked: Any) -> dict[str, str]:
        return {"Id": "known"}

    def batch_execute_statement(self, **asked: Any) -> dict[str, str]:
        self.secrets.append(asked["SecretArn"])
        self.batches.append(asked["Sqls"])
        return {"Id": "batch"}

    def describe_statement(self, Id: str) -> dict[str, str]:  # noqa: N803
        self._polls += 1
        if self._polls % 2:
            return {"Status": "STARTED"}
        return {"Status": self._ends if Id == "batch" else "FINISHED", "Error": self._error}

    def get_statement_result(self, Id: str) -> dict[str, Any]:  # noqa: N803
        return {"Records": [[{"longValue": self._readers}]]}


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
def on_change(project: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("on_change", project / "infra/warehouse_setup/on_change.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
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


def test_the_reader_is_made_once_and_the_statements_run_in_one_transaction(
    on_change: ModuleType, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    redshift = Redshift()
    assert change(on_change, redshift, cloudformation, monkeypatch)["Status"] == "SUCCESS"
    assert redshift.batches == [['CREATE USER "IAMR:task" PASSWORD DISABLE', *PROPERTIES["Statements"]]]
    assert redshift.secrets == ["arn:secret:kaiseki-dev"]


def test_a_reader_that_is_there_is_left_as_it_is(
    on_change: ModuleType, cloudformation: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    redshift = Redshift(readers=1)
    change(on_change, redshift, cloudformation, monkeypatch, "Update")
    assert redshift.batches == [PROPERTIES["Statements"]]


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
    assert redshift.batches == []
