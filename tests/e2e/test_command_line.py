"""The program as its user meets it: a process, its output, its exit code, and what it leaves behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).parents[2]
VERBATIM = (
    "'interaction'テーブルから機械学習モデルを作成してください。'purchase'列をターゲット変数として使用してください。"
)


def kaiseki(*arguments: str, cwd: Path = ROOT, **options: object) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("KAISEKI_")}
    environment |= options.pop("environment", {})
    return subprocess.run(
        [sys.executable, "-m", "kaiseki", *arguments],
        cwd=cwd,
        env=environment,
        text=True,
        capture_output=True,
        timeout=110,
        **options,
    )


def only_json(finished: subprocess.CompletedProcess[str]) -> dict:
    """The one JSON object on standard output; anything beside it fails here."""
    return json.loads(finished.stdout)


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, Path]:
    """The README's own prompt on the sample data."""
    store = tmp_path_factory.mktemp("store")
    finished = kaiseki("ask", VERBATIM, "--store", f"folder:{store}", "--json")
    assert finished.returncode == 0, finished.stderr
    run = only_json(finished)
    return run, store / "runs" / run["id"]


def test_the_original_prompt_is_answered_in_japanese_with_the_leak_named(answered):
    run, _ = answered
    assert (run["status"], run["outcome"], run["replayed"]) == ("SUCCEEDED", "answered", True)
    facts = {fact["name"]: fact["value"] for fact in run["facts"]}
    assert "interactiontype" in run["answer"]
    assert "interactions" in run["answer"]
    assert run["resolutions"] == [{"asked": "interaction", "found": "interactions", "kind": "table"}]
    assert "列" in run["answer"]
    assert facts["all_columns_score"] > 0.9
    assert 0.7 < facts["without_suspects_score"] < 0.8
    assert facts["all_columns_baseline"] == 0.5


def test_each_figure_of_the_answer_is_a_fact_that_leads_to_a_query(answered):
    run, _ = answered
    facts = {fact["name"]: fact for fact in run["facts"]}
    cited = [
        part
        for part in run["answer_parts"]
        if not isinstance(part, str) and not part["placeholder"].startswith("{table:")
    ]
    assert len(cited) > 5
    for citation in cited:
        assert citation["fact"] in facts
        assert facts[citation["fact"]]["kind"] == "setting" or facts[citation["fact"]]["queries"]


def test_a_bundle_replays_without_a_model(answered):
    _, bundle = answered
    replayed = only_json(kaiseki("replay", str(bundle), "--json"))
    assert replayed["same"]
    assert {fact["status"] for fact in replayed["facts"]} == {"same"}


def test_a_bundle_whose_rows_were_altered_does_not_pass_for_the_same(answered, tmp_path):
    _, bundle = answered
    copy = tmp_path / "bundle"
    subprocess.run(["cp", "-r", bundle, copy], check=True)
    (data,) = (copy / "data").glob("*.parquet")
    data.write_bytes(data.read_bytes() + b"\0")
    finished = kaiseki("replay", str(copy), "--json")
    assert finished.returncode == 1
    assert only_json(finished)["altered"] == [f"data/{data.name}"]


def test_requery_shows_what_moved_in_the_warehouse(tmp_path, orders):
    store = f"folder:{tmp_path}/store"
    warehouse = f"duckdb:{orders}"
    asked = kaiseki("ask", "How many orders per country?", "--warehouse", warehouse, "--store", store, "--json")
    run_id = only_json(asked)["id"]
    same = kaiseki("replay", run_id, "--requery", "--warehouse", warehouse, "--store", store, "--json")
    assert (same.returncode, only_json(same)["moved"]) == (0, [])
    with (orders / "orders.csv").open("a") as file:
        file.write("61,JP,99.5,2026-06-11\n")
    moved = kaiseki("replay", run_id, "--requery", "--warehouse", warehouse, "--store", store, "--json")
    assert moved.returncode == 1
    assert only_json(moved)["moved"]
    assert "different" in {fact["status"] for fact in only_json(moved)["facts"]}


def test_runs_lists_and_show_shows_what_was_asked(answered):
    run, bundle = answered
    store = f"folder:{bundle.parents[1]}"
    assert [each["id"] for each in only_json(kaiseki("runs", "--store", store, "--json"))["runs"]] == [run["id"]]
    assert only_json(kaiseki("show", run["id"], "--store", store, "--json")) == run
    assert run["id"] in kaiseki("show", run["id"], "--store", store).stdout


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Total amount by country?", "FR"),
        ("月別の注文件数を教えてください", "2026"),
        ("Is there a relation between country and amount?", "country"),
    ],
)
def test_other_folders_and_other_questions_are_answered_too(orders, tmp_path, prompt, expected):
    finished = kaiseki("ask", prompt, "--warehouse", f"duckdb:{orders}", "--store", f"folder:{tmp_path}/s", "--json")
    run = only_json(finished)
    assert (finished.returncode, run["outcome"]) == (0, "answered"), run["answer"]
    assert expected in run["answer"] + json.dumps(run["steps"], ensure_ascii=False)


