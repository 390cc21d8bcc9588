"""What a target is predicted from: the task, the tables, and which of their columns can be learnt from."""

from dataclasses import dataclass
from typing import Literal

from kaiseki.lm.offline.intent import Intent
from kaiseki.lm.offline.reading import Briefing, Column
from kaiseki.lm.offline.source import Source, source_for

Task = Literal["classification", "regression"]

_MOST_FEATURES = 60


@dataclass(frozen=True)
class Features:
    """Which columns are learnt from. `key` keeps rows of one person, shop or device on one side of the split."""

    used: tuple[Column, ...]
    key: Column | None
    dropped: tuple[Column, ...]

    @property
    def aliases(self) -> dict[str, Column]:
        """How SQL's result calls them."""
        return {f"column_{i + 1}": column for i, column in enumerate(self.used)}


def choose_features(intent: Intent, source: Source) -> Features:
    target = intent.target
    columns = [c for t in source.tables for c in t.columns if c is not target]
    if intent.columns:
        columns = [c for c in columns if c in intent.columns or c.references]
    parents = {(c.references, c.referenced) for c in columns}
    columns = [c for c in columns if (c.table, c.sql) not in parents]
    usable = [c for c in columns if c.distinct != 1 and c.kind not in ("id", "text")][:_MOST_FEATURES]
    keys = [
        c
        for c in columns
        if c.kind == "id" and c.table == source.base.sql and 10 <= (c.distinct or 0) < source.base.rows * 0.7
    ]
    key = max(keys, key=lambda c: bool(c.references), default=None)
    return Features(tuple(usable), key, tuple(c for c in columns if c not in usable))


def source_of(intent: Intent, briefing: Briefing) -> Source | None:
    """The target's table with every table that it refers to."""
    assert intent.target is not None
    base = briefing.table(intent.target.table)
    wanted = [intent.target, *intent.columns, *(c.column for c in intent.conditions)]
    if not intent.columns:
        names = {t.sql for t in briefing.tables}
        wanted += [briefing.table(c.references).columns[0] for c in base.columns if c.references in names]
    return source_for(wanted, briefing.tables, base)


def task_of(intent: Intent) -> Task | None:
    """None if the target can be neither."""
    target = intent.target
    assert target is not None
    if target.kind == "flag" or (target.classes and not (intent.regression and target.numeric)):
        return "classification"
    if target.kind == "number":
        return "regression"
    return "classification" if target.kind == "category" and (target.distinct or 99) <= 50 else None
