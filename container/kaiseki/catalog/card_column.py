"""One column as a line of the card: its name and type, and what its profile tells of it."""

from collections.abc import Iterable

from kaiseki.catalog.card_text import comment, identifier, qualified, shortened_number, shortened_time, value
from kaiseki.models import Column, Table

_MOST_VALUES = 12  # of a category that is listed in full
_EXAMPLES = 3  # of a column with more values
_LONGEST_TYPE = 1_000  # characters, of a nested column
_RANGELESS_TYPES = (
    "CHAR",
    "VARCHAR",
    "TEXT",
    "BOOL",
    "SUPER",
    "GEOMETRY",
    "VARBYTE",
    "NCHAR",
    "NVARCHAR",
    "BPCHAR",
    "HLLSKETCH",
)


def line_of(column: Column, table: Table) -> str:
    parts = [f"- {identifier(column.name)} {_type(column)}", *_statistics(column, table)]
    if table.primary_key == (column.name,):
        parts.append("primary key")
    if column.references:
        parent, _, its_key = column.references.rpartition(".")
        parts.append(f"references {qualified(parent)}.{identifier(its_key)}")
    remark = f"   [comment: {comment(column.comment)}]" if column.comment.strip() else ""
    return "; ".join(parts) + remark


def _type(column: Column) -> str:
    """In capitals, except for one that is made of names."""
    return comment(column.type, _LONGEST_TYPE) if "<" in column.type else comment(column.type).upper()


def _statistics(column: Column, table: Table) -> Iterable[str]:
    looked_at = table.sampled or table.rows
    if looked_at and column.nulls == looked_at:
        yield "only nulls"
        return
    if column.minimum is not None and column.maximum is not None and not _is_rangeless(column):
        yield _range(column)
    if column.distinct is not None:
        yield _distinct(column, table)
    elif column.frequent:
        yield "such as " + " | ".join(value(v) for v, _ in column.frequent[:_EXAMPLES])
    if column.nulls:
        yield f"{_count(column.nulls, table)} nulls"
    if column.personal:
        yield _veiled(column)


def _veiled(column: Column) -> str:
    told = []
    if column.lengths is not None:
        least, most = column.lengths
        told.append(f"{least:,} characters" if least == most else f"{least:,}-{most:,} characters")
    if column.forms:
        told.append("like " + " or ".join(map(value, column.forms)))
    return f"personal ({column.personal}), values not shown" + (f": {', '.join(told)}" if told else "")


def _range(column: Column) -> str:
    ends = (column.minimum or "", column.maximum or "")
    if column.type.upper().startswith(("DATE", "TIME")):
        low, high = shortened_time(*ends)
    else:
        low, high = (shortened_number(end) for end in ends)
    return f"{low} to {high}"


def _distinct(column: Column, table: Table) -> str:
    about = "at least " if table.sampled else "about " if table.estimated else ""
    count = f"{about}{column.distinct:,} distinct"
    if not column.frequent:
        return count
    if len(column.frequent) == column.distinct and len(column.frequent) <= _MOST_VALUES:
        return f"{count}: " + " | ".join(f"{value(v)} {_count(rows, table)}" for v, rows in column.frequent)
    if _is_rangeless(column) or column.minimum is None:
        return f"{count}, such as " + " | ".join(value(v) for v, _ in column.frequent[:_EXAMPLES])
    return count


def _count(rows: int, table: Table) -> str:
    """A share where the count is an estimate, or one of a sample: nobody is to take it for the number of rows."""
    looked_at = table.sampled or table.rows
    if not looked_at or not (table.estimated or table.sampled):
        return f"{rows:,}"
    share = min(1.0, rows / looked_at)
    return f"{share:.1%}" if share >= 0.001 else "under 0.1%"


def _is_rangeless(column: Column) -> bool:
    return column.type.upper().startswith(_RANGELESS_TYPES)
