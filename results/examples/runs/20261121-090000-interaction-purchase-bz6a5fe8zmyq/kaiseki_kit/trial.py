"""A model and the rows to judge it by, checked for everything that would make the judgement void."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from kaiseki_kit.frames import as_frame, as_target, feature_names
from kaiseki_kit.held_out import Finding, check_held_out
from kaiseki_kit.measures import Forecast, task_of, understand


@dataclass(frozen=True)
class Trial:
    """`features` are the held-out rows as they were given, `test` the same as a frame; `train`, `before` may lack."""

    estimator: Any
    features: Any
    test: pd.DataFrame
    truth: "pd.Series[Any]"
    train: pd.DataFrame | None
    before: "pd.Series[Any] | None"
    forecast: Forecast
    held_out: Finding

    @property
    def names(self) -> list[str]:
        return feature_names(self.test)

    @property
    def target_name(self) -> str:
        return str(self.truth.name) if self.truth.name is not None else "the target"

    def all_rows(self) -> "tuple[pd.DataFrame, pd.Series[Any]]":
        """Features and target of every row that both are known of."""
        if self.train is None or self.before is None:
            return self.test, self.truth
        return pd.concat([self.test, self.train]), pd.concat([self.truth, self.before])


def prepare(estimator: Any, features: Any, target: Any, predictions: Any, train: Any, before: Any) -> Trial:
    """Raises ValueError for lengths that differ, gaps, rows that were trained on, and a target that does not vary."""
    test, train_frame = as_frame(features, estimator), None if train is None else as_frame(train, estimator)
    truth, before_series = as_target(target, "y_test"), None if before is None else as_target(before, "y_train")
    _check_lengths(test, truth, "X_test", "y_test")
    if train_frame is not None and before_series is not None:
        _check_lengths(train_frame, before_series, "X_train", "y_train")
    _check_order(truth, features, "X_test")
    _check_order(truth, predictions, "predictions")
    if truth.nunique() < 2:
        raise ValueError(f"y_test holds nothing but {truth.iloc[0]}: no score can be measured, hold out other rows")
    known = truth if before_series is None else pd.concat([truth, before_series])
    task = task_of(known, estimator)
    forecast = understand(task, _classes(task, estimator, known), truth, predictions)
    held_out = check_held_out(test, train_frame)
    return Trial(estimator, features, test, truth, train_frame, before_series, forecast, held_out)


def _classes(task: str, estimator: Any, known: "pd.Series[Any]") -> tuple[Any, ...]:
    """In the estimator's order where it knows all of them, else sorted."""
    if task == "regression":
        return ()
    found = list(known.unique())
    fitted = getattr(estimator, "classes_", None)
    if fitted is not None and getattr(fitted, "ndim", 1) == 1 and set(found) <= set(fitted):
        return tuple(fitted)
    return tuple(sorted(found, key=lambda label: (isinstance(label, str), label)))


def _check_lengths(features: pd.DataFrame, target: "pd.Series[Any]", features_name: str, target_name: str) -> None:
    if len(features) != len(target):
        raise ValueError(
            f"{features_name} has {len(features):,} rows and {target_name} has {len(target):,}: they must match"
        )
    if not len(target):
        raise ValueError(f"{target_name} is empty: there is nothing to measure")


def _check_order(truth: "pd.Series[Any]", other: Any, what: str) -> None:
    """Labels in another order mean rows that were shuffled apart; labels that differ altogether mean nothing."""
    if not isinstance(other, pd.Series | pd.DataFrame) or len(other) != len(truth):
        return
    if not other.index.equals(truth.index) and set(other.index) == set(truth.index):
        raise ValueError(f"{what} and y_test have the same rows in another order: use {what}.loc[y_test.index]")
