"""The catalog card: what the model reads of the schema."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from kaiseki.catalog.card_column import line_of
from kaiseki.catalog.card_text import comment, identifier, qualified
from kaiseki.catalog.names import Unknown
from kaiseki.catalog.shards import families
from kaiseki.catalog.words import STOP_WORDS, terms
from kaiseki.models import Catalog, Column, Resolution, Table

_LIST_SHARE = 0.1  # of the budget, kept for the tables that are only named


def render(
    question: str,
    findings: Sequence[Resolution | Unknown],
    tables: Sequence[Table],
    catalog: Catalog,
    today: date,
    row_cap: int,
    budget_characters: int,
    knowledge: str = "",
) -> str:
    """The card of at most `budget_characters` characters.

    `findings` are the names of the question that the schema does not have. `knowledge` are the company's own
    definitions, which stand before the tables as they are. `tables` come best first, profiled as far as anybody did.
    Each is shown in full while there is room, then with names and types only, then by name. Of a best table that is too
    wide, the columns that the question touches are shown.
    """
    notes = [note_of(each) if isinstance(each, Resolution) else _note_of_unknown(each) for each in findings]
    notes += ["", knowledge] if knowledge else []
    head_room = len(_head(catalog, len(catalog.tables), today, row_cap)) + sum(len(note) + 1 for note in notes)
    list_room = int(budget_characters * _LIST_SHARE) if len(tables) > 1 else 0
    sections = _sections(question, tables, budget_characters - head_room - list_room)
    sizes = {member.qualified: len(family.members) for family in families(catalog) for member in family.members}
    shown = sum(sizes[table.qualified] for table in tables[: len(sections)])
    lines = "\n".join((_head(catalog, shown, today, row_cap), *notes))
    room = budget_characters - len(lines) - sum(len(section) + 2 for section in sections)
    others = _others(tables[len(sections) :], sizes, len(catalog.tables) - shown, room)
    return "\n\n".join((lines, *sections, *others)) + "\n"


def section(table: Table) -> str:
    """One table with all that is known of it."""
    return "\n".join((_title(table), *(line_of(column, table) for column in table.columns)))


def note_of(resolution: Resolution) -> str:
    """The sentence that tells the model of a name that was nearly right."""
    return (
        f'note: the question says "{comment(resolution.asked)}"; there is no such {resolution.kind}; '
        f"the nearest is {_named(resolution.found, resolution.kind)}."
    )


def _head(catalog: Catalog, shown: int, today: date, row_cap: int) -> str:
    total = len(catalog.tables)
    return (
        f"Today is {today.isoformat()}. A query returns at most {row_cap:,} rows. {shown:,} of {total:,} tables shown."
    )


def _note_of_unknown(missing: Unknown) -> str:
    nearest = ", ".join(_named(name, missing.kind) for name in missing.nearest) or "none"
    asked = f'note: the question names "{comment(missing.asked)}"'
    if missing.ambiguous:
        return f"{asked}; there is no such {missing.kind}; any of these may be meant: {nearest}."
    return f"{asked}; no table or column is near it; the nearest are {nearest}."


def _named(name: str, kind: str) -> str:
    return qualified(name) if kind == "table" else identifier(name)


def _sections(question: str, tables: Sequence[Table], room: int) -> list[str]:
    sections: list[str] = []
    forms = [section, _names_and_types]
    for position, table in enumerate(tables):
        fitting = next((text for form in forms if len(text := form(table)) + 2 <= room), None)
        if fitting is None and position == 0:
            fitting = _narrowed(question, table, room)
        if fitting is None:
            break
        if len(forms) == 2 and fitting != section(table):
            forms.remove(section)  # what is better is never shown in less detail than what is worse
        sections.append(fitting)
        room -= len(fitting) + 2
    return sections


def _names_and_types(table: Table) -> str:
    bare = tuple(Column(name=c.name, type=c.type, references=c.references) for c in table.columns)
    return section(table.model_copy(update={"columns": bare}))


def _narrowed(question: str, table: Table, room: int) -> str:
    asked = {term for term in terms(question) if term not in STOP_WORDS}
    by_need = sorted(
        table.columns,
        key=lambda c: (-len(asked & set(terms(c.name))), c.name not in table.primary_key, c.references is None),
    )
    room -= len(_title(table)) + len(_more_columns(len(table.columns)))
    kept: set[str] = set()
    for column in by_need:
        room -= len(line_of(column, table)) + 1
        if room < 0:
            break
        kept.add(column.name)
    lines = (line_of(column, table) for column in table.columns if column.name in kept)
    return "\n".join((_title(table), *lines, _more_columns(len(table.columns) - len(kept))))


def _more_columns(count: int) -> str:
    return f"and {count:,} more columns"


def _others(tables: Sequence[Table], sizes: Mapping[str, int], unshown: int, room: int) -> list[str]:
    if unshown <= 0:
        return []
    line, named = "other tables: ", 0
    for table in tables:
        alike = "" if sizes[table.qualified] == 1 else f" in each of {sizes[table.qualified]:,} tables alike"
        entry = f"{', ' if named else ''}{qualified(table.qualified)} ({len(table.columns):,} columns{alike})"
        if len(line) + len(entry) + len(f", and {unshown:,} more") > room:
            break
        line += entry
        named += sizes[table.qualified]
    if named == unshown:
        return [line]
    return [f"{line}, and {unshown - named:,} more" if named else f"and {unshown:,} more"]


def _title(table: Table) -> str:
    about = "about " if table.profile_note and table.rows is not None else ""
    rows = "?" if table.rows is None else f"{about}{table.rows:,}"
    note = f"; {table.profile_note}" if table.profile_note else ""
    told = [*_keys(table), *([comment(table.comment)] if table.comment.strip() else [])]
    remark = f"   [comment: {'. '.join(told)}]" if told else ""
    return f"table {'.'.join(map(identifier, table.path))} -- {rows} rows{note}{remark}"


def _keys(table: Table) -> Iterable[str]:
    """What identifies a row, and by what rows are stored: conditions on these are fast, as are joins on the last."""
    if len(table.primary_key) > 1:
        yield f"primary key ({_listed(table.primary_key)})"
    if table.kind == "external":
        yield "external table"
    if table.partition_key:
        yield f"partitioned by ({_listed(table.partition_key)})"
    if table.sort_key:
        yield f"sorted by ({_listed(table.sort_key)})"
    if table.distribution_key:
        yield f"distributed by ({_listed((table.distribution_key,))})"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(comment(identifier(name)) for name in names)
