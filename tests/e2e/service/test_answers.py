"""What comes of a prompt: an answer over the API, and a bundle in the bucket."""

import gzip
import json
import re
import shutil
import subprocess
import sys

import pytest
import requests
from harness.places import REGION, ROOT
from harness.waiting import wait_for

VERBATIM = (
    "'interaction'テーブルから機械学習モデルを作成してください。'purchase'列をターゲット変数として使用してください。"
)
MONTHS = "How did the purchase rate develop by month in 2025, and at which hours of the day is it highest?"


@pytest.fixture(scope="module")
def answered(alice) -> dict:
    """The state of the first prompt's run, once it has ended."""
    return alice.ended(alice.ask(VERBATIM))


def links(state: dict) -> dict[str, str]:
    return {artifact["path"]: artifact["url"] for artifact in state["artifacts"]}


def test_the_cdk_deploys_the_service(service, emulator):
    (stack,) = emulator.client("cloudformation").describe_stacks(StackName="kaiseki-e2e")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"


def test_a_prompt_in_japanese_on_the_sample_data_is_answered(answered):
    assert (answered["status"], answered["outcome"]) == ("SUCCEEDED", "answered")
    assert answered["prompt"] == VERBATIM
    assert "interactiontype" in answered["answer"]
    assert re.search(r"[ぁ-ん]", answered["answer"])
    assert answered["steps"][-1]["accepted"]
    assert answered["usage"]["calls"] >= 1


def test_its_bundle_lies_in_the_bucket_whole(answered, emulator, service):
    s3 = emulator.client("s3")
    prefix = f"runs/{answered['run_id']}/"
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=service.bucket, Prefix=prefix)
    stored = {item["Key"].removeprefix(prefix) for page in pages for item in page["Contents"]}
    assert {"request.json", "run.json", "answer.md", "report.html", "analysis.ipynb", "trace.jsonl"} <= stored
    run = json.loads(s3.get_object(Bucket=service.bucket, Key=f"{prefix}run.json")["Body"].read())
    facts = {fact["name"]: fact["value"] for fact in run["facts"]}
    assert facts["all_columns_score"] > 0.9
    assert {artifact["path"] for artifact in run["artifacts"]} <= stored


def test_the_report_opens_in_a_browser_by_its_link(answered, alice):
    report = alice.fetch(alice.state(answered["run_id"])["links"]["report"])
    assert report.status_code == 200
    assert report.headers["content-type"] == "text/html; charset=utf-8"
    assert report.headers["content-encoding"] == "gzip"
    assert report.headers.get("content-disposition", "inline").startswith("inline")
    page = report.content if report.content[:2] != b"\x1f\x8b" else gzip.decompress(report.content)
    assert b"<html" in page


def test_each_artifact_can_be_downloaded_and_is_what_run_json_says(answered, alice):
    state = alice.state(answered["run_id"])
    run = alice.fetch(state["links"]["run"]).json()
    said = {artifact["path"]: artifact["bytes"] for artifact in run["artifacts"]}
    assert set(links(state)) >= set(said)
    for path, link in links(state).items():
        got = alice.fetch(link)
        assert got.status_code == 200, path
        assert len(got.content) == said.get(path, len(got.content)), path


def test_the_run_is_in_its_owners_list(answered, alice, bob):
    def runs(caller) -> set[str]:
        return {run["run_id"] for run in caller.call("GET", "/runs?limit=100").json()["runs"]}

    assert answered["run_id"] in runs(alice)
    assert answered["run_id"] not in runs(bob)


def test_the_bus_is_told_that_a_run_ended(answered, service, emulator):
    event = wait_for(lambda: service.ended_runs(emulator).get(answered["run_id"]))
    assert (event["source"], event["detail-type"]) == ("kaiseki", "Run ended")
    assert (event["detail"]["status"], event["detail"]["outcome"]) == ("SUCCEEDED", "answered")


