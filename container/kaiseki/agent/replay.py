"""The clean replay: the accepted Python once more, from the top, in a fresh session on the frozen rows."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import JsonValue

from kaiseki.agent.ledger import facts_of
from kaiseki.models import Fact, Failure, Step
from kaiseki.ports import Sandbox

SAME_MACHINE = 1e-9
OTHER_MACHINE = 1e-6  # other CPUs add up in another order
# The folders of the outbox that come into the bundle, where the rows that were queried lie: no code may bring others.
LEFT_BEHIND = ("tables", "figures", "models")


@dataclass(frozen=True)
class Comparison:
    """One fact, as it was and as it is; None where it was or is not there."""

    name: str
    status: Literal["same", "different", "missing", "new"]
    was: JsonValue = None
    now: JsonValue = None


@dataclass(frozen=True)
class Replay:
    steps: tuple[Step, ...]  # with the executions of the replay
    facts: dict[str, Fact]
    comparisons: tuple[Comparison, ...]
    failure: Failure | None = None

    @property
    def same(self) -> bool:
        return self.failure is None and all(each.status == "same" for each in self.comparisons)


def replay(
    sandbox: Sandbox,
    data: Path,
    steps: Sequence[Step],
    facts: Mapping[str, Fact],
    timeout: float,
    collect_into: Path | None = None,
    tolerance: float = SAME_MACHINE,
    packages: Path | None = None,
) -> Replay:
    """Runs `steps` in order on `data` (`timeout` seconds each) and compares what they record with `facts`.

    What the code leaves behind (tables, figures, models) is moved to `collect_into` only where the facts are the same.
    It may import from the folder `packages` too.
    """
    replayed: list[Step] = []
    with sandbox.open(data, packages) as session:
        for step in steps:
            if not step.code:
                replayed.append(step)
                continue
            execution = session.execute(step.code, step.number, timeout)
            replayed.append(step.model_copy(update={"execution": execution}))
            if execution.failure is not None:
                failure = execution.failure.model_copy(update={"kind": "replay"})
                missing = tuple(Comparison(name, "missing", was=fact.value) for name, fact in facts.items())
                return Replay(tuple(replayed), {}, missing, failure)
        now = facts_of(replayed)
        result = Replay(tuple(replayed), now, compare(facts, now, tolerance))
        if collect_into is not None and result.same:
            session.collect(collect_into, LEFT_BEHIND)
    return result


def compare(was: Mapping[str, Fact], now: Mapping[str, Fact], tolerance: float) -> tuple[Comparison, ...]:
    """One comparison per fact, in the order of `was`; facts that are only in `now` come last."""
    compared = []
    for name, fact in was.items():
        if name not in now:
            compared.append(Comparison(name, "missing", was=fact.value))
            continue
        status: Literal["same", "different"] = "same" if same(fact.value, now[name].value, tolerance) else "different"
        compared.append(Comparison(name, status, fact.value, now[name].value))
    compared += [Comparison(name, "new", now=fact.value) for name, fact in now.items() if name not in was]
    return tuple(compared)


def same(a: JsonValue, b: JsonValue, tolerance: float) -> bool:
    """Equal; floats within `tolerance`, relative and absolute. A count is not rounded: one row more is a difference."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y, tolerance) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key], tolerance) for key in a)
    return a == b


def as_failure(result: Replay) -> Failure | None:
    """What the model is told of a replay that was not the same."""
    if result.failure is not None:
        return result.failure.model_copy(
            update={
                "hint": "the accepted steps fail when they run again from the top: let each create all that it uses, "
                "and send the step that fails again, with `replaces`"
            }
        )
    moved = [each for each in result.comparisons if each.status != "same"]
    if not moved:
        return None
    shown = "; ".join(f"{each.name} was {each.was!r} and is {each.now!r}" for each in moved[:5])
    return Failure(
        kind="replay",
        type="FactsDiffer",
        subject=moved[0].name,
        message=f"{len(moved)} of {len(result.comparisons)} facts differ when the steps run again: {shown}",
        hint="seed whatever is random, sort sets and groups before use, and depend on no clock; send the step that "
        "records them again, with `replaces`",
    )
