"""`kaiseki execute` as a task of the service: a process, a bucket, a table of records, and what it leaves there."""

import contextlib
import gzip
import hashlib
import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from kaiseki.lifecycle import Status
from tasks_of_a_service import BUCKET, BUS, ROOM, RUN_ID, Service, finished, metrics, service_on_a_port, wait_until

pytestmark = pytest.mark.timeout(400)

COUNT = """Count the orders

```sql name=orders_per_country
SELECT country AS country, COUNT(*) AS orders FROM orders GROUP BY country ORDER BY country
```

```python
rows = load("orders_per_country")
fact("orders", int(rows["orders"].sum()))
```
"""
ANSWER = """
```answer outcome=answered
There are {orders} orders.
```
"""
SLOW_STEP = "Wait in Python\n\n```python\nimport time\nwhile True:\n    pass\n```\n"
SLOW_QUERY = """Wait in the warehouse

```sql name=for_ever
SELECT COUNT(*) AS n FROM orders AS a CROSS JOIN orders AS b CROSS JOIN orders AS c CROSS JOIN orders AS d
CROSS JOIN orders AS e CROSS JOIN orders AS f WHERE a.amount * b.amount + c.amount * d.amount < e.amount * f.amount - 1
```
"""


@pytest.fixture
def service(tmp_path: Path, orders: Path) -> Iterator[Service]:
    with service_on_a_port(tmp_path) as service:
        yield service


# ── to the end ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_question_becomes_a_bundle_a_record_an_event_and_metrics(service):
    service.ask("Total amount by country?")
    code, out, err = finished(service.start())
    assert code == 0, err
    files, record = service.files(), service.record()
    run = json.loads(files["run.json"])
    assert (run["status"], run["outcome"]) == ("SUCCEEDED", "answered")
    files["report.html"] = gzip.decompress(files["report.html"])
    digests = {path: hashlib.sha256(content).hexdigest() for path, content in files.items() if path != "run.json"}
    assert {artifact["path"]: artifact["sha256"] for artifact in run["artifacts"]} == digests
    assert b"<html" in files["report.html"]
    assert (record.status, record.outcome, record.reason) == (Status.SUCCEEDED, "answered", "")
    (event,) = service.events()
    assert (event["EventBusName"], event["Source"], event["DetailType"]) == (BUS, "kaiseki", "Run ended")
    assert event["Detail"] == {
        "run_id": RUN_ID,
        "owner": "arn:aws:iam::111122223333:role/analyst",
        "status": "SUCCEEDED",
        "outcome": "answered",
        "reason": "",
        "usd": 0.0,
    }
    told = metrics(out)
    (described,) = told["_aws"]["CloudWatchMetrics"]
    assert (described["Namespace"], described["Dimensions"]) == ("Kaiseki", [["Environment"]])
    assert {each["Name"] for each in described["Metrics"]} <= told.keys()
    assert (told["Environment"], told["Steps"], told["Succeeded"], told["Failed"]) == ("test", len(run["steps"]), 1, 0)
    assert run["answer"].strip() not in out + err  # a log is not where answers belong


def test_attached_files_are_tables_of_the_run(service, recording):
    step = COUNT.replace("country AS country", "shop AS country").replace("BY country", "BY shop")
    step = step.replace("ORDER BY shop", "ORDER BY 1").replace("FROM orders", "FROM shops")
    service.ask(attachments={"shops.csv": b"shop,size\nA,1\nB,2\n"})
    code, _, err = finished(service.start(MODEL=f"recorded:{recording([step + ANSWER])}"))
    assert code == 0, err
    assert service.run()["answer"].strip() == "There are 2 orders."
    assert service.files()["attachments/shops.csv"] == b"shop,size\nA,1\nB,2\n"


def test_neither_heartbeats_that_fail_nor_news_that_reach_nobody_end_a_run(service, recording):
    def refuse(path: str, headers: Mapping[str, str]) -> tuple[int, bytes] | None:
        target = headers.get("X-Amz-Target", "")
        if "UpdateItem" in target and service.record().status is Status.RUNNING:
            return 400, b'{"__type": "AccessDeniedException"}'  # one that is not tried again until the run has ended
        return (400, b'{"__type": "AccessDeniedException"}') if "PutEvents" in target else None

    service.wire.refused = staticmethod(refuse)
    service.ask()
    lasting = COUNT.replace("rows = load", "import time\ntime.sleep(1)\nrows = load")
    code, _, err = finished(service.start(MODEL=f"recorded:{recording([lasting + ANSWER])}"))
    assert (code, service.record().status) == (0, Status.SUCCEEDED), err
    assert "a heartbeat failed" in err
    assert "was not announced" in err


