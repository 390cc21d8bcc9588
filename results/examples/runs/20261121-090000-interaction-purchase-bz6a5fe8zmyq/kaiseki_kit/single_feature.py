"""What one feature alone tells of a target, measured on rows that it was not learned from."""

import decimal
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kaiseki_kit.measures import r_squared, roc_auc

Array = NDArray[Any]

MOST_SAMPLED_ROWS = 5_000
KEPT_OF_RARE_CLASS = 1_000
MOST_VALUES_OF_CODE = 20  # numbers with no more distinct values than this are codes as much as measures
MOST_CLASSES = 20
FOLDS = 3
PRIOR_ROWS = 5.0  # how much evidence the overall rate weighs against that of one category


@dataclass(frozen=True)
class Coding:
    """A feature twice: as codes 0..size-1 of its values, or of ranges, and as numbers where it measures something."""

    codes: Array
    size: int
    labels: tuple[str, ...]
    numbers: Array | None = None
    ranges: bool = False

    def label(self, position: int) -> str:
        return self.labels[position]


def is_measured(column: "pd.Series[Any]") -> bool:
    """Numbers and times, as against categories and flags."""
    return pd.api.types.is_datetime64_any_dtype(column.dtype) or (
        pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype)
    )


def outcome_matrix(target: "pd.Series[Any]", regression: bool) -> tuple[Array, list[Any]]:
    """Rows x classes of zeros and ones, with the 20 most frequent classes; for numbers rows x 1 and no classes."""
    if regression:
        return target.to_numpy(dtype=float).reshape(-1, 1), []
    counts = target.value_counts()
    kept = sorted(counts.index[:MOST_CLASSES], key=lambda label: (type(label).__name__, label))
    return np.column_stack([(target == label).to_numpy(dtype=float) for label in kept]), list(kept)


def ranked(outcomes: Array) -> Array:
    """The order of the target, which one extreme value cannot sway."""
    return pd.DataFrame(outcomes).rank().to_numpy() / len(outcomes)


def sample_rows(outcomes: Array, regression: bool, seed: int) -> Array:
    """Positions of at most 5,000 rows, seeded. Rare classes stay whole up to 1,000 rows: ROC AUC does not mind."""
    count = len(outcomes)
    if count <= MOST_SAMPLED_ROWS:
        return np.arange(count)
    shuffled = np.random.default_rng(seed).permutation(count)
    if regression:
        return np.sort(shuffled[:MOST_SAMPLED_ROWS])
    kept = KEPT_OF_RARE_CLASS if outcomes.shape[1] <= 2 else KEPT_OF_RARE_CLASS // 5
    first = [shuffled[outcomes[shuffled, k] > 0][:kept] for k in range(outcomes.shape[1])]
    order = np.concatenate([*first, shuffled])
    _, appearance = np.unique(order, return_index=True)
    return np.sort(order[np.sort(appearance)[:MOST_SAMPLED_ROWS]])


def code(column: "pd.Series[Any]", outcomes: Array, rows: Array, least_rows: int) -> Coding:
    """Values of categories, and of numbers the ranges that tell the target apart best. Gaps are a value too."""
    column = _without_decimals(column)
    if not is_measured(column):
        return _categories(column)
    numbers = _numbers(column)
    if column.nunique() <= MOST_VALUES_OF_CODE:
        coding = _categories(column)
        return Coding(coding.codes, coding.size, coding.labels, numbers)
    fit = _tree(depth=3, least_rows=least_rows).fit(_with_gaps(numbers[rows]), outcomes[rows])
    leaves, codes = np.unique(fit.apply(_with_gaps(numbers)), return_inverse=True)
    ranges = tuple(_range(column[codes == position]) for position in range(len(leaves)))
    return Coding(codes, len(leaves), ranges, numbers, ranges=True)


