"""Who calls: an owner that API Gateway has established, or nobody; and faults that tell nothing of the inside."""

import json
from collections.abc import Callable
from typing import Any

import pytest

Call = Callable[..., Any]
QUESTION = {"prompt": "How many users are there?"}


def signer(arn: str) -> dict[str, Any]:
    return {"iam": {"userArn": arn}}


def token(**claims: str) -> dict[str, Any]:
    return {"jwt": {"claims": claims, "scopes": None}}


SESSION = "arn:aws:sts::111122223333:assumed-role/analyst/{}"
NOBODIES: tuple[dict[str, Any] | None, ...] = (
    None,
    {},
    {"iam": None},
    signer(""),
    signer("alice"),
    signer("arn:aws:sts::111122223333:assumed-role/analyst"),
    signer("arn:aws:sts::111122223333:assumed-role/analyst/alice/more"),
    signer("arn:aws:iam::111122223333:role/analyst"),
    signer("arn:aws:lambda:eu-central-1:111122223333:function:x"),
    token(sub="alice"),
    token(iss="https://issuer.example"),
    token(iss=" ", sub=" "),
    {"jwt": {}},
    {"lambda": {"owner": "alice"}},
)


@pytest.mark.parametrize(
    ("who", "owner"),
    [
        (signer(SESSION.format("alice@example.com")), "arn:aws:iam::111122223333:role/analyst/alice@example.com"),
        (signer("arn:aws:iam::111122223333:user/team/bob"), "arn:aws:iam::111122223333:user/team/bob"),
        (signer("arn:aws:iam::111122223333:root"), "arn:aws:iam::111122223333:root"),
        (
            signer("arn:aws-cn:sts::111122223333:assumed-role/analyst/alice"),
            "arn:aws-cn:iam::111122223333:role/analyst/alice",
        ),
        (token(iss="https://issuer.example", sub="alice"), "jwt:https://issuer.example#alice"),
    ],
)
def test_the_owner_is_who_api_gateway_says_calls(call: Call, now_records: Any, who: Any, owner: str) -> None:
    run_id = call("POST", "/prompt", QUESTION, who=who).body["run_id"]
    assert now_records.get(run_id).owner == owner


def test_nothing_is_open_to_nobody(call: Call, bucket: Any) -> None:
    calls = [("POST", "/prompt"), ("POST", "/uploads"), ("GET", "/runs"), ("GET", "/runs/x"), ("DELETE", "/runs/x")]
    for who in NOBODIES:
        for method, path in [*calls, ("GET", "/"), ("PUT", "/prompt")]:
            answer = call(method, path, QUESTION, who=who)
            assert (answer.status, answer.error) == (403, "caller.unknown"), (who, method, path)
    assert list(bucket.objects.all()) == []


def test_what_the_caller_says_of_itself_counts_for_nothing(call: Call) -> None:
    forged = {"x-amzn-iam-user-arn": SESSION.format("alice"), "authorization": "Bearer x", "x-owner": "alice"}
    assert call("GET", "/runs", headers=forged, who=None).status == 403


def test_sessions_of_a_role_are_apart_unless_the_environment_says_otherwise(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = call("POST", "/prompt", QUESTION, who=signer(SESSION.format("alice"))).body["run_id"]
    assert call("GET", f"/runs/{mine}", who=signer(SESSION.format("bob"))).status == 404

    import parts
    import service

    monkeypatch.setenv("KAISEKI_OWNER", "role")
    service.the_service.cache_clear()
    parts.parts.cache_clear()
    ours = call("POST", "/prompt", QUESTION, who=signer(SESSION.format("alice"))).body["run_id"]
    assert call("GET", f"/runs/{ours}", who=signer(SESSION.format("bob"))).status == 200
    assert call("GET", f"/runs/{ours}", who=signer(SESSION.replace("analyst", "other").format("bob"))).status == 404


def test_tokens_of_two_issuers_are_two_owners(call: Call) -> None:
    mine = call("POST", "/prompt", QUESTION, who=token(iss="https://one.example", sub="alice")).body["run_id"]
    assert call("GET", f"/runs/{mine}", who=token(iss="https://two.example", sub="alice")).status == 404


def test_paths_that_are_none_are_not_found(call: Call) -> None:
    for method, path in (
        ("GET", "/"),
        ("GET", "/nothing"),
        ("POST", "/prompt/x"),
        ("GET", "/runs/a/b"),
        ("GET", "/openapi.json"),
    ):
        answer = call(method, path)
        assert (answer.status, answer.error) == (404, "path.unknown"), path


def test_methods_that_a_path_does_not_take_are_named(call: Call) -> None:
    taken = {"/prompt": {"POST"}, "/uploads": {"POST"}, "/runs": {"GET"}, "/runs/abc": {"GET", "DELETE"}}
    for path, methods in taken.items():
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - methods:
            answer = call(method, path)
            assert (answer.status, answer.error) == (405, "method.not_allowed"), (method, path)
            assert set(answer.headers["Allow"].split(", ")) == methods


def test_a_fault_of_the_service_is_logged_and_tells_its_name_alone(
    call: Call, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import parts

    def broken(*_: object) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(parts.Runs, "page", broken)
    answer = call("GET", "/runs")
    assert (answer.status, answer.error) == (500, "internal")
    assert "7a1c0f52-5d0c" in answer.body["error"]["message"]
    assert "hunter2" not in answer.text
    logged = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (logged["level"], logged["request_id"]) == ("ERROR", "7a1c0f52-5d0c")
    assert "hunter2" in logged["error"]


def test_a_function_that_is_set_up_wrong_says_no_more_than_that(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAISEKI_OWNER", "anybody")
    answer = call("GET", "/runs")
    assert (answer.status, answer.error) == (500, "internal")
    assert "anybody" not in answer.text


def test_an_event_of_another_form_is_a_fault_not_a_crash(capsys: pytest.CaptureFixture[str], call: Call) -> None:
    from types import SimpleNamespace

    import api

    answer = api.handler({}, SimpleNamespace(aws_request_id="7a1c"))
    assert answer["statusCode"] == 403
