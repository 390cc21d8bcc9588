"""How report.html tells of the method, of attempts that failed, and of how the run ended."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from report_parts import Page, run, step

from kaiseki.lifecycle import Status
from kaiseki.models import Check, Execution, Failure, Run, Usage
from kaiseki.report.html import render


def test_failed_attempts_are_kept_with_their_error_and_the_line_it_came_from(tmp_path: Path) -> None:
    failure = Failure(kind="code", type="KeyError", message="'amont'", line=1, traceback="Traceback ...", hint="amount")
    failed = step(1, purpose="A first try", accepted=False, failure=failure)
    html = render(run(steps=(failed, step(2))), tmp_path)
    read = Page(html)

    assert "A first try" in read.below["attempts"] or "A first try" in read.text.partition("given up They")[2]
    assert "KeyError (line 1): 'amont'" in read.text
    assert '<span class="line failing" id="step-01-line-1"' in html


def test_the_sql_is_shown_as_run_only_where_it_differs(page: Callable[[Run], Page]) -> None:
    same = step().queries[0].model_copy(update={"sql": "SELECT amount\nFROM orders;"})
    other = same.model_copy(update={"executed_sql": "SELECT amount FROM orders LIMIT 200001"})

    assert "as it ran" not in page(run(steps=(step(queries=(same,)),))).text
    assert "as it ran" in page(run(steps=(step(queries=(other,)),))).text


def test_of_a_long_output_both_ends_are_shown(page: Callable[[Run], Page]) -> None:
    read = page(run(steps=(step(execution=Execution(stdout="first " + "x" * 50_000 + " last")),)))

    assert "first" in read.text
    assert "last" in read.text
    assert "42,011 characters left out; the whole is in steps/01/stdout.txt" in read.text


def test_checks_that_did_not_pass_come_first_and_are_announced_at_the_top(page: Callable[[Run], Page]) -> None:
    checks = (
        Check(name="replay", status="passed", message="all the same"),
        Check(name="leak", status="warning", message="kind gives the target away"),
    )
    read = page(run(checks=checks))

    assert "1 of the checks did not pass" in read.text
    assert read.text.index("kind gives the target away") < read.text.index("all the same")


def test_simulated_cost_says_that_it_is_simulated(page: Callable[[Run], Page]) -> None:
    usage = Usage(calls=4, input_tokens=21_034, output_tokens=2_210, usd=0.0412, simulated=True)
    read = page(run(usage=usage))

    assert "Simulated" in read.text
    assert "$0.0412" in read.text
    assert "23,244" in read.text
    assert "Simulated" not in page(run(usage=usage.model_copy(update={"simulated": False}))).text
    assert "price of this model is not known" in page(run(usage=usage.model_copy(update={"usd": None}))).text


@pytest.mark.parametrize(
    ("known", "label", "sentence", "advice"),
    [
        ({"replayed": True}, "Answered", "a clean replay of the code gave the same facts", ""),
        ({"replayed": False}, "Answered", "the code was not replayed", ""),
        ({"outcome": "partial", "reason": "budget.usd"}, "Partial", "limit of dollars", "KAISEKI_BUDGET_USD"),
        ({"outcome": "partial", "reason": "loop.stuck"}, "Partial", "failing in the same way", "stronger model"),
        ({"outcome": "partial", "reason": "moon.phase"}, "Partial", "Reason: moon.phase.", ""),
        ({"outcome": "refused"}, "Refused", "do not answer this question", "kaiseki schema"),
        ({"outcome": "needs_input"}, "Needs input", "Something is missing", "Ask again"),
        ({"status": "CANCELLED", "outcome": None, "reason": "cancelled"}, "Cancelled", "was cancelled", "Ask again"),
        ({"status": "TIMED_OUT", "outcome": None}, "Timed out", "took too long", "KAISEKI_BUDGET_SECONDS"),
        ({"status": "RUNNING", "outcome": None}, "Not finished", "has not ended", ""),
        (
            {
                "status": "FAILED",
                "outcome": None,
                "failure": {"code": "warehouse", "message": "the warehouse is gone", "hint": "see the network"},
            },
            "Failed",
            "The warehouse is gone.",
            "See the network.",
        ),
    ],
)
def test_how_the_run_ended_is_said_in_a_sentence(
    page: Callable[[Run], Page], known: dict[str, Any], label: str, sentence: str, advice: str
) -> None:
    text = page(run(**known)).text

    assert label in text
    assert sentence in text
    assert advice in text


def test_a_run_that_failed_before_anything_has_a_report_too(page: Callable[[Run], Page]) -> None:
    read = page(run(status=Status.FAILED, outcome=None, steps=(), facts=(), answer_parts=(), ended_at=None))

    assert "There is no answer." in read.text
    assert "#method" not in read.links
    assert {link.removeprefix("#") for link in read.links} <= set(read.ids)


def test_a_long_question_is_the_headline_cut_and_stands_whole_below(page: Callable[[Run], Page]) -> None:
    question = "Why? " * 2_000 + "The end."
    read = page(run(prompt=question))

    assert len(read.below["question"]) <= 280
    assert "The end." in read.text
