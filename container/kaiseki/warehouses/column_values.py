"""What a profile keeps of the values of a column: frequent ones, or the forms of those that are personal."""

from dataclasses import dataclass, replace

from kaiseki.models import Column, Table
from kaiseki.personal.kinds import Kind
from kaiseki.personal.values import kind_by_values, shape_of

EXACT_BELOW = 1_000_000  # rows; above, distinct values are estimated
ALL_VALUES = 12  # a column of at most so many distinct values shows each with its count
EXAMPLES = 3  # of a text column with more
LOOKED_AT = 20  # of these, to see whether they are personal
UNORDERED = ("SUPER", "VARBYTE", "INTERVAL")

_FORMS = 2
_SHOWN = 60  # characters of a value
_LETTERS = "BCDEFGHIJKLMNOPQRSTUVWXYZbcdefghijklmnopqrstuvwxyz012345678"
_STAND_INS = "A" * 25 + "a" * 25 + "9" * 9


@dataclass(frozen=True)
class Look:
    """How one column is looked at: `kind` if it is personal, `allowed` if it may be shown whatever its values are."""

    column: Column
    kind: Kind | None = None
    allowed: bool = False

    @property
    def is_text(self) -> bool:
        return self.column.type.startswith("VARCHAR")

    def values_wanted(self, distinct: int | None) -> int:
        """How many frequent values are to be fetched, of a column with so many distinct ones."""
        if not distinct or (self.kind is not None and not self.is_text):
            return 0
        if distinct <= ALL_VALUES:
            return distinct
        return LOOKED_AT if self.is_text else 0

    def described(
        self, nulls: int, distinct: int | None, least: str | None, most: str | None, counted: list[tuple[str, int]]
    ) -> Column:
        """The column with its statistics.

        Of a personal column `least` and `most` are lengths, and `counted` holds masked values. Whether another is
        personal is judged here by its values, before they go any further.
        """
        known = replace(self.column, nulls=nulls, distinct=distinct)
        values = [value for value, _ in counted]
        if self.kind is not None:
            lengths = (int(least), int(most)) if self.is_text and least and most else None
            return replace(known, personal=self.kind.value, forms=self._forms(values), lengths=lengths)
        if self.is_text and not self.allowed:
            found = kind_by_values([*values, *(end for end in (least, most) if end)], self.column.name)
            if found is not None:
                return replace(known, personal=found.value, forms=self._forms(values))
        shown = counted[: ALL_VALUES if (distinct or 0) <= ALL_VALUES else EXAMPLES]
        return replace(
            known,
            minimum=_shortened(least),
            maximum=_shortened(most),
            frequent=tuple((_shortened(value) or "", rows) for value, rows in shown),
        )

    def _forms(self, values: list[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(shape_of, values)))[:_FORMS] if self.is_text else ()


def unprofiled(table: Table, seconds: float) -> Table:
    """`table` as it is shown where its profile took longer than it may."""
    return table.model_copy(update={"profile_note": f"no statistics: they took longer than {seconds:g} seconds"})


def masked(column: str) -> str:
    """SQL for the form of a text, as far as a server can tell it: of Latin letters and digits."""
    return f"TRANSLATE({column}, '{_LETTERS}', '{_STAND_INS}')"


def _shortened(value: str | None) -> str | None:
    if value is None:
        return None
    line = " ".join(value.split()) if any(c in value for c in "\r\n\t") else value
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
