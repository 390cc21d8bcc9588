"""Okapi BM25 over weighted bags of terms, fast enough for ten thousand documents a few dozen times a question."""

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from kaiseki.catalog.vocabulary import Postings

_SATURATION = 1.2
_LENGTH = 0.75
_WITHOUT_VOWELS = str.maketrans("", "", "aeiou")
_AFTER_ALL_LETTERS = "\U0010ffff"

Positions = NDArray[np.int32]
Scores = NDArray[np.float64]


class BM25:
    """An inverted index; documents are known by their position."""

    def __init__(self, numbers: Mapping[str, int], postings: Postings, count: int) -> None:
        """`numbers`: of the terms in `postings`, which are of `count` documents. What is added later is not of them."""
        self._count = count
        self._numbers, self._known = numbers, len(numbers)
        lengths = np.bincount(postings.documents, postings.weights, minlength=count)
        mean = float(lengths.mean()) if count else 0.0
        self._norms = _SATURATION * (1 - _LENGTH + _LENGTH * (lengths / mean if mean else np.ones(count)))
        by_term = np.argsort(postings.terms, kind="stable")
        self._documents, self._weights = postings.documents[by_term], postings.weights[by_term]
        self._ends = np.cumsum(np.bincount(postings.terms, minlength=len(numbers)))
        self._scored: dict[str, tuple[Positions, Scores]] = {}

    def __contains__(self, term: str) -> bool:
        return self._numbers.get(term, self._known) < self._known

    def scores(self, term: str) -> tuple[Positions, Scores]:
        """The documents with `term` and what it adds to each."""
        if term not in self._scored:
            own = self._postings_of(term)
            positions, weights = self._documents[own], self._weights[own]
            rarity = math.log(1 + (self._count - len(positions) + 0.5) / (len(positions) + 0.5))
            self._scored[term] = (
                positions,
                rarity * weights * (_SATURATION + 1) / (weights + self._norms[positions]),
            )
        return self._scored[term]

    def longer(self, term: str) -> Iterator[str]:
        """The terms that begin or end with `term` and have more."""
        yield from (known for known in _starting(self._sorted, term) if known != term)
        for reverse in _starting(self._sorted_by_end, term[::-1]):
            known = reverse[::-1]
            if known != term and not known.startswith(term):
                yield known

    def shorter(self, term: str, least: int) -> Iterator[str]:
        """The terms of at least `least` letters that `term` begins with and goes beyond."""
        yield from (term[:end] for end in range(least, len(term)) if term[:end] in self)

    def abbreviations(self, term: str) -> Iterator[str]:
        """The shorter terms that have the consonants of `term`, no other ones, and begin as it does: `scr`, `score`."""
        yield from (known for known in self._by_skeleton.get(_skeleton(term), ()) if len(known) < len(term))

    def _postings_of(self, term: str) -> slice:
        if term not in self:
            return slice(0, 0)
        number = self._numbers[term]
        return slice(int(self._ends[number - 1]) if number else 0, int(self._ends[number]))

    def _terms(self) -> Iterable[str]:
        return islice(self._numbers, self._known)

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._terms())

    @cached_property
    def _sorted_by_end(self) -> list[str]:
        return sorted(term[::-1] for term in self._terms())

    @cached_property
    def _by_skeleton(self) -> Mapping[str, Sequence[str]]:
        """Of words alone: a number has no vowels to be left out."""
        found: dict[str, list[str]] = defaultdict(list)
        for term in self._terms():
            if term.isalpha():
                found[_skeleton(term)].append(term)
        return found


def _skeleton(term: str) -> str:
    return term[:1] + term[1:].translate(_WITHOUT_VOWELS)


def _starting(ordered: list[str], beginning: str) -> list[str]:
    return ordered[bisect_left(ordered, beginning) : bisect_left(ordered, beginning + _AFTER_ALL_LETTERS)]