# ── cut short ─────────────────────────────────────────────────────────────────────────────────────────────────────


def in_step_two(service: Service) -> bool:
    """The first step can be seen by who asks for the run, and the second is under way."""
    run = service.run()
    return run is not None and len(run["steps"]) == 1 and service.record().phase.startswith("step 2: Wait")


def test_a_run_at_work_shows_its_steps_and_a_cancel_ends_it_with_them(service, recording):
    service.ask()
    task = service.start(MODEL=f"recorded:{recording([COUNT, SLOW_STEP])}")
    wait_until(task, lambda: in_step_two(service))
    assert service.run()["status"] == "RUNNING"
    assert [step["purpose"] for step in service.run()["steps"]] == ["Count the orders"]
    assert service.record().status is Status.RUNNING
    service.records.request_cancel(RUN_ID)
    code, out, err = finished(task)
    run, record = service.run(), service.record()
    assert code == 0, err
    assert (run["status"], run["reason"]) == (record.status, record.reason) == ("CANCELLED", "cancelled")
    assert [fact["value"] for fact in run["facts"]] == [60]
    assert b"<html" in gzip.decompress(service.files()["report.html"])
    assert metrics(out)["Cancelled"] == 1
    assert [event["Detail"]["status"] for event in service.events()] == ["CANCELLED"]


@pytest.mark.parametrize("slow", [SLOW_STEP, SLOW_QUERY], ids=["in a step", "in a query"])
def test_sigterm_uploads_what_there_is_even_where_it_comes_twice(service, recording, slow):
    service.ask()
    task = service.start(MODEL=f"recorded:{recording([COUNT, slow])}")
    wait_until(task, lambda: in_step_two(service))
    time.sleep(1)
    task.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    with contextlib.suppress(ProcessLookupError):
        task.send_signal(signal.SIGTERM)
    code, out, err = finished(task)
    assert code == 0, err
    run, record = service.run(), service.record()
    assert (run["status"], run["reason"]) == (record.status, record.reason) == ("FAILED", "task.interrupted")
    assert "stopped" in record.message
    assert [fact["value"] for fact in run["facts"]] == [60]
    assert {artifact["path"] for artifact in run["artifacts"]} == service.files().keys() - {"run.json"}
    assert b"<html" in gzip.decompress(service.files()["report.html"])
    assert metrics(out)["Failed"] == 1


def test_sigterm_is_heard_while_the_model_thinks(service):
    asked, over = threading.Event(), threading.Event()

    def think(path: str, headers: Mapping[str, str]) -> tuple[int, bytes] | None:
        if "/converse" in path:
            asked.set()
            over.wait()
        return None

    service.wire.refused = staticmethod(think)
    service.ask()
    task = service.start(MODEL="bedrock/eu.anthropic.claude-sonnet-5")
    wait_until(task, asked.is_set)
    task.send_signal(signal.SIGTERM)
    code, _, err = finished(task)
    over.set()
    assert (code, service.record().reason) == (0, "task.interrupted"), err
    assert service.run()["status"] == "FAILED"


def test_a_run_whose_end_is_being_uploaded_is_not_stopped_any_more(service, recording):
    tasks: list[subprocess.Popen[str]] = []

    def stop(path: str, headers: Mapping[str, str]) -> None:
        if path.partition("?")[0].endswith("/report.html"):
            tasks[0].send_signal(signal.SIGTERM)
            time.sleep(1)
            tasks[0].send_signal(signal.SIGTERM)

    service.wire.refused = staticmethod(stop)
    service.ask()
    tasks.append(service.start(MODEL=f"recorded:{recording([COUNT + ANSWER])}"))
    code, _, err = finished(tasks[0])
    assert (code, service.record().status, service.run()["status"]) == (0, Status.SUCCEEDED, "SUCCEEDED"), err
    assert {artifact["path"] for artifact in service.run()["artifacts"]} == service.files().keys() - {"run.json"}


def test_a_task_that_is_stopped_for_its_owner_ends_cancelled(service, recording):
    service.ask()
    task = service.start(MODEL=f"recorded:{recording([COUNT, SLOW_STEP])}", HEARTBEAT_SECONDS="3")
    wait_until(task, lambda: in_step_two(service))
    service.records.request_cancel(RUN_ID)
    task.send_signal(signal.SIGTERM)
    code, _, err = finished(task)
    assert (code, service.record().status, service.run()["status"]) == (0, Status.CANCELLED, "CANCELLED"), err


