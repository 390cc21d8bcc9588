"""Requests that are repeated, refused or not the caller's business."""

import pytest
from botocore.credentials import Credentials
from harness.caller import Caller, assume, create_role

COUNT = "How many interactions are there?"


@pytest.fixture(scope="module")
def alices(alice) -> str:
    """The id of a run of Alice's that has ended."""
    run_id = alice.ask(COUNT)
    alice.ended(run_id)
    return run_id


def error(answer) -> dict:
    return answer.json()["error"]


def test_a_prompt_posted_again_with_its_key_is_the_same_run_and_launches_once(alice, ecs):
    key = {"Idempotency-Key": "report-of-november"}
    first, again = (alice.call("POST", "/prompt", {"prompt": COUNT}, key).json() for _ in range(2))
    assert again["run_id"] == first["run_id"]
    assert alice.ended(first["run_id"])["status"] == "SUCCEEDED"
    assert len(ecs.launches_of(first["run_id"])) == 1
    other = alice.call("POST", "/prompt", {"prompt": "Another question?"}, key)
    assert 400 <= other.status_code < 500
    assert set(error(other)) == {"code", "message", "hint"}


def test_somebody_elses_run_is_not_there(alices, bob):
    for method in ("GET", "DELETE"):
        answer = bob.call(method, f"/runs/{alices}")
        assert answer.status_code == 404
        assert set(error(answer)) == {"code", "message", "hint"}


def test_an_unknown_run_answers_as_somebody_elses_does(alices, alice, bob):
    unknown = alice.call("GET", "/runs/20261121-090000-none-abcdefghijkm")
    assert unknown.status_code == 404
    assert error(unknown)["code"] == error(bob.call("GET", f"/runs/{alices}"))["code"]


def test_unsigned_and_wrongly_signed_requests_are_refused(alice):
    nobody = Caller(alice.api, alice.certificate, None)
    theirs = alice.credentials
    guessed = Credentials(theirs.access_key, "a-guess", theirs.token)
    forged = Caller(alice.api, alice.certificate, guessed)
    for caller in (nobody, forged):
        for method, path in (("POST", "/prompt"), ("GET", "/runs"), ("POST", "/uploads")):
            assert caller.call(method, path).status_code == 403, (method, path)


def test_a_role_without_permission_to_call_the_api_is_refused(emulator, alice):
    outsider = assume(emulator, create_role(emulator, "outsiders"), "eve@example.com", alice.api)
    assert outsider.call("GET", "/runs").status_code == 403


def test_a_body_over_a_megabyte_is_too_large(alice):
    answer = alice.call("POST", "/prompt", {"prompt": "x" * 1_100_000})
    assert answer.status_code == 413
    assert set(error(answer)) == {"code", "message", "hint"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        {},
        {"prompt": ""},
        {"prompt": 7},
        {"prompt": "x" * 200_001},
        {"prompt": COUNT, "attachments": ["../../etc/passwd"]},
        {"prompt": COUNT, "options": {"budget": {"usd": -1}}},
        {"prompt": COUNT, "options": {"budgets": {}}},
    ],
    ids=["empty", "cut", "list", "not-utf8", "no-prompt", "blank", "number", "long", "path", "negative", "misspelt"],
)
def test_a_malformed_body_is_refused_with_a_hint(alice, body):
    answer = alice.call("POST", "/prompt", body)
    assert answer.status_code == 422, answer.text
    assert all(error(answer)[part] for part in ("code", "message", "hint"))


def test_a_prompt_of_two_hundred_thousand_characters_is_taken(alice, service, emulator):
    with service.endless_runs(emulator):
        run_id = alice.ask("購買" * 100_000)
    assert alice.state(run_id)["prompt"] == "購買" * 100_000
    assert alice.cancel(run_id).status_code == 202
    assert alice.ended(run_id)["status"] == "CANCELLED"
