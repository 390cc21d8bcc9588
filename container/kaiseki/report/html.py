"""report.html: one file that says everything about a run, links to no other file and loads nothing."""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from kaiseki.cells import clipped, is_number
from kaiseki.models import Check, Run
from kaiseki.report import display
from kaiseki.report.answer import answer_html
from kaiseki.report.check_sentences import check_sentence
from kaiseki.report.exhibits import TABLES_OF_A_MODEL, FittedModel, ShownTable, charts, models, tables
from kaiseki.report.ledger import fact_anchor, fact_label, ledger, tiles
from kaiseki.report.method import accepted_steps, given_up_steps
from kaiseki.report.verdict import verdict
from kaiseki.report.wording import Wording, wording

_HEADLINE_CHARACTERS = 280
_TITLE_CHARACTERS = 80
_TABLE_IN_ANSWER = re.compile(r"(?<!\{)\{table:([a-z][a-z0-9_]*)\}")
_STYLE = Path(__file__).with_name("report.css")


@dataclass(frozen=True)
class Use:
    """One line of the budget: what was used up, and the limit (empty where there is none)."""

    label: str
    used: str
    limit: str = ""
    detail: str = ""


def render(run: Run, bundle: Path) -> str:
    """The report of `run`, with the tables and figures that stand in the folder `bundle`."""
    t = wording(run.language)
    question = run.prompt.strip()
    style = _STYLE.read_text(encoding="utf-8")
    fitted, shown = models(run), _apart_from_answer(run, tables(run, bundle))
    tables_of_models = {model.name: _tables_of(model, shown) for model in fitted}
    parts = run.answer_parts or ((run.answer,) if run.answer else ())
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            run=run,
            t=t,
            style=Markup(style),  # noqa: S704 - a file of this package
            style_hash=_hash_source(style),
            title=clipped(" ".join(question.split()), _TITLE_CHARACTERS) or run.id,
            headline=clipped(question, _HEADLINE_CHARACTERS),
            headline_is_cut=len(question) > _HEADLINE_CHARACTERS,
            verdict=verdict(run, run.language),
            answer=answer_html(parts, fact_anchor, t),
            tiles=tiles(run),
            charts=charts(run, bundle),
            tables=[table for table in shown if table not in chain(*tables_of_models.values())],
            models=fitted,
            tables_of_models=tables_of_models,
            checks=_checks(run),
            doubts=sum(check.status != "passed" for check in run.checks),
            steps=accepted_steps(run),
            given_up=given_up_steps(run),
            ledger=ledger(run),
            uses=tuple(_uses(run, t)),
            took=(run.ended_at - run.started_at).total_seconds() if run.started_at and run.ended_at else None,
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("kaiseki", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": display.count,
        "is_number": is_number,
        "reading": display.reading,
        "value": display.value_text,
        "duration": display.duration,
        "moment": display.moment,
        "size": display.size,
        "fact_label": fact_label,
        "words": display.words,
        "first_line": display.first_line,
    }
    environment.globals["anchor"] = display.anchor
    return environment


def _hash_source(style: str) -> str:
    """What a content security policy calls the style element that holds just this text."""
    return "sha256-" + base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")


def _apart_from_answer(run: Run, shown: Iterable[ShownTable]) -> list[ShownTable]:
    """Without the tables that stand in the answer, all their rows included."""
    in_answer = set(_TABLE_IN_ANSWER.findall(run.answer_template)) if run.answer_parts else set()
    return [table for table in shown if table.name not in in_answer or table.total_rows > len(table.rows)]


def _tables_of(model: FittedModel, shown: Iterable[ShownTable]) -> list[ShownTable]:
    """Those that the kit wrote along with the model."""
    names = {f"{model.name}_{table}" for table in TABLES_OF_A_MODEL}
    return [table for table in shown if table.name in names]


def _checks(run: Run) -> list[Check]:
    """The worst first, each in the language of the report."""
    order = {"failed": 0, "warning": 1, "passed": 2}
    said = (c.model_copy(update={"message": check_sentence(c.message, run.language)}) for c in run.checks)
    return sorted(said, key=lambda check: order[check.status])


def _uses(run: Run, t: Wording) -> Iterator[Use]:
    usage, budget = run.usage, run.budget
    detail = t.tokens_detail.format(
        input=display.count(usage.input_tokens),
        output=display.count(usage.output_tokens),
        read=display.count(usage.cache_read_tokens),
        write=display.count(usage.cache_write_tokens),
    )
    results = {(query.name, query.sha256): query.rows for step in run.steps for query in step.queries}
    cost = t.unknown_price if usage.usd is None else display.dollars(usage.usd)
    yield Use(t.steps, display.count(len(run.steps)), display.count(budget.steps))
    yield Use(t.calls, display.count(usage.calls))
    yield Use(t.tokens, display.count(usage.tokens), display.count(budget.tokens), detail if usage.tokens else "")
    yield Use(t.cost, cost, display.dollars(budget.usd))
    if run.started_at and run.ended_at:
        took = (run.ended_at - run.started_at).total_seconds()
        yield Use(t.time, display.duration(took, t), display.duration(budget.seconds, t))
    yield Use(t.rows_read, display.count(sum(results.values())), display.count(budget.rows))
