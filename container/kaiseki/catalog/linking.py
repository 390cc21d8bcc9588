"""Which tables a question needs: a ranking of the whole schema, made of names, comments and known values only."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from kaiseki.catalog.bm25 import BM25, Scores
from kaiseki.catalog.links import links
from kaiseki.catalog.question_terms import Meanings, question_terms
from kaiseki.catalog.shards import families
from kaiseki.catalog.stemming import roots
from kaiseki.catalog.vocabulary import Occurrences, Postings, Vocabulary, summed
from kaiseki.catalog.words import folded
from kaiseki.models import Catalog, Table

_NAME_WEIGHT = 3.0
_COLUMN_WEIGHT = 1.0
_COMMENT_WEIGHT = 0.5
_VALUE_WEIGHT = 0.7
_LOOKUP_WEIGHT = 2.0
_WHOLE_NAME = 4.0  # the question says every word of a table's name
_ATTACHED = 1000.0  # a table that came with the question is about the question
_SCHEMA_SHARE = 0.5
_NEIGHBOURS_OF = 8
_NEIGHBOUR_SHARE = 0.3
_FURTHER_NEIGHBOURS = 0.5  # what a second good neighbour adds, and the neighbour of a neighbour has
_EXPLAINED = 100  # reasons are for readers, who do not read further


@dataclass(frozen=True)
class Ranked:
    """A table (the newest one of a family cut by date), how well it fits the question, and because of what.

    `why` is told of the first hundred.
    """

    table: Table
    score: float
    why: str


@dataclass(frozen=True)
class Lift:
    """What is known of a table beside its words: `share` of the best score is added to its own."""

    share: float
    why: str


@dataclass(frozen=True)
class Hints:
    """What the company's knowledge adds to a question: further texts with their weights, and tables by name."""

    texts: tuple[tuple[str, float], ...] = ()
    lifts: Mapping[str, Lift] = field(default_factory=dict)


NO_HINTS = Hints()


