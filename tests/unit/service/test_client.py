"""`kaiseki ask --api URL` and its like, over HTTP, against the API's real handler behind a gateway that checks."""

import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from kaiseki.cli import run_command
from kaiseki.lifecycle import Status
from kaiseki.models import Run
from kaiseki.stores.dynamodb import Limits, RunRecords

REPOSITORY = Path(__file__).parents[3]
EXAMPLE = next((REPOSITORY / "results/examples/runs").glob("*age-groups*"))
REGION, TABLE, BUCKET = "eu-central-1", "runs", "bundles"
KEYS = {"AKIDAIKO": "secret of Aiko", "AKIDBEN": "secret of Ben"}
RUN_ID = "20261121-090000-users-abcdefghjkmn"
ROOM = Limits(principal_active=9, environment_active=9, principal_usd_per_day=99, environment_usd_per_day=99)
ARN = "arn:aws:sts::111122223333:assumed-role/Analyst/{}"


class Gateway(ThreadingHTTPServer):
    """An HTTP API with IAM authorization: what is not signed by a known key is refused with API Gateway's own words."""

    def __init__(self, handler: Any) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.api = handler
        self.tokens: dict[str, str] = {}  # JWTs, and whose they are
        self.failures = 0  # calls that are still to be answered with 503

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Exchange(BaseHTTPRequestHandler):
    server: Gateway

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        authorizer = self._authorizer(body)
        if self.server.failures:
            self.server.failures -= 1
            return self._send(503, {}, '{"message": "Service Unavailable"}')
        if authorizer is None:
            return self._send(403, {}, '{"message": "Forbidden"}')
        parts = urlsplit(self.path)
        event = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": parts.path,
            "rawQueryString": parts.query,
            "queryStringParameters": dict(parse_qsl(parts.query)),
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "requestContext": {
                "http": {"method": self.command, "path": parts.path, "sourceIp": "127.0.0.1", "protocol": "HTTP/1.1"},
                "stage": "$default",
                "requestId": "r",
                "authorizer": authorizer,
            },
            "body": body.decode(),
            "isBase64Encoded": False,
        }
        answer = self.server.api(event, SimpleNamespace(aws_request_id="r", function_name="api"))
        return self._send(answer["statusCode"], answer.get("headers") or {}, answer.get("body") or "")

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815

    def _authorizer(self, body: bytes) -> dict[str, Any] | None:
        header = self.headers.get("Authorization", "")
        if header.startswith("Bearer "):
            subject = self.server.tokens.get(header.removeprefix("Bearer "))
            return {"jwt": {"claims": {"iss": "https://login.example", "sub": subject}}} if subject else None
        match = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=(\w+)/.*SignedHeaders=([^,]+), Signature=(\w+)", header)
        if match is None or match[1] not in KEYS:
            return None
        names = [name for name in match[2].split(";") if name != "host"]
        request = AWSRequest(self.command, self.server.url + self.path, data=body)
        for name in names:
            request.headers[name] = self.headers[name]
        request.context["timestamp"] = self.headers["X-Amz-Date"]
        signer = SigV4Auth(Credentials(match[1], KEYS[match[1]]), "execute-api", REGION)
        expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
        if expected != match[3]:
            return None
        name = match[1].removeprefix("AKID").capitalize()
        return {"iam": {"userArn": ARN.format(name), "accountId": "111122223333"}}

    def _send(self, status: int, headers: dict[str, str], body: str) -> None:
        self.send_response(status)
        content = body.encode()
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def gateway(lambda_environment: dict[str, str]) -> Iterator[Gateway]:
    import api
    import parts
    import service

    service.the_service.cache_clear()
    parts.parts.cache_clear()
    parts.parts()  # while the Lambda's environment is there, which the caller does not share
    with Gateway(api.handler) as gateway:
        threading.Thread(target=gateway.serve_forever, daemon=True).start()
        yield gateway
        gateway.shutdown()
    service.the_service.cache_clear()
    parts.parts.cache_clear()


