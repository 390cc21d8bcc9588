"""Features and targets in the forms that estimators take, as pandas objects."""

import decimal
from typing import Any

import numpy as np
import pandas as pd


def as_frame(features: Any, estimator: object = None) -> pd.DataFrame:
    """DataFrames as they are; arrays, sparse matrices and lists with the names the estimator was fitted with."""
    if isinstance(features, pd.DataFrame):
        return features
    if isinstance(features, pd.Series):
        return features.to_frame()
    if hasattr(features, "tocsc"):
        frame = _from_sparse(features)
    else:
        values = np.asarray(features)
        if values.ndim == 1:
            values = values.reshape(-1, 1)
        if values.ndim != 2:
            raise ValueError(f"features have {values.ndim} dimensions: give a table of rows and columns")
        frame = pd.DataFrame(values)
    names = [str(name) for name in getattr(estimator, "feature_names_in_", ())]
    if len(names) != frame.shape[1]:
        names = [f"x{position}" for position in range(frame.shape[1])]
    return frame.set_axis(names, axis="columns")


def _from_sparse(matrix: Any) -> pd.DataFrame:
    accessor: Any = pd.DataFrame.sparse
    frame: pd.DataFrame = accessor.from_spmatrix(matrix)
    return frame


def as_target(target: Any, where: str) -> "pd.Series[Any]":
    """One column without gaps. Raises ValueError naming `where` for several columns or missing values."""
    if isinstance(target, pd.DataFrame):
        if target.shape[1] != 1:
            raise ValueError(f"{where} has {target.shape[1]} columns: give the one that is predicted")
        target = target.iloc[:, 0]
    if not isinstance(target, pd.Series):
        values = target if isinstance(target, pd.Index | pd.Categorical) else np.asarray(target)
        target = pd.Series(values.ravel() if isinstance(values, np.ndarray) else values)
    return _checked(target, where)


def _checked(target: "pd.Series[Any]", where: str) -> "pd.Series[Any]":
    missing = int(target.isna().sum())
    if missing:
        raise ValueError(f"{where} is missing in {missing:,} of {len(target):,} rows: drop or fill them before the fit")
    if len(target) and target.map(lambda value: isinstance(value, decimal.Decimal)).all():
        target = target.astype(float)
    if pd.api.types.is_extension_array_dtype(target.dtype) and pd.api.types.is_numeric_dtype(target.dtype):
        target = target.astype(
            bool if pd.api.types.is_bool_dtype(target.dtype) else getattr(target.dtype, "numpy_dtype", float)
        )
    if pd.api.types.is_float_dtype(target.dtype) and not np.isfinite(target.to_numpy()).all():
        raise ValueError(f"{where} holds values that are not finite")
    return target


def feature_names(frame: pd.DataFrame) -> list[str]:
    return [" / ".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in frame.columns]
