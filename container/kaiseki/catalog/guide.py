"""What a run learns of its warehouse: looks at the schema once, and at tables only when they are to be shown."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from kaiseki.catalog import card
from kaiseki.catalog.card_text import comment
from kaiseki.catalog.knowledge.card import render_knowledge
from kaiseki.catalog.knowledge.entries import NOTHING_KNOWN, Knowledge
from kaiseki.catalog.knowledge.fitting import FittedKnowledge, fit
from kaiseki.catalog.knowledge.search import KnowledgeIndex, Relevant
from kaiseki.catalog.linking import Ranked, TableIndex
from kaiseki.catalog.names import SchemaNames
from kaiseki.catalog.references import infer
from kaiseki.catalog.words import folded
from kaiseki.errors import WarehouseError
from kaiseki.models import Catalog, KnowledgeUse, Resolution, Table
from kaiseki.ports import Warehouse

_FOUND_PER_LOOKUP = 3
_PROFILING_SECONDS = 60.0  # for the tables of a question, or of lookups; those that are left come without statistics
_SHORTEST_ENTRY = 10  # characters by which the card names a table; what goes beyond them it only counts
_KNOWLEDGE_SHARE = 0.15  # of the budget, at most


@dataclass(frozen=True)
class Studied:
    """What a question was told: the card, the catalog with statistics of the tables shown, and names set right."""

    card: str
    catalog: Catalog
    resolutions: tuple[Resolution, ...]


@dataclass(frozen=True)
class Found:
    """All tables, best first, and the names of the question that were set right to find them."""

    tables: tuple[Ranked, ...]
    resolutions: tuple[Resolution, ...]


class SchemaGuide:
    """Answers about the schema of one warehouse; each table is profiled at most once."""

    def __init__(
        self,
        warehouse: Warehouse,
        today: date,
        row_cap: int,
        budget_characters: int,
        knowledge: Knowledge = NOTHING_KNOWN,
    ) -> None:
        self._warehouse = warehouse
        self._today = today
        self._row_cap = row_cap
        self._budget = budget_characters
        self._given = knowledge
        self._used: dict[KnowledgeUse, None] = {}
        self._profiles: dict[str, Table] = {}
        self._profile_until = 0.0

    def study(self, question: str, subject: str = "") -> Studied:
        """The card for a question, with the tables that `subject` is about if it says more than the question itself.

        Raises WarehouseError if the schema cannot be read.
        """
        subject = subject or question
        ranked = self.find(subject, self._budget // _SHORTEST_ENTRY).tables
        self._profile_what_fits(ranked)
        catalog = self._catalog()
        findings = self._names.judge(question, catalog)
        text = card.render(
            question,
            findings,
            tuple(self._current(entry.table, catalog) for entry in ranked),
            catalog,
            self._today,
            self._row_cap,
            self._budget,
            self._told(self._knowledge.relevant(subject)),
        )
        return Studied(text, catalog, tuple(finding for finding in findings if isinstance(finding, Resolution)))

    @property
    def knowledge_used(self) -> tuple[KnowledgeUse, ...]:
        """What was told of the company's own so far."""
        return tuple(self._used)

    @property
    def knowledge_left_out(self) -> tuple[str, ...]:
        """A line for each entry of the company's knowledge that does not fit the schema."""
        return self._fitted.left_out

    def find(self, question: str, first: int | None = None) -> Found:
        """The schema as `study` ranks it, whole or its `first` tables. Raises WarehouseError."""
        known = self._knowledge.relevant(question)
        resolutions = self._names.resolve(question)
        ranked = self._index.rank(question, [resolution.found for resolution in resolutions], known.hints, first)
        return Found(ranked, resolutions)

    def look_up(self, words: Sequence[str]) -> str:
        """The tables that a step's `lookups` name or find, in the card's form; what is nearest where there is none."""
        notes: list[str] = []
        found: dict[str, Table] = {}
        for word in words:
            tables, note = self._look_up(word.strip())
            notes.extend(note)
            found.update((table.qualified, table) for table in tables)
        self._profile_until = time.monotonic() + _PROFILING_SECONDS
        for table in found.values():
            self._profile(table)
        catalog = self._catalog()
        told = self._told(self._knowledge.relevant(", ".join(words)))
        texts, room = list[str](), self._budget
        for table in found.values():
            text = card.section(self._current(table, catalog))
            if texts and len(text) > room:
                notes.append(f"note: {table.qualified} was left out for lack of room; look it up by itself.")
                continue
            texts.append(text)
            room -= len(text)
        return "\n\n".join(part for part in ("\n".join(notes), told, *texts) if part) + "\n"

    @cached_property
    def _schema(self) -> Catalog:
        return self._warehouse.introspect()

    @cached_property
    def _index(self) -> TableIndex:
        return TableIndex(self._schema)

    @cached_property
    def _names(self) -> SchemaNames:
        return SchemaNames(self._schema)

    @cached_property
    def _fitted(self) -> FittedKnowledge:
        return fit(self._given, self._schema)

    @cached_property
    def _knowledge(self) -> KnowledgeIndex:
        return KnowledgeIndex(self._fitted)

    def _catalog(self) -> Catalog:
        """The schema with what the profiles of its tables have told so far."""
        tables = tuple(self._profiles.get(table.qualified, table) for table in self._schema.tables)
        return infer(self._schema.model_copy(update={"tables": tables}), self._profiles)

    def _told(self, relevant: Relevant) -> str:
        section = render_knowledge(relevant, int(self._budget * _KNOWLEDGE_SHARE))
        self._used.update(dict.fromkeys(section.used))
        return section.text

    def _current(self, table: Table, catalog: Catalog) -> Table:
        """The table as the catalog has it by now, with the remark that its ranking put on it."""
        known = catalog.table(table.qualified) or table
        return known.model_copy(update={"comment": table.comment})

    def _profile_what_fits(self, ranked: Sequence[Ranked]) -> None:
        """Profiles the best tables; of a schema too large to be shown, only tables that the question touches."""
        self._profile_until = time.monotonic() + _PROFILING_SECONDS
        room = self._budget
        touched_only = not self._all_fit(ranked) and ranked[0].score > 0
        for entry in ranked:
            if len(card.section(entry.table)) > room or (touched_only and entry.score == 0):
                return
            room -= len(card.section(self._profile(entry.table))) + 2

    def _all_fit(self, ranked: Sequence[Ranked]) -> bool:
        room = self._budget
        for entry in ranked:
            room -= len(card.section(entry.table))
            if room < 0:
                return False
        return True

    def _profile(self, table: Table) -> Table:
        if table.qualified not in self._profiles:
            known = self._schema.table(table.qualified) or table
            if time.monotonic() > self._profile_until:
                return known
            try:
                self._profiles[table.qualified] = self._warehouse.profile(known)
            except WarehouseError:  # one table that may not be read does not hide the others
                note = {"profile_note": "no statistics: they could not be read"}
                self._profiles[table.qualified] = known.model_copy(update=note)
        return self._profiles[table.qualified]

    def _look_up(self, word: str) -> tuple[list[Table], list[str]]:
        schema = self._schema
        named = [t for t in schema.tables if folded(word) in (folded(t.name), folded(t.qualified))]
        if named:
            return named, []
        resolutions = [r for r in self._names.resolve(f"table `{word}`") if r.kind == "table"]
        if resolutions:
            tables = [t for t in schema.tables if t.qualified in {r.found for r in resolutions}]
            return tables, [card.note_of(r) for r in resolutions]
        ranked = self._index.rank(word, hints=self._knowledge.relevant(word).hints)
        found = [entry.table for entry in ranked if entry.score > 0][:_FOUND_PER_LOOKUP]
        if found:
            return found, []
        nearest = ", ".join(self._names.suggestions(word, "table")) or "none"
        return [], [f'note: nothing in the schema is near "{comment(word)}"; the nearest are {nearest}.']
