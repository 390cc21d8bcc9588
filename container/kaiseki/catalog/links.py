"""Which tables join which, as far as names tell: before anything is profiled, and of schemas that declare no keys."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from kaiseki.catalog.stemming import roots
from kaiseki.catalog.words import folded, words
from kaiseki.models import Column, Table

_KEY_ENDINGS = frozenset({"id", "key", "code", "cd", "no", "number", "uuid", "guid", "sku"})
_KEYS_BY_THEMSELVES = frozenset({"uuid", "guid", "sku"})  # without a word that says of what
_LINK_BEGINNINGS = frozenset({"link", "ref", "fk"})
_SHORTEST_COMPOUND = 4  # letters of `hero`, by which `superhero` is found
_MOST_COMPOUNDS = 2  # tables that end in one such word; more of them are not one thing
_Schema = tuple[str, ...]  # with the database, where that is another
_Joining = Sequence[tuple[Column, tuple[str, ...]]]  # columns that are keys, with their roots, or that refer
_MOST_BEARERS = 12  # tables with one key that is nobody's own; more of them have nothing else in common


def links(tables: Sequence[Table]) -> Mapping[int, frozenset[int]]:
    """The neighbours of each position, in both directions: declared references, and what the names of keys say."""
    found: dict[int, set[int]] = defaultdict(set)
    joining = [_joining(table) for table in tables]
    names = _Names(tables, joining)
    bearers: dict[tuple[_Schema, str], list[int]] = defaultdict(list)
    for child, table in enumerate(tables):
        parents = set(names.extended_by(table))
        for column, key in joining[child]:
            referred = names.referred_by(table, column, key)
            parents.update(referred)
            if key and not referred:
                bearers[table.path[:-1], folded(column.name)].append(child)
        for parent in parents - {child}:
            found[child].add(parent)
            found[parent].add(child)
    for positions in bearers.values():
        if len(positions) <= _MOST_BEARERS:
            for position in positions:
                found[position].update(other for other in positions if other != position)
    return {position: frozenset(neighbours) for position, neighbours in found.items()}


class _Names:
    """Tables as the names of columns in other tables call them."""

    def __init__(self, tables: Sequence[Table], joining: Sequence["_Joining"]) -> None:
        self._tables = tables
        self._qualified = {table.qualified: position for position, table in enumerate(tables)}
        self._subjects: dict[tuple[_Schema, str], list[int]] = defaultdict(list)
        self._keys: dict[tuple[_Schema, str], list[int]] = defaultdict(list)
        for position, table in enumerate(tables):
            subject = roots(table.name)
            self._subjects[table.path[:-1], "".join(subject)].append(position)
            for _, key in joining[position]:
                if key and key[: len(subject)] == subject:
                    self._keys[table.path[:-1], "".join(key)].append(position)
        self._reversed = sorted((t.path[:-1], "".join(words(t.name))[::-1], p) for p, t in enumerate(tables))

    def referred_by(self, table: Table, column: Column, key: tuple[str, ...]) -> Sequence[int]:
        """The tables to which the column refers: a declared one, or `team` for `home_team_id` and `link_to_team`."""
        if column.references:
            declared = self._qualified.get(column.references.rpartition(".")[0])
            return () if declared is None else (declared,)
        if not key:
            return ()
        subject = key[1:] if key[0] in _LINK_BEGINNINGS else key[:-1]
        for start in range(len(key)):  # `home_team_api_id` ends in the key that `team` bears itself
            owners = self._keys.get((table.path[:-1], "".join(key[start:])), ())
            called = self._subjects.get((table.path[:-1], "".join(subject[start:])), ())
            if candidates := tuple(dict.fromkeys((*owners, *called))):
                return self._best(candidates, column)
        return self._compounds(table.path[:-1], column) if subject else ()

    def extended_by(self, table: Table) -> Iterable[int]:
        """`team` for the table `team_attributes`."""
        subject = roots(table.name)
        for end in range(len(subject) - 1, 0, -1):
            if parents := self._subjects.get((table.path[:-1], "".join(subject[:end]))):
                return parents
        return ()

    def _best(self, candidates: Sequence[int], column: Column) -> Sequence[int]:
        """Of `race` and `races` the one that bears a column of just this name, or is called just so."""
        if len(candidates) == 1:
            return candidates
        its_own = [p for p in candidates if any(c.name == column.name for c in self._tables[p].columns)]
        called = [p for p in candidates if folded(column.name).startswith(folded(self._tables[p].name))]
        return its_own or called or candidates

    def _compounds(self, schema: _Schema, column: Column) -> Sequence[int]:
        """`superhero` for `hero_id`, where nothing is called `hero`."""
        words_of_key = words(column.name)
        subject = words_of_key[-1] if folded(words_of_key[0]) in _LINK_BEGINNINGS else words_of_key[-2]
        if len(subject) < _SHORTEST_COMPOUND:
            return ()
        start = bisect_left(self._reversed, (schema, subject[::-1], 0))
        found: list[int] = []
        for its_schema, its_name, position in self._reversed[start:]:
            if its_schema != schema or not its_name.startswith(subject[::-1]):
                break
            found.append(position)
            if len(found) > _MOST_COMPOUNDS:
                return ()
        return found


def _joining(table: Table) -> _Joining:
    found = []
    for column in table.columns:
        key = roots(column.name) if _may_be_key(column.name) else ()
        key = key if _is_key(key) else ()
        if key or column.references:
            found.append((column, key))
    return found


def _may_be_key(name: str) -> bool:
    """Whether it is worth to look: most names end and begin in words that many others do."""
    if not name.isascii():
        return True
    return _begins_as_link(name.partition("_")[0]) or (
        not name[-1:].isdigit() and _ends_as_key(name.rpartition("_")[2])
    )


@lru_cache(maxsize=20_000)
def _ends_as_key(part: str) -> bool:
    ending = roots(part)[-1:]
    return not ending or ending[0] in _KEY_ENDINGS


@lru_cache(maxsize=20_000)
def _begins_as_link(part: str) -> bool:
    beginning = roots(part)[:1]
    return not beginning or beginning[0] in _LINK_BEGINNINGS


def _is_key(name: tuple[str, ...]) -> bool:
    if len(name) > 1:
        return name[-1] in _KEY_ENDINGS or name[0] in _LINK_BEGINNINGS
    return name[0] in _KEYS_BY_THEMSELVES if name else False