@dataclass(frozen=True)
class Called:
    returncode: int
    stdout: str
    stderr: str


Kaiseki = Callable[..., Called]


@pytest.fixture
def kaiseki(gateway: Gateway, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Kaiseki:
    """Runs a command of the program as Aiko, or with other variables."""

    def call(*arguments: str, results: Path, **environment: str) -> Called:
        aiko = {"AWS_ACCESS_KEY_ID": "AKIDAIKO", "AWS_SECRET_ACCESS_KEY": KEYS["AKIDAIKO"]}
        with monkeypatch.context() as patch:
            patch.delenv("AWS_SESSION_TOKEN", raising=False)
            for name in [name for name in os.environ if name.startswith("KAISEKI_")]:
                patch.delenv(name)
            for name, value in {"KAISEKI_STORE": f"folder:{results}", **aiko, **environment}.items():
                patch.setenv(name, value)
            capfd.readouterr()
            code = run_command(arguments)
        out, err = capfd.readouterr()
        # The API logs to the standard output of the same process.
        printed = "".join(
            line for line in out.splitlines(keepends=True) if not line.startswith(('{"level"', '{"_aws"'))
        )
        return Called(code, printed, err)

    return call


def play_task(run_id: str, status: Status = Status.SUCCEEDED) -> None:
    """What a task leaves: the bundle of an example in the bucket, and the end in the table."""
    records, s3 = RunRecords(TABLE), boto3.client("s3")
    run = Run.model_validate_json((EXAMPLE / "run.json").read_text()).model_copy(update={"id": run_id})
    for path in (
        path for path in EXAMPLE.rglob("*") if path.is_file() and path.name not in ("run.json", "request.json")
    ):
        s3.put_object(Bucket=BUCKET, Key=f"runs/{run_id}/{path.relative_to(EXAMPLE)}", Body=path.read_bytes())
    s3.put_object(Bucket=BUCKET, Key=f"runs/{run_id}/run.json", Body=run.model_dump_json().encode())
    records.claim(run_id, ROOM)
    records.begin(run_id)
    records.end(run_id, status, "answered" if status is Status.SUCCEEDED else "", usd=0.2)


@pytest.fixture
def once_accepted(gateway: Gateway) -> Iterator[Callable[[Callable[[str], None]], None]]:
    """Has somebody act on the first run that the bucket holds a request of, while the test goes on."""
    over, acting = threading.Event(), []
    s3, records = boto3.client("s3"), RunRecords(TABLE)

    def look(act: Callable[[str], None]) -> None:
        while not over.wait(0.05):
            for entry in s3.list_objects_v2(Bucket=BUCKET, Prefix="runs/").get("Contents", []):
                run_id = entry["Key"].split("/")[1]
                if entry["Key"].endswith("/request.json") and records.get(run_id) is not None:
                    act(run_id)
                    return

    def begin(act: Callable[[str], None]) -> None:
        acting.append(threading.Thread(target=look, args=[act]))
        acting[-1].start()

    yield begin
    over.set()
    for thread in acting:
        thread.join()


def test_ask_follows_the_run_brings_its_bundle_and_prints_its_answer(
    gateway: Gateway, kaiseki: Kaiseki, once_accepted: Any, tmp_path: Path
) -> None:
    once_accepted(play_task)
    asked = kaiseki("ask", "Which age groups buy most often?", "--api", gateway.url, results=tmp_path)
    assert asked.returncode == 0, asked.stderr
    assert "✓ step 1" in asked.stderr
    assert "SUCCEEDED, answered" in asked.stdout
    bundle = next((tmp_path / "runs").iterdir())
    assert f"report: {bundle}/report.html" in asked.stdout
    brought = Run.model_validate_json((bundle / "run.json").read_text())
    assert brought.id == bundle.name
    sizes = {file.path: file.bytes for file in brought.artifacts if file.path != "request.json"}  # the API's own here
    assert {path: (bundle / path).stat().st_size for path in sizes} == sizes
    replayed = kaiseki("replay", bundle.name, "--json", results=tmp_path)
    assert json.loads(replayed.stdout)["same"], replayed.stdout


def test_ask_with_json_prints_the_run_alone(
    gateway: Gateway, kaiseki: Kaiseki, once_accepted: Any, tmp_path: Path
) -> None:
    once_accepted(play_task)
    asked = kaiseki("ask", "Which age groups buy most often?", "--api", gateway.url, "--json", results=tmp_path)
    assert json.loads(asked.stdout)["outcome"] == "answered"


def test_only_limits_that_the_caller_set_are_asked_for(
    gateway: Gateway, kaiseki: Kaiseki, once_accepted: Any, tmp_path: Path
) -> None:
    once_accepted(play_task)
    kaiseki("ask", "How many users?", "--api", gateway.url, "--budget-steps", "3", results=tmp_path)
    run_id = next((tmp_path / "runs").iterdir()).name
    request = json.loads(boto3.client("s3").get_object(Bucket=BUCKET, Key=f"runs/{run_id}/request.json")["Body"].read())
    assert request["budget"]["steps"] == 3


def test_an_attached_file_is_uploaded_and_lies_beside_the_request(
    gateway: Gateway, kaiseki: Kaiseki, once_accepted: Any, tmp_path: Path
) -> None:
    attachment = tmp_path / "weather.csv"
    attachment.write_text("day,rain\n1,2\n")
    once_accepted(play_task)
    asked = kaiseki("ask", "Rain?", "--api", gateway.url, "--attach", str(attachment), results=tmp_path / "results")
    assert asked.returncode == 0, asked.stderr
    run_id = next((tmp_path / "results/runs").iterdir()).name
    stored = boto3.client("s3").get_object(Bucket=BUCKET, Key=f"runs/{run_id}/attachments/weather.csv")
    assert stored["Body"].read() == attachment.read_bytes()


def test_a_run_that_died_without_a_bundle_ends_with_one_line_and_exit_code_1(
    gateway: Gateway, kaiseki: Kaiseki, once_accepted: Any, tmp_path: Path
) -> None:
    def die(run_id: str) -> None:
        RunRecords(TABLE).end(run_id, Status.FAILED, reason="task.killed", message="the task ran out of memory")

    once_accepted(die)
    asked = kaiseki("ask", "How many users?", "--api", gateway.url, results=tmp_path)
    assert asked.returncode == 1
    assert "FAILED (task.killed): the task ran out of memory" in asked.stdout
    assert "Traceback" not in asked.stderr


def test_runs_lists_and_show_brings_only_the_callers_own(
    gateway: Gateway, kaiseki: Kaiseki, once_accepted: Any, tmp_path: Path
) -> None:
    once_accepted(play_task)
    asked = kaiseki("ask", "Which age groups buy?", "--api", gateway.url, "--json", results=tmp_path / "first")
    run_id = json.loads(asked.stdout)["id"]
    listed = kaiseki("runs", "--api", gateway.url, results=tmp_path)
    assert listed.stdout.split() == [run_id, "answered"]
    shown = kaiseki("show", run_id, "--api", gateway.url, results=tmp_path / "second")
    assert "SUCCEEDED, answered" in shown.stdout
    assert (tmp_path / "second/runs" / run_id / "report.html").exists()
    ben = {"AWS_ACCESS_KEY_ID": "AKIDBEN", "AWS_SECRET_ACCESS_KEY": KEYS["AKIDBEN"]}
    assert kaiseki("runs", "--api", gateway.url, results=tmp_path, **ben).stdout == ""
    foreign = kaiseki("show", run_id, "--api", gateway.url, results=tmp_path, **ben)
    assert foreign.returncode == 2
    assert foreign.stderr.count("\n") == 1


def test_cancel_ends_a_run_that_waits(gateway: Gateway, kaiseki: Kaiseki, tmp_path: Path) -> None:
    RunRecords(TABLE).accept(
        RUN_ID, ARN.format("Aiko").replace("sts", "iam").replace("assumed-role", "role"), "", "", ROOM
    )
    cancelled = kaiseki("cancel", RUN_ID, "--api", gateway.url, results=tmp_path)
    assert cancelled.stdout == f"the run {RUN_ID} has ended: CANCELLED\n", cancelled.stderr
    assert kaiseki("runs", "--api", gateway.url, results=tmp_path).stdout.split() == [RUN_ID, "CANCELLED"]


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "not the secret"}, "does not accept these credentials"),
        (
            {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true"},
            "no AWS credentials",
        ),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, "region"),
    ],
)
def test_a_caller_who_cannot_sign_is_told_so_in_one_line(
    gateway: Gateway, kaiseki: Kaiseki, tmp_path: Path, environment: dict[str, str], says: str
) -> None:
    alone = {"AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_CONFIG_FILE": "/nonexistent"}
    refused = kaiseki("runs", "--api", gateway.url, results=tmp_path, **environment, **alone)
    assert refused.returncode in (1, 2)
    assert says in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_a_token_stands_in_for_the_signature_where_the_service_takes_jwts(
    gateway: Gateway, kaiseki: Kaiseki, tmp_path: Path
) -> None:
    gateway.tokens["eyJ.chiyo"] = "chiyo"
    listed = kaiseki("runs", "--api", gateway.url, "--json", results=tmp_path, KAISEKI_API_TOKEN="eyJ.chiyo")
    assert json.loads(listed.stdout) == {"runs": []}


