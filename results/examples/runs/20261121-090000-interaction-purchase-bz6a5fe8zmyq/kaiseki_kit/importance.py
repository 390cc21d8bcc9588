"""What the estimator leans on: how far its score falls when one feature of the held-out rows is shuffled."""

import copy
from typing import Any

import numpy as np
import pandas as pd

from kaiseki_kit.measures import Array, Forecast, headline, understand

MOST_ROWS = 500
MOST_PREDICTIONS = 60
MOST_REPEATS = 5
SEED = 0


def own_forecast(estimator: Any, features: Any, y_test: "pd.Series[Any]", given: Forecast) -> Forecast:
    """What the estimator itself predicts for the rows, in the form of the given predictions. Raises what it raises."""
    with_chances = given.probabilities is not None and hasattr(estimator, "predict_proba")
    predictions = estimator.predict_proba(features) if with_chances else estimator.predict(features)
    return understand(given.task, given.classes, y_test, predictions)


def permutation_importance(
    estimator: Any, features: Any, names: list[str], y_test: "pd.Series[Any]", given: Forecast, order: list[str]
) -> pd.DataFrame:
    """Columns feature, importance (mean fall of the score), spread (standard deviation), greatest first.

    Seeded; at most 500 rows and 60 predictions, so that features beyond those take the first places of `order`.
    """
    random = np.random.default_rng(SEED)
    rows = np.sort(random.permutation(len(y_test))[:MOST_ROWS])
    sample, target = take_rows(features, rows), y_test.iloc[rows]
    truth = target.to_numpy()
    whole = headline(own_forecast(estimator, sample, target, given), truth)
    chosen = [name for name in order if name in names][:MOST_PREDICTIONS] if len(names) > MOST_PREDICTIONS else names
    repeats = max(1, min(MOST_REPEATS, MOST_PREDICTIONS // max(1, len(chosen))))
    measured = []
    for name in chosen:
        falls = []
        for _ in range(repeats):
            shuffled = _shuffle(sample, names.index(name), random.permutation(len(rows)))
            falls.append(whole - headline(own_forecast(estimator, shuffled, target, given), truth))
        measured.append((name, float(np.mean(falls)), float(np.std(falls))))
    table = pd.DataFrame(measured, columns=["feature", "importance", "spread"])
    return table.sort_values(["importance", "feature"], ascending=[False, True], ignore_index=True)


def take_rows(features: Any, rows: Array) -> Any:
    return features.iloc[rows] if isinstance(features, pd.DataFrame | pd.Series) else np.asarray(features)[rows]


def _shuffle(features: Any, position: int, order: Array) -> Any:
    if isinstance(features, pd.DataFrame):
        shuffled = features.copy()
        shuffled.isetitem(position, features.iloc[order, position].array)
        return shuffled
    shuffled = copy.deepcopy(features)
    if shuffled.ndim == 1:
        return shuffled[order]
    shuffled[:, position] = shuffled[order, position]
    return shuffled
