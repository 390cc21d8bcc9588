"""How much of its budget a run has used, and when that is the end."""

import time
from collections.abc import Callable

from kaiseki.models import Budget, Step, Usage

REPLAY_MARGIN_SECONDS = 5.0


class Meter:
    """Counts what a run uses up.

    The wall time keeps a reserve: the accepted Python runs once more before an answer counts, and must have the time.
    """

    def __init__(self, budget: Budget, now: Callable[[], float] = time.monotonic) -> None:
        self.budget = budget
        self.usage = Usage()
        self.steps = 0
        self.rows = 0
        self._replay_seconds = 0.0
        self._now = now
        self._started = now()

    def called(self, usage: Usage) -> None:
        self.usage += usage

    def attempted(self, step: Step) -> None:
        self.steps += 1
        self.rows += sum(query.rows for query in step.queries)
        if step.accepted and step.execution:
            self._replay_seconds += step.execution.seconds

    def answered(self) -> None:
        """A reply that held nothing but an answer, which did not hold: it counts as an attempt too."""
        self.steps += 1

    @property
    def seconds(self) -> float:
        """Wall time since the start."""
        return self._now() - self._started

    @property
    def seconds_left(self) -> float:
        """Wall time for further work, without the replay's reserve; never negative."""
        return max(0.0, self.budget.seconds - self.seconds - self.reserve)

    @property
    def reserve(self) -> float:
        return REPLAY_MARGIN_SECONDS + 1.25 * self._replay_seconds

    def exhausted(self) -> str | None:
        """The reason why no further model call may be made, or None."""
        if self.steps >= self.budget.steps:
            return "budget.steps"
        if self.usage.tokens >= self.budget.tokens:
            return "budget.tokens"
        paid = self.usage.usd or 0.0  # None: nobody knows what was paid, and nothing is held against the limit
        if 0 < paid >= self.budget.usd:
            return "budget.usd"
        if self.seconds_left <= 0:
            return "budget.seconds"
        if self.rows >= self.budget.rows:
            return "budget.rows"
        return None

    def left(self) -> str:
        """What is left, as the model reads it. Time is named only once it is short: until then it would be noise."""
        tokens = max(0, self.budget.tokens - self.usage.tokens)
        parts = [f"{self.budget.steps - self.steps} replies", f"{tokens:,} tokens"]
        if self.usage.usd is not None:
            parts.append(f"{max(0.0, self.budget.usd - self.usage.usd):.2f} USD")
        if self.seconds_left < self.budget.seconds / 2:
            parts.append(f"{self.seconds_left:.0f} s")
        return ", ".join(parts)
