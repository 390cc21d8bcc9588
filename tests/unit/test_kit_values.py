"""Which values become facts, and in which form."""

import dataclasses
import datetime
import decimal
import enum
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kaiseki_kit.values import plain

NAN = float("nan")


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Fit:
    slope: float
    rows: int


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.str_("view"), "view"),
        (np.array(7), 7),
        (decimal.Decimal("12"), 12),
        (decimal.Decimal("12.50"), 12.5),
        (pd.Timestamp("2025-12-30 23:58:01"), "2025-12-30T23:58:01"),
        (pd.Timestamp("2025-12-30"), "2025-12-30"),
        (pd.Timestamp("2025-12-30", tz="Asia/Tokyo"), "2025-12-30T00:00:00+09:00"),
        (np.datetime64("2025-12-30T10:00"), "2025-12-30T10:00:00"),
        (datetime.date(2025, 1, 2), "2025-01-02"),
        (datetime.time(9, 30), "09:30:00"),
        (pd.Period("2025-03", freq="M"), "2025-03"),
        (pd.Interval(0, 10), "(0, 10]"),
        (Colour.RED, "red"),
        (pd.Categorical(["b", "a", "b"]), ["b", "a", "b"]),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        ((1, "x", True), [1, "x", True]),
        (range(3), [0, 1, 2]),
        ({3, 1, 2}, [1, 2, 3]),
        (frozenset({"view", "click"}), ["click", "view"]),
        (pd.Index(["a", "b"]), ["a", "b"]),
        (pd.array([1, 2], dtype="Int64"), [1, 2]),
        (pd.Series([1.5, 2.5]), [1.5, 2.5]),
        (pd.Series([3, 4], index=["view", "click"]), {"view": 3, "click": 4}),
        (pd.Series([3, 4], index=[2024, 2025]), {"2024": 3, "2025": 4}),
        (pd.Series([3, 4], index=[2024.0, 2025.0]), {"2024": 3, "2025": 4}),
        ({2024: {True: np.int32(1)}}, {"2024": {"True": 1}}),
        ({pd.Timestamp("2025-01-01"): 1}, {"2025-01-01": 1}),
        ({("a", 1): 1, ("a", 2): 2, ("b", 1): 3}, {"a": {"1": 1, "2": 2}, "b": {"1": 3}}),
        (pd.DataFrame({"k": ["a", "b"], "n": [1, 2]}), [{"k": "a", "n": 1}, {"k": "b", "n": 2}]),
        (Fit(0.5, 10), {"slope": 0.5, "rows": 10}),
        ([], []),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_analyses_compute_becomes_plain_json(value: Any, expected: Any) -> None:
    converted = plain(value)
    assert converted == expected
    assert type(converted) is type(expected)


def test_a_grouping_by_two_columns_is_addressed_key_by_key() -> None:
    frame = pd.DataFrame({"g": ["f", "f", "m"], "t": ["view", "click", "view"], "n": [1, 2, 3]})
    assert plain(frame.groupby(["g", "t"])["n"].sum()) == {"f": {"click": 2, "view": 1}, "m": {"view": 3}}


def test_rows_of_a_grouped_frame_keep_their_group() -> None:
    frame = pd.DataFrame({"g": ["f", "m"], "n": [1, 2]}).groupby("g").sum()
    assert plain(frame) == [{"g": "f", "n": 1}, {"g": "m", "n": 2}]


@pytest.mark.parametrize(
    ("value", "where"),
    [
        (None, "value is missing"),
        (NAN, "value is nan"),
        (np.float64("-inf"), "value is -inf"),
        (decimal.Decimal("NaN"), "value is NaN"),
        (pd.NaT, "value is missing"),
        (pd.NA, "value is missing"),
        ({"a": [1, 2, NAN]}, r"value\[a\]\[2\] is nan"),
        (pd.Series([1.0, NAN], index=["x", "y"]), r"value\[y\] is nan"),
        (pd.DataFrame({"n": [1.0, NAN]}), r"value\[1\]\[n\] is nan"),
        (pd.array([1, None], dtype="Int64"), r"value\[1\] is missing"),
        ({NAN: 1}, "a key of value is nan"),
    ],
    ids=str,
)
def test_what_is_missing_or_not_finite_is_refused_and_located(value: Any, where: str) -> None:
    with pytest.raises(ValueError, match=where):
        plain(value)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (pd.Timedelta("3h"), "is a duration: give a number and its unit"),
        pytest.param(object(), "is a object", id="object"),
        (b"x", "is a bytes"),
        (1 + 2j, "is a complex"),
        (sum, "is a builtin_function_or_method"),
    ],
    ids=str,
)
def test_what_json_has_no_form_for_is_refused(value: Any, reason: str) -> None:
    with pytest.raises(TypeError, match=reason):
        plain(value)


def test_texts_end_at_200_characters_and_values_at_1000() -> None:
    assert plain("x" * 200) == "x" * 200
    with pytest.raises(ValueError, match="201 characters, at most 200"):
        plain({"a": "x" * 201})
    assert plain(range(1_000)) == list(range(1_000))
    with pytest.raises(ValueError, match=r"1,001 values, at most 1,000 are kept: use table\(\)"):
        plain(range(1_001))


def test_keys_that_would_read_the_same_are_refused() -> None:
    with pytest.raises(ValueError, match="two keys that read '1'"):
        plain({1: "a", "1": "b"})


def test_a_set_comes_out_in_one_order_whatever_it_holds() -> None:
    assert plain({2, "b", 1, "a", (1, 2)}) == [1, 2, "a", "b", [1, 2]]
