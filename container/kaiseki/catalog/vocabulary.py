"""The terms of many texts, each under one number: what hundreds of thousands of names are counted by."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaiseki.catalog.stemming import root
from kaiseki.catalog.words import pieces, stem, terms

_LONGEST_KEPT_NUMBER = 4  # digits; of longer ones there is no end
_AT_ONCE = 100_000  # occurrences


class Vocabulary:
    """Gives each root its number, from 0 on, when it first comes."""

    def __init__(self) -> None:
        self.roots: dict[str, int] = {}
        self._words: list[str] = []
        self._of_pieces = _OfPieces(self)

    def __len__(self) -> int:
        return len(self.roots)

    def number(self, word: str) -> int:
        """Of the root of a term."""
        number = self.roots.setdefault(root(word), len(self._words))
        if number == len(self._words):
            self._words.append(word)
        return number

    def numbers(self, text: str) -> Iterable[int]:
        """Of the terms of a text, in their order."""
        if text.isascii():
            return map(self._of_pieces.__getitem__, pieces(text))
        return map(self.number, terms(text))

    def spelled(self, its_root: str) -> str:
        """A word of the texts that has this root."""
        number = self.roots.get(its_root)
        return its_root if number is None else self._words[number]


class _OfPieces(dict[str, int]):
    """The number of the root of each piece: a look into a dict, where its root would take a hundred times as long."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        super().__init__()
        self._vocabulary = vocabulary

    def __missing__(self, piece: str) -> int:
        number = self._vocabulary.number(stem(piece.lower()))
        if len(piece) <= _LONGEST_KEPT_NUMBER or not piece.isdigit():
            self[piece] = number
        return number


@dataclass(frozen=True)
class Postings:
    """Each term of each document once, in the order of documents: three arrays of one length."""

    documents: NDArray[np.int32]
    terms: NDArray[np.int32]
    weights: NDArray[np.float64]


class Occurrences:
    """Which terms stand in which document, and with what weight, as they come."""

    def __init__(self) -> None:
        self._terms = array("i")
        self._groups: list[tuple[int, float, int]] = []
        self._done: list[Postings] = []

    def add(self, document: int, weight: float, numbers: Iterable[int]) -> None:
        """Documents come one after another."""
        if len(self._terms) > _AT_ONCE and self._groups[-1][0] != document:
            self._sum_up()
        before = len(self._terms)
        self._terms.extend(numbers)
        self._groups.append((document, weight, len(self._terms) - before))

    def postings(self) -> Postings:
        self._sum_up()
        columns = zip(*((part.documents, part.terms, part.weights) for part in self._done), strict=True)
        return Postings(*map(np.concatenate, columns))

    def _sum_up(self) -> None:
        """A part of the documents: to sort all of them at a time would take several times their memory."""
        documents, weights, counts = (np.array(each) for each in zip((0, 0.0, 0), *self._groups, strict=True))
        self._done.append(summed(np.repeat(documents, counts), np.array(self._terms), np.repeat(weights, counts)))
        self._terms, self._groups = array("i"), []


def summed(documents: NDArray[Any], terms: NDArray[Any], weights: NDArray[np.float64]) -> Postings:
    """Postings of what may have one term of one document several times."""
    width = int(terms.max(initial=0)) + 1
    pairs, which = np.unique(documents.astype(np.int64) * width + terms, return_inverse=True)
    own = np.bincount(which, weights, minlength=len(pairs))
    return Postings((pairs // width).astype(np.int32), (pairs % width).astype(np.int32), own.astype(np.float64))
