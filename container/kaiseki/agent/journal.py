"""The core datum of a run: every attempt, what came of it, and the conversation that follows from both."""

from collections.abc import Sequence
from dataclasses import dataclass

from kaiseki.models import Failure, Step

HOPELESS_AFTER = 5  # the same fault so often, two approaches included, will not mend itself


@dataclass(frozen=True)
class Turn:
    """One reply of the model and what it was told of it; `failure` is None where everything in it was accepted."""

    reply: str
    observation: str
    failure: Failure | None = None


class Journal:
    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.turns: list[Turn] = []

    @property
    def next_number(self) -> int:
        return len(self.steps) + 1

    def repeated(self) -> int:
        """How many of the last turns failed for one and the same reason; 0 after a success."""
        last = self.turns[-1].failure if self.turns else None
        if last is None:
            return 0
        count = 0
        for turn in reversed(self.turns):
            if turn.failure is None or turn.failure.fingerprint != last.fingerprint:
                break
            count += 1
        return count

    @property
    def stuck(self) -> bool:
        """The same failure twice in a row: another edit of the same text will not do."""
        return self.repeated() >= 2

    @property
    def hopeless(self) -> bool:
        return self.repeated() >= HOPELESS_AFTER

    def add(self, step: Step, accepted: Sequence[Step]) -> None:
        """Adds an attempt; one that replaces an accepted step marks it so.

        `accepted` are all steps of the analysis by now: they may have run again, on what took the place of another.
        """
        current = {each.number: each for each in accepted}
        if step.accepted and step.replaces is not None:
            replaced = next(old for old in self.steps if old.number == step.replaces)
            current[step.replaces] = replaced.model_copy(update={"replaced_by": step.number})
        self.steps = [*(current.get(old.number, old) for old in self.steps), step]
