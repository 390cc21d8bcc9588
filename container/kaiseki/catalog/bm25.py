"""Okapi BM25 over weighted bags of terms, fast enough for ten thousand documents a few dozen times a question."""

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

_SATURATION = 1.2
_LENGTH = 0.75
_AFTER_ALL_LETTERS = "\U0010ffff"

Positions = NDArray[np.int32]
Scores = NDArray[np.float64]


class BM25:
    """An inverted index; documents are known by their position."""

    def __init__(self, documents: Sequence[Mapping[str, float]]) -> None:
        self._count = len(documents)
        lengths = np.array([sum(document.values()) for document in documents], dtype=np.float64)
        mean = float(lengths.mean()) if self._count else 0.0
        self._norms = _SATURATION * (1 - _LENGTH + _LENGTH * (lengths / mean if mean else np.ones(self._count)))
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for position, document in enumerate(documents):
            for term, weight in document.items():
                self._postings[term].append((position, weight))
        self._sorted = sorted(self._postings)
        self._by_skeleton: dict[str, list[str]] = defaultdict(list)
        for term in self._postings:
            self._by_skeleton[_skeleton(term)].append(term)
        self._sorted_by_end = sorted(term[::-1] for term in self._postings)
        self._scored: dict[str, tuple[Positions, Scores]] = {}

    def __contains__(self, term: str) -> bool:
        return term in self._postings

    def scores(self, term: str) -> tuple[Positions, Scores]:
        """The documents with `term` and what it adds to each."""
        if term not in self._scored:
            found = self._postings.get(term, [])
            positions = np.array([position for position, _ in found], dtype=np.int32)
            weights = np.array([weight for _, weight in found], dtype=np.float64)
            rarity = math.log(1 + (self._count - len(found) + 0.5) / (len(found) + 0.5))
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
        yield from (term[:end] for end in range(least, len(term)) if term[:end] in self._postings)

    def abbreviations(self, term: str) -> Iterator[str]:
        """The shorter terms that have the consonants of `term`, no other ones, and begin as it does: `scr`, `score`."""
        yield from (known for known in self._by_skeleton.get(_skeleton(term), ()) if len(known) < len(term))


def _skeleton(term: str) -> str:
    return term[:1] + "".join(letter for letter in term[1:] if letter not in "aeiou")


def _starting(ordered: list[str], beginning: str) -> list[str]:
    return ordered[bisect_left(ordered, beginning) : bisect_left(ordered, beginning + _AFTER_ALL_LETTERS)]
