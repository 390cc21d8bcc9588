"""Tables that are one table cut by date: `events_20240101`, `events_20240102`, ..."""

import re
from collections import defaultdict
from dataclasses import dataclass

from kaiseki.models import Catalog, Table

_DATED = re.compile(
    r"(?P<stem>.*[^\d_-])[_-]?"
    r"(?:19|20)\d{2}[_-]?(?:0[1-9]|1[0-2])(?:[_-]?(?:0[1-9]|[12]\d|3[01]))?"
)
_LONGEST_DATE, _LEAST_DIGITS = len("2024-01-31"), len("202401")


@dataclass(frozen=True)
class Family:
    """Tables of the same columns whose names differ in a date; mostly one table alone. `members` are in name order."""

    stem: str
    members: tuple[Table, ...]

    @property
    def newest(self) -> Table:
        return self.members[-1]

    def merged(self) -> Table:
        """The newest member, telling of the others in its comment."""
        if len(self.members) == 1:
            return self.newest
        first, last = self.members[0].qualified, self.newest.qualified
        told = f"one of {len(self.members):,} tables of the same columns, {first} to {last}, cut by date"
        comment = f"{told}. {self.newest.comment}" if self.newest.comment else told
        return self.newest.model_copy(update={"comment": comment})


def families(catalog: Catalog) -> tuple[Family, ...]:
    """Every table of the catalog in exactly one family, in the order of first appearance."""
    members: dict[tuple[tuple[str, ...], str, tuple[str, ...]], list[Table]] = defaultdict(list)
    for table in catalog.tables:
        dated = _DATED.fullmatch(table.name) if _ends_in_digits(table.name) else None
        if dated is None:
            members[table.path[:-1], table.name, ()].append(table)
        else:
            members[table.path[:-1], dated["stem"], tuple(c.name for c in table.columns)].append(table)
    return tuple(
        Family(stem if len(tables) > 1 else tables[0].name, tuple(sorted(tables, key=lambda t: t.name)))
        for (_, stem, _), tables in members.items()
    )


def _ends_in_digits(name: str) -> bool:
    """As many as a date has, among the last characters: which tells most names quicker than a regular expression."""
    return sum(map(str.isdigit, name[-_LONGEST_DATE:])) >= _LEAST_DIGITS
