"""Where each figure comes from: fact -> step and line -> the queries it descends from -> their rows."""

from dataclasses import dataclass

from kaiseki.cells import clipped
from kaiseki.models import Citation, Fact, Query, Run
from kaiseki.report.display import anchor, line_anchor, value_text

_VALUE_CHARACTERS = 160
_TILES = 8
_TILE_CHARACTERS = 18


@dataclass(frozen=True)
class Entry:
    """One row. `figures` are (number, text) of the answer's figures that cite it; `whole` is set if `value` was cut."""

    fact: Fact
    anchor: str
    value: str
    whole: str
    figures: tuple[tuple[int, str], ...]
    line_anchor: str
    queries: tuple[Query, ...]
    unknown_queries: tuple[str, ...]


@dataclass(frozen=True)
class Tile:
    """A key figure: as the answer shows it, what it is, and its row in the ledger."""

    shown: str
    label: str
    anchor: str


def ledger(run: Run) -> tuple[Entry, ...]:
    """Facts that the answer cites in the order it cites them, then the rest."""
    cited = _citations(run)
    order = list(cited) + [fact.name for fact in run.facts if fact.name not in cited]
    facts = {fact.name: fact for fact in run.facts}
    queries = queries_by_name(run)
    return tuple(_entry(facts[name], cited.get(name, []), queries) for name in order if name in facts)


def tiles(run: Run) -> tuple[Tile, ...]:
    """The first figures of the answer that are measured numbers, each once."""
    facts = {fact.name: fact for fact in run.facts if fact.kind == "fact"}
    citations = [part for part in run.answer_parts if isinstance(part, Citation) and part.fact in facts]
    figures = {(part.fact, part.shown): part for part in citations if _is_figure(part, facts[part.fact])}
    chosen = list(figures.values())[:_TILES]
    labels = [_tile_label(part, facts[part.fact]) for part in chosen]
    return tuple(
        Tile(part.shown, label if labels.count(label) == 1 else f"{label} ({part.fact})", fact_anchor(part.fact))
        for part, label in zip(chosen, labels, strict=True)
    )


def queries_by_name(run: Run) -> dict[str, Query]:
    """The queries that the accepted steps rest on."""
    return {query.name: query for step in run.accepted_steps for query in step.queries if query.failure is None}


def fact_anchor(name: str) -> str:
    return anchor("fact", name)


def fact_label(fact: Fact) -> str:
    return fact.note or fact.name.replace("_", " ")


def _entry(fact: Fact, citations: list[tuple[int, Citation]], queries: dict[str, Query]) -> Entry:
    whole = value_text(fact.value)
    value = clipped(whole, _VALUE_CHARACTERS)
    return Entry(
        fact=fact,
        anchor=fact_anchor(fact.name),
        value=value,
        whole=whole if value != whole else "",
        figures=tuple((number, clipped(citation.shown, _TILE_CHARACTERS)) for number, citation in citations),
        line_anchor=line_anchor(fact.step, fact.line),
        queries=tuple(queries[name] for name in fact.queries if name in queries),
        unknown_queries=tuple(name for name in fact.queries if name not in queries),
    )


def _citations(run: Run) -> dict[str, list[tuple[int, Citation]]]:
    """Fact -> (number of the figure in the answer, citation); numbered as `answer_html` does."""
    citations = [part for part in run.answer_parts if isinstance(part, Citation)]
    cited: dict[str, list[tuple[int, Citation]]] = {}
    for number, citation in enumerate(citations, start=1):
        cited.setdefault(citation.fact, []).append((number, citation))
    return cited


def _is_figure(citation: Citation, fact: Fact) -> bool:
    has_digit = any(character.isdigit() for character in citation.shown)
    return has_digit and len(citation.shown) <= _TILE_CHARACTERS and not isinstance(fact.value, str | bool)


def _tile_label(citation: Citation, fact: Fact) -> str:
    """For an item of a larger fact also its key: `by_group[east]` -> `east`."""
    _, _, keys = citation.placeholder.strip("{}").partition("[")
    key = keys.rpartition("]")[0].replace("][", " · ")
    return f"{fact_label(fact)} · {key}" if key else fact_label(fact)
