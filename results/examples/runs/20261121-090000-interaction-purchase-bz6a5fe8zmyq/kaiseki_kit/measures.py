"""How good predictions are on held-out rows, and how good guessing without features would be."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Task = Literal["binary classification", "multiclass classification", "regression"]
Array = NDArray[Any]
CUT_OFF = 0.5
MOST_CLASSES_OF_NUMBERS = 20


@dataclass(frozen=True)
class Forecast:
    """Predictions, understood.

    labels          predicted classes, or predicted numbers in a regression
    probabilities   of each class in the order of `classes`, rows x classes; None where labels were given
    """

    task: Task
    classes: tuple[Any, ...]
    labels: Array
    probabilities: Array | None = None


@dataclass(frozen=True)
class Measures:
    """`score` and `baseline` are in `metric`; `further` holds what else was measured, by name."""

    metric: str
    score: float
    baseline: float
    baseline_means: str
    further: dict[str, float]


def task_of(target: "pd.Series[Any]", estimator: object = None) -> Task:
    """What kind of prediction the target asks for; the estimator decides only where whole numbers could be either."""
    distinct = target.nunique()
    if distinct <= 2 and not _is_fractional(target):
        return "binary classification"
    if not pd.api.types.is_numeric_dtype(target.dtype):
        return "multiclass classification"
    if _is_fractional(target) or _estimator_type(estimator) == "regressor":
        return "regression"
    if _estimator_type(estimator) == "classifier" or distinct <= MOST_CLASSES_OF_NUMBERS:
        return "multiclass classification"
    return "regression"


def understand(task: Task, classes: tuple[Any, ...], y_test: "pd.Series[Any]", predictions: Any) -> Forecast:
    """Raises ValueError for predictions of the wrong length or form, or with gaps."""
    given = _as_array(predictions)
    if given.shape[0] != len(y_test):
        raise ValueError(f"predictions have {given.shape[0]:,} rows and y_test has {len(y_test):,}: they must match")
    if pd.isna(given).any():
        raise ValueError(f"predictions are missing in {int(pd.isna(given).any(axis=-1).sum()):,} rows")
    if task == "regression":
        if given.ndim != 1 or not np.issubdtype(given.dtype, np.number):
            raise ValueError("predictions of a regression must be one number for each row")
        if not np.isfinite(given).all():
            raise ValueError("predictions hold values that are not finite")
        return Forecast(task, (), given.astype(float))
    if given.ndim == 2:
        return _from_matrix(task, classes, given)
    if task == "binary classification" and _are_probabilities(given, y_test, classes):
        return _from_matrix(task, classes, np.column_stack([1 - given, given]))
    unknown = sorted({str(label) for label in given} - {str(label) for label in classes})
    if unknown:
        raise ValueError(
            f"predictions hold {unknown[0]}, which is no class of the target ({', '.join(map(str, classes[:10]))}): "
            f"give class labels, the probability of {classes[-1]!s}, or a matrix with a column for each class"
        )
    return Forecast(task, classes, given)


def measure(forecast: Forecast, y_test: "pd.Series[Any]", y_before: "pd.Series[Any] | None") -> Measures:
    """`y_before` is the target of the training rows, which the baseline is taken from; y_test's own without it."""
    reference = y_test if y_before is None else y_before
    source = "y_test, as y_train was not given" if y_before is None else "y_train"
    truth = y_test.to_numpy()
    if forecast.task == "regression":
        return _measure_regression(forecast, truth.astype(float), float(reference.mean()), source)
    majority = reference.value_counts(sort=True).sort_index(kind="stable").idxmax()
    return _measure_classes(forecast, truth, majority, source)


def headline(forecast: Forecast, truth: Array) -> float:
    """The one score that the task is judged by: ROC AUC, accuracy or R2."""
    if forecast.task == "regression":
        return r_squared(truth.astype(float), forecast.labels)
    if forecast.task == "binary classification" and forecast.probabilities is not None:
        return roc_auc(truth == forecast.classes[-1], forecast.probabilities[:, -1])
    return float(np.mean(truth == forecast.labels))


def roc_auc(positive: Array, score: Array) -> float:
    """Chance that a positive row scores above a negative one; ties count half. 0.5 if there is only one kind."""
    count = int(positive.sum())
    others = len(positive) - count
    if not count or not others:
        return 0.5
    ranks = pd.Series(score).rank().to_numpy()
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * others))


def r_squared(truth: Array, predicted: Array) -> float:
    """Share of the variance that is explained; negative if worse than the mean. 0 if the truth does not vary."""
    total = float(((truth - truth.mean()) ** 2).sum())
    return 1 - float(((truth - predicted) ** 2).sum()) / total if total else 0.0


