"""GET and DELETE of runs: what their owner is told, and that nobody else is told anything."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from kaiseki.client.service import RunState
from kaiseki.lifecycle import Outcome, Status
from kaiseki.models import Artifact, Execution, Failure, Query, Run, Step, Usage
from kaiseki.stores.dynamodb import RunRecords

Call = Callable[..., Any]
BOB = {"iam": {"userArn": "arn:aws:sts::111122223333:assumed-role/analyst/bob"}}
QUESTION = {"prompt": "Which age group buys most often?"}
FILES = {
    "report.html": "text/html; charset=utf-8",
    "answer.md": "text/markdown",
    "analysis.ipynb": "application/x-ipynb+json",
    "figures/rate by age 年齢.png": "image/png",
    "figures/rate.svg": "image/svg+xml",
    "data/per_user.parquet": "application/vnd.apache.parquet",
}


@pytest.fixture
def accepted(call: Call) -> str:
    return str(call("POST", "/prompt", QUESTION).body["run_id"])


def write_run(bucket: Any, run_id: str, **known: Any) -> None:
    """As the container writes `run.json` and what stands in it."""
    run = Run(id=run_id, prompt=QUESTION["prompt"], created_at=datetime.now(UTC), **{"status": Status.RUNNING, **known})
    for artifact in run.artifacts:
        bucket.put_object(Key=f"runs/{run_id}/{artifact.path}", Body=b"content", ContentType=artifact.media_type)
    bucket.put_object(Key=f"runs/{run_id}/run.json", Body=run.model_dump_json().encode())


def artifacts() -> tuple[Artifact, ...]:
    return tuple(
        Artifact(name=path, kind="data", path=path, media_type=kind, bytes=7, sha256="0" * 64, title="A title")
        for path, kind in FILES.items()
    )


def test_before_anything_has_run_its_owner_reads_what_was_asked(call: Call, accepted: str) -> None:
    answer = call("GET", f"/runs/{accepted}")
    assert answer.status == 200
    told = answer.body
    assert (told["status"], told["prompt"]) == ("LAUNCHING", QUESTION["prompt"])
    assert (told["steps"], told["artifacts"], told["answer"], told["ended_at"]) == ([], [], "", "")
    assert told["links"] == {"self": f"/runs/{accepted}"}


def test_while_it_works_its_steps_are_told_with_why_they_failed(
    call: Call, accepted: str, bucket: Any, now_records: RunRecords
) -> None:
    failure = Failure(kind="query", type="UnknownColumn", message="there is no column agee\nin users")
    crash = Failure(kind="code", type="KeyError", message="'rate'")
    steps = (
        Step(number=1, purpose="Rates", queries=(Query(name="rates", sql="select", failure=failure),)),
        Step(number=2, purpose="Rates", execution=Execution(exit_code=1, failure=crash)),
        Step(number=3, purpose="Rates by age", accepted=True),
    )
    usage = Usage(calls=3, input_tokens=9_000, output_tokens=800, usd=0.08)
    now_records.begin(accepted)
    now_records.beat(accepted, "step 4: asking the model")
    write_run(bucket, accepted, steps=steps, usage=usage)

    told = call("GET", f"/runs/{accepted}").body
    assert (told["status"], told["phase"]) == ("RUNNING", "step 4: asking the model")
    assert told["steps"] == [
        {"number": 1, "purpose": "Rates", "accepted": False, "failure": "UnknownColumn: there is no column agee"},
        {"number": 2, "purpose": "Rates", "accepted": False, "failure": "KeyError: 'rate'"},
        {"number": 3, "purpose": "Rates by age", "accepted": True, "failure": ""},
    ]
    assert Usage.model_validate(told["usage"]) == usage


def test_at_the_end_there_are_the_answer_and_links_that_open(
    call: Call, accepted: str, bucket: Any, now_records: RunRecords
) -> None:
    now_records.begin(accepted)
    write_run(
        bucket, accepted, status=Status.SUCCEEDED, outcome=Outcome.ANSWERED, answer="**0.744**", artifacts=artifacts()
    )
    now_records.end(accepted, Status.SUCCEEDED, outcome="answered", usd=0.21)

    told = call("GET", f"/runs/{accepted}").body
    assert (told["status"], told["outcome"], told["answer"]) == ("SUCCEEDED", "answered", "**0.744**")
    assert told["usd"] == pytest.approx(0.21)
    assert told["ended_at"] >= told["created_at"]
    assert [artifact["path"] for artifact in told["artifacts"]] == list(FILES)
    assert set(told["links"]) == {"self", "report", "answer", "notebook", "run"}
    for artifact in told["artifacts"]:
        assert requests.get(artifact["url"], timeout=5).content == b"content"
    assert requests.get(told["links"]["run"], timeout=5).json()["id"] == accepted


def test_pages_and_pictures_open_in_the_browser_the_rest_is_downloaded(call: Call, accepted: str, bucket: Any) -> None:
    write_run(bucket, accepted, artifacts=artifacts())
    shown = {}
    for artifact in call("GET", f"/runs/{accepted}").body["artifacts"]:
        shown[artifact["path"]] = parse_qs(urlsplit(artifact["url"]).query)["response-content-disposition"][0]
    assert [path for path, how in shown.items() if how == "inline"] == [
        "report.html",
        "figures/rate by age 年齢.png",
        "figures/rate.svg",
    ]
    assert shown["data/per_user.parquet"] == "attachment; filename*=UTF-8''per_user.parquet"


def test_links_are_signed_anew_at_each_call_for_the_bucket_s_region_and_die(
    call: Call, accepted: str, bucket: Any, time_machine: Any
) -> None:
    time_machine.move_to(datetime.now(UTC), tick=False)
    write_run(bucket, accepted, artifacts=artifacts())
    first = call("GET", f"/runs/{accepted}").body["links"]["report"]
    time_machine.shift(60)
    second = call("GET", f"/runs/{accepted}").body["links"]["report"]
    assert first != second
    assert urlsplit(first).hostname == "bundles.s3.eu-central-1.amazonaws.com"
    query = parse_qs(urlsplit(first).query)
    assert query["X-Amz-Expires"] == ["900"]
    assert query["X-Amz-SignedHeaders"] == ["host"]


def test_the_client_reads_what_the_service_tells(call: Call, accepted: str, bucket: Any) -> None:
    write_run(bucket, accepted, artifacts=artifacts(), usage=Usage(calls=1, usd=None))
    told = call("GET", f"/runs/{accepted}").body
    state = RunState.model_validate({name: value for name, value in told.items() if value != ""})
    assert state.usage.usd is None
    assert len(state.artifacts) == len(FILES)


def test_a_run_of_somebody_else_cannot_be_told_from_one_that_is_not_there(call: Call, accepted: str) -> None:
    for method in ("GET", "DELETE"):
        foreign = call(method, f"/runs/{accepted}", who=BOB)
        assert (foreign.status, foreign.error) == (404, "run.unknown")
        unknown = call(method, f"/runs/{accepted[:-1]}x", who=BOB)
        assert foreign.text.replace(accepted, "ID") == unknown.text.replace(f"{accepted[:-1]}x", "ID")
        assert foreign.headers == unknown.headers
    assert call("GET", f"/runs/{accepted}").body["status"] == "LAUNCHING", "bob cancelled nothing"


def test_ids_that_are_none_are_not_found(call: Call) -> None:
    for name in ("a" * 300, "..", "%2e%2e", "a b", "KEY#x", "実行", "<script>"):
        answer = call("GET", f"/runs/{name}")
        assert answer.status == 404, name
        assert answer.error in ("run.unknown", "path.unknown")


def test_runs_are_listed_in_pages_newest_first_and_only_one_s_own(
    call: Call, now_records: RunRecords, lambda_environment: dict[str, str]
) -> None:
    import parts

    limits, alice = parts.parts().service.settings.limits, "arn:aws:iam::111122223333:role/analyst/alice"
    for n in range(5):
        now_records.accept(f"20261121-09000{n}-run-abcdefghijkm", alice, "", "d", limits)
    now_records.accept(
        "20261121-090002-run-zzzzzzzzzzzz", "arn:aws:iam::111122223333:role/analyst/bob", "", "d", limits
    )
    seen, cursor = [], ""
    while True:
        page = call("GET", "/runs", query={"limit": "2", **({"cursor": cursor} if cursor else {})}).body
        assert len(page["runs"]) <= 2
        seen += [run["run_id"] for run in page["runs"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert seen == [f"20261121-09000{n}-run-abcdefghijkm" for n in (4, 3, 2, 1, 0)]
    assert all(run["links"] == {"self": f"/runs/{run['run_id']}"} for run in page["runs"])


def test_another_s_cursor_leads_to_one_s_own_runs_only(call: Call, accepted: str) -> None:
    call("POST", "/prompt", QUESTION)
    cursor = call("GET", "/runs", query={"limit": "1"}).body["next_cursor"]
    assert cursor
    assert call("GET", "/runs", query={"cursor": cursor}, who=BOB).body["runs"] == []


def test_cursors_and_limits_that_no_page_gave_are_refused(call: Call) -> None:
    for cursor in ("!!", "AAAA", urlsafe_b64encode(b"RUN#x").decode(), urlsafe_b64encode(b"\xff").decode(), "é"):
        answer = call("GET", "/runs", query={"cursor": cursor})
        assert (answer.status, answer.error) == (422, "cursor.invalid"), cursor
    for limit in ("0", "101", "-1", "x", "1e3", ""):
        answer = call("GET", "/runs", query={"limit": limit})
        assert (answer.status, answer.error) == (422, "request.invalid"), limit
    assert call("GET", "/runs", query={"cursor": "a" * 300}).status == 422


def test_a_cancel_is_noted_and_stops_the_task_however_often_it_comes(
    call: Call, accepted: str, now_records: RunRecords, lambda_environment: dict[str, str]
) -> None:
    now_records.begin(accepted)
    for _ in range(2):
        answer = call("DELETE", f"/runs/{accepted}")
        assert (answer.status, answer.body) == (202, {"run_id": accepted, "status": "RUNNING"})
    record = now_records.get(accepted)
    assert record is not None
    assert record.cancel_requested_at
    cluster = lambda_environment["KAISEKI_CLUSTER"]
    (task,) = boto3.client("ecs").describe_tasks(cluster=cluster, tasks=[record.task_arn])["tasks"]
    assert (task["desiredStatus"], task["stoppedReason"]) == ("STOPPED", "cancelled by its owner")


def test_a_run_that_is_over_stays_as_it_ended(call: Call, accepted: str, now_records: RunRecords) -> None:
    now_records.begin(accepted)
    now_records.end(accepted, Status.SUCCEEDED, outcome="answered")
    answer = call("DELETE", f"/runs/{accepted}")
    assert (answer.status, answer.body["status"]) == (202, "SUCCEEDED")
    told = call("GET", f"/runs/{accepted}").body
    assert (told["status"], told["outcome"]) == ("SUCCEEDED", "answered")


def test_a_run_that_waits_ends_at_once(call: Call, lambda_environment: dict[str, str], capsys: Any) -> None:
    runs = [call("POST", "/prompt", QUESTION).body for _ in range(4)]
    assert runs[3]["status"] == "QUEUED"
    capsys.readouterr()
    assert call("DELETE", f"/runs/{runs[3]['run_id']}").body["status"] == "CANCELLED"
    assert call("DELETE", f"/runs/{runs[3]['run_id']}").body["status"] == "CANCELLED"
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["Cancelled"] for line in told if "_aws" in line] == [1], "its end is counted once"


def test_a_run_that_ends_itself_while_it_is_cancelled_is_told_of_by_its_task_alone(
    call: Call, accepted: str, now_records: RunRecords, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    now_records.begin(accepted)
    request_cancel = RunRecords.request_cancel

    def after_its_end(records: RunRecords, run_id: str) -> Any:
        now_records.end(run_id, Status.SUCCEEDED, outcome="answered")
        return request_cancel(records, run_id)

    monkeypatch.setattr(RunRecords, "request_cancel", after_its_end)
    assert call("DELETE", f"/runs/{accepted}").body["status"] == "SUCCEEDED"
    assert "_aws" not in capsys.readouterr().out


def test_a_task_that_cannot_be_stopped_does_not_fail_the_cancel(
    call: Call, accepted: str, now_records: RunRecords, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    import parts

    def denied(*_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "StopTask")

    monkeypatch.setattr(parts, "stop_task", denied)
    assert call("DELETE", f"/runs/{accepted}").status == 202
    record = now_records.get(accepted)
    assert record is not None
    assert record.cancel_requested_at
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["decision"] == "stop.failed"
