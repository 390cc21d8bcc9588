"""Okapi BM25 over weighted bags of terms."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

_SATURATION = 1.2
_LENGTH = 0.75


class BM25:
    """An inverted index; documents are known by their position."""

    def __init__(self, documents: Sequence[Mapping[str, float]]) -> None:
        self._count = len(documents)
        lengths = [sum(document.values()) for document in documents]
        mean = sum(lengths) / len(lengths) if documents else 0.0
        self._norms = [_SATURATION * (1 - _LENGTH + _LENGTH * (n / mean if mean else 1.0)) for n in lengths]
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for position, document in enumerate(documents):
            for term, weight in document.items():
                self._postings[term].append((position, weight))

    @property
    def vocabulary(self) -> Iterable[str]:
        return self._postings.keys()

    def __contains__(self, term: str) -> bool:
        return term in self._postings

    def scores(self, term: str) -> dict[int, float]:
        """The documents with `term` and what it adds to each."""
        postings = self._postings.get(term, [])
        rarity = math.log(1 + (self._count - len(postings) + 0.5) / (len(postings) + 0.5))
        return {
            position: rarity * weight * (_SATURATION + 1) / (weight + self._norms[position])
            for position, weight in postings
        }
