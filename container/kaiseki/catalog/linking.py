"""Which tables a question needs: a ranking of the whole schema, made of names, comments and known values only."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from kaiseki.catalog.bm25 import BM25
from kaiseki.catalog.glossary import JAPANESE_TO_ENGLISH
from kaiseki.catalog.references import parents_by_name
from kaiseki.catalog.shards import families
from kaiseki.catalog.words import STOP_WORDS, folded, terms, words
from kaiseki.models import Catalog, Table

_NAME_WEIGHT = 3.0
_COLUMN_WEIGHT = 1.0
_COMMENT_WEIGHT = 0.5
_VALUE_WEIGHT = 0.7
_LOOKUP_WEIGHT = 2.0
_WHOLE_NAME = 4.0  # the question says every word of a table's name
_ATTACHED = 1000.0  # a table that came with the question is about the question
_SCHEMA_SHARE = 0.5
_NEIGHBOUR_SHARE = 0.3
_NEIGHBOURS_OF = 5

_PART_OF_COMPOUND = 0.6  # "interaction" in `interactiontype`
_ABBREVIATION = 0.5  # "transaction" for `trans`
_TRANSLATION = 0.9
_SHORTEST_PART = 4


@dataclass(frozen=True)
class Ranked:
    """A table (the newest one of a family cut by date), how well it fits the question, and because of what."""

    table: Table
    score: float
    why: str


def rank(question: str, catalog: Catalog, lookups: Sequence[str] = ()) -> tuple[Ranked, ...]:
    """All tables, best first. `lookups` are further words that somebody asked for; they weigh more than the question.

    With more than one schema the schemas are ranked too, and lift their tables. A table that the question does not
    touch has the score 0; ties stay in the catalog's order.
    """
    chosen = [_as_named(family.members, question, lookups) or family.merged() for family in families(catalog)]
    index = BM25([_terms_of(table) for table in chosen])
    asked = _query_terms(question, lookups, index)
    scores, reasons = _score(index, asked, len(chosen))
    said = frozenset(asked)
    for position, table in enumerate(chosen):
        if table.kind == "attachment":
            scores[position] += _ATTACHED
            reasons[position].insert(0, "attached")
        elif (name := frozenset(terms(table.name))) and name <= said:
            scores[position] += _WHOLE_NAME
    _lift_by_schema(chosen, asked, scores)
    _lift_neighbours(chosen, scores, reasons)
    order = sorted(range(len(chosen)), key=lambda position: -scores[position])
    return tuple(Ranked(chosen[p], round(scores[p], 4), ", ".join(dict.fromkeys(reasons[p]))) for p in order)


def _as_named(members: tuple[Table, ...], question: str, lookups: Sequence[str]) -> Table | None:
    if len(members) == 1:
        return members[0]
    text = folded(" ".join((question, *lookups)))
    return next((table for table in reversed(members) if folded(table.name) in text), None)


def _terms_of(table: Table) -> Mapping[str, float]:
    bag: dict[str, float] = defaultdict(float)
    for text, weight in _texts_of(table):
        for term in terms(text):
            bag[term] += weight
    return bag


def _texts_of(table: Table) -> Iterable[tuple[str, float]]:
    yield table.name, _NAME_WEIGHT
    if table.comment:
        yield table.comment, _COMMENT_WEIGHT
    for column in table.columns:
        yield column.name, _COLUMN_WEIGHT
        if column.comment:
            yield column.comment, _COMMENT_WEIGHT
        for value, _ in column.frequent:
            yield value, _VALUE_WEIGHT


def _query_terms(question: str, lookups: Sequence[str], index: BM25) -> dict[str, dict[str, float]]:
    """For each term that was asked: the terms of the schema it may mean, with weights."""
    asked: dict[str, dict[str, float]] = {}
    for text, weight in ((question, 1.0), *((lookup, _LOOKUP_WEIGHT) for lookup in lookups)):
        for term in terms(text):
            if term not in STOP_WORDS:
                meanings = asked.setdefault(term, {})
                for meaning, closeness in _meanings(term, index):
                    meanings[meaning] = max(meanings.get(meaning, 0.0), weight * closeness)
        for compound in _compounds(text):
            if compound in index:
                asked.setdefault(compound, {})[compound] = weight
    for japanese, english in JAPANESE_TO_ENGLISH.items():
        if any(japanese in text for text in (question, *lookups)):
            meanings = asked.setdefault(japanese, {})
            for word in english:
                for meaning, closeness in _meanings(word, index):
                    meanings[meaning] = max(meanings.get(meaning, 0.0), _TRANSLATION * closeness)
    return asked


def _compounds(text: str) -> Iterable[str]:
    """Two neighbours of a sentence as the one word that a name may make of them: `pitstop`."""
    return (a + b for a, b in pairwise(words(text)) if a.isascii() and b.isascii())


def _meanings(term: str, index: BM25) -> Iterable[tuple[str, float]]:
    if term in index:
        yield term, 1.0
    if len(term) < _SHORTEST_PART or not term.isascii():
        return
    for known in index.vocabulary:
        if len(known) > len(term) and (known.startswith(term) or known.endswith(term)):
            yield known, _PART_OF_COMPOUND
        elif _SHORTEST_PART <= len(known) < len(term) and term.startswith(known):
            yield known, _ABBREVIATION


def _score(index: BM25, asked: Mapping[str, Mapping[str, float]], count: int) -> tuple[list[float], list[list[str]]]:
    scores = [0.0] * count
    reasons: list[list[str]] = [[] for _ in range(count)]
    for meanings in asked.values():
        best: dict[int, tuple[float, str]] = {}
        for meaning, weight in meanings.items():
            for position, score in index.scores(meaning).items():
                best[position] = max(best.get(position, (0.0, "")), (weight * score, meaning))
        for position, (score, meaning) in best.items():
            scores[position] += score
            reasons[position].append(meaning)
    return scores, reasons


def _lift_by_schema(tables: Sequence[Table], asked: Mapping[str, Mapping[str, float]], scores: list[float]) -> None:
    names = list(dict.fromkeys(table.schema_name for table in tables))
    if len(names) < 2:
        return
    bags: dict[str, dict[str, float]] = {name: dict.fromkeys(terms(name), _NAME_WEIGHT) for name in names}
    for table in tables:
        for term in {term for text, _ in _texts_of(table) for term in terms(text)}:
            bags[table.schema_name][term] = bags[table.schema_name].get(term, 0.0) + 1.0
    schema_scores, _ = _score(BM25([bags[name] for name in names]), asked, len(names))
    by_name = dict(zip(names, schema_scores, strict=True))
    for position, table in enumerate(tables):
        if scores[position] > 0 or by_name[table.schema_name] == max(schema_scores) > 0:
            scores[position] += _SCHEMA_SHARE * by_name[table.schema_name]


def _lift_neighbours(tables: Sequence[Table], scores: list[float], reasons: list[list[str]]) -> None:
    """A table that joins to a good one is likely needed with it."""
    links = _links(tables)
    best = sorted(range(len(tables)), key=lambda position: -scores[position])[:_NEIGHBOURS_OF]
    lifts: dict[int, tuple[float, int]] = {}
    for position in best:
        if scores[position] > 0:
            for neighbour in links[position]:
                lifts[neighbour] = max(lifts.get(neighbour, (0.0, 0)), (scores[position], position))
    for neighbour, (score, position) in lifts.items():
        scores[neighbour] += _NEIGHBOUR_SHARE * min(score, _ATTACHED / 10)
        reasons[neighbour].append(f"joins {tables[position].name}")


def _links(tables: Sequence[Table]) -> dict[int, set[int]]:
    links: dict[int, set[int]] = defaultdict(set)
    for child, parent in parents_by_name(tables):
        links[child].add(parent)
        links[parent].add(child)
    return links