def held_out_score(coding: Coding, outcomes: Array, classes: list[Any], rows: Array, seed: int) -> float:
    """Mean over 3 folds of ROC AUC (of the second of two classes; of many, the mean over them) or, for numbers, R2."""
    sampled = outcomes[rows]
    folds = _folds(sampled, bool(classes), seed)
    scores = []
    for fold in range(FOLDS):
        learned, held_out = rows[folds != fold], rows[folds == fold]
        if not len(learned) or not len(held_out):
            continue
        predicted = _predict(coding, outcomes, learned, held_out, regression=not classes)
        scores.append(_score(outcomes[held_out], predicted, classes))
    return float(np.mean(scores)) if scores else 0.0


def _score(truth: Array, predicted: Array, classes: list[Any]) -> float:
    if not classes:
        return r_squared(truth[:, 0], predicted[:, 0])
    counted = [len(classes) - 1] if len(classes) == 2 else range(len(classes))
    return float(np.mean([roc_auc(truth[:, k] > 0, predicted[:, k]) for k in counted]))


def _predict(coding: Coding, outcomes: Array, learned: Array, held_out: Array, regression: bool) -> Array:
    if coding.numbers is not None:
        tree = _tree(depth=7 if regression else 3, least_rows=max(3, len(learned) // 300))
        tree.fit(_with_gaps(coding.numbers[learned]), outcomes[learned])
        predicted: Array = tree.predict(_with_gaps(coding.numbers[held_out]))
        return predicted.reshape(len(held_out), -1)
    overall = outcomes[learned].mean(axis=0)
    codes = coding.codes[learned]
    rows = np.bincount(codes, minlength=coding.size).reshape(-1, 1)
    sums = np.column_stack(
        [np.bincount(codes, weights=outcomes[learned, k], minlength=coding.size) for k in range(outcomes.shape[1])]
    )
    rates: Array = (sums + PRIOR_ROWS * overall) / (rows + PRIOR_ROWS)
    return rates[coding.codes[held_out]]


def _folds(outcomes: Array, stratified: bool, seed: int) -> Array:
    shuffled = np.random.default_rng(seed).permutation(len(outcomes))
    if stratified:
        shuffled = shuffled[np.argsort(outcomes[shuffled].argmax(axis=1), kind="stable")]
    folds = np.empty(len(outcomes), dtype=int)
    folds[shuffled] = np.arange(len(outcomes)) % FOLDS
    return folds


def _categories(column: "pd.Series[Any]") -> Coding:
    try:
        codes, values = pd.factorize(column, use_na_sentinel=True)
    except TypeError:  # lists and the like cannot be compared, their text can
        codes, values = pd.factorize(column.astype(str), use_na_sentinel=True)
    labels = [repr(value) if isinstance(value, str) else str(value) for value in values]
    return Coding(np.where(codes < 0, len(values), codes), len(values) + 1, (*labels, "(missing)"))


def _numbers(column: "pd.Series[Any]") -> Array:
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        moments = pd.DatetimeIndex(column).tz_localize(None).to_numpy(dtype="datetime64[s]")
        return np.where(np.isnat(moments), np.nan, moments.astype("int64").astype(float))
    numbers: Array = np.asarray(column.to_numpy(dtype=float, na_value=np.nan))
    return np.asarray(np.clip(numbers, -1e30, 1e30))  # trees take single precision, and no infinities


def _without_decimals(column: "pd.Series[Any]") -> "pd.Series[Any]":
    present = column.dropna() if column.dtype == object else column.iloc[:0]
    if len(present) and all(isinstance(value, decimal.Decimal) for value in present):
        return column.map(float, na_action="ignore").astype(float)
    return column


def _with_gaps(numbers: Array) -> Array:
    missing = np.isnan(numbers)
    return np.column_stack([np.where(missing, 0.0, numbers), missing])


def _range(values: "pd.Series[Any]") -> str:
    present = values.dropna()
    if present.empty:
        return "(missing)"
    low, high = present.min(), present.max()
    if isinstance(low, pd.Timestamp):
        return f"{low} to {high}"
    return f"{low:.6g} to {high:.6g}" if low != high else f"{low:.6g}"


def _tree(depth: int, least_rows: int) -> Any:
    from sklearn.tree import DecisionTreeRegressor

    return DecisionTreeRegressor(max_depth=depth, min_samples_leaf=least_rows, random_state=0)
