"""The API's handler, called as Lambda calls it: with events of an HTTP API in payload format 2.0."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from kaiseki.stores.dynamodb import RunRecords

sys.path.append(str(Path(__file__).parents[4]))  # where `infra` lies

ALICE = {"iam": {"userArn": "arn:aws:sts::111122223333:assumed-role/analyst/alice", "accountId": "111122223333"}}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> dict[str, Any]:
        held = json.loads(self.text)
        assert isinstance(held, dict)
        return held

    @property
    def error(self) -> str:
        """The code of an error, whose shape is checked."""
        assert set(self.body) == {"error"}
        error = self.body["error"]
        assert set(error) == {"code", "message", "hint"}
        assert error["code"]
        assert error["message"]
        assert "\n" not in error["message"]
        assert "Traceback" not in self.text
        assert self.headers["Content-Type"] == "application/json"
        return str(error["code"])


Call = Callable[..., Answer]


@pytest.fixture
def call(lambda_environment: dict[str, str]) -> Iterator[Call]:
    """`call("POST", "/prompt", {...})` as alice; `raw` sends a body as it is, `who` is another authorizer's context."""
    import api
    import parts
    import service

    def forget() -> None:
        service.the_service.cache_clear()
        parts.parts.cache_clear()

    def send(
        method: str,
        path: str,
        body: object | None = None,
        raw: str | None = None,
        base64: bool = False,
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        who: dict[str, Any] | None = ALICE,
    ) -> Answer:
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": "&".join(f"{name}={value}" for name, value in (query or {}).items()),
            "headers": {"content-type": "application/json", "host": "api.example.com", **(headers or {})},
            "requestContext": {
                "accountId": "111122223333",
                "apiId": "a1b2c3d4e5",
                "domainName": "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com",
                "domainPrefix": "a1b2c3d4e5",
                "http": {
                    "method": method,
                    "path": path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1",
                    "userAgent": "curl/8.5.0",
                },
                "requestId": "JKJaXmPLvHcESHA=",
                "routeKey": "$default",
                "stage": "$default",
                "time": "21/Nov/2026:09:00:00 +0000",
                "timeEpoch": 1795251600000,
            },
            "isBase64Encoded": base64,
        }
        if who is not None:
            event["requestContext"]["authorizer"] = who
        if query:
            event["queryStringParameters"] = query
        if raw is not None or body is not None:
            event["body"] = raw if raw is not None else json.dumps(body)
        answer = api.handler(json.loads(json.dumps(event)), SimpleNamespace(aws_request_id="7a1c0f52-5d0c"))
        assert json.loads(json.dumps(answer)) == answer, "API Gateway gets JSON"
        return Answer(answer["statusCode"], answer["headers"], answer["body"])

    forget()
    yield send
    forget()


@pytest.fixture
def bucket(lambda_environment: dict[str, str]) -> Any:
    return boto3.resource("s3").Bucket(lambda_environment["KAISEKI_BUCKET"])


@pytest.fixture
def now_records(lambda_environment: dict[str, str]) -> RunRecords:
    """The records by the real clock, as the handler sees them."""
    return RunRecords(lambda_environment["KAISEKI_TABLE"])
