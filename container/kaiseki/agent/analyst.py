"""The DSPy program: what is asked of the model, given what has happened so far."""

from collections.abc import Callable
from dataclasses import dataclass

import dspy

from kaiseki.agent.adapter import ConversationAdapter
from kaiseki.agent.journal import Journal
from kaiseki.agent.signatures import ChangeApproach, WriteStep
from kaiseki.models import Usage


@dataclass(frozen=True)
class ModelAnswer:
    reply: str
    usage: Usage


class Analyst(dspy.Module):  # type: ignore[misc]  # dspy ships no types
    """Writes the next reply: as a rule a step, and another approach once the same failure came twice in a row."""

    def __init__(self, lm: dspy.LM, usage_of: Callable[[dspy.Prediction], Usage]) -> None:
        super().__init__()
        self.write_step = dspy.Predict(WriteStep)
        self.change_approach = dspy.Predict(ChangeApproach)
        self._lm = lm
        self._usage_of = usage_of

    def signature_for(self, journal: Journal) -> str:
        return "ChangeApproach" if journal.stuck else "WriteStep"

    def forward(self, briefing: str, journal: Journal) -> dspy.Prediction:
        """A prediction with the field `reply`."""
        if journal.stuck:
            return self.change_approach(**_without_failed_text(briefing, journal))
        turns = [{"reply": turn.reply, "observation": turn.observation} for turn in journal.turns]
        return self.write_step(briefing=briefing, turns=dspy.History(messages=turns))

    def ask(self, briefing: str, journal: Journal) -> ModelAnswer:
        """One call of the model, with what it cost. Raises ModelError where the model's service fails for good."""
        with dspy.context(lm=self._lm, adapter=ConversationAdapter(), track_usage=True):
            prediction = self(briefing=briefing, journal=journal)
        return ModelAnswer(prediction.reply, self._usage_of(prediction))


def _without_failed_text(briefing: str, journal: Journal) -> dict[str, object]:
    """The conversation before the repeated failure, and the failure in words: the text that failed would be edited."""
    repeated = journal.repeated()
    kept = [{"reply": turn.reply, "observation": turn.observation} for turn in journal.turns[:-repeated]]
    failed = f"The last {repeated} attempts failed the same way. The last of them:\n{journal.turns[-1].observation}"
    if kept:
        kept[-1]["observation"] += f"\n\n{failed}"
    else:
        briefing = f"{briefing}\n\n{failed}"
    return {"briefing": briefing, "turns": dspy.History(messages=kept)}