def test_a_prompt_about_a_table_that_is_not_there_is_refused_with_the_nearest(orders, tmp_path):
    finished = kaiseki(
        "ask",
        "Count the rows of table `shipments`",
        "--warehouse",
        f"duckdb:{orders}",
        "--store",
        f"folder:{tmp_path}/s",
        "--json",
    )
    run = only_json(finished)
    assert (finished.returncode, run["status"], run["outcome"]) == (0, "SUCCEEDED", "refused")
    assert "orders" in run["answer"]


def test_an_attached_file_is_a_table_beside_the_warehouse(orders, tmp_path):
    prices = tmp_path / "prices.csv"
    prices.write_text("item,price\npen,150.5\nink,0.9\npen,10.5\n")
    finished = kaiseki(
        "ask", "What is the average price by item in prices?", "--attach", str(prices),
        "--warehouse", f"duckdb:{orders}", "--store", f"folder:{tmp_path}/s", "--json",
    )  # fmt: skip
    run = only_json(finished)
    assert run["outcome"] == "answered", run["answer"]
    assert (tmp_path / "s" / "runs" / run["id"] / "attachments" / "prices.csv").exists()


def test_a_question_may_go_on_from_an_earlier_run(orders, tmp_path):
    places = ("--warehouse", f"duckdb:{orders}", "--store", f"folder:{tmp_path}/s")
    earlier = only_json(kaiseki("ask", "Total amount by country?", *places, "--json"))["id"]
    run = only_json(kaiseki("ask", "Total amount by month?", "--follow-up-to", earlier, *places, "--json"))
    bundle = tmp_path / "s" / "runs" / run["id"]
    assert run["follow_up_to"] == earlier
    assert f"Goes on from the run {earlier}" in (bundle / "report.html").read_text()
    assert "Total amount by country?" in (bundle / "request.json").read_text()
    refused = kaiseki("ask", "And by day?", "--follow-up-to", "nowhere", *places)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)


