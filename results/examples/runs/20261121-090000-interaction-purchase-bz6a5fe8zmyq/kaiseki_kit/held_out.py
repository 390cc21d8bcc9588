"""Were the rows that a model is judged by kept from it? Compared by the rows' contents, not by what anybody says."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

# Repeats of training rows are worth a warning, more of them void the score; beyond that it is the training data.
VOID_SHARE = 0.1
REFUSED_SHARE = 0.5


@dataclass(frozen=True)
class Finding:
    """One check of a model, as the report shows it."""

    status: Literal["passed", "warning", "failed"]
    message: str


def check_held_out(test: pd.DataFrame, train: pd.DataFrame | None) -> Finding:
    """Raises ValueError where the test rows are training rows."""
    if train is None:
        return Finding("warning", "X_train was not given, so that nothing shows whether the rows were held out")
    if list(test.columns) != list(train.columns):
        raise ValueError(
            f"X_test has the columns {_short(test.columns)} and X_train has {_short(train.columns)}: they must match"
        )
    test_rows, train_rows = _fingerprints(test), _fingerprints(train)
    same = _same_rows(test, train, test_rows, train_rows)
    if same:
        raise ValueError(
            f"{same:,} of {len(test):,} rows of X_test are rows of X_train: split first, fit on X_train only"
        )
    repeated = _repeated(test_rows, train_rows)
    share = repeated / len(test)
    if share >= REFUSED_SHARE:
        raise ValueError(
            f"{repeated:,} of {len(test):,} rows of X_test repeat a row of X_train: hold out rows the fit has not seen"
        )
    if repeated:
        return Finding(
            "failed" if share >= VOID_SHARE else "warning",
            f"{repeated:,} of {len(test):,} held-out rows ({share:.1%}) repeat a training row: drop duplicates before "
            "the split",
        )
    return Finding("passed", f"none of the {len(test):,} held-out rows is among the {len(train):,} training rows")


def _fingerprints(frame: pd.DataFrame) -> "pd.Series[Any]":
    plain = frame.set_axis(range(frame.shape[1]), axis="columns")
    try:
        hashes = pd.util.hash_pandas_object(plain, index=False)
    except TypeError:  # lists and the like have no hash, their text has
        hashes = pd.util.hash_pandas_object(plain.astype(str), index=False)
    return hashes


def _same_rows(
    test: pd.DataFrame, train: pd.DataFrame, test_rows: "pd.Series[Any]", train_rows: "pd.Series[Any]"
) -> int:
    """Rows with the same label and contents; 0 where the labels are mere row numbers, which tell nothing."""
    if (
        len(test) == len(train)
        and np.array_equal(test_rows.to_numpy(), train_rows.to_numpy())
        and test_rows.nunique() > 1
    ):
        return len(test)
    if _is_numbered(test.index) or _is_numbered(train.index):
        return 0
    known = set(zip(train.index, train_rows, strict=True))
    return sum(row in known for row in zip(test.index, test_rows, strict=True))


def _repeated(test_rows: "pd.Series[Any]", train_rows: "pd.Series[Any]") -> int:
    """Test rows that are unique among both and yet in both: few-valued features coincide honestly, these do not."""
    in_test, in_train = test_rows.value_counts(), train_rows.value_counts()
    unique_in_both = in_test.index[in_test == 1].intersection(in_train.index[in_train == 1])
    return len(unique_in_both)


def _is_numbered(index: pd.Index) -> bool:
    return pd.api.types.is_integer_dtype(index.dtype) and np.array_equal(index.to_numpy(), np.arange(len(index)))


def _short(columns: pd.Index) -> str:
    names = [str(column) for column in columns]
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
