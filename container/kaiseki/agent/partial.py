"""The answer of a run that ended before the model had one: what was measured until then, and nothing else."""

from collections.abc import Mapping

from kaiseki.agent.placeholders import Bound, bind
from kaiseki.agent.protocol import AnswerDraft
from kaiseki.language import Language
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
_LONGEST_LIST = 10


def partial_answer(facts: Mapping[str, Fact], language: Language) -> AnswerDraft:
    """A draft that cites each fact whose value can be shown in a line; those that cannot do not hide the others."""
    lines = [_line(fact) for fact in facts.values() if fact.kind == "fact" and _can_be_shown(fact)]
    if not lines:
        return AnswerDraft(outcome=Outcome.PARTIAL, template=_NOTHING[language])
    return AnswerDraft(outcome=Outcome.PARTIAL, template="\n".join([_OPENING[language], "", *lines]))


def _line(fact: Fact) -> str:
    unit = f" {fact.unit}".replace("{", "{{").replace("}", "}}") if fact.unit else ""
    return f"- `{fact.name}`: {{{fact.name}}}{unit}"


def _can_be_shown(fact: Fact) -> bool:
    too_many = isinstance(fact.value, list) and len(fact.value) > _LONGEST_LIST
    return not too_many and isinstance(bind(_line(fact), {fact.name: fact}, {}), Bound)
