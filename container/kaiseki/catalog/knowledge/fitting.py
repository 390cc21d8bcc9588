"""Knowledge held against the schema: what names a table or column that is not there is not used, and said."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kaiseki.catalog.knowledge.entries import NOTHING_KNOWN, Knowledge, Term, VerifiedQuestion
from kaiseki.catalog.knowledge.sql import misfit, shape_of
from kaiseki.catalog.words import folded
from kaiseki.models import Catalog, Table


@dataclass(frozen=True)
class FittedKnowledge:
    """`tables` are those that an entry is about; `left_out` says, a line each, what does not fit and why."""

    knowledge: Knowledge = NOTHING_KNOWN
    tables: Mapping[Term | VerifiedQuestion, tuple[str, ...]] = field(default_factory=dict)  # by qualified name
    left_out: tuple[str, ...] = ()


def fit(knowledge: Knowledge, catalog: Catalog) -> FittedKnowledge:
    """The entries that fit the tables and columns of `catalog`."""
    if knowledge == NOTHING_KNOWN:
        return FittedKnowledge()
    schema = _Schema(catalog)
    terms: list[Term] = []
    questions: list[VerifiedQuestion] = []
    tables: dict[Term | VerifiedQuestion, tuple[str, ...]] = {}
    left_out: list[str] = []
    entries: tuple[Term | VerifiedQuestion, ...] = (*knowledge.terms, *knowledge.questions)
    for entry in entries:
        found = schema.tables_of(entry)
        if isinstance(found, _Withheld):
            continue
        if isinstance(found, str):
            left_out.append(f"{entry.source}: {_called(entry)} is left out: {found}")
            continue
        tables[entry] = found
        if isinstance(entry, Term):
            terms.append(entry)
        else:
            questions.append(entry)
    return FittedKnowledge(Knowledge(terms=tuple(terms), questions=tuple(questions)), tables, tuple(left_out))


class _Withheld(str):
    """A table in a schema that this reader may not see: not even that it is not there is said."""


class _Schema:
    def __init__(self, catalog: Catalog) -> None:
        self._allowed = None if catalog.schemas is None else frozenset(map(folded, catalog.schemas))
        self._named: dict[str, list[Table]] = {}
        for table in catalog.tables:
            path = table.path
            for start in range(len(path)):
                self._named.setdefault(folded(".".join(path[start:])), []).append(table)

    def tables_of(self, entry: Term | VerifiedQuestion) -> tuple[str, ...] | str:
        """The tables that it is about, or why it does not fit."""
        if isinstance(entry, VerifiedQuestion):
            return self._read_by(entry.sql)
        found: list[Table] = []
        for name in (*entry.tables, *(column.rpartition(".")[0] for column in entry.columns)):
            table = self._table(name)
            if isinstance(table, str):
                return table
            found.append(table)
        for name in entry.columns:
            owner, _, column = name.rpartition(".")
            table = self._table(owner)
            if not isinstance(table, str) and folded(column) not in _columns(table):
                return f"there is no column {name}"
        return tuple(dict.fromkeys(table.qualified for table in found))

    def _read_by(self, sql: str) -> tuple[str, ...] | str:
        found: dict[str, Table] = {}
        for name in shape_of(sql).tables:
            table = self._table(name)
            if isinstance(table, str):
                return table
            found[name] = table
        reason = misfit(sql, {name: _columns(table) for name, table in found.items()})
        return reason or tuple(dict.fromkeys(table.qualified for table in found.values()))

    def _table(self, name: str) -> Table | str:
        found = self._named.get(folded(name), [])
        if len(found) == 1:
            return found[0]
        whole = [table for table in found if folded(table.qualified) == folded(name)]
        if len(whole) == 1:
            return whole[0]
        if found:
            return f"{name} may be any of {', '.join(table.qualified for table in found[:3])}"
        schema = folded(name).rpartition(".")[0].rpartition(".")[2]
        if self._allowed is not None and schema and schema not in self._allowed:
            return _Withheld()
        return f"there is no table {name}" if name else "a column is named without its table"


def _columns(table: Table) -> frozenset[str]:
    return frozenset(folded(column.name) for column in table.columns)


def _called(entry: Term | VerifiedQuestion) -> str:
    return f"the term “{entry.name}”" if isinstance(entry, Term) else f"the question “{entry.question:.60}”"