def test_an_end_that_others_recorded_stands(service, recording):
    service.ask()
    task = service.start(MODEL=f"recorded:{recording([COUNT, SLOW_STEP])}")
    wait_until(task, lambda: in_step_two(service))
    service.records.end(RUN_ID, Status.FAILED, reason="task.killed")
    code, out, _ = finished(task)
    assert code != 0
    assert (service.record().status, service.record().reason) == (Status.FAILED, "task.killed")
    assert (service.events(), out) == ([], "")


# ── not even begun ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_run_that_has_ended_is_left_alone(service):
    service.ask()
    service.records.end(RUN_ID, Status.CANCELLED, reason="cancelled")
    before = service.files()
    code, out, err = finished(service.start())
    assert (code, out, len(err.splitlines())) == (0, "", 1)
    assert "has ended" in err
    assert service.files() == before
    assert service.record().status is Status.CANCELLED


@pytest.mark.parametrize(
    ("claimed_again", "settings"),
    [(False, {}), (True, {}), (True, {"BUDGET_USD": "much"})],
    ids=["waits", "is in its next launch", "is in its next launch, where the settings are wrong"],
)
def test_a_task_of_an_earlier_launch_leaves_a_run_to_the_next_which(service, claimed_again, settings):
    service.ask()
    service.records.queue(RUN_ID, "launch.capacity")
    if claimed_again:
        service.records.claim(RUN_ID, ROOM)
    before = service.record()
    code, out, err = finished(service.start(**settings))
    assert (code, out, len(err.splitlines())) == (0, "", 1)
    assert "is for another task" in err
    assert (service.record(), service.files().keys()) == (before, {"request.json"})


@pytest.mark.parametrize(
    ("settings", "code", "named"),
    [
        ({"BUDGET_USD": "much"}, "setting", "budget_usd"),
        ({"MODELL": "offline"}, "setting", "KAISEKI_MODELL"),
        ({"MODEL": "unheard-of"}, "setting", "unheard-of"),
        ({"WAREHOUSE": "duckdb:/nowhere/at/all"}, "input", "/nowhere/at/all"),
        ({"SCHEMAS": "hr"}, "setting", "no schema hr"),
        ({"BROKER": "99"}, "sandbox", "99"),
        ({"WORKSPACE": "/proc/nowhere"}, "input", "/proc/nowhere"),
        ({"STORE": "s3://no-such-bucket"}, "store", "no-such-bucket"),
        ({"STORE": f"s3://{BUCKET}/elsewhere"}, "run.unknown", RUN_ID),
    ],
)
def test_what_keeps_a_run_from_starting_is_in_its_record(service, settings, code, named):
    service.ask()
    exit_code, out, err = finished(service.start(**settings))
    record = service.record()
    assert (exit_code, record.status, record.reason) == (0, Status.FAILED, f"failed.{code}"), err
    assert named in record.message
    assert "Traceback" not in err
    assert metrics(out)["Failed"] == 1
    if settings.keys() & {"WAREHOUSE", "BROKER", "MODEL"}:
        assert service.run()["failure"]["message"] == record.message
        assert "report.html" in service.files()


@pytest.mark.parametrize(
    ("settings", "named"),
    [({}, RUN_ID), ({"RECORDS": "dynamodb:nowhere"}, "nowhere"), ({"RECORDS": "postgres:runs"}, "records")],
)
def test_without_a_record_the_task_fails_with_one_line(service, settings, named):
    code, out, err = finished(service.start(**settings))
    assert code != 0
    assert (out, len(err.splitlines())) == ("", 1)
    assert named in err


# ── from a laptop ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_asked_into_a_bucket_can_be_listed_shown_and_replayed_elsewhere(service, recording):
    def kaiseki(*command: str, machine: str, **settings: str) -> dict[str, Any]:
        store = {"STORE": f"s3://{BUCKET}/team", "WORKSPACE": str(service.folder / machine)}
        code, out, err = finished(service.start(*command, "--json", **store, **settings))
        assert code == 0, err
        return json.loads(out)

    run = kaiseki("ask", "How many?", machine="laptop", MODEL=f"recorded:{recording([COUNT + ANSWER])}")
    assert [each["id"] for each in kaiseki("runs", machine="desk")["runs"]] == [run["id"]]
    assert kaiseki("show", run["id"], machine="desk") == run
    assert kaiseki("replay", run["id"], machine="desk")["same"]
    assert (service.folder / "desk" / "runs" / run["id"] / "report.html").read_bytes().startswith(b"<!DOCTYPE html>")
