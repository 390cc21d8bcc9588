"""Which schemas a run may read: the environment's, narrowed by the caller's token, narrowed by what the caller asks."""

import json
from collections.abc import Callable
from typing import Any

import pytest

Call = Callable[..., Any]
QUESTION = {"prompt": "How many orders are there?"}


def bearer(**claims: object) -> dict[str, Any]:
    return {"jwt": {"claims": {"iss": "https://issuer.example", "sub": "alice", **claims}, "scopes": None}}


def wishing(*names: str) -> dict[str, Any]:
    return {**QUESTION, "options": {"warehouse_schemas": names}}


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAISEKI_SCHEMAS", "public,sales,finance")


@pytest.fixture
def by_token(limited: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAISEKI_SCHEMAS_CLAIM", "warehouse")


def request_of(answer: Any, bucket: Any) -> Any:
    assert answer.status == 202, answer.text
    return json.loads(bucket.Object(f"runs/{answer.body['run_id']}/request.json").get()["Body"].read())["schemas"]


def test_where_nothing_is_set_everything_is_read_but_for_what_is_asked(call: Call, bucket: Any) -> None:
    assert request_of(call("POST", "/prompt", QUESTION), bucket) is None
    assert request_of(call("POST", "/prompt", wishing("Sales")), bucket) == ["sales"]


@pytest.mark.usefixtures("limited")
def test_a_signer_reads_what_the_environment_allows_or_less(call: Call, bucket: Any) -> None:
    assert request_of(call("POST", "/prompt", QUESTION), bucket) == ["public", "sales", "finance"]
    assert request_of(call("POST", "/prompt", wishing("finance", "PUBLIC")), bucket) == ["finance", "public"]


@pytest.mark.usefixtures("limited")
def test_asking_for_more_is_refused_with_the_same_words_whether_it_is_there_or_not(call: Call, bucket: Any) -> None:
    for hidden in ("hr", "there_is_none", "hr.public"):
        answer = call("POST", "/prompt", wishing("sales", hidden))
        assert (answer.status, answer.error) == (422, "schemas.denied")
        assert answer.body["error"]["message"] == f"options.warehouse_schemas: you may not read {hidden}"
        assert answer.body["error"]["hint"] == "you may read public, sales, finance"
    assert list(bucket.objects.all()) == []


def test_what_is_no_list_of_schemas_is_refused(call: Call) -> None:
    for names in (["pg_catalog"], ["sales; DROP"], [""]):
        answer = call("POST", "/prompt", wishing(*names))
        assert (answer.status, answer.error) == (422, "schemas.invalid"), names
    for malformed in ([], "sales", [1], ["s"] * 101):
        answer = call("POST", "/prompt", {**QUESTION, "options": {"warehouse_schemas": malformed}})
        assert (answer.status, answer.error) == (422, "request.invalid"), malformed


@pytest.mark.usefixtures("by_token")
def test_a_token_narrows_what_its_bearer_reads(call: Call, bucket: Any) -> None:
    for claim in ("sales hr", "hr,sales", "[sales hr]", "[sales, hr]", ["sales", "hr"], "SALES", "[sales]"):
        who = bearer(warehouse=claim, sub=str(claim))  # each a caller with runs of its own
        assert request_of(call("POST", "/prompt", QUESTION, who=who), bucket) == ["sales"], claim
    denied = call("POST", "/prompt", wishing("finance"), who=bearer(warehouse="sales"))
    assert (denied.status, denied.error) == (422, "schemas.denied")
    assert denied.body["error"]["hint"] == "you may read sales"


@pytest.mark.usefixtures("by_token")
def test_a_token_that_names_nothing_readable_reads_nothing(call: Call, bucket: Any) -> None:
    for claims in ({}, {"warehouse": ""}, {"warehouse": "[]"}, {"warehouse": "hr"}, {"warehouse": []}):
        answer = call("POST", "/prompt", QUESTION, who=bearer(**claims))
        assert (answer.status, answer.error) == (403, "schemas.none"), claims
        assert call("POST", "/prompt", wishing("sales"), who=bearer(**claims)).status == 403
        assert call("GET", "/runs", who=bearer(**claims)).status == 200
    assert list(bucket.objects.all()) == []


@pytest.mark.usefixtures("by_token")
def test_a_signer_has_no_claim_and_reads_nothing_where_tokens_decide(call: Call) -> None:
    assert call("POST", "/prompt", QUESTION).status == 403


def test_a_claim_without_a_list_to_narrow_is_a_fault(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAISEKI_SCHEMAS_CLAIM", "warehouse")
    assert call("POST", "/prompt", QUESTION, who=bearer(warehouse="sales")).status == 500
