"""Tables for the report."""

from typing import Any

import pandas as pd

from kaiseki_kit.notebook import show_object
from kaiseki_kit.recording import check_names, check_text, file_in, outbox, record
from kaiseki_kit.values import Json

MOST_ROWS = 10_000


def table(name: str, df: "pd.DataFrame | pd.Series[Any]", title: str) -> None:
    """Writes `tables/<name>.csv`: UTF-8, at most 10,000 rows, with the index where it says something.

    The record's value is {"rows", "columns", "rows_written"}. Raises TypeError for what is no frame or series.
    """
    frame = _as_frame(name, df)
    check_text("table", name, "title", title)
    check_names("table", name)
    write_table(name, frame, title)


def write_table(name: str, frame: pd.DataFrame, title: str) -> None:
    """As `table`, for a name that is known to be free."""
    folder = outbox()
    if folder is None:
        show_object(frame, title)
        return
    path = f"tables/{name}.csv"
    frame = _with_telling_index(frame)
    frame.columns = [_column_name(column) for column in frame.columns]
    written = frame.head(MOST_ROWS)
    written.to_csv(file_in(folder, path), index=False, encoding="utf-8", lineterminator="\n")
    described: dict[str, Json] = {"rows": len(frame), "columns": list(frame.columns), "rows_written": len(written)}
    record("table", name, described, title=title, files=[path])


def _as_frame(name: str, df: object) -> pd.DataFrame:
    if isinstance(df, pd.Series):
        return df.to_frame(name=df.name if df.name is not None else "value")
    if isinstance(df, pd.DataFrame):
        return df
    raise TypeError(f"table {name!r} needs a pandas DataFrame or Series, not a {type(df).__name__}")


def _with_telling_index(frame: pd.DataFrame) -> pd.DataFrame:
    """Row numbers are dropped; names of rows, such as those of `describe()`, become columns."""
    index = frame.index
    named = any(name is not None for name in index.names)
    if not named and pd.api.types.is_integer_dtype(index.dtype):
        return frame.copy()
    labels = index.to_frame(index=False)
    labels.columns = pd.Index([name if name is not None else "" for name in index.names])
    return pd.concat([labels, frame.set_axis(range(len(frame)), axis="index")], axis="columns")


def _column_name(column: object) -> str:
    if isinstance(column, tuple):
        return " / ".join(str(part) for part in column if str(part))
    return str(column)
