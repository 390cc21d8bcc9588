"""The answer of a run that ended before the model had one: what was measured until then, and nothing else."""

from collections.abc import Mapping
from typing import Literal

from kaiseki.agent.protocol import AnswerDraft
from kaiseki.lifecycle import Outcome
from kaiseki.models import Fact

_OPENING = {
    "en": "The question was not answered to the end. Measured until then:",
    "ja": "最後まで回答できませんでした。それまでに測定した値は次のとおりです。",
}
_NOTHING = {
    "en": "The question was not answered, and nothing had been measured yet.",
    "ja": "回答できませんでした。測定済みの値もまだありません。",
}


def partial_answer(facts: Mapping[str, Fact], language: Literal["en", "ja"]) -> AnswerDraft:
    """A draft that cites each fact whose value can be shown in a line."""
    lines = [_line(fact) for fact in facts.values() if fact.kind == "fact" and _fits_a_line(fact)]
    if not lines:
        return AnswerDraft(outcome=Outcome.PARTIAL, template=_NOTHING[language])
    return AnswerDraft(outcome=Outcome.PARTIAL, template="\n".join([_OPENING[language], "", *lines]))


def _line(fact: Fact) -> str:
    unit = f" {fact.unit}" if fact.unit else ""
    return f"- `{fact.name}`: {{{fact.name}}}{unit}"


def _fits_a_line(fact: Fact) -> bool:
    if isinstance(fact.value, list):
        return 0 < len(fact.value) <= 10 and all(isinstance(item, str | int | float) for item in fact.value)
    return isinstance(fact.value, str | int | float)
