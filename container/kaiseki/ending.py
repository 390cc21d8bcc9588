"""How a run ends: what each ending sets of the run."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

from kaiseki.agent.checks import checks_of
from kaiseki.agent.investigation import Conclusion
from kaiseki.agent.partial import partial_answer
from kaiseki.agent.placeholders import Bound, bind
from kaiseki.agent.replay import Replay, as_failure
from kaiseki.agent.workbench import Workbench
from kaiseki.errors import KaisekiError, TaskInterrupted
from kaiseki.language import Language
from kaiseki.lifecycle import Outcome, Status
from kaiseki.models import Check, Citation, Fact, Step

_STOPPED = KaisekiError(
    "the task in which the run worked was stopped before the run had ended",
    hint="a deploy or reclaimed Spot capacity does this: ask again",
    code="task.interrupted",
)


class Ending(TypedDict, total=False):
    """Fields of `Run`."""

    status: Status
    outcome: Outcome | None
    reason: str
    answer: str
    answer_parts: tuple[str | Citation, ...]
    answer_template: str
    facts: tuple[Fact, ...]
    replayed: bool
    checks: tuple[Check, ...]
    failure: dict[str, str]


def ending_of(conclusion: Conclusion, bench: Workbench, language: Language, drift: Sequence[str]) -> Ending:
    """The run SUCCEEDED: with the model's answer, or with what was measured until a limit ended it."""
    if conclusion.draft is None:
        return _limited(conclusion.reason, bench, language, drift)
    replayed = conclusion.replay is not None
    return Ending(
        status=Status.SUCCEEDED,
        outcome=conclusion.draft.outcome,
        answer=conclusion.verdict.text,
        answer_parts=conclusion.verdict.parts,
        answer_template=conclusion.draft.template,
        facts=tuple(bench.facts.values()),
        replayed=replayed,
        checks=(*_replayed(conclusion.replay), *conclusion.verdict.checks, *checks_of(bench.accepted, drift)),
    )


def cut_short(
    by: KeyboardInterrupt | KaisekiError, steps: Sequence[Step], facts: Mapping[str, Fact], language: Language
) -> Ending:
    """The run goes no further. The facts of its accepted `steps` were not replayed: there was no time to ask for."""
    left = Ending(**_measured(facts, language), checks=checks_of(steps, ()))
    if isinstance(by, TaskInterrupted):
        return {**left, **_failed(_STOPPED), "reason": _STOPPED.code}
    if isinstance(by, KaisekiError):
        return {**left, **_failed(by)}
    return {**left, "status": Status.CANCELLED, "reason": "cancelled"}


def _failed(error: KaisekiError) -> Ending:
    return {"status": Status.FAILED, "reason": f"failed.{error.code}", "failure": error.as_json()["error"]}


def _limited(reason: str, bench: Workbench, language: Language, drift: Sequence[str]) -> Ending:
    """A limit ended the run; the reserve of the budget pays for the replay of what there is."""
    replay = bench.replay() if bench.accepted else None
    return {
        **_measured(bench.facts, language),
        "status": Status.SUCCEEDED,
        "outcome": Outcome.PARTIAL,
        "reason": reason if replay is None or replay.same else "replay.differs",
        "replayed": replay is not None and replay.same,
        "checks": (*_replayed(replay), *checks_of(bench.accepted, drift)),
    }


def _measured(facts: Mapping[str, Fact], language: Language) -> Ending:
    draft = partial_answer(facts, language)
    bound = bind(draft.template, facts, {})
    if not isinstance(bound, Bound):
        draft = partial_answer({}, language)
        bound = Bound(parts=(draft.template,), text=draft.template)
    return Ending(
        answer=bound.text,
        answer_parts=bound.parts,
        answer_template=draft.template,
        facts=tuple(facts.values()),
    )


def _replayed(replay: Replay | None) -> tuple[Check, ...]:
    if replay is None:
        return ()
    failure = as_failure(replay)
    if failure is not None:
        return (Check(name="replay", status="failed", message=failure.message),)
    message = f"the analysis ran again from the top: all {len(replay.facts)} facts came out the same"
    return (Check(name="replay", status="passed", message=message),)
