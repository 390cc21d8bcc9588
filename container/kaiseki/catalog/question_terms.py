"""What the words of a question may mean in a schema: for each of them, the schema's terms and how near they are."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice, pairwise

from kaiseki.catalog.bm25 import BM25
from kaiseki.catalog.glossary import JAPANESE_TO_ENGLISH
from kaiseki.catalog.stemming import root
from kaiseki.catalog.words import STOP_WORDS, terms, words

PART_OF_COMPOUND = 0.6  # "interaction" in `interactiontype`
ABBREVIATION = 0.5  # "transaction" for `trans`, "score" for `scr`
TRANSLATION = 0.9
OPERATION = 0.5  # "average" is mostly what to do, not what there is
NAMES = 0.5  # somebody's name, which tables of somebodies have in a column
_SHORTEST_PART = 4
_MOST_MEANINGS = 60  # of one word; the shortest, so the nearest, of all that begin or end with it

_OPERATION_WORDS = """
    amount average between bottom calculate column compare compared compute count data database detail difference
    different distinct find first fewer greater higher highest identify information last least less list lower lowest
    maximum mean median minimum most name number order percent percentage proportion provide rank rate ratio second
    sort state sum table top total unique value
"""
_OPERATIONS = frozenset(map(root, _OPERATION_WORDS.split()))
_PROPER_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+ (?:[A-Z][a-z]+|de|di|van|von)\b|\b[A-Z][a-z]+'s\b")
_COLUMNS_OF_NAMES = tuple(map(root, ("name", "forename", "surname")))

Meanings = Mapping[str, float]  # term of the schema -> weight


def question_terms(texts: Sequence[tuple[str, float]], index: BM25) -> Mapping[str, Meanings]:
    """For each term of `texts`, which come with weights, its meanings in the schema; those without any included."""
    asked: dict[str, dict[str, float]] = {}

    def add(term: str, meanings: Iterable[tuple[str, float]], weight: float) -> None:
        known = asked.setdefault(term, {})
        for meaning, closeness in meanings:
            known[meaning] = max(known.get(meaning, 0.0), weight * closeness)

    for text, weight in texts:
        for term in map(root, (word for word in terms(text) if word not in STOP_WORDS)):
            add(term, _meanings(term, index), weight * (OPERATION if term in _OPERATIONS else 1.0))
        for compound in _compounds(text):
            if compound in index:
                add(compound, ((compound, 1.0),), weight)
        for japanese, english in JAPANESE_TO_ENGLISH.items():
            if japanese in text:
                for word in map(root, english):
                    add(japanese, _meanings(word, index), weight * TRANSLATION)
        if _PROPER_NAME.search(text):
            add("a name", ((column, 1.0) for column in _COLUMNS_OF_NAMES), weight * NAMES)
    return asked


def _compounds(text: str) -> Iterable[str]:
    """Two neighbours of a sentence as the one word that a name may make of them: `pitstop`."""
    return (root(one + other) for one, other in pairwise(words(text)) if one.isascii() and other.isascii())


def _meanings(term: str, index: BM25) -> Iterable[tuple[str, float]]:
    if term in index:
        yield term, 1.0
    if len(term) < _SHORTEST_PART or not term.isascii():
        return
    for known in islice(sorted(index.longer(term), key=len), _MOST_MEANINGS):
        yield known, PART_OF_COMPOUND
    for known in (*index.shorter(term, _SHORTEST_PART), *index.abbreviations(term)):
        yield known, ABBREVIATION
