"""References between tables: declared ones, and those that names and values imply."""

import re
from collections import defaultdict
from collections.abc import Container
from dataclasses import replace
from functools import lru_cache

from kaiseki.catalog.words import key, words
from kaiseki.models import Catalog, Column, Table

_KEY_ENDINGS = ("id", "key", "code", "cd", "no", "number", "uuid", "sku")
_INTEGER = re.compile(
    r"(?:SMALL|BIG)?INT(?:EGER)?|INT[248]|U?(?:TINY|HUGE)INT|(?:NUMERIC|DECIMAL)(?:\(\d+(?:,\s*0)?\))?", re.I
)
_TEXT = re.compile(r"(?:N?VAR|N|BP)?CHAR|TEXT|STRING", re.I)


def infer(catalog: Catalog, profiled: Container[str] | None = None) -> Catalog:
    """The catalog with `Column.references` set where a name and the values point at another table's unique column.

    Declared references stay. Tables that were not `profiled` (None: all whose rows were counted were) neither refer nor
    are referred to, since nothing is known of their values.
    """
    known = [t for t in catalog.tables if t.rows and (profiled is None or t.qualified in profiled)]
    keys: dict[str, list[tuple[Table, Column]]] = defaultdict(list)
    for table in known:
        for column in table.columns:
            if _is_unique(column, table):
                for name in {key(column.name), *_as_foreign_key(table, column)}:
                    keys[name].append((table, column))
    referring = {id(table): _referring(table, keys) for table in known}
    return catalog.model_copy(update={"tables": tuple(referring.get(id(t), t) for t in catalog.tables)})


def _referring(table: Table, keys: dict[str, list[tuple[Table, Column]]]) -> Table:
    columns = tuple(
        column if column.references else replace(column, references=_target(table, column, keys))
        for column in table.columns
    )
    return table.model_copy(update={"columns": columns})


def _target(table: Table, column: Column, keys: dict[str, list[tuple[Table, Column]]]) -> str | None:
    candidates = [
        (parent, its_key)
        for parent, its_key in keys.get(key(column.name), [])
        if parent.qualified != table.qualified
        and _may_refer(column, its_key, parent)
        and not _points_the_other_way(table, column, parent, its_key)
        and _overlap(column, its_key)
    ]
    if not candidates:
        return None
    parent, its_key = min(
        candidates,
        key=lambda c: (c[0].schema_name != table.schema_name, not _is_named_after(column, c[0]), c[0].rows, c[0].name),
    )
    return f"{parent.qualified}.{its_key.name}"


def _is_unique(column: Column, table: Table) -> bool:
    if table.primary_key == (column.name,):
        return True
    return bool(table.rows) and column.distinct == table.rows and _kind(column) is not None


def _as_foreign_key(table: Table, column: Column) -> set[str]:
    """What another table would call a reference to this key: users.id becomes userid."""
    if key(column.name) not in _KEY_ENDINGS:
        return set()
    return {key(table.name) + key(column.name), _subject(table) + key(column.name)}


def _may_refer(column: Column, its_key: Column, parent: Table) -> bool:
    if _kind(column) is None or _kind(column) != _kind(its_key):
        return False
    if key(column.name) == key(its_key.name):
        # `id` in two tables is the same word for two things, `userid` is not
        return key(column.name) not in _KEY_ENDINGS and (
            _without_key_ending(column.name) is not None or _is_named_after(column, parent)
        )
    return True


def _points_the_other_way(table: Table, column: Column, parent: Table, its_key: Column) -> bool:
    """Two unique columns may each refer to the other: only the table that the key is named after is the parent."""
    if not _is_unique(column, table) or key(column.name) != key(its_key.name):
        return False
    return _is_named_after(column, table) or not _is_named_after(column, parent)


def _overlap(one: Column, other: Column) -> bool:
    """Whether the values of two columns of one kind may meet, as far as anything is known of them."""
    if one.minimum is None or one.maximum is None or other.minimum is None or other.maximum is None:
        return _kind(one) == "text" or not one.frequent
    if _kind(one) == "integer":
        return float(one.minimum) <= float(other.maximum) and float(other.minimum) <= float(one.maximum)
    return one.minimum <= other.maximum and other.minimum <= one.maximum


def _kind(column: Column) -> str | None:
    """Types that keys have; None for those that they do not have."""
    if _INTEGER.fullmatch(column.type.strip()):
        return "integer"
    return "text" if _TEXT.match(column.type.strip()) else None


def _subject(table: Table) -> str:
    """What a row of the table is: the table's name in the singular."""
    return "".join(words(table.name))


def _is_named_after(column: Column, table: Table) -> bool:
    return _without_key_ending(column.name) == _subject(table) or key(column.name) == _subject(table)


@lru_cache(maxsize=200_000)
def _without_key_ending(name: str) -> str | None:
    if not name.casefold().endswith(_KEY_ENDINGS):
        return None
    folded = key(name)
    ending = next((e for e in _KEY_ENDINGS if folded.endswith(e) and len(folded) > len(e)), None)
    return None if ending is None else "".join(words(folded[: -len(ending)]))
