"""What was predicted beside what was so."""

from typing import Any

import numpy as np
import pandas as pd

from kaiseki_kit.measures import Forecast

GROUPS = 10


def outcome_table(forecast: Forecast, y_test: "pd.Series[Any]") -> tuple[str, pd.DataFrame, str]:
    """A suffix for its name, the table, its caption: confusion matrix, or actual means by tenth of the prediction."""
    if forecast.task == "regression":
        return "deciles", _by_prediction(forecast, y_test), "actual values by tenth of the predicted ones"
    return "confusion", _confusion(forecast, y_test), "actual classes in rows, predicted ones in columns"


def _confusion(forecast: Forecast, y_test: "pd.Series[Any]") -> pd.DataFrame:
    actual, predicted = y_test.to_numpy(), forecast.labels
    counts = {
        f"predicted {label}": [int(((actual == row) & (predicted == label)).sum()) for row in forecast.classes]
        for label in forecast.classes
    }
    return pd.DataFrame({"actual": [str(label) for label in forecast.classes], **counts})


def _by_prediction(forecast: Forecast, y_test: "pd.Series[Any]") -> pd.DataFrame:
    order = np.argsort(forecast.labels, kind="stable")
    groups = [group for group in np.array_split(order, GROUPS) if len(group)]
    actual = y_test.to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "group": range(1, len(groups) + 1),
            "rows": [len(group) for group in groups],
            "predicted_mean": [float(forecast.labels[group].mean()) for group in groups],
            "actual_mean": [float(actual[group].mean()) for group in groups],
        }
    )
