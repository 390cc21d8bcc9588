"""The bundles under results/ are what their README says, and the recordings behind them still answer."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "results" / "examples" / "runs").iterdir())


def kaiseki(*arguments: str) -> dict:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("KAISEKI_")}
    finished = subprocess.run(
        [sys.executable, "-m", "kaiseki", *arguments, "--json"],
        cwd=ROOT, env=environment, text=True, capture_output=True, timeout=110,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return json.loads(finished.stdout)


def example(word: str) -> dict:
    (bundle,) = [path for path in EXAMPLES if word in path.name]
    return json.loads((bundle / "run.json").read_text())


@pytest.mark.parametrize("bundle", EXAMPLES, ids=lambda path: path.name)
def test_every_example_replays_with_each_fact_the_same(bundle):
    assert kaiseki("replay", str(bundle))["same"]


@pytest.mark.parametrize("bundle", EXAMPLES, ids=lambda path: path.name)
def test_every_example_says_whether_its_tokens_are_simulated(bundle):
    run = json.loads((bundle / "run.json").read_text())
    assert run["usage"]["simulated"]
    assert "simulated" in (bundle / "report.html").read_text().lower() or run["language"] == "ja"


@pytest.mark.parametrize(("recording", "word"), [("age-groups", "age-groups"), ("months-and-hours", "purchase-rate")])
def test_a_recording_answers_with_the_figures_of_its_example(tmp_path, recording, word):
    kept = example(word)
    run = kaiseki(
        "ask", kept["prompt"], "--model", f"recorded:results/recordings/{recording}.jsonl",
        "--clock", kept["created_at"], "--store", f"folder:{tmp_path}",
    )  # fmt: skip
    assert (run["status"], run["outcome"], run["replayed"]) == ("SUCCEEDED", "answered", True)
    assert run["answer"] == kept["answer"]


def test_the_repaired_example_keeps_its_failed_sql_and_its_failed_python():
    run = example("purchase-rate")
    assert [(step["accepted"], step["failure"] and step["failure"]["kind"]) for step in run["steps"][:3]] == [
        (False, "query"),
        (False, "code"),
        (True, None),
    ]
    (bundle,) = [path for path in EXAMPLES if "purchase-rate" in path.name]
    assert {path.name for path in (bundle / "steps").glob("0[12]/failure.txt")} == {"failure.txt"}
