"""Whether an answer may be shown: every figure bound to a fact, and what else a careful reader would ask."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from kaiseki.agent.figures import loose_figures
from kaiseki.agent.placeholders import bind
from kaiseki.agent.protocol import AnswerDraft
from kaiseki.lifecycle import Outcome
from kaiseki.models import Check, Citation, Fact, Failure, Resolution


@dataclass(frozen=True)
class Verdict:
    """An answer with its figures in place, or the failures that keep it from being shown."""

    parts: tuple[str | Citation, ...] = ()
    text: str = ""
    checks: tuple[Check, ...] = ()
    failures: tuple[Failure, ...] = ()


def review(
    draft: AnswerDraft,
    question: str,
    facts: Mapping[str, Fact],
    tables: Mapping[str, str],
    names: Collection[str],
    resolutions: Collection[Resolution] = (),
) -> Verdict:
    """Binds `draft` to `facts` and `tables` (name -> Markdown). `names` are those of the catalog: no loose figures."""
    loose, warnings = loose_figures(draft.template, question, {*names, *facts, *tables})
    bound = bind(draft.template, facts, tables)
    failures = [*loose, *(bound if isinstance(bound, tuple) else ())]
    cites = not isinstance(bound, tuple) and any(isinstance(part, Citation) for part in bound.parts)
    if draft.outcome is Outcome.ANSWERED and not failures and not cites:
        failures.append(
            Failure(
                kind="answer",
                type="NothingMeasured",
                message="an answer with the outcome `answered` must rest on at least one recorded fact",
                hint="record what was found with fact() and cite it, or take the outcome refused or needs_input",
            )
        )
    if failures or isinstance(bound, tuple):
        return Verdict(failures=tuple(failures))
    checks = [Check(name="answer.wording", status="warning", message=warning) for warning in warnings]
    checks += [_resolution_named(resolution, bound.text) for resolution in resolutions]
    return Verdict(bound.parts, bound.text, tuple(checks))


def _resolution_named(resolution: Resolution, answer: str) -> Check:
    name = f"names.{resolution.asked}"
    taken = f"the question's {resolution.kind} '{resolution.asked}' was read as {resolution.found}"
    if resolution.found in answer:
        return Check(name=name, status="passed", message=taken)
    return Check(name=name, status="warning", message=f"{taken}, and the answer does not say so")
