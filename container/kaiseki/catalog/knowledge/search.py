"""Which of the company's terms and verified questions a question is about, and what they say of its tables."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from kaiseki.catalog.knowledge.entries import Term, VerifiedQuestion
from kaiseki.catalog.knowledge.fitting import FittedKnowledge
from kaiseki.catalog.linking import Hints, Lift
from kaiseki.catalog.stemming import root, roots
from kaiseki.catalog.words import STOP_WORDS, folded, terms

_MOST_TERMS = 8
_MOST_QUESTIONS = 3
_LEAST_SIMILARITY = 0.25
_SPECIFIC = (0.2, 0.5, 1.0)  # how much a term of one, two, more words says: short ones are used in many senses
_SYNONYM = 0.7  # beside its meaning
_TERM_SHARE = 0.6  # of the best table's score, for a table that a term names
_QUESTION_SHARE = 0.6  # the same for a question that asks just this; less as it is less alike


@dataclass(frozen=True)
class Relevant:
    """The terms that are used, the more specific first, and the most similar questions."""

    terms: tuple[Term, ...] = ()
    questions: tuple[VerifiedQuestion, ...] = ()
    hints: Hints = Hints()


class KnowledgeIndex:
    """The knowledge that fits the schema, made ready for questions."""

    def __init__(self, fitted: FittedKnowledge) -> None:
        self._fitted = fitted
        self._names = [(name, _content(name), term) for term in fitted.knowledge.terms for name in term.names]
        self._questions = [(Counter(_content(each.question)), each) for each in fitted.knowledge.questions]
        self._frequency = Counter(word for bag, _ in self._questions for word in bag)

    def relevant(self, question: str) -> Relevant:
        """What bears on `question`; nothing where nothing does."""
        said = self._terms_in(question)
        used = tuple(said.values())
        alike = self._alike(question)
        texts: list[tuple[str, float]] = []
        for name, term in said.items():
            weight = _SPECIFIC[min(len(_content(name)), len(_SPECIFIC)) - 1]
            texts.append((term.means, weight))
            texts += [(other, _SYNONYM * weight) for other in (*term.names, *term.columns) if other != name]
        lifts: dict[str, Lift] = {}
        for each, similarity in alike:
            _lift(lifts, self._fitted.tables[each], _QUESTION_SHARE * similarity, "a verified question")
        for term in used:
            _lift(lifts, self._fitted.tables[term], _TERM_SHARE, f"the term “{term.name}”")
        return Relevant(used, tuple(each for each, _ in alike), Hints(tuple(texts), lifts))

    def _terms_in(self, question: str) -> dict[str, Term]:
        """By the longest of their names that the question says, longer ones first."""
        asked, text = frozenset(_content(question)), folded(question)
        found: dict[str, tuple[str, Term]] = {}
        for name, words, term in self._names:
            said = frozenset(words) <= asked if name.isascii() and words else folded(name) in text
            if said and len(name) > len(found.get(term.name, ("", term))[0]):
                found[term.name] = (name, term)
        return dict(sorted(found.values(), key=lambda each: -len(each[0]))[:_MOST_TERMS])

    def _alike(self, question: str) -> list[tuple[VerifiedQuestion, float]]:
        asked = Counter(_content(question))
        scored = ((each, self._similarity(asked, bag)) for bag, each in self._questions)
        alike = [(each, similarity) for each, similarity in scored if similarity >= _LEAST_SIMILARITY]
        return sorted(alike, key=lambda each: -each[1])[:_MOST_QUESTIONS]

    def _similarity(self, one: Mapping[str, int], other: Mapping[str, int]) -> float:
        """The cosine of the two bags of words, in which rare words weigh more."""
        shared = sum(self._weight(word) ** 2 for word in one.keys() & other.keys())
        lengths = (math.sqrt(sum(self._weight(word) ** 2 for word in bag)) for bag in (one, other))
        return shared / (math.prod(lengths) or 1.0)

    def _weight(self, word: str) -> float:
        return 1.0 + math.log((1 + len(self._questions)) / (1 + self._frequency[word]))


def _content(text: str) -> tuple[str, ...]:
    """The words that carry meaning; all of them where none does."""
    return tuple(root(term) for term in terms(text) if term not in STOP_WORDS) or roots(text)


def _lift(lifts: dict[str, Lift], tables: tuple[str, ...], share: float, why: str) -> None:
    for table in tables:
        if table not in lifts or lifts[table].share < share:
            lifts[table] = Lift(share, why)
