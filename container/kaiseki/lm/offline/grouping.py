"""What a question groups by: columns ("by x and y", "x別"), and tables ("per customer") as the key of their rows."""

import re
from dataclasses import dataclass

from kaiseki.lm.offline import vocabulary as words
from kaiseki.lm.offline.mentions import Mention
from kaiseki.lm.offline.names import MASK, Names
from kaiseki.lm.offline.reading import Column, Table

_NAME = re.compile(r"(?:^|[_ ])(?:name|title)$|名$|名前|氏名", re.IGNORECASE)


@dataclass(frozen=True)
class Grouping:
    columns: tuple[Column, ...]
    tables: tuple[Table, ...]  # whose keys are among the columns


def find_groups(names: Names, columns: list[tuple[Mention, Column]], top: re.Match[str] | None) -> Grouping:
    found: list[Column] = []
    tables: list[Table] = []
    previous: Mention | None = None
    spots: list[tuple[Mention, Column | Table]] = sorted((*columns, *names.tables), key=lambda spot: spot[0].start)
    for mention, thing in spots:
        before, after = names.before(mention), names.after(mention)
        by = words.BY_BEFORE.search(before) and not words.SORT_BEFORE.search(before)
        after_top = before[top.end() :] if top and top.end() <= mention.start else None
        top_of = after_top is not None and len(after_top) <= 12 and MASK not in after_top
        also = previous is not None and words.ALSO_BEFORE.match(names.masked[previous.end : mention.start])
        both = any(
            words.ALSO_BEFORE.match(names.masked[mention.end : later.start])
            and words.BY_AFTER.match(names.after(later))
            for later, _ in spots
            if later.start > mention.end
        )
        first = words.BY_AFTER.match(after) or words.WITH_MOST.match(after)
        counted = thing in names.counted and not first
        if counted or not (by or first or top_of or also or both):
            previous = None
            continue
        if isinstance(thing, Table):
            key = label_of(thing)
            if key is None or (top_of and not by and _is_subject(thing, columns)):
                continue
            tables.append(thing)
            thing = key
        found.append(thing)
        previous = mention
    return Grouping(tuple(dict.fromkeys(found)), tuple(tables))


def label_of(table: Table) -> Column | None:
    """What tells the rows of `table` apart: a name if it has one, else its key."""
    named = (c for c in table.columns if _NAME.search(c.name) and c.distinct == table.rows)
    return next(named, key_of(table))


def key_of(table: Table) -> Column | None:
    return next((c for c in table.columns if c.kind == "id" and not c.references), None)


def _is_subject(table: Table, columns: list[tuple[Mention, Column]]) -> bool:
    """Whether "top five orders" is about groups that another column names."""
    return any(c.classes and c.table == table.sql for _, c in columns)
