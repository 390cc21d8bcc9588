"""What a run leaves that ends before the model has answered."""

import pytest
from pydantic import JsonValue

from kaiseki.ending import cut_short
from kaiseki.errors import ModelError, TaskInterrupted
from kaiseki.lifecycle import Status
from kaiseki.models import Fact


def facts(**values: JsonValue) -> dict[str, Fact]:
    return {name: fact(name, value) for name, value in values.items()}


def fact(name: str, value: JsonValue, unit: str | None = None) -> Fact:
    return Fact(name=name, kind="fact", value=value, unit=unit, step=1, line=1, queries=("orders",))


def answer_of(known: dict[str, Fact]) -> str:
    return cut_short(KeyboardInterrupt(), (), known, "en")["answer"]


def test_what_was_measured_is_cited_and_nothing_else_is_said() -> None:
    ending = cut_short(ModelError("gone"), (), facts(orders=1200, best=["Kyoto", "Nara"]), "en")
    assert (ending["status"], ending["reason"]) == (Status.FAILED, "failed.model")
    assert ending["answer"].splitlines()[2:] == ["- `orders`: 1200", "- `best`: Kyoto, Nara"]


@pytest.mark.parametrize(
    "value",
    ["nan", "", [], [1, "NaN"], None, {"a": 1}, list(range(99))],
    ids=["nan", "empty text", "empty list", "nan in a list", "none", "object", "long list"],
)
def test_a_fact_that_cannot_be_shown_does_not_hide_the_others(value: JsonValue) -> None:
    assert answer_of(facts(first=3, other=value)).splitlines()[2:] == ["- `first`: 3"]


@pytest.mark.parametrize(
    ("odd", "shown"),
    [
        (fact("of_braces", 5, "{x}"), ["- `of_braces`: 5 {x}"]),
        (fact("of_others", 5, "{first}"), ["- `of_others`: 5 {first}"]),
        (fact("of_wide_braces", 5, "｛｝"), []),
        (fact("no name}", 5), []),
        (fact("two\nlines", 5), []),
    ],
    ids=lambda given: given.name if isinstance(given, Fact) else "",
)
def test_names_and_units_that_look_like_placeholders_are_none(odd: Fact, shown: list[str]) -> None:
    assert answer_of({"first": fact("first", 3), odd.name: odd}).splitlines()[2:] == ["- `first`: 3", *shown]


def test_where_nothing_can_be_shown_the_answer_says_so() -> None:
    assert "nothing had been measured" in answer_of(facts(a="nan"))


def test_a_deploy_is_no_cancel() -> None:
    assert cut_short(TaskInterrupted(), (), {}, "ja")["reason"] == "task.interrupted"
    assert cut_short(KeyboardInterrupt(), (), {}, "ja")["status"] is Status.CANCELLED
