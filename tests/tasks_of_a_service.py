"""The service around `kaiseki execute`: a bucket, records and a bus on a port, for tasks that are processes."""

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, HeadersDict
from moto.core.botocore_stubber import BotocoreStubber

from in_process_aws import REGION, in_process_aws
from kaiseki.models import Request
from kaiseki.stores.dynamodb import Limits, RunRecord, RunRecords

BUCKET, TABLE, BUS = "bundles-111122223333", "runs", "kaiseki"
ROOM = Limits(principal_active=9, environment_active=9, principal_usd_per_day=9.0, environment_usd_per_day=9.0)
RUN_ID = "20261121-093000-orders-abcdefghjkmn"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_REGION": REGION}
PATIENCE_SECONDS = 120.0  # for what never comes; a machine that does ten things at once takes half a minute


class Wire(BaseHTTPRequestHandler):
    """AWS on a port of this machine: what comes is answered by moto, unless `refused` has an answer of its own."""

    protocol_version = "HTTP/1.1"
    refused: Callable[[str, Mapping[str, str]], tuple[int, bytes] | None]
    events: list[dict[str, Any]]
    _moto = BotocoreStubber()

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        region, service = re.search(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/", self.headers["Authorization"]).groups()
        sent = HeadersDict(self.headers.items())
        refusal = type(self).refused(self.path, sent)
        if refusal:
            status, headers, said = refusal[0], {"Content-Type": "application/x-amz-json-1.0"}, refusal[1]
        else:
            url = f"https://{service}.{region}.amazonaws.com{self.path}"
            asked = AWSPreparedRequest(self.command, url, sent, body, stream_output=False)
            status, headers, said = self._moto.process_request(asked)
            if sent.get("X-Amz-Target") == "AWSEvents.PutEvents" and status == 200:
                self.events.extend(json.loads(body)["Entries"])
        said = said.encode() if isinstance(said, str) else said
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "connection", "date", "server", "transfer-encoding"):
                self.send_header(name, str(value))
        self.send_header(
            "Content-Length", str(len(said)) if self.command != "HEAD" else headers.get("content-length", "0")
        )
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(said)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Quiet."""


class Service:
    """The service's bucket, table and bus, and tasks that find them by their environment."""

    def __init__(self, endpoint: str, folder: Path, wire: type[Wire]) -> None:
        self.endpoint = endpoint
        self.folder = folder
        self.wire = wire
        self.s3 = boto3.client("s3")
        self.records = RunRecords(TABLE, boto3.client("dynamodb"))

    def ask(self, prompt: str = "How many orders are there?", attachments: Mapping[str, bytes] | None = None) -> None:
        """What the API does before a task starts."""
        self.records.accept(RUN_ID, "arn:aws:iam::111122223333:role/analyst", "", "", ROOM)
        self.records.claim(RUN_ID, ROOM)
        for name, content in (attachments or {}).items():
            self.s3.put_object(Bucket=BUCKET, Key=f"runs/{RUN_ID}/attachments/{name}", Body=content)
        now = datetime.now(UTC)
        asked = Request(run_id=RUN_ID, prompt=prompt, created_at=now, attachments=tuple(attachments or ()))
        self.s3.put_object(Bucket=BUCKET, Key=f"runs/{RUN_ID}/request.json", Body=asked.model_dump_json().encode())

    def start(self, *command: str, **settings: str) -> subprocess.Popen[str]:
        """A task, or another command with the same settings."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("KAISEKI_", "AWS_"))}
        given = {
            "STORE": f"s3://{BUCKET}",
            "RECORDS": f"dynamodb:{TABLE}",
            "EVENT_BUS": BUS,
            "ENVIRONMENT": "test",
            "WORKSPACE": str(self.folder / "workspace"),
            "WAREHOUSE": f"duckdb:{self.folder / 'warehouse'}",
            "HEARTBEAT_SECONDS": "0.5",
            **settings,
        }
        environment = clean | CREDENTIALS | {"AWS_ENDPOINT_URL": self.endpoint}
        return subprocess.Popen(
            [sys.executable, "-m", "kaiseki", *(command or ("execute", RUN_ID, "--launch", "1"))],
            env=environment | {f"KAISEKI_{name}": value for name, value in given.items()},
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def record(self) -> RunRecord:
        record = self.records.get(RUN_ID)
        assert record is not None
        return record

    def files(self) -> dict[str, bytes]:
        """What lies in the bucket, by its path in the run's bundle."""
        prefix = f"runs/{RUN_ID}/"
        listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", ())
        found = {each["Key"].removeprefix(prefix): each["Key"] for each in listed}
        return {path: self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for path, key in found.items()}

    def run(self) -> dict[str, Any] | None:
        saved = self.files().get("run.json")
        return json.loads(saved) if saved else None

    def events(self) -> list[dict[str, Any]]:
        """What the bus was told."""
        return [{**entry, "Detail": json.loads(entry["Detail"])} for entry in self.wire.events]


@contextlib.contextmanager
def service_on_a_port(folder: Path) -> Iterator[Service]:
    class OwnWire(Wire):
        refused = staticmethod(lambda path, headers: None)
        events: list[dict[str, Any]] = []  # noqa: RUF012 (a class for each service)

    server = ThreadingHTTPServer(("127.0.0.1", 0), OwnWire)
    with in_process_aws(), server:
        _deploy()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Service(f"http://127.0.0.1:{server.server_port}", folder, OwnWire)
        server.shutdown()


def _deploy() -> None:
    boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    texts = ("pk", "owner", "run_id", "live", "changed_at")
    boto3.client("dynamodb").create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in texts],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": [
                    {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=True)
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
            for index, keys in {"by_owner": ("owner", "run_id"), "live": ("live", "changed_at")}.items()
        ],
    )
    boto3.client("events").create_event_bus(Name=BUS)


def finished(task: subprocess.Popen[str], seconds: float = PATIENCE_SECONDS) -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    with contextlib.ExitStack() as cleanup:
        cleanup.callback(task.kill)
        out, err = task.communicate(timeout=seconds)
    return task.returncode, out, err


def wait_until(task: subprocess.Popen[str], reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        if task.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"not reached: {finished(task, 5)}")
        time.sleep(0.1)


def metrics(out: str) -> dict[str, Any]:
    (line,) = [json.loads(line) for line in out.splitlines() if line.startswith('{"_aws"')]
    return line
