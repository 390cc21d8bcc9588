"""What a run learns of its warehouse: looks at the schema once, and at tables only when they are to be shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from kaiseki.catalog import card
from kaiseki.catalog.card_text import comment
from kaiseki.catalog.linking import Ranked, rank
from kaiseki.catalog.names import Unknown, judge, resolve, suggestions
from kaiseki.catalog.references import infer
from kaiseki.catalog.words import folded
from kaiseki.errors import WarehouseError
from kaiseki.models import Catalog, Resolution, Table
from kaiseki.ports import Warehouse

_FOUND_PER_LOOKUP = 3


@dataclass(frozen=True)
class Studied:
    """What a question was told: the card, the catalog with statistics of the tables shown, and names set right."""

    card: str
    catalog: Catalog
    resolutions: tuple[Resolution, ...]
    unknowns: tuple[Unknown, ...]


class SchemaGuide:
    """Answers about the schema of one warehouse; each table is profiled at most once."""

    def __init__(self, warehouse: Warehouse, today: date, row_cap: int, budget_characters: int) -> None:
        self._warehouse = warehouse
        self._today = today
        self._row_cap = row_cap
        self._budget = budget_characters
        self._introspected: Catalog | None = None
        self._profiles: dict[str, Table] = {}

    def study(self, question: str, subject: str = "") -> Studied:
        """The card for a question, with the tables that `subject` is about if it says more than the question itself.

        Raises WarehouseError if the schema cannot be read.
        """
        schema = self._schema()
        subject = subject or question
        ranked = rank(subject, schema, [resolution.found for resolution in resolve(subject, schema)])
        self._profile_what_fits(ranked)
        catalog = self._known()
        text = card.render(
            question,
            tuple(self._current(entry.table, catalog) for entry in ranked),
            catalog,
            self._today,
            self._row_cap,
            self._budget,
        )
        findings = judge(question, catalog)
        return Studied(
            text,
            catalog,
            tuple(finding for finding in findings if isinstance(finding, Resolution)),
            tuple(finding for finding in findings if isinstance(finding, Unknown)),
        )

    def look_up(self, words: Sequence[str]) -> str:
        """The tables that a step's `lookups` name or find, in the card's form; what is nearest where there is none."""
        schema = self._schema()
        notes: list[str] = []
        found: dict[str, Table] = {}
        for word in words:
            tables, note = _look_up(word.strip(), schema)
            notes.extend(note)
            found.update((table.qualified, table) for table in tables)
        for table in found.values():
            self._profile(table)
        catalog = self._known()
        texts, room = list[str](), self._budget
        for table in found.values():
            text = card.section(self._current(table, catalog))
            if texts and len(text) > room:
                notes.append(f"note: {table.qualified} was left out for lack of room; look it up by itself.")
                continue
            texts.append(text)
            room -= len(text)
        return "\n\n".join((*(["\n".join(notes)] if notes else []), *texts)) + "\n"

    def _schema(self) -> Catalog:
        if self._introspected is None:
            self._introspected = self._warehouse.introspect()
        return self._introspected

    def _known(self) -> Catalog:
        schema = self._schema()
        return infer(
            schema.model_copy(update={"tables": tuple(self._profiles.get(t.qualified, t) for t in schema.tables)})
        )

    def _current(self, table: Table, catalog: Catalog) -> Table:
        """The table as the catalog has it by now, with the remark that its ranking put on it."""
        known = catalog.table(table.qualified) or table
        return known.model_copy(update={"comment": table.comment})

    def _profile_what_fits(self, ranked: Sequence[Ranked]) -> None:
        """Profiles the best tables; of a schema too large to be shown, only tables that the question touches."""
        room = self._budget
        touched_only = sum(len(card.section(entry.table)) for entry in ranked) > room and ranked[0].score > 0
        for entry in ranked:
            if len(card.section(entry.table)) > room or (touched_only and entry.score == 0):
                return
            room -= len(card.section(self._profile(entry.table))) + 2

    def _profile(self, table: Table) -> Table:
        if table.qualified not in self._profiles:
            try:
                self._profiles[table.qualified] = self._warehouse.profile(
                    self._schema().table(table.qualified) or table
                )
            except WarehouseError:
                self._profiles[table.qualified] = table  # one table that may not be read does not hide the others
        return self._profiles[table.qualified]


def _look_up(word: str, schema: Catalog) -> tuple[list[Table], list[str]]:
    named = [t for t in schema.tables if folded(word) in (folded(t.name), folded(t.qualified))]
    if named:
        return named, []
    resolutions = [r for r in resolve(f"table `{word}`", schema) if r.kind == "table"]
    if resolutions:
        tables = [t for t in schema.tables if t.qualified in {r.found for r in resolutions}]
        return tables, [card.note_of(r) for r in resolutions]
    found = [entry.table for entry in rank(word, schema) if entry.score > 0][:_FOUND_PER_LOOKUP]
    if found:
        return found, []
    nearest = ", ".join(suggestions(word, "table", schema)) or "none"
    return [], [f'note: nothing in the schema is near "{comment(word)}"; the nearest are {nearest}.']
