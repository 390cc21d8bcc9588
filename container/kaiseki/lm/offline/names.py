"""The names of a question, each resolved to one table, column or value."""

import re
from collections import Counter
from dataclasses import dataclass

from kaiseki.lm.offline import vocabulary as words
from kaiseki.lm.offline.mentions import Mention
from kaiseki.lm.offline.reading import Column, Table

MASK = "\ufffc"  # stands where a name stood, so that a column called "total" is no request for a sum


@dataclass(frozen=True)
class Names:
    """What the question names, in its order, with the text around it."""

    masked: str
    tables: tuple[tuple[Mention, Table], ...]
    columns: tuple[tuple[Mention, Column], ...]
    values: tuple[tuple[Mention, Column, str], ...]

    def before(self, mention: Mention) -> str:
        return self.masked[: mention.start]

    def after(self, mention: Mention) -> str:
        return self.masked[mention.end :]

    @property
    def counted(self) -> tuple[Table, ...]:
        """The tables whose rows are to be counted: "number of x", "the most x", "x数"."""
        return tuple(
            t
            for m, t in self.tables
            if words.COUNT_BEFORE.search(self.before(m))
            or words.MOST_BEFORE.search(self.before(m))
            or words.COUNT_AFTER.match(self.after(m))
        )


def resolve(text: str, mentions: tuple[Mention, ...], tables: tuple[Table, ...]) -> Names:
    """Chooses, where a name is of several tables, the one whose table the question names or needs anyway."""
    sure = {t.sql for m in mentions if len(m.tables) == 1 for t in m.tables}
    sure |= {m.columns[0].table for m in mentions if len(m.columns) == 1 and not m.tables}
    size = {t.sql: t.rows for t in tables}
    hits = Counter(name for m in mentions for name in {c.table for c in m.columns})

    def best(columns: tuple[Column, ...]) -> Column:
        return max(columns, key=lambda c: (c.table in sure, bool(c.references), hits[c.table], size[c.table]))

    masked = text
    found_tables, found_columns, found_values = [], [], []
    for mention in _connected(text, mentions, tables):
        masked = masked[: mention.start] + MASK * (mention.end - mention.start) + masked[mention.end :]
        is_column = re.match(r"['\"`」』]? ?(?:column|field|列|カラム)", text[mention.end :])
        if mention.tables and not (mention.columns and (is_column or not _table_word(text, mention))):
            found_tables.append((mention, mention.tables[0]))
        elif mention.columns:
            found_columns.append((mention, best(mention.columns)))
        else:
            column = best(tuple(c for c, _ in mention.values))
            found_values.append((mention, column, next(v for c, v in mention.values if c is column)))
    return Names(masked, tuple(found_tables), tuple(found_columns), tuple(found_values))


def _connected(text: str, mentions: tuple[Mention, ...], tables: tuple[Table, ...]) -> tuple[Mention, ...]:
    """Without common words, and parts of names, whose columns are in tables that the question is not about."""

    def ordinary(mention: Mention) -> bool:
        common = mention.partial or text[mention.start : mention.end] in words.HARMLESS
        return common and not mention.quoted and not mention.tables

    about = {t.sql for m in mentions for t in m.tables}
    about |= {c.table for m in mentions if not ordinary(m) for c in (*m.columns, *(c for c, _ in m.values))}
    links = [(c.table, c.references) for t in tables for c in t.columns if c.references]
    for _ in tables:
        about |= {name for link in links if set(link) & about for name in link}
    return tuple(m for m in mentions if not (about and ordinary(m) and all(c.table not in about for c in m.columns)))


def _table_word(text: str, mention: Mention) -> bool:
    """Whether a name that is of a table and of a column stands as the table's."""
    after, before = text[mention.end :], text[: mention.start]
    if re.match(r"['\"`」』]? ?(?:tables?\b|テーブル|表)", after) or re.search(
        r"(?:table|from|in|how many|number of) (?:the )?['\"`]?$", before
    ):
        return True
    return not words.BY_AFTER.match(after) and not words.BY_BEFORE.search(before)