def _measure_regression(forecast: Forecast, truth: Array, mean: float, source: str) -> Measures:
    errors = forecast.labels - truth
    guess = np.full(len(truth), mean)
    return Measures(
        metric="R2",
        score=headline(forecast, truth),
        baseline=r_squared(truth, guess),
        baseline_means=f"always the mean of {source}",
        further={
            "mae": float(np.abs(errors).mean()),
            "rmse": float(np.sqrt((errors**2).mean())),
            "baseline_mae": float(np.abs(guess - truth).mean()),
        },
    )


def _measure_classes(forecast: Forecast, truth: Array, majority: Any, source: str) -> Measures:
    correct = forecast.labels == truth
    recalls = [float(correct[truth == label].mean()) for label in forecast.classes if (truth == label).any()]
    majority_share = float((truth == majority).mean())
    further = {"accuracy": float(correct.mean()), "balanced_accuracy": float(np.mean(recalls))}
    if forecast.task == "binary classification":
        further |= _measure_positive(forecast, truth)
    if forecast.task == "binary classification" and forecast.probabilities is not None:
        further["baseline_accuracy"] = majority_share
        return Measures("ROC AUC", headline(forecast, truth), 0.5, "any constant probability", further)
    return Measures(
        "accuracy",
        headline(forecast, truth),
        majority_share,
        f"always {majority}, the most frequent of {source}",
        further,
    )


def _measure_positive(forecast: Forecast, truth: Array) -> dict[str, float]:
    positive = truth == forecast.classes[-1]
    predicted = forecast.labels == forecast.classes[-1]
    hits = float((positive & predicted).sum())
    measured = {
        "positive_rate": float(positive.mean()),
        "recall": hits / float(positive.sum()) if positive.any() else 0.0,
    }
    if predicted.any():  # without a single positive prediction there is no precision
        measured["precision"] = hits / float(predicted.sum())
    if forecast.probabilities is not None:
        chance = forecast.probabilities[:, -1]
        measured["average_precision"] = _average_precision(positive, chance)
        measured["brier"] = float(((chance - positive) ** 2).mean())
    return measured


def _average_precision(positive: Array, score: Array) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(positive, score))


def _from_matrix(task: Task, classes: tuple[Any, ...], given: Array) -> Forecast:
    if given.shape[1] != len(classes):
        known = ", ".join(map(str, classes[:10]))
        raise ValueError(f"predictions have {given.shape[1]} columns for {len(classes)} classes ({known})")
    chances = given.astype(float)
    if chances.min() < 0 or chances.max() > 1 or not np.allclose(chances.sum(axis=1), 1, atol=1e-3):
        raise ValueError("predictions are no probabilities: each row must lie within 0 to 1 and sum to 1")
    binary = task == "binary classification"
    chosen = (chances[:, -1] >= CUT_OFF).astype(int) if binary else chances.argmax(axis=1)
    return Forecast(task, classes, _labels(classes)[chosen], chances)


def _are_probabilities(given: Array, y_test: "pd.Series[Any]", classes: tuple[Any, ...]) -> bool:
    if not np.issubdtype(given.dtype, np.floating):
        return False
    # Probabilities of 0.0 and 1.0 alone are labels only where the target is written as such floats itself.
    if np.isin(given, _numbers(classes)).all() and pd.api.types.is_float_dtype(y_test.dtype):
        return False
    if given.min() < 0 or given.max() > 1:
        raise ValueError(
            f"predictions reach from {given.min():.4g} to {given.max():.4g}: give class labels or "
            f"the probability of {classes[-1]!s}, as predict_proba(X_test)[:, 1] has it"
        )
    return True


def _numbers(classes: tuple[Any, ...]) -> list[float]:
    return [float(label) for label in classes if isinstance(label, int | float | np.number | np.bool_)]


def _labels(classes: tuple[Any, ...]) -> Array:
    labels = np.empty(len(classes), dtype=object)
    labels[:] = classes
    return labels


def _as_array(predictions: Any) -> Array:
    given = np.asarray(predictions)
    if given.ndim == 2 and given.shape[1] == 1:
        given = given.ravel()
    if given.ndim not in (1, 2):
        raise ValueError(
            f"predictions have {given.ndim} dimensions: give one value for each row, or a row of probabilities"
        )
    return given


def _is_fractional(target: "pd.Series[Any]") -> bool:
    return pd.api.types.is_float_dtype(target.dtype) and bool((target % 1 != 0).any())


def _estimator_type(estimator: object) -> str:
    from sklearn.base import is_classifier, is_regressor

    tests: dict[str, Callable[[object], bool]] = {"classifier": is_classifier, "regressor": is_regressor}
    for kind, test in tests.items():
        try:
            if test(estimator):
                return kind
        except (AttributeError, TypeError):  # an object that scikit-learn knows nothing of
            return ""
    return ""
