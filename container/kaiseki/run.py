"""The whole story of a run: from a request to a bundle."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kaiseki import __version__
from kaiseki.agent import briefing, requirements
from kaiseki.agent.analyst import Analyst
from kaiseki.agent.investigation import Case, Investigation
from kaiseki.agent.journal import Journal
from kaiseki.agent.meter import Meter
from kaiseki.agent.workbench import Workbench
from kaiseki.catalog.guide import SchemaGuide
from kaiseki.catalog.knowledge.entries import NOTHING_KNOWN, Knowledge
from kaiseki.ending import cut_short, ending_of
from kaiseki.environment import describe_environment
from kaiseki.errors import KaisekiError
from kaiseki.language import language_of
from kaiseki.lifecycle import Status
from kaiseki.logbook import Logbook
from kaiseki.models import Event, Request, Run
from kaiseki.ports import Model, Observer, Packages, RunStore, Sandbox, Warehouse
from kaiseki.report.publish import publish


@dataclass(frozen=True)
class Parts:
    """What a run is put together from; see build.py."""

    warehouse: Warehouse
    sandbox: Sandbox
    store: RunStore
    model: Model
    warehouse_name: str
    card_characters: int
    step_seconds: float
    packages: Packages | None = None
    knowledge: Knowledge = NOTHING_KNOWN
    observers: tuple[Observer, ...] = ()


def execute(run_id: str, parts: Parts) -> Run:
    """Answers the request `run_id` and leaves its bundle in the store. Raises UnknownRun and StoreError alone."""
    request = parts.store.request(run_id)
    bundle = parts.store.workspace(run_id)
    journal, meter = Journal(), Meter(request.budget)
    begun = _run(request, model=parts.model.name, warehouse=parts.warehouse_name)
    logbook = Logbook(begun, bundle, parts.store, journal, meter, parts.observers)
    with Workbench(
        parts.warehouse,
        parts.sandbox,
        bundle,
        request.budget,
        parts.step_seconds,
        logbook.tell,
        parts.packages,
    ) as bench:
        try:
            guide, case = _understand(request, parts, logbook)
            analyst = Analyst(parts.model.lm, parts.model.usage_of)
            investigation = Investigation(case, analyst, bench, journal, meter, guide.look_up, logbook.tell)
            conclusion = investigation.conclude()
            logbook.note(knowledge=guide.knowledge_used)
            ending = ending_of(conclusion, bench, logbook.run.language, parts.model.drift())
        except (KeyboardInterrupt, KaisekiError) as cause:
            ending = cut_short(cause, bench.accepted, bench.facts, logbook.run.language)
        logbook.note(wheels=bench.wheels_in_use())
    logbook.tell(Event(kind="ending", message="writing the report"))
    return logbook.end(lambda run: publish(run, bundle), **ending)


def close(run_id: str, store: RunStore, cause: KeyboardInterrupt | KaisekiError) -> Run:
    """Ends a run that cannot do it itself, with what was saved of it. Raises UnknownRun and StoreError."""
    request = store.request(run_id)
    run = store.run(run_id) or _run(request)
    if run.status.terminal:
        return run
    facts = {fact.name: fact for fact in run.facts}
    ending = cut_short(cause, run.accepted_steps, facts, run.language)
    run = run.model_copy(update={"ended_at": datetime.now().astimezone(), **ending})
    run = publish(run, store.workspace(run_id))
    store.save(run)
    return run


def _run(request: Request, **known: Any) -> Run:
    return Run(
        id=request.run_id,
        prompt=request.prompt,
        status=Status.RUNNING,
        created_at=request.created_at,
        started_at=datetime.now().astimezone(),
        budget=request.budget,
        version=__version__,
        language=language_of(request.prompt),
        follow_up_to=request.follow_up.run_id if request.follow_up else "",
        environment=describe_environment(),
        **known,
    )


def _understand(request: Request, parts: Parts, logbook: Logbook) -> tuple[SchemaGuide, Case]:
    """The question beside what the schema has for it."""
    logbook.phase("reading the schema")
    guide = SchemaGuide(
        parts.warehouse,
        today=request.created_at.date(),
        row_cap=request.budget.row_cap,
        budget_characters=parts.card_characters,
        knowledge=parts.knowledge,
    )
    studied = guide.study(request.prompt, briefing.subject(request))
    logbook.note(
        resolutions=studied.resolutions, knowledge=guide.knowledge_used, knowledge_left_out=guide.knowledge_left_out
    )
    for line in guide.knowledge_left_out:
        logbook.phase(line)
    names = {name for table in studied.catalog.tables for name in (table.name, *(c.name for c in table.columns))}
    means = f"Left: {logbook.left}. The Python of a step may take {parts.step_seconds:.0f} s."
    if parts.packages is not None and (beside := requirements.briefing(parts.packages)):
        means = f"{means} {beside}"
    return guide, Case(request.prompt, briefing.brief(request, studied.card, means), names, studied.resolutions)
