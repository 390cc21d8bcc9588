"""POST /prompt: what is accepted, what it leaves behind, what is refused and how."""

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from kaiseki.lifecycle import Status
from kaiseki.models import Budget, FollowUp, Request, Run
from kaiseki.stores.dynamodb import RunRecords

Call = Callable[..., Any]
BOB = {"iam": {"userArn": "arn:aws:sts::111122223333:assumed-role/analyst/bob"}}
QUESTION = {"prompt": "Which age group buys most often?"}


def keys(bucket: Any) -> list[str]:
    return sorted(item.key for item in bucket.objects.all())


def test_a_question_becomes_a_request_a_record_and_a_task(
    call: Call, bucket: Any, now_records: RunRecords, lambda_environment: dict[str, str]
) -> None:
    answer = call("POST", "/prompt", QUESTION)
    assert answer.status == 202
    run_id = answer.body["run_id"]
    assert answer.body == {"run_id": run_id, "status": "LAUNCHING", "links": {"self": f"/runs/{run_id}"}}

    request = Request.model_validate_json(bucket.Object(f"runs/{run_id}/request.json").get()["Body"].read())
    assert (request.run_id, request.prompt, request.budget) == (run_id, QUESTION["prompt"], Budget())
    record = now_records.get(run_id)
    assert record is not None
    assert record.owner == "arn:aws:iam::111122223333:role/analyst/alice"
    ecs = boto3.client("ecs")
    tasks = ecs.list_tasks(cluster=lambda_environment["KAISEKI_CLUSTER"])["taskArns"]
    assert tasks == [record.task_arn]


def test_the_request_is_what_the_container_reads_whatever_was_asked(call: Call, bucket: Any) -> None:
    wish = {"steps": 3, "tokens": 1_000, "usd": 0.25, "seconds": 90.5, "rows": 1_000, "rows_per_query": 10}
    run_id = call("POST", "/prompt", {"prompt": " 年齢層は？\n", "options": {"budget": wish}}).body["run_id"]
    content = bucket.Object(f"runs/{run_id}/request.json").get()["Body"].read()
    request = Request.model_validate_json(content)
    assert request.budget == Budget(**wish)
    assert request.prompt == "年齢層は？"
    assert set(json.loads(content)) == set(Request.model_fields)


def test_every_run_has_an_id_of_its_own_that_cannot_be_guessed(call: Call) -> None:
    ids = {call("POST", "/prompt", QUESTION).body["run_id"] for _ in range(3)}
    ends = {run_id.rsplit("-", 1)[1] for run_id in ids}
    assert len(ends) == 3
    assert all(len(end) == 12 for end in ends)


def test_the_same_key_with_the_same_body_is_the_same_run(call: Call, bucket: Any) -> None:
    key = {"idempotency-key": "k-1"}
    first = call("POST", "/prompt", QUESTION, headers=key)
    again = call("POST", "/prompt", {"options": {}, **QUESTION}, headers=key)
    assert (again.status, again.body["run_id"]) == (202, first.body["run_id"])
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert keys(bucket) == [f"runs/{first.body['run_id']}/request.json"], "a repetition leaves no request behind"


def test_the_same_key_with_another_body_is_refused(call: Call, bucket: Any) -> None:
    call("POST", "/prompt", QUESTION, headers={"idempotency-key": "k-1"})
    answer = call("POST", "/prompt", {"prompt": "another"}, headers={"idempotency-key": "k-1"})
    assert (answer.status, answer.error) == (422, "idempotency.reused")
    assert len(keys(bucket)) == 1


def test_keys_of_two_callers_have_nothing_to_do_with_each_other(call: Call) -> None:
    first = call("POST", "/prompt", QUESTION, headers={"idempotency-key": "k-1"})
    other = call("POST", "/prompt", QUESTION, headers={"idempotency-key": "k-1"}, who=BOB)
    assert first.body["run_id"] != other.body["run_id"]


@pytest.mark.parametrize("key", ["k" * 129, "with blank", "クエリ", ""])
def test_a_key_that_is_none_is_refused(call: Call, key: str) -> None:
    answer = call("POST", "/prompt", QUESTION, headers={"idempotency-key": key})
    assert (answer.status, answer.error) == (422, "idempotency.invalid")


def test_200_000_characters_are_taken_in_any_script_and_however_they_are_escaped(call: Call) -> None:
    for character in ("a", "解", "𠮷"):
        assert call("POST", "/prompt", {"prompt": character * 200_000}).status == 202
    answer = call("POST", "/prompt", {"prompt": "解" * 200_001})
    assert (answer.status, answer.error) == (422, "prompt.too_long")
    assert "200,001" in answer.body["error"]["message"]