def test_the_log_of_a_task_tells_the_runs_metrics(answered, service, emulator, ecs):
    (metrics,) = wait_for(lambda: service.metrics_of(emulator, ecs.task_of(answered["run_id"])))
    assert metrics["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Kaiseki"
    assert (metrics["Environment"], metrics["status"], metrics["Succeeded"]) == ("e2e", "SUCCEEDED", 1)
    assert metrics["Duration"] > 0


def test_a_step_that_fails_is_repaired(alice, service, emulator):
    """The model's setting is that of the environment: as after a deployment with another one."""
    recording = ROOT / "results" / "recordings" / "months-and-hours.jsonl"
    with service.task_environment(emulator, KAISEKI_MODEL=f"recorded:{recording}"):
        state = alice.ended(alice.ask(MONTHS))
    assert (state["status"], state["outcome"]) == ("SUCCEEDED", "answered")
    assert [step["accepted"] for step in state["steps"]] == [False, False, True, True]
    assert all(step["failure"] for step in state["steps"] if not step["accepted"])


def test_an_attached_file_is_a_table_of_the_analysis(alice, emulator):
    content = b"item,price\n" + b"".join(f"tea-{n % 4},{n % 4}.5\n".encode() for n in range(40))
    asked = alice.call("POST", "/uploads", {"files": [{"name": "prices.csv", "bytes": len(content)}]})
    assert asked.status_code == 201, asked.text
    (upload,) = asked.json()["uploads"]
    put = requests.put(
        upload["url"], data=content, headers=upload["headers"], verify=str(emulator.certificate), timeout=30
    )
    assert put.status_code == 200, put.text
    state = alice.ended(alice.ask("What is the average price by item in prices?", attachments=[upload["id"]]))
    assert (state["status"], state["outcome"]) == ("SUCCEEDED", "answered")
    assert "tea-3" in state["answer"]


def test_a_link_that_has_expired_is_signed_anew_by_the_next_call(answered, alice, service, emulator):
    with service.api_environment(emulator, KAISEKI_LINK_SECONDS="1"):
        old = alice.state(answered["run_id"])["links"]["report"]
    wait_for(lambda: alice.fetch(old).status_code == 403)
    assert alice.fetch(alice.state(answered["run_id"])["links"]["report"]).status_code == 200


def test_the_command_line_finds_the_service_by_name_asks_it_and_brings_the_bundle(alice, emulator, tmp_path):
    def kaiseki(*arguments: str) -> dict:
        finished = subprocess.run(
            [sys.executable, "-m", "kaiseki", *arguments, "--env", "e2e", "--json"],
            env=emulator.environment | alice.environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
        return json.loads(finished.stdout)

    (tmp_path / "traffic.csv").write_text("shop,visits\n" + "\n".join(f"shop-{n % 3},{n}" for n in range(30)))
    run = kaiseki("ask", "What is the average visits by shop in traffic?", "--attach", "traffic.csv")
    assert (run["status"], run["outcome"]) == ("SUCCEEDED", "answered")
    assert (tmp_path / "results" / "runs" / run["id"] / "report.html").exists()
    assert run["id"] in [listed["run_id"] for listed in kaiseki("runs")["runs"]]
    assert kaiseki("show", run["id"])["answer"] == run["answer"]
    assert kaiseki("cancel", run["id"]) == {"run_id": run["id"], "status": "SUCCEEDED"}


QUESTION = "How many interactions are there?"


EXAMPLES = {
    "ask.py": (sys.executable, QUESTION),
    "ask.sh": ("sh", json.dumps({"prompt": QUESTION})),
}
PRESENT = [name for name in EXAMPLES if name != "ask.sh" or shutil.which("curl")]  # a bare machine has no curl


@pytest.mark.parametrize("example", PRESENT)
def test_the_documented_example_works(example, alice, emulator):
    program, asked = EXAMPLES[example]
    finished = subprocess.run(
        [program, str(ROOT / "docs" / "examples" / example), alice.api, REGION, asked],
        env=emulator.environment | alice.environment | {"CURL_CA_BUNDLE": str(emulator.certificate)},
        cwd=emulator.folder,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "SUCCEEDED" in finished.stdout
    assert "20,120" in finished.stdout


def test_a_follow_up_knows_the_question_before_it_and_none_of_somebody_elses(answered, alice, bob, emulator, service):
    state = alice.ended(alice.ask("How many users are there?", follow_up_to=answered["run_id"]))
    assert (state["status"], state["outcome"]) == ("SUCCEEDED", "answered")
    run = alice.fetch(state["links"]["run"]).json()
    assert run["follow_up_to"] == answered["run_id"]
    stored = emulator.client("s3").get_object(Bucket=service.bucket, Key=f"runs/{state['run_id']}/request.json")
    assert json.loads(stored["Body"].read())["follow_up"]["prompt"] == VERBATIM
    refused = bob.call("POST", "/prompt", {"prompt": "And by month?", "follow_up_to": answered["run_id"]})
    assert refused.status_code == 404
