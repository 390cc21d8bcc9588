"""What the model is told of people's data: a value of a veiled column, wherever it turns up, is shown by its form."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from kaiseki.data_files import data_files
from kaiseki.models import Failure, Query
from kaiseki.personal.values import shape_of

EXPLAINED = "Values of personal columns are shown by their form, such as Aaaa for Taro; the code has them as they are."

_SHORTEST = 3  # characters of Latin text, by which a name is told from the words around it
_SHORTEST_ELSEWHERE = 2  # 田中
_SHORTEST_NUMBER = 7  # digits
_PANDAS_CUTS = 46  # characters, where it prints a value of more than fifty
_STARTS = re.compile(r"(?<![A-Za-z0-9])[!-~]|[^\x00-\x7f]")


@dataclass(frozen=True)
class Veil:
    """`values` are those that are not to be seen; a text without any comes back as it is."""

    values: frozenset[str] = frozenset()

    def __call__(self, text: str) -> str:
        if not self.values:
            return text
        parts, done = list[str](), 0
        for start in (match.start() for match in _STARTS.finditer(text)):
            if start >= done and (value := self._value_at(text, start)) is not None:
                parts += [text[done:start], shape_of(value)]
                done = start + len(value)
        return "".join((*parts, text[done:]))

    def failure(self, failure: Failure) -> Failure:
        if not self.values:
            return failure
        hidden = {name: self(getattr(failure, name)) for name in ("message", "traceback", "hint")}
        return failure.model_copy(update=hidden)

    @cached_property
    def _lengths(self) -> tuple[int, ...]:
        """Of the values, the longest first."""
        return tuple(sorted({len(value) for value in self.values}, reverse=True))

    def _value_at(self, text: str, start: int) -> str | None:
        for length in self._lengths:
            value = text[start : start + length]
            if value in self.values and not _goes_on(text, start + length):
                return value
        return None


def veil_of(queries: Sequence[Query], data: Path) -> Veil:
    """The veil over the rows of all these queries. A value that is also the name of a column stays legible."""
    veiled = [query for query in queries if query.veiled]
    values = frozenset[str]().union(*(_values(query, data) for query in veiled))
    names = {name for query in queries for name, _ in query.columns}
    return Veil(frozenset(value for value in values if value.lower() not in names))


def shown(value: object, veiled: bool) -> str:
    """A cell of a result."""
    text = "null" if value is None else str(value).replace("\n", " ")
    return shape_of(text) if veiled and value is not None else text


@lru_cache(maxsize=64)
def _values(query: Query, data: Path) -> frozenset[str]:
    """As a program prints them. A query bears the digest of its rows: other rows are read anew."""
    found: set[str] = set()
    for file in data_files(data / f"{query.name}.parquet"):
        for name in query.veiled:
            for value in pc.unique(pq.read_table(file, columns=[name])[name]).to_pylist():
                found.update(_printed(value))
    return frozenset(found)


def _printed(value: object) -> Iterable[str]:
    if isinstance(value, date):
        yield value.isoformat()[:10]
    elif isinstance(value, int):
        if len(str(value)) >= _SHORTEST_NUMBER:
            yield str(value)
    elif isinstance(value, str):
        text = value.strip()
        if len(text) >= (_SHORTEST if text.isascii() else _SHORTEST_ELSEWHERE):
            yield text
        if len(text) > _PANDAS_CUTS:
            yield text[:_PANDAS_CUTS]


def _goes_on(text: str, end: int) -> bool:
    """Whether a Latin word or a number does not end there."""
    return end < len(text) and all(c.isascii() and c.isalnum() for c in text[end - 1 : end + 1])