class TableIndex:
    """A schema made ready for questions: seconds to build for ten thousand tables, milliseconds to ask."""

    def __init__(self, catalog: Catalog) -> None:
        self._families = families(catalog)
        self._tables = [family.merged() for family in self._families]
        self._words = Vocabulary()
        terms = _terms_of(self._tables, self._words)
        self._index = BM25(self._words.roots, terms, len(self._tables))
        self._names: dict[str, list[tuple[int, frozenset[str]]]] = defaultdict(list)  # by a root of theirs
        for position, table in enumerate(self._tables):
            if name := roots(table.name):
                self._names[name[0]].append((position, frozenset(name)))
        self._attached = [position for position, table in enumerate(self._tables) if table.kind == "attachment"]
        self._links = links(self._tables)
        self._positions = {t.qualified: p for p, family in enumerate(self._families) for t in family.members}
        self._schemas = {name: n for n, name in enumerate(dict.fromkeys(map(_schema_of, self._tables)))}
        self._schema_of = np.array([self._schemas[_schema_of(table)] for table in self._tables], dtype=np.int32)
        self._schema_index = self._index_of_schemas(terms) if len(self._schemas) > 1 else None

    def rank(
        self, question: str, lookups: Sequence[str] = (), hints: Hints = NO_HINTS, first: int | None = None
    ) -> tuple[Ranked, ...]:
        """The tables, best first, all or `first` of them. `lookups` are further words asked for, and weigh more.

        With more than one schema the schemas are ranked too, and lift their tables. A table that the question does not
        touch has the score 0; ties stay in the catalog's order.
        """
        texts = ((question, 1.0), *((lookup, _LOOKUP_WEIGHT) for lookup in lookups), *hints.texts)
        asked = question_terms(texts, self._index)
        matches = [_Match(self._index, meanings, len(self._tables)) for meanings in asked.values()]
        scores = sum((match.scores for match in matches), np.zeros(len(self._tables)))
        notes: dict[int, list[str]] = defaultdict(list)
        self._add_whole_names(scores, frozenset(asked))
        self._add_schemas(scores, asked)
        self._add_lifts(scores, hints.lifts, notes)
        self._add_attached(scores, notes)
        self._add_neighbours(scores, notes)
        order = np.argsort(-scores, kind="stable")[:first].tolist()
        shown: list[float] = scores.round(4).tolist()
        named = self._as_named(" ".join((question, *lookups)))
        return tuple(
            Ranked(
                named.get(position) or self._tables[position],
                shown[position],
                self._why(position, matches, notes) if place < _EXPLAINED else "",
            )
            for place, position in enumerate(order)
        )

    def _index_of_schemas(self, terms: Postings) -> BM25:
        """Of the terms of its name, and of those of its tables, each as often as tables have it."""
        names = [
            (schema, number) for name, schema in self._schemas.items() for number in set(self._words.numbers(name))
        ]
        of_names = np.array(names, dtype=np.int32).reshape(-1, 2)
        postings = summed(
            np.concatenate((of_names[:, 0], self._schema_of[terms.documents])),
            np.concatenate((of_names[:, 1], terms.terms)),
            np.concatenate((np.full(len(names), _NAME_WEIGHT), np.ones(len(terms.terms)))),
        )
        return BM25(self._words.roots, postings, len(self._schemas))

    def _add_whole_names(self, scores: Scores, said: frozenset[str]) -> None:
        for term in said:
            for position, name in self._names.get(term, ()):
                if name <= said:
                    scores[position] += _WHOLE_NAME

    def _add_schemas(self, scores: Scores, asked: Mapping[str, Meanings]) -> None:
        index = self._schema_index
        if index is None:
            return
        matches = (_Match(index, meanings, len(self._schemas)) for meanings in asked.values())
        by_schema = sum((match.scores for match in matches), np.zeros(len(self._schemas)))
        is_best = (by_schema == by_schema.max()) & (by_schema > 0)
        lifted = (scores > 0) | is_best[self._schema_of]
        scores[lifted] += _SCHEMA_SHARE * by_schema[self._schema_of][lifted]

    def _add_lifts(self, scores: Scores, lifts: Mapping[str, Lift], notes: dict[int, list[str]]) -> None:
        best = max(float(scores.max(initial=0.0)), 1.0)
        for name, lift in lifts.items():
            position = self._positions.get(name)
            if position is not None:
                scores[position] += lift.share * best
                notes[position].append(lift.why)

    def _add_attached(self, scores: Scores, notes: dict[int, list[str]]) -> None:
        for position in self._attached:
            scores[position] += _ATTACHED
            notes[position].insert(0, "attached")

    def _add_neighbours(self, scores: Scores, notes: dict[int, list[str]]) -> None:
        """A table that joins to a good one is likely needed with it, and so, less, is one that joins to that."""
        own = np.minimum(scores, _ATTACHED / 10)
        best = [position for position in np.argsort(-scores, kind="stable")[:_NEIGHBOURS_OF].tolist() if own[position]]
        near: dict[int, list[int]] = defaultdict(list)
        for position in best:
            for neighbour in self._links.get(position, ()):
                near[neighbour].append(position)
        lifted: dict[int, float] = {}
        for neighbour, of in near.items():
            first, *others = sorted((float(own[position]) for position in of), reverse=True)
            lifted[neighbour] = _NEIGHBOUR_SHARE * (first + _FURTHER_NEIGHBOURS * sum(others))
            notes[neighbour].append(f"joins {self._tables[of[0]].name}")
        far: dict[int, float] = defaultdict(float)
        for position, lift in lifted.items():
            for neighbour in self._links.get(position, frozenset()) - near.keys():
                far[neighbour] = max(far[neighbour], _FURTHER_NEIGHBOURS * _NEIGHBOUR_SHARE * lift)
        for position, lift in (*lifted.items(), *far.items()):
            scores[position] += lift

    def _as_named(self, text: str) -> Mapping[int, Table]:
        """Of families cut by date, the member that the text names."""
        text = folded(text)
        named: dict[int, Table] = {}
        for position, family in enumerate(self._families):
            if len(family.members) > 1 and folded(family.stem) in text:
                found = next((table for table in reversed(family.members) if folded(table.name) in text), None)
                if found is not None:
                    named[position] = found
        return named

    def _why(self, position: int, matches: Sequence["_Match"], notes: Mapping[int, Sequence[str]]) -> str:
        found = (match.meaning_at(position) for match in matches)
        words = (self._words.spelled(meaning) for meaning in found if meaning)
        return ", ".join(dict.fromkeys((*notes.get(position, ()), *words)))


class _Match:
    """One term of a question in all documents, each by the meaning that fits it best."""

    def __init__(self, index: BM25, meanings: Meanings, count: int) -> None:
        self.scores: Scores = np.zeros(count)
        self._meanings = tuple(meanings)
        self._best = np.full(count, -1, dtype=np.int16)
        for number, (meaning, weight) in enumerate(meanings.items()):
            positions, found = index.scores(meaning)
            better = weight * found > self.scores[positions]
            self.scores[positions[better]] = weight * found[better]
            self._best[positions[better]] = number

    def meaning_at(self, position: int) -> str:
        number = int(self._best[position])
        return self._meanings[number] if number >= 0 else ""


def _schema_of(table: Table) -> str:
    return ".".join(table.path[:-1])


def _terms_of(tables: Sequence[Table], words: Vocabulary) -> Postings:
    found = Occurrences()
    for position, table in enumerate(tables):
        for text, weight in _texts_of(table):
            found.add(position, weight, words.numbers(text))
    return found.postings()


def _texts_of(table: Table) -> Iterable[tuple[str, float]]:
    """All of one weight as one text: no term goes beyond a blank."""
    yield table.name, _NAME_WEIGHT
    yield " ".join([column.name for column in table.columns]), _COLUMN_WEIGHT
    if comments := [text for text in (table.comment, *(column.comment for column in table.columns)) if text]:
        yield " ".join(comments), _COMMENT_WEIGHT
    if values := [value for column in table.columns for value, _ in column.frequent]:
        yield " ".join(values), _VALUE_WEIGHT
