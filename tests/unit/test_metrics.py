import json
from datetime import UTC, datetime, timedelta

from kaiseki.lifecycle import Status
from kaiseki.metrics import metrics_line
from kaiseki.models import Failure, Run, Step, Usage

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
RUN = Run(
    id="20261121-one",
    prompt="How many?",
    status=Status.SUCCEEDED,
    created_at=NOW,
    started_at=NOW + timedelta(seconds=40),
    ended_at=NOW + timedelta(seconds=100),
    model="bedrock/eu.anthropic.claude-sonnet-5",
    steps=(
        Step(number=1, failure=Failure(kind="query", type="UnknownColumn", message="no column x")),
        Step(number=2, accepted=True),
    ),
    usage=Usage(calls=2, input_tokens=1_000, output_tokens=200, usd=0.04),
)


def told(run: Run) -> dict[str, object]:
    return json.loads(metrics_line(run, "prod"))


def test_a_run_is_counted_by_its_status_with_what_it_took():
    line = told(RUN)
    assert (line["Duration"], line["Steps"], line["Repairs"]) == (60, 2, 1)
    assert (line["Tokens"], line["Usd"]) == (1_200, 0.04)
    assert [line[name] for name in ("Succeeded", "Failed", "Cancelled", "TimedOut")] == [1, 0, 0, 0]


def test_each_metric_is_declared_by_environment_and_has_a_value():
    line = told(RUN)
    (described,) = line["_aws"]["CloudWatchMetrics"]
    assert described["Dimensions"] == [["Environment"]]
    assert line["Environment"] == "prod"
    assert all(isinstance(line[metric["Name"]], int | float) for metric in described["Metrics"])


def test_what_was_not_paid_is_not_counted():
    line = told(RUN.model_copy(update={"usage": RUN.usage.model_copy(update={"simulated": True})}))
    assert (line["Tokens"], line["Usd"]) == (0, 0)
    assert told(RUN.model_copy(update={"usage": Usage(calls=1, usd=None)}))["Usd"] == 0


def test_the_line_is_one_line_and_holds_no_word_of_the_question():
    line = metrics_line(RUN, "prod")
    assert "\n" not in line
    assert "How many" not in line
