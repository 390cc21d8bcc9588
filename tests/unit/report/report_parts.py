"""Runs, and what they are made of, for the tests of the report; and a page taken apart."""

import csv
import hashlib
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from kaiseki.lifecycle import Outcome, Status
from kaiseki.models import Check, Citation, Execution, Fact, Failure, Query, Record, Resolution, Run, Step

START = datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC)
DIGEST = hashlib.sha256(b"rows").hexdigest()
HOSTILE = """<script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}{% raw %}'"&amp;</style>"""
VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """A page taken apart: its elements with their attributes, its text, and the text below each id."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.below: dict[str, str] = {}
        self._open: list[tuple[str, str | None]] = []
        self.feed(html)
        self.close()
        assert not self._open, f"left open: {self._open}"
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        assert len(attributes) == len(attrs), f"an attribute twice in {tag}"
        self.elements.append((tag, attributes))
        if tag not in VOID:
            self._open.append((tag, attributes.get("id")))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        opened, _ = self._open.pop()
        assert opened == tag, f"<{opened}> is closed by </{tag}>"
        if tag in ("td", "th", "span"):
            self.text += " "

    def handle_data(self, data: str) -> None:
        if any(tag == "style" for tag, _ in self._open):
            return
        self.text += data
        for _, identifier in self._open:
            if identifier:
                self.below[identifier] = self.below.get(identifier, "") + data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def ids(self) -> list[str]:
        return [str(attributes["id"]) for _, attributes in self.elements if "id" in attributes]

    @property
    def links(self) -> list[str]:
        return [str(attributes["href"]) for attributes in self.all("a")]


def cited(shown: str, fact: str, placeholder: str = "") -> Citation:
    return Citation(shown=shown, fact=fact, placeholder=placeholder or f"{{{fact}}}")


def fact(name: str, value: Any, line: int = 2, **more: Any) -> Fact:
    return Fact(name=name, kind=more.pop("kind", "fact"), value=value, step=1, line=line, queries=("sales",), **more)


def step(number: int = 1, **more: Any) -> Step:
    query = Query(name="sales", sql="SELECT amount FROM orders", executed_sql="SELECT amount FROM orders", rows=4_120)
    return Step(
        **{
            "number": number,
            "purpose": "Add the orders up",
            "queries": (query.model_copy(update={"sha256": DIGEST}),),
            "code": 'df = load("sales")\nfact("revenue", df.amount.sum())\n',
            "accepted": True,
            "execution": Execution(stdout="done\n"),
            **more,
        }
    )


def run(**more: Any) -> Run:
    parts = more.pop("answer_parts", ("Revenue was ", cited("1,234", "revenue", "{revenue:,}"), "."))
    return Run(
        **{
            "id": "20261121-010203-revenue-7f3a",
            "prompt": "What was the revenue?",
            "status": Status.SUCCEEDED,
            "outcome": Outcome.ANSWERED,
            "created_at": START,
            "started_at": START,
            "ended_at": START + timedelta(seconds=98),
            "replayed": True,
            "steps": (step(),),
            "facts": (fact("revenue", 1234, note="revenue of all orders"),),
            "answer": "".join(part if isinstance(part, str) else part.shown for part in parts),
            "answer_parts": parts,
            **more,
        }
    )


def recorded(*records: Record) -> tuple[Step, ...]:
    return (step(execution=Execution(records=records)),)


def record(kind: Any, name: str, **more: Any) -> Record:
    return Record(kind=kind, name=name, step=1, line=2, **more)


def write_table(bundle: Path, name: str, rows: list[list[Any]]) -> None:
    (bundle / "tables").mkdir(exist_ok=True)
    with (bundle / "tables" / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def hostile_run() -> Run:
    """Every text that a model or the data can set, set to something that would like to run."""
    query = Query(name="sales", sql=HOSTILE, executed_sql=f"{HOSTILE} LIMIT 1", warnings=(HOSTILE,), sha256=DIGEST)
    failure = Failure(kind="code", type=HOSTILE, message=HOSTILE, traceback=HOSTILE, hint=HOSTILE, subject=HOSTILE)
    records = (
        record("table", "wild", title=HOSTILE),
        record("chart", "wild", title=HOSTILE),
        record("model", "wild", title=HOSTILE, value={HOSTILE: HOSTILE, "score": HOSTILE, "suspects": [HOSTILE]}),
    )
    links = "[a](javascript:alert(1)) [b](JaVaScRiPt:alert(1)) [c](data:text/html,x) [d](data/sales.parquet) <b>e</b>"
    images = (
        "![f](https://example.org/f.png) ![g](figures/g.svg) [![h](https://example.org/h.png)](https://example.org)"
    )
    return run(
        prompt=HOSTILE,
        reason=HOSTILE,
        outcome=Outcome.PARTIAL,
        steps=(
            step(
                purpose=HOSTILE,
                code=f"# {HOSTILE}\n",
                queries=(query,),
                lookups=(HOSTILE,),
                execution=Execution(stdout=HOSTILE, stderr=HOSTILE, records=records),
            ),
            step(2, purpose=HOSTILE, accepted=False, failure=failure, reply=HOSTILE),
        ),
        facts=(fact("revenue", HOSTILE, note=HOSTILE, unit=HOSTILE), fact(HOSTILE, {HOSTILE: HOSTILE})),
        checks=(Check(name=HOSTILE, status="warning", message=HOSTILE),),
        resolutions=(Resolution(asked=HOSTILE, found=HOSTILE, kind="table"),),
        environment={HOSTILE: HOSTILE},
        model=HOSTILE,
        warehouse=HOSTILE,
        version=HOSTILE,
        answer_parts=(f"{HOSTILE}\n\n{links}\n\n{images}\n\n", cited(HOSTILE, HOSTILE), cited("1", "revenue")),
    )
