"""The core datum of a run: every attempt, what came of it, and the conversation that follows from both."""

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

    def add(self, step: Step) -> None:
        """Adds an attempt; one that replaces an accepted step marks it so."""
        if step.accepted and step.replaces is not None:
            self.steps = [
                old.model_copy(update={"replaced_by": step.number}) if old.number == step.replaces else old
                for old in self.steps
            ]
        self.steps.append(step)
