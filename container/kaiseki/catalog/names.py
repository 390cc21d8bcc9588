"""Names in a question that the schema does not have: nearly right ones, and those that are near nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from kaiseki.catalog.glossary import JAPANESE_TO_ENGLISH
from kaiseki.catalog.mentions import Kind, Mention, mentions
from kaiseki.catalog.shards import families
from kaiseki.catalog.similarity import MOST_FOR_A_PART, Asked
from kaiseki.catalog.words import folded, key
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


class SchemaNames:
    """The names of a schema, looked up as questions write them. Made ready when first needed."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def judge(self, question: str, profiled: Catalog) -> tuple[Resolution | Unknown, ...]:
        """All names of the question that the schema does not have, in the order of the text; the first fifty.

        `profiled`: the same schema with the values that are known by now.
        """
        named = mentions(question)
        if not named:
            return ()
        names = _Names(self._lookup, profiled)
        parts = dict.fromkeys(part for whole in named for part in _undotted(whole, names))
        judgements = dict.fromkeys(_judge(mention, names) for mention in islice(parts, _MOST_MENTIONS))
        return tuple(judgement for judgement in judgements if judgement is not None)

    def resolve(self, question: str) -> tuple[Resolution, ...]:
        """The names of the question that are nearly right, each with the one name that it must mean."""
        return tuple(found for found in self.judge(question, self._catalog) if isinstance(found, Resolution))

    def suggestions(self, asked: str, kind: Kind) -> tuple[str, ...]:
        """The names that look most like `asked`, best first, however little they do."""
        return _suggestions(asked, kind, self._lookup)

    @cached_property
    def _lookup(self) -> "_Lookup":
        return _Lookup(self._catalog)


class _Lookup:
    def __init__(self, catalog: Catalog) -> None:
        tables: dict[str, str] = {}  # as it may be asked for -> as it is called
        for family in families(catalog):
            if family.stem != family.newest.name:
                tables[family.stem] = family.newest.qualified
            tables.update((table.name, table.qualified) for table in family.members)
        columns = {column.name: column.name for table in catalog.tables for column in table.columns}
        self._named: dict[Kind, list[tuple[str, str, str]]] = {
            "table": [(name, key(name), called) for name, called in tables.items()],
            "column": [(name, key(name), called) for name, called in columns.items()],
        }
        self._exact: dict[Kind, frozenset[str]] = {
            "table": frozenset(folded(name) for table in catalog.tables for name in (table.name, table.qualified)),
            "column": frozenset(map(folded, columns)),
        }
        self.schemas = {key(table.schema_name) for table in catalog.tables if table.schema_name}

    def of(self, kind: Kind) -> Sequence[tuple[str, str, str]]:
        """(name as it may be asked for, its key, name as it is called)."""
        return self._named[kind]

    def has(self, text: str, kind: Kind | None) -> bool:
        return any(folded(text) in self._exact[its_kind] for its_kind in _kinds(kind))


@dataclass(frozen=True)
class _Names:
    schema: _Lookup
    profiled: Catalog

    @cached_property
    def values(self) -> frozenset[str]:
        return frozenset(folded(v) for t in self.profiled.tables for c in t.columns for v, _ in c.frequent)


def _kinds(kind: Kind | None) -> tuple[Kind, ...]:
    return ("table", "column") if kind is None else (kind,)


def _undotted(mention: Mention, names: _Names) -> Iterable[Mention]:
    """`table.column` and `schema.table` as the names they are made of; nothing for other dotted words."""
    if "." not in mention.text or " " in mention.text:
        return (mention,)
    *_, first, last = mention.text.split(".")
    table, column = Mention(first, "table", True, False), Mention(last, "column", True, True)
    if names.schema.has(first, "table"):
        return (column,)
    if isinstance(_judge(table, names), Resolution):
        return (table, column)
    if key(first) in names.schema.schemas:
        return (Mention(last, "table", True, True),)
    return ()


def _judge(mention: Mention, names: _Names) -> Resolution | Unknown | None:
    readings = mention.readings or (mention.text,)
    if any(names.schema.has(reading, mention.kind) for reading in readings):
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
        return Unknown(mention.text, mention.kind, _suggestions(mention.text, mention.kind, names.schema))
    return None


def _near(text: str, mention: Mention, names: _Names) -> list[tuple[Kind, str]]:
    """The names that are nearest to `text`, more than one if they are equally near."""
    asked = Asked(text, strict=not mention.explicit)
    scored = [
        (score, kind, called)
        for kind in _kinds(mention.kind)
        for name, its_key, called in names.schema.of(kind)
        if (score := asked.closeness(name, its_key)) >= _NEAR
    ]
    threshold = _NEAR if mention.kind else _NEAR_WITHOUT_ROLE
    if mention.kind is None and mention.quoted:
        freely = Asked(text)
        threshold = max([threshold, *(freely.closeness(value, key(value)) for value in names.values)])
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


def _suggestions(text: str, kind: Kind, schema: _Lookup) -> tuple[str, ...]:
    asked = Asked(text)
    by_likeness = sorted(schema.of(kind), key=lambda found: -asked.likeness(found[0], found[1]))
    return tuple(dict.fromkeys(called for _, _, called in by_likeness))[:_SUGGESTIONS]