@pytest.mark.parametrize("prompt", ["", " \n\t", "\u3000"])
def test_a_blank_prompt_is_refused(call: Call, prompt: str) -> None:
    answer = call("POST", "/prompt", {"prompt": prompt})
    assert (answer.status, answer.error) == (422, "prompt.blank")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "prompt"),
        ({"prompt": None}, "prompt"),
        ({"prompt": 5}, "prompt"),
        ({"prompt": ["a"]}, "prompt"),
        ({"prompt": "a\ud800"}, "prompt"),
        ({**QUESTION, "follow_up_to": 5}, "follow_up_to"),
        ({**QUESTION, "options": {"schemas": ["public"]}}, "options.schemas"),
        ({**QUESTION, "options": []}, "options"),
        ({**QUESTION, "options": {"budget": {"steps": 0}}}, "options.budget.steps"),
        ({**QUESTION, "options": {"budget": {"steps": 1.5}}}, "options.budget.steps"),
        ({**QUESTION, "options": {"budget": {"usd": "lots"}}}, "options.budget.usd"),
        ({**QUESTION, "options": {"budget": {"pounds": 3}}}, "options.budget.pounds"),
        ({**QUESTION, "attachments": "5f0c"}, "attachments"),
        ({**QUESTION, "attachments": ["../../x"]}, "attachments[0]"),
        ({**QUESTION, "attachments": ["0" * 32] * 11}, "attachments"),
        ([], "the body"),
        ("text", "the body"),
        (None, "the body"),
    ],
)
def test_what_is_not_of_the_form_is_refused_by_the_name_of_the_field(call: Call, body: object, field: str) -> None:
    answer = call("POST", "/prompt", body)
    assert (answer.status, answer.error) == (422, "request.invalid")
    assert answer.body["error"]["message"].startswith(f"{field}:")


@pytest.mark.parametrize(
    ("name", "most"), [("usd", 10), ("steps", 40), ("seconds", 3600), ("rows_per_query", 2 * 10**6)]
)
def test_a_budget_beyond_the_environments_cap_is_refused(call: Call, name: str, most: int) -> None:
    assert call("POST", "/prompt", {**QUESTION, "options": {"budget": {name: most}}}).status == 202
    answer = call("POST", "/prompt", {**QUESTION, "options": {"budget": {name: most + 1}}})
    assert (answer.status, answer.error) == (422, "budget.over_cap")
    assert f"{most:,}" in answer.body["error"]["message"]


