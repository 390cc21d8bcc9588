"""Features that restate the target, found from the data alone: what a feature is called plays no part."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kaiseki_kit.frames import as_frame, as_target, feature_names
from kaiseki_kit.measures import task_of
from kaiseki_kit.single_feature import (
    Array,
    Coding,
    code,
    held_out_score,
    is_measured,
    outcome_matrix,
    ranked,
    sample_rows,
)

SUSPICIOUS_SCORE = 0.95  # of one feature alone: ROC AUC of a class, R2 of a number
LEAST_PURITY = 0.98  # share of one class among the rows of a value
LEAST_COVERAGE = 0.2  # share of that class's rows that pure values hold
LEAST_COVERAGE_OF_RANGES = 0.5  # the far end of an honest measure is pure too
LIKELY = 0.5  # a value stands for a class that most of its rows have
LEAST_ASSOCIATION = 0.6  # phi of "has such a value" and "is of the class"; two bells with ROC AUC 0.75 reach 0.4
LEAST_ASSOCIATION_OF_RANGES = 0.7
LEAST_CERTAIN_ASSOCIATION = 0.5  # after taking off two standard errors
LEAST_ROWS_OF_VALUE = 20
LEAST_ROWS_OF_CLASS = 20
LEAST_ROWS = 100
MOST_COMMON_CLASS = 0.8  # a class more frequent than this is pure by itself
MOST_FEATURES = 300
SEED = 0


@dataclass(frozen=True)
class Giveaway:
    """The value, or the range, that tells best of one class.

    purity      share of `outcome` among the rows with the value
    coverage    share of the rows with `outcome` that this value and those that tell as well hold
    certain     a mere repetition of the target: too pure, or too close to it, to be chance or an honest effect
    """

    value: str
    outcome: Any
    purity: float
    coverage: float
    rows: int
    certain: bool


@dataclass(frozen=True)
class FeatureCheck:
    feature: str
    score: float
    giveaway: Giveaway | None
    suspect: bool


def leakage(X: Any, y: Any) -> pd.DataFrame:  # noqa: N803 - the field's own name
    """How much each feature alone tells of the target, worst first.

    Columns: feature, single_score (cross-validated; ROC AUC for classes, R2 for numbers), purest_value, purity (share
    of one class among its rows), coverage (share of that class it holds), suspect. For numbers as targets purest_value
    is empty, and purity is the R2 of the target's ranks. Raises ValueError for gaps in y or unequal lengths.
    """
    return as_table(check_features(as_frame(X), as_target(y, "y")))


def check_features(frame: pd.DataFrame, target: "pd.Series[Any]", names: list[str] | None = None) -> list[FeatureCheck]:
    """One check for each feature, worst first. At most 300 features, those that follow the target closest, are seen."""
    if len(frame) != len(target):
        raise ValueError(f"X has {len(frame):,} rows and y has {len(target):,}: they must match")
    names = names or feature_names(frame)
    if len(frame) < 2:
        return []
    regression = task_of(target) == "regression"
    outcomes, classes = outcome_matrix(target, regression)
    rows = sample_rows(outcomes, regression, SEED)
    checks = [
        _check(names[position], frame.iloc[:, position], outcomes, classes, rows)
        for position in _closest(frame, outcomes, rows)
    ]
    return sorted(checks, key=lambda check: (not check.suspect, -check.score, check.feature))


def as_table(checks: list[FeatureCheck]) -> pd.DataFrame:
    found = [(check, check.giveaway) for check in checks]
    return pd.DataFrame(
        {
            "feature": [check.feature for check, _ in found],
            "single_score": [check.score for check, _ in found],
            "purest_value": [giveaway.value if giveaway else "" for _, giveaway in found],
            "purity": [giveaway.purity if giveaway else np.nan for _, giveaway in found],
            "coverage": [giveaway.coverage if giveaway else np.nan for _, giveaway in found],
            "suspect": [check.suspect for check, _ in found],
        }
    )


def explain(check: FeatureCheck, target_name: str, metric: str) -> str:
    """One sentence for the reader of a suspect."""
    giveaway = check.giveaway
    told = f"{check.feature!r} alone predicts {target_name} with {metric} {check.score:.3f}"
    if giveaway is not None and giveaway.certain and giveaway.value:
        told += (
            f"; of the {giveaway.rows:,} rows with the value {giveaway.value}, {giveaway.purity:.1%} have "
            f"{target_name} = {giveaway.outcome}, and so found are {giveaway.coverage:.1%} of all rows that have it"
        )
    return f"{told}: is it known before {target_name} is? Compare the score without it"


def _check(name: str, column: "pd.Series[Any]", outcomes: Array, classes: list[Any], rows: Array) -> FeatureCheck:
    coding = code(column, outcomes, rows, LEAST_ROWS_OF_VALUE)
    score = held_out_score(coding, outcomes, classes, rows, SEED)
    if not classes:
        order = held_out_score(coding, ranked(outcomes), classes, rows, SEED)
        giveaway = Giveaway("", None, order, 1.0, len(column), order >= SUSPICIOUS_SCORE)
        suspect = len(column) >= LEAST_ROWS and max(score, order) >= SUSPICIOUS_SCORE
        return FeatureCheck(name, score, giveaway, suspect)
    found = _clearest(coding, outcomes, classes)
    enough = len(column) >= LEAST_ROWS and np.sort(outcomes.sum(axis=0))[-2] >= LEAST_ROWS_OF_CLASS
    scores_too_well = bool(enough) and score >= SUSPICIOUS_SCORE
    return FeatureCheck(name, score, found, scores_too_well or (found is not None and found.certain))


def _clearest(coding: Coding, outcomes: Array, classes: list[Any]) -> Giveaway | None:
    """Of all classes that are not common anyhow, rare ones first, the one that the feature's values tell best."""
    counts = np.column_stack(
        [np.bincount(coding.codes, weights=outcomes[:, k], minlength=coding.size) for k in range(len(classes))]
    )
    rows = np.bincount(coding.codes, minlength=coding.size).astype(float)
    totals = counts.sum(axis=0)
    best: tuple[bool, float] | None = None
    found: Giveaway | None = None
    for k in np.argsort(totals, kind="stable"):
        if not totals[k] or totals[k] / rows.sum() > MOST_COMMON_CLASS:
            continue
        telling = _telling(counts[:, k], rows, float(totals[k]), coding.ranges, many=len(classes) > 2)
        if telling is not None and (best is None or (telling.certain, telling.association) > best):
            best = telling.certain, telling.association
            found = Giveaway(
                coding.label(telling.value), classes[k], telling.purity, telling.coverage, telling.rows, telling.certain
            )
    return found