def test_an_environment_is_found_by_its_name(gateway: Gateway, kaiseki: Kaiseki, tmp_path: Path) -> None:
    boto3.client("ssm").put_parameter(Name="/kaiseki/dev/api-url", Value=gateway.url, Type="String")
    assert kaiseki("runs", "--env", "dev", results=tmp_path).returncode == 0
    missing = kaiseki("runs", "--env", "prod", results=tmp_path)
    assert missing.returncode == 2
    assert "no environment 'prod'" in missing.stderr


def test_the_region_may_be_set_as_aws_containers_and_tools_set_it(kaiseki: Kaiseki, tmp_path: Path) -> None:
    looked_up = kaiseki("runs", "--env", "prod", results=tmp_path, AWS_REGION=REGION, AWS_DEFAULT_REGION="")
    assert "no environment 'prod'" in looked_up.stderr
    unset = kaiseki("runs", "--env", "dev", results=tmp_path, AWS_REGION="", AWS_DEFAULT_REGION="", AWS_CONFIG_FILE="/")
    assert unset.stderr.startswith("kaiseki: the region of the environment 'dev' is not known")


def test_a_service_that_fails_for_a_moment_is_asked_again(gateway: Gateway, kaiseki: Kaiseki, tmp_path: Path) -> None:
    gateway.failures = 2
    assert kaiseki("runs", "--api", gateway.url, results=tmp_path).returncode == 0


def test_what_is_wrong_with_a_question_comes_from_the_service_in_its_words(
    gateway: Gateway, kaiseki: Kaiseki, tmp_path: Path
) -> None:
    refused = kaiseki("ask", "How many?", "--api", gateway.url, "--budget-usd", "100000", results=tmp_path)
    assert refused.returncode != 0
    assert "usd" in refused.stderr
    assert not (tmp_path / "runs").exists()


def test_schemas_are_asked_for_and_refused_by_the_service(
    gateway: Gateway, kaiseki: Kaiseki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import parts

    parts.parts.cache_clear()
    monkeypatch.setenv("KAISEKI_SCHEMAS", "sales,public")
    parts.parts()
    refused = kaiseki("ask", "How many?", "--api", gateway.url, "--schemas", "sales,hr", results=tmp_path)
    assert refused.returncode != 0
    assert "you may not read hr (you may read sales, public)" in refused.stderr
