"""The whole story of a run: from a request to a bundle."""

from dataclasses import dataclass
from datetime import datetime

from kaiseki import __version__
from kaiseki.agent.analyst import Analyst
from kaiseki.agent.investigation import Case, Investigation
from kaiseki.agent.journal import Journal
from kaiseki.agent.meter import Meter
from kaiseki.agent.workbench import Workbench
from kaiseki.catalog.guide import SchemaGuide
from kaiseki.ending import ending_of, failed, interrupted
from kaiseki.environment import describe_environment
from kaiseki.errors import KaisekiError
from kaiseki.language import language_of
from kaiseki.lifecycle import Status
from kaiseki.logbook import Logbook
from kaiseki.models import Request, Run
from kaiseki.ports import Model, Observer, RunStore, Sandbox, Warehouse
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
    observers: tuple[Observer, ...] = ()


def execute(run_id: str, parts: Parts) -> Run:
    """Answers the request `run_id` and leaves its bundle in the store. Raises UnknownRun and StoreError alone."""
    request = parts.store.request(run_id)
    bundle = parts.store.workspace(run_id)
    journal, meter = Journal(), Meter(request.budget)
    logbook = Logbook(_begin(request, parts), bundle, parts.store, journal, meter, parts.observers)
    with Workbench(parts.warehouse, parts.sandbox, bundle, request.budget, parts.step_seconds, logbook.tell) as bench:
        try:
            guide, case = _understand(request, parts, logbook)
            analyst = Analyst(parts.model.lm, parts.model.usage_of)
            investigation = Investigation(case, analyst, bench, journal, meter, guide.look_up, logbook.tell)
            conclusion = investigation.conclude()
            ending = ending_of(conclusion, bench, logbook.run.language, parts.model.drift())
        except KeyboardInterrupt:
            ending = interrupted(bench, logbook.run.language)
        except KaisekiError as error:
            ending = failed(error, bench, logbook.run.language)
    logbook.phase("writing the report")
    return logbook.end(lambda run: publish(run, bundle), **ending)


def _begin(request: Request, parts: Parts) -> Run:
    return Run(
        id=request.run_id,
        prompt=request.prompt,
        status=Status.RUNNING,
        created_at=request.created_at,
        started_at=datetime.now().astimezone(),
        budget=request.budget,
        version=__version__,
        model=parts.model.name,
        warehouse=parts.warehouse_name,
        language=language_of(request.prompt),
        environment=describe_environment(),
    )


def _understand(request: Request, parts: Parts, logbook: Logbook) -> tuple[SchemaGuide, Case]:
    """The question beside what the schema has for it."""
    logbook.phase("reading the schema")
    guide = SchemaGuide(
        parts.warehouse,
        today=request.created_at.date(),
        row_cap=request.budget.rows_per_query,
        budget_characters=parts.card_characters,
    )
    studied = guide.study(request.prompt)
    logbook.note(resolutions=studied.resolutions)
    names = {name for table in studied.catalog.tables for name in (table.name, *(c.name for c in table.columns))}
    means = f"Left: {logbook.left}. The Python of a step may take {parts.step_seconds:.0f} s."
    briefing = f"Question:\n{request.prompt}\n(end of question)\n\n{studied.card.rstrip()}\n\n{means}"
    return guide, Case(request.prompt, briefing, names, studied.resolutions)