def test_the_environment_sets_its_caps_and_they_bound_what_nobody_asked_for(
    call: Call, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAISEKI_MAX_USD", "0.5")
    run_id = call("POST", "/prompt", QUESTION).body["run_id"]
    request = Request.model_validate_json(bucket.Object(f"runs/{run_id}/request.json").get()["Body"].read())
    assert request.budget == Budget(usd=0.5)
    assert call("POST", "/prompt", {**QUESTION, "options": {"budget": {"usd": 0.6}}}).error == "budget.over_cap"


def test_where_results_are_unloaded_a_query_may_return_more_unless_less_is_asked_for(
    call: Call, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAISEKI_ROWS_PER_QUERY", "2000000")
    for wish, rows in (({}, 2_000_000), ({"rows_per_query": 10}, 10)):
        run_id = call("POST", "/prompt", {**QUESTION, "options": {"budget": wish}}).body["run_id"]
        request = Request.model_validate_json(bucket.Object(f"runs/{run_id}/request.json").get()["Body"].read())
        assert request.budget == Budget(rows_per_query=rows)


@pytest.mark.parametrize(
    "raw",
    ["{", "prompt=x", '{"prompt": "x"} {}', "[" * 50_000, '{"prompt": NaN}', '{"n": ' + "9" * 5_000 + "}"],
    ids=["cut", "form", "two", "deep", "constant", "digits"],
)
def test_what_is_not_json_is_refused(call: Call, raw: str) -> None:
    answer = call("POST", "/prompt", raw=raw)
    assert (answer.status, answer.error) == (422, "body.malformed")


def test_a_body_in_base64_is_read(call: Call) -> None:
    assert call("POST", "/prompt", raw=b64encode(json.dumps(QUESTION).encode()).decode(), base64=True).status == 202


@pytest.mark.parametrize("raw", ["%%%", b64encode(b"\xff\xfe{").decode(), b64encode(b"{").decode()])
def test_base64_that_holds_no_json_is_refused(call: Call, raw: str) -> None:
    answer = call("POST", "/prompt", raw=raw, base64=True)
    assert (answer.status, answer.error) == (422, "body.malformed")


@pytest.mark.parametrize(
    "declared", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_a_body_that_is_not_declared_as_json_is_refused(call: Call, declared: str) -> None:
    answer = call("POST", "/prompt", QUESTION, headers={"content-type": declared})
    assert (answer.status, answer.error) == (415, "body.media_type")


def test_a_charset_or_no_declaration_is_no_hindrance(call: Call) -> None:
    assert call("POST", "/prompt", QUESTION, headers={"content-type": "application/json; charset=utf-8"}).status == 202
    assert call("POST", "/prompt", QUESTION, headers={"content-type": ""}).status == 202


@pytest.mark.parametrize("base64", [False, True])
@pytest.mark.parametrize("size", [1_000_100, 4_000_000])
def test_a_body_of_more_than_a_megabyte_is_refused(call: Call, size: int, base64: bool) -> None:
    raw = json.dumps({"prompt": "a" * size})
    answer = call("POST", "/prompt", raw=b64encode(raw.encode()).decode() if base64 else raw, base64=base64)
    assert (answer.status, answer.error) == (413, "body.too_large")


def test_the_callers_limit_is_told_with_the_time_to_wait_and_leaves_nothing_behind(call: Call, bucket: Any) -> None:
    for _ in range(5):
        assert call("POST", "/prompt", QUESTION).status == 202
    answer = call("POST", "/prompt", QUESTION)
    assert (answer.status, answer.error) == (429, "limit.principal_active")
    assert int(answer.headers["Retry-After"]) > 0
    assert len(keys(bucket)) == 5
    assert call("POST", "/prompt", QUESTION, who=BOB).status == 202


def test_the_day_s_dollars_are_a_limit_too(call: Call, now_records: RunRecords) -> None:
    run_id = call("POST", "/prompt", QUESTION).body["run_id"]
    now_records.end(run_id, Status.FAILED, usd=20.0)
    answer = call("POST", "/prompt", QUESTION)
    assert (answer.status, answer.error) == (429, "limit.principal_usd_per_day")
    assert 0 < int(answer.headers["Retry-After"]) <= 86_401


def test_runs_that_are_going_on_count_with_all_that_they_may_cost(call: Call) -> None:
    dear = {**QUESTION, "options": {"budget": {"usd": 10}}}
    assert [call("POST", "/prompt", dear).status for _ in range(3)] == [202, 202, 429]
    cheap = {**QUESTION, "options": {"budget": {"usd": 0}}}
    assert call("POST", "/prompt", cheap, who=BOB).status == 202


def test_where_the_environment_is_full_the_run_waits(call: Call) -> None:
    statuses = [call("POST", "/prompt", QUESTION).body["status"] for _ in range(4)]
    assert statuses == ["LAUNCHING", "LAUNCHING", "LAUNCHING", "QUEUED"]


def test_a_launch_that_fails_does_not_fail_the_call(
    call: Call, now_records: RunRecords, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import parts

    def gone(*_: object) -> None:
        raise ConnectionError("the network is gone")

    monkeypatch.setattr(parts, "launch_run", gone)
    answer = call("POST", "/prompt", QUESTION)
    assert (answer.status, answer.body["status"]) == (202, "ACCEPTED")
    assert now_records.get(answer.body["run_id"]) is not None
    assert "launch.postponed" in capsys.readouterr().out


def test_no_run_is_accepted_whose_request_could_not_be_written(
    call: Call, bucket: Any, now_records: RunRecords, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket.delete()
    answer = call("POST", "/prompt", QUESTION)
    assert (answer.status, answer.error) == (500, "internal")
    assert list(now_records.live()) == []
    assert "NoSuchBucket" in capsys.readouterr().out


def test_a_question_may_go_on_from_an_earlier_run_of_the_same_caller(call: Call, bucket: Any) -> None:
    earlier = call("POST", "/prompt", QUESTION).body["run_id"]
    run = Run(
        id=earlier,
        prompt=QUESTION["prompt"],
        created_at=datetime.now(UTC),
        status=Status.SUCCEEDED,
        answer="The young.",
    )
    bucket.put_object(Key=f"runs/{earlier}/run.json", Body=run.model_dump_json().encode())
    run_id = call("POST", "/prompt", {"prompt": "And by month?", "follow_up_to": earlier}).body["run_id"]
    request = Request.model_validate_json(bucket.Object(f"runs/{run_id}/request.json").get()["Body"].read())
    assert request.follow_up == FollowUp(run_id=earlier, prompt=QUESTION["prompt"], answer="The young.")

    foreign = call("POST", "/prompt", {"prompt": "And by month?", "follow_up_to": earlier}, who=BOB)
    unknown = call("POST", "/prompt", {"prompt": "And by month?", "follow_up_to": "20260101-000000-none-abcdefghijkm"})
    assert (foreign.status, foreign.error) == (unknown.status, unknown.error) == (404, foreign.error)


def test_a_run_without_an_answer_leads_nowhere(call: Call) -> None:
    earlier = call("POST", "/prompt", QUESTION).body["run_id"]
    answer = call("POST", "/prompt", {"prompt": "And by month?", "follow_up_to": earlier})
    assert (answer.status, answer.error) == (422, "follow_up.unanswered")
