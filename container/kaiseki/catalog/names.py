"""Names in a question that the schema does not have: nearly right ones, and those that are near nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from kaiseki.catalog.glossary import JAPANESE_TO_ENGLISH
from kaiseki.catalog.mentions import Kind, Mention, mentions
from kaiseki.catalog.shards import families
from kaiseki.catalog.similarity import MOST_FOR_A_PART, closeness, trigram_similarity
from kaiseki.catalog.words import folded, key, words
from kaiseki.models import Catalog, Resolution

_NEAR = 0.3
_NEAR_WITHOUT_ROLE = 0.84  # a word that nobody called a table or column must be the name but for its form
_AMBIGUOUS = 0.02
_SUGGESTIONS = 3
_MOST_MENTIONS = 50  # a prompt with more is a pasted text


@dataclass(frozen=True)
class Unknown:
    """A table or column that the question relies on and the schema does not have; `nearest` has the best first.

    `ambiguous`: each of the nearest may well be meant, so that it is for the reader to choose, not to refuse.
    """

    asked: str
    kind: Kind
    nearest: tuple[str, ...]
    ambiguous: bool = False


def resolve(question: str, catalog: Catalog) -> tuple[Resolution, ...]:
    """The names of the question that are nearly right, each with the one name of the schema that it must mean."""
    return tuple(found for found in judge(question, catalog) if isinstance(found, Resolution))


def unknown(question: str, catalog: Catalog) -> tuple[Unknown, ...]:
    """The tables and columns of the question that are near nothing, or equally near to several."""
    return tuple(found for found in judge(question, catalog) if isinstance(found, Unknown))


def suggestions(asked: str, kind: Kind, catalog: Catalog) -> tuple[str, ...]:
    """The names that look most like `asked`, best first, however little they do."""
    return _suggestions(asked, kind, _Names(catalog))


def judge(question: str, catalog: Catalog) -> tuple[Resolution | Unknown, ...]:
    """All names of the question that the schema does not have, in the order of the text; the first fifty."""
    named = mentions(question)
    if not named:
        return ()
    names = _Names(catalog)
    parts = dict.fromkeys(part for whole in named for part in _undotted(whole, names))
    judgements = dict.fromkeys(_judge(mention, names) for mention in islice(parts, _MOST_MENTIONS))
    return tuple(judgement for judgement in judgements if judgement is not None)


class _Names:
    """The names of a catalog, looked up as questions write them."""

    def __init__(self, catalog: Catalog) -> None:
        tables: dict[str, str] = {}  # as it may be asked for -> as it is called
        for family in families(catalog):
            if family.stem != family.newest.name:
                tables[family.stem] = family.newest.qualified
            tables.update((table.name, table.qualified) for table in family.members)
        columns = {column.name: column.name for table in catalog.tables for column in table.columns}
        self._named: dict[Kind, dict[str, str]] = {"table": tables, "column": columns}
        self._exact: dict[Kind, frozenset[str]] = {
            "table": frozenset(folded(name) for table in catalog.tables for name in (table.name, table.qualified)),
            "column": frozenset(map(folded, columns)),
        }
        self.schemas = {key(table.schema_name) for table in catalog.tables if table.schema_name}
        self.values = {folded(v) for t in catalog.tables for c in t.columns for v, _ in c.frequent}

    def of(self, kind: Kind | None) -> Iterator[tuple[Kind, str, str]]:
        """(kind, name as it may be asked for, name as it is called)."""
        for its_kind in _kinds(kind):
            yield from ((its_kind, name, called) for name, called in self._named[its_kind].items())

    def has(self, text: str, kind: Kind | None) -> bool:
        return any(folded(text) in self._exact[its_kind] for its_kind in _kinds(kind))


def _kinds(kind: Kind | None) -> tuple[Kind, ...]:
    return ("table", "column") if kind is None else (kind,)


def _undotted(mention: Mention, names: _Names) -> Iterable[Mention]:
    """`table.column` and `schema.table` as the names they are made of; nothing for other dotted words."""
    if "." not in mention.text or " " in mention.text:
        return (mention,)
    *_, first, last = mention.text.split(".")
    table, column = Mention(first, "table", True, False), Mention(last, "column", True, True)
    if names.has(first, "table"):
        return (column,)
    if isinstance(_judge(table, names), Resolution):
        return (table, column)
    if key(first) in names.schemas:
        return (Mention(last, "table", True, True),)
    return ()


def _judge(mention: Mention, names: _Names) -> Resolution | Unknown | None:
    readings = mention.readings or (mention.text,)
    if any(names.has(reading, mention.kind) for reading in readings):
        return None
    if mention.kind is None and mention.quoted and folded(mention.text) in names.values:
        return None
    for reading in (*readings, *JAPANESE_TO_ENGLISH.get(mention.text.removesuffix("ー"), ())):
        nearest = _near(reading, mention, names)
        if len(nearest) == 1:
            kind, called = nearest[0]
            if not mention.explicit and key(called.rpartition(".")[2]) == key(reading):
                return None  # in ordinary writing, case and spaces do not make it another name
            return Resolution(asked=reading if reading in readings else mention.text, found=called, kind=kind)
        if nearest and mention.claimed and mention.kind:
            return Unknown(reading, mention.kind, tuple(called for _, called in nearest[:_SUGGESTIONS]), True)
    if mention.claimed and mention.kind:
        return Unknown(mention.text, mention.kind, _suggestions(mention.text, mention.kind, names))
    return None


def _near(text: str, mention: Mention, names: _Names) -> list[tuple[Kind, str]]:
    """The names that are nearest to `text`, more than one if they are equally near."""
    scored = [
        (closeness(text, name, strict=not mention.explicit), kind, called)
        for kind, name, called in names.of(mention.kind)
    ]
    threshold = _NEAR if mention.kind else _NEAR_WITHOUT_ROLE
    if mention.kind is None and mention.quoted:
        threshold = max([threshold, *(closeness(text, value) for value in names.values)])
    best = max((score for score, _, _ in scored), default=0.0)
    if best < threshold:
        return []
    # one word more is as good as another: `date` is no nearer to ship_date than to order_date
    least = best - _AMBIGUOUS if best > MOST_FOR_A_PART else threshold
    return list(
        dict.fromkeys((kind, called) for score, kind, called in sorted(scored, key=_best_first) if score >= least)
    )


def _best_first(scored: tuple[float, Kind, str]) -> float:
    return -scored[0]


def _suggestions(text: str, kind: Kind, names: _Names) -> tuple[str, ...]:
    def likeness(name: str) -> float:
        shared = set(words(text)) & set(words(name))
        return trigram_similarity(text, name) + 0.2 * len(shared)

    by_likeness = sorted(names.of(kind), key=lambda found: -likeness(found[1]))
    return tuple(dict.fromkeys(called for _, _, called in by_likeness))[:_SUGGESTIONS]
