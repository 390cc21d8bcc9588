"""Which personal columns may be shown by value all the same: the operator's own word."""

from dataclasses import dataclass

ALL = "all"
FORM = "all, or columns as table.column or schema.table.column, with commas between them"


@dataclass(frozen=True)
class Allowance:
    """`columns` as (schema or nothing, table, column), in lower case."""

    everything: bool = False
    columns: frozenset[tuple[str, ...]] = frozenset()

    def covers(self, schema: str, table: str, column: str) -> bool:
        named = (table.lower(), column.lower())
        return self.everything or named in self.columns or (schema.lower(), *named) in self.columns


NOTHING = Allowance()


def parse_allowance(text: str) -> Allowance:
    """Raises ValueError if it is not of the FORM."""
    listed = [part.strip().lower() for part in text.split(",") if part.strip()]
    if listed == [ALL]:
        return Allowance(everything=True)
    columns = frozenset(tuple(part.split(".")) for part in listed)
    if not columns or any(len(names) not in (2, 3) or not all(names) for names in columns):
        raise ValueError(f"write {FORM}")
    return Allowance(columns=columns)