def test_progress_is_told_in_plain_lines_where_there_is_no_terminal(orders, tmp_path):
    finished = kaiseki(
        "ask", "Total amount by country?", "--warehouse", f"duckdb:{orders}", "--store", f"folder:{tmp_path}/s"
    )
    assert "step 1" in finished.stderr
    assert "\x1b[" not in finished.stderr
    report = finished.stdout.rsplit("report: ", 1)[1].strip()
    assert Path(report).is_file()


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A DuckDB file with a view that takes as long as a profile may."""
    path = tmp_path / "endless.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE VIEW pairs AS SELECT a.range AS n FROM range(10000000) a, range(10000000) b "
            "WHERE hash(a.range, b.range) % 7 = 1"
        )
    return path


@pytest.mark.parametrize(("warehouse", "awaited"), [("orders", "▸ step 1"), ("endless", "reading the schema")])
def test_control_c_leaves_a_partial_bundle_marked_cancelled(warehouse, awaited, tmp_path, recording, request):
    waits = "Wait\n\n```python\nimport time\nwhile True:\n    pass\n```\n"
    process = subprocess.Popen(
        [sys.executable, "-m", "kaiseki", "ask", "Wait", "--model", f"recorded:{recording([waits])}",
         "--warehouse", f"duckdb:{request.getfixturevalue(warehouse)}", "--store", f"folder:{tmp_path}/s"],
        cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    for line in process.stderr:
        if awaited in line:
            break
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=100)
    assert process.returncode == 130
    (bundle,) = (tmp_path / "s" / "runs").iterdir()
    run = json.loads((bundle / "run.json").read_text())
    assert (run["status"], run["reason"]) == ("CANCELLED", "cancelled")
    assert (bundle / "report.html").exists()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["ask", ""], "empty"),
        (["ask", "hi", "--warehouse", "duckdb:{tmp}/missing"], "missing"),
        (["ask", "hi", "--warehouse", "duckdb:{tmp}/empty"], "empty"),
        (["ask", "hi", "--warehouse", "duckdb:{tmp}/broken"], "t.csv, line "),
        (["ask", "hi", "--model", "unheard-of"], "unheard-of"),
        (["ask", "hi", "--store", "folder:/proc/nowhere"], "/proc/nowhere"),
        (["ask", "hi", "--attach", "{tmp}/missing.csv"], "missing.csv"),
        (["ask", "hi", "--budget-steps", "none"], "budget_steps"),
        (["show", "no-such-run"], "no-such-run"),
        (["execute", "no-such-run"], "no-such-run"),
        (["replay", "/nowhere/at/all"], "/nowhere/at/all"),
        (["runs", "--store", "folder:{tmp}/typo"], "there is no results folder {tmp}/typo"),
        (["show", "some-run", "--store", "folder:{tmp}/typo"], "there is no results folder {tmp}/typo"),
        (["query", "DROP TABLE users"], "DROP"),
        (["frobnicate"], "frobnicate"),
        (["sandbox", "run", "{tmp}/missing.py"], "missing.py"),
    ],
)
def test_bad_input_is_one_line_exit_code_2_and_nothing_that_looks_finished(tmp_path, arguments, named):
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "t.csv").write_text('a,b\n1,2\n3\n4,5,6,7\n"x')
    arguments = [argument.replace("{tmp}", str(tmp_path)) for argument in arguments]
    if arguments[0] == "ask" and "--store" not in arguments:
        arguments += ["--store", f"folder:{tmp_path}/store"]
    finished = kaiseki(*arguments)
    assert finished.returncode == 2
    assert named.replace("{tmp}", str(tmp_path)) in finished.stderr
    assert len(finished.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "typo").exists()
    assert not list(tmp_path.rglob("run.json"))


def test_a_prompt_that_is_too_long_says_how_long_it_may_be(tmp_path):
    finished = kaiseki("ask", "-", "--store", f"folder:{tmp_path}/store", input="長" * 200_001)
    assert finished.returncode == 2
    assert "200,000" in finished.stderr


def test_a_prompt_that_is_cut_amid_a_character_is_told_in_one_line(tmp_path):
    finished = kaiseki("ask", os.fsdecode("月別".encode()[:-1]), "--store", f"folder:{tmp_path}/store")
    assert (finished.returncode, finished.stderr.count("\n")) == (2, 1)
    assert "not UTF-8" in finished.stderr


def test_a_failure_is_one_json_object_where_json_was_asked_for(tmp_path):
    finished = kaiseki("ask", "hi", "--warehouse", f"duckdb:{tmp_path}/missing", "--json")
    error = only_json(finished)["error"]
    assert set(error) == {"code", "message", "hint"}
    assert finished.returncode == 2


def test_an_unknown_setting_is_named(tmp_path):
    finished = kaiseki("runs", environment={"KAISEKI_MODLE": "offline"})
    assert finished.returncode == 2
    assert "KAISEKI_MODLE" in finished.stderr


def test_query_shows_rows_the_sql_as_run_and_warnings():
    sql = 'SELECT MAX("timestamp") AS latest, COUNT(*) AS n, AVG(purchase) AS rate FROM interactions'
    result = only_json(kaiseki("query", sql, "--json"))
    assert set(result) == {"columns", "rows", "truncated", "executed_sql", "warnings"}
    assert result["columns"] == ["latest", "n", "rate"]
    assert result["rows"][0][1:] == [20120, 0]
    assert any("AVG" in warning for warning in result["warnings"])


def test_schema_is_the_catalog_and_find_ranks_it():
    catalog = only_json(kaiseki("schema", "--json"))
    assert {table["name"] for table in catalog["tables"]} == {"users", "interactions"}
    found = only_json(kaiseki("schema", "--find", "age and gender of users", "--json"))
    assert found["tables"][0]["table"] == "users"


@pytest.mark.parametrize(
    ("code", "exit_code", "outcome"),
    [("print(6 * 7)", 0, "ok"), ("1 / 0", 1, "error"), ("while True: pass", 3, "killed")],
)
def test_sandbox_run_tells_how_the_code_ended(code, exit_code, outcome):
    finished = kaiseki("sandbox", "run", "-", "--timeout", "3", "--json", input=code)
    result = only_json(finished)
    assert (finished.returncode, result["outcome"], result["isError"]) == (exit_code, outcome, outcome != "ok")
    assert set(result["structuredContent"]) == {"stdout", "stderr", "exitCode", "executionTime"}
    if outcome == "ok":
        assert result["structuredContent"]["stdout"] == "42\n"


def test_a_request_in_the_store_is_executed_once(answered):
    run, bundle = answered
    finished = kaiseki("execute", run["id"], "--store", f"folder:{bundle.parents[1]}")
    assert finished.returncode == 2
    assert "has ended" in finished.stderr
