"""From what pandas, NumPy and Python compute to plain JSON, without losing or inventing anything."""

import dataclasses
import datetime
import decimal
import enum
import math
from collections.abc import Mapping, Set
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

LONGEST_TEXT = 200
MOST_LEAVES = 1_000


def plain(value: object, where: str = "value") -> Json:
    """`value` as JSON. `where` names it in errors.

    Series and dicts become objects (a Series with a default index a list), frames lists of rows, dates ISO text.
    Raises ValueError for what is missing, not finite, or too much, and TypeError for what JSON has no form for.
    """
    converted = _convert(value, where)
    leaves = _count_leaves(converted)
    if leaves > MOST_LEAVES:
        raise ValueError(f"{where} holds {leaves:,} values, at most {MOST_LEAVES:,} are kept: use table() for more")
    return converted


def _convert(value: object, where: str) -> Json:
    if isinstance(value, pd.DataFrame):
        return _frame(value, where)
    if isinstance(value, pd.Series):
        return _series(value, where)
    if isinstance(value, Mapping):
        return _mapping(list(value.items()), where)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _mapping([(f.name, getattr(value, f.name)) for f in dataclasses.fields(value)], where)
    if isinstance(value, Set):
        return _list(_sorted(value), where)
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return _scalar(value.item(), where)
    if isinstance(
        value, list | tuple | range | np.ndarray | pd.Index | pd.Categorical | pd.api.extensions.ExtensionArray
    ):
        return _list(list(value), where)
    return _scalar(value, where)


def _scalar(value: object, where: str) -> Json:
    if isinstance(value, enum.Enum):
        return _convert(value.value, where)
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    elif isinstance(value, np.generic) and not isinstance(value, np.timedelta64):
        value = value.item()
    if value is None or value is pd.NA or value is pd.NaT:
        raise ValueError(f"{where} is missing ({value}): record a value, or say in a text what was not found")
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float | np.floating | decimal.Decimal):
        return _number(value, where)
    if isinstance(value, str):
        return _text(value, where)
    if isinstance(value, datetime.datetime):
        return _moment(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta | np.timedelta64):
        raise TypeError(f"{where} is a duration: give a number and its unit, such as d.total_seconds() and 's'")
    if isinstance(value, pd.Period | pd.Interval):
        return str(value)
    raise TypeError(f"{where} is a {type(value).__name__}: give numbers, text, dates, or lists and dicts of them")


def _number(value: float | np.floating | decimal.Decimal, where: str) -> int | float:
    if not math.isfinite(value):
        raise ValueError(f"{where} is {value}: handle missing rows and divisions by zero before you record it")
    if isinstance(value, decimal.Decimal) and value == value.to_integral_value():
        return int(value)
    return float(value)


def _text(value: str, where: str) -> str:
    if len(value) > LONGEST_TEXT:
        raise ValueError(f"{where} is a text of {len(value)} characters, at most {LONGEST_TEXT} are kept")
    return str(value)


def _moment(value: datetime.datetime) -> str:
    """A bare date where there is no time of day, as a day or month in a grouping has none."""
    if value.tzinfo is None and value == value.replace(hour=0, minute=0, second=0, microsecond=0):
        return value.date().isoformat()
    return value.isoformat()


def _list(values: list[object], where: str) -> list[Json]:
    return [_convert(item, f"{where}[{position}]") for position, item in enumerate(values)]


def _sorted(values: Set[object]) -> list[object]:
    """In an order that does not depend on hashing."""
    return sorted(
        values, key=lambda item: (type(item).__name__, item) if _orders(item) else (type(item).__name__, str(item))
    )


def _orders(item: object) -> bool:
    return isinstance(item, int | float | str | datetime.date)


def _mapping(items: list[tuple[object, object]], where: str) -> dict[str, Json]:
    """Tuples as keys, as groupings by two columns have them, become objects in objects."""
    converted: dict[str, Json] = {}
    nested: dict[str, list[tuple[object, object]]] = {}
    for key, item in items:
        if isinstance(key, tuple) and key:
            rest = key[1:] if len(key) > 2 else key[-1]
            if len(key) == 1:
                key = key[0]
            else:
                nested.setdefault(_key(key[0], where), []).append((rest, item))
                continue
        text = _key(key, where)
        if text in converted:
            raise ValueError(f"{where} has two keys that read {text!r}")
        converted[text] = _convert(item, f"{where}[{text}]")
    for text, inner in nested.items():
        if text in converted:
            raise ValueError(f"{where} has two keys that read {text!r}")
        converted[text] = _mapping(inner, f"{where}[{text}]")
    return converted


def _key(key: object, where: str) -> str:
    converted = _scalar(key, f"a key of {where}")
    if isinstance(converted, float) and converted.is_integer():
        return str(int(converted))  # a year that a missing row turned into a float
    return str(converted)


def _series(series: "pd.Series[Any]", where: str) -> Json:
    if isinstance(series.index, pd.RangeIndex) and series.index.start == 0 and series.index.step == 1:
        return _list(series.tolist(), where)
    return _mapping(list(series.items()), where)


def _frame(frame: pd.DataFrame, where: str) -> Json:
    if any(level is not None for level in frame.index.names):
        frame = frame.reset_index()
    rows = zip(*(frame.iloc[:, position] for position in range(frame.shape[1])), strict=True)
    return [
        _mapping(list(zip(frame.columns, row, strict=True)), f"{where}[{position}]")
        for position, row in enumerate(rows)
    ]


def _count_leaves(value: Json) -> int:
    if isinstance(value, dict):
        return sum(map(_count_leaves, value.values()))
    if isinstance(value, list):
        return sum(map(_count_leaves, value))
    return 1