@dataclass(frozen=True)
class _Telling:
    """How well belonging to some values tells of one class; `value` is the one of them with most of its rows."""

    value: int
    purity: float
    coverage: float
    rows: int
    association: float
    certain: bool


def _telling(hits: Array, rows: Array, total: float, ranges: bool, many: bool) -> _Telling | None:
    """`hits` of the `rows` of each value are of the class, which has `total` rows. None if all values are rare.

    One of `many` classes may well lie apart in an honest measure, so that its ranges are never certain.
    """
    eligible = rows >= LEAST_ROWS_OF_VALUE
    if not eligible.any():
        return None
    everything = float(rows.sum())
    share = np.where(eligible, hits / np.maximum(rows, 1), -1.0)
    pure, likely = share >= LEAST_PURITY, share >= LIKELY
    association = _phi(float(hits[likely].sum()), float(rows[likely].sum()), total, everything)
    base_rate = total / everything
    needed = max(LEAST_COVERAGE_OF_RANGES if ranges else LEAST_COVERAGE, base_rate if base_rate > LIKELY else 0.0)
    determined = bool(
        pure.any()
        and hits[pure].sum() / total >= needed
        and _lower_bound(float(hits[pure].sum()), float(rows[pure].sum())) >= (1 + base_rate) / 2
    )
    least = LEAST_ASSOCIATION_OF_RANGES if ranges else LEAST_ASSOCIATION
    restated = association >= max(least, LEAST_CERTAIN_ASSOCIATION + 2 / np.sqrt(everything))
    enough = everything >= LEAST_ROWS and total >= LEAST_ROWS_OF_CLASS and not (ranges and many)
    chosen = pure if determined else likely
    value = int(np.argmax(np.where(chosen, hits, -1.0) if chosen.any() else share))
    held = hits[chosen].sum() if chosen.any() else hits[value]
    certain = bool(enough and (determined or restated))
    return _Telling(value, float(share[value]), float(held / total), int(rows[value]), association, certain)


def _phi(both: float, with_value: float, with_class: float, everything: float) -> float:
    """Correlation of two yes-or-no properties, from the rows that have both, either, and all."""
    spread = with_value * (everything - with_value) * with_class * (everything - with_class)
    return (both * everything - with_value * with_class) / float(np.sqrt(spread)) if spread else 0.0


def _lower_bound(hits: float, rows: float) -> float:
    """Wilson's lower bound (95 %) of a share: few rows cannot prove purity."""
    z = 1.96
    share = hits / rows
    centre = share + z * z / (2 * rows)
    spread = z * float(np.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows)))
    return float((centre - spread) / (1 + z * z / rows))


def _closest(frame: pd.DataFrame, outcomes: Array, rows: Array) -> list[int]:
    """Positions of the features to look at: all, or of very many those that follow the target most."""
    if frame.shape[1] <= MOST_FEATURES:
        return list(range(frame.shape[1]))
    strength = [_linear_strength(frame.iloc[:, position], outcomes, rows) for position in range(frame.shape[1])]
    return sorted(np.argsort(strength, kind="stable")[::-1][:MOST_FEATURES].tolist())


def _linear_strength(column: "pd.Series[Any]", outcomes: Array, rows: Array) -> float:
    if not is_measured(column):
        return 1.0  # categories are few among very many features, and none may be passed over
    values = np.nan_to_num(np.asarray(column.iloc[rows], dtype=float))
    centred = values - values.mean()
    spread = float(np.sqrt((centred**2).sum()))
    if not spread:
        return 0.0
    targets = outcomes[rows] - outcomes[rows].mean(axis=0)
    scale = np.sqrt((targets**2).sum(axis=0))
    return float(np.max(np.abs(centred @ targets) / (spread * np.where(scale > 0, scale, 1.0))))
