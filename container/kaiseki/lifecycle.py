"""The life of a run: its states and the moves between them. Standard library only, so that a Lambda can carry it."""

from enum import StrEnum


class Status(StrEnum):
    ACCEPTED = "ACCEPTED"
    QUEUED = "QUEUED"
    LAUNCHING = "LAUNCHING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    TIMED_OUT = "TIMED_OUT"

    @property
    def terminal(self) -> bool:
        return self in TERMINAL


class Outcome(StrEnum):
    """What a run that SUCCEEDED found."""

    ANSWERED = "answered"
    PARTIAL = "partial"
    REFUSED = "refused"
    NEEDS_INPUT = "needs_input"


TERMINAL = frozenset({Status.SUCCEEDED, Status.FAILED, Status.CANCELLED, Status.TIMED_OUT})
_ENDS = TERMINAL - {Status.SUCCEEDED}
TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.ACCEPTED: frozenset({Status.LAUNCHING, Status.QUEUED}) | _ENDS,
    Status.QUEUED: frozenset({Status.LAUNCHING}) | _ENDS,
    Status.LAUNCHING: frozenset({Status.RUNNING, Status.QUEUED}) | _ENDS,
    Status.RUNNING: TERMINAL,
    **dict.fromkeys(TERMINAL, frozenset()),
}


class IllegalTransition(ValueError):
    """A move that the table does not have; above all, out of a terminal state."""


def advance(current: Status, following: Status) -> Status:
    """`following`, if `current` may move there; raises IllegalTransition otherwise."""
    if following not in TRANSITIONS[current]:
        raise IllegalTransition(f"a run cannot go from {current} to {following}")
    return following
