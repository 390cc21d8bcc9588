"""The rows that the queries brought, by the query's name."""

import difflib
import os
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from kaiseki_kit.recording import record


class UnknownData(KeyError):
    """There is no data of that name."""

    def __str__(self) -> str:  # KeyError would show the sentence in quotes
        return str(self.args[0])


def load(name: str) -> pd.DataFrame:
    """A fresh frame of the rows of query `name`. Raises UnknownData.

    Types are those of the Parquet file, but for decimals: they become float64, because scipy and scikit-learn take no
    Decimal objects.
    """
    available = _available()
    if name not in available:
        raise UnknownData(_unknown(name, sorted(available)))
    rows = parquet.ParquetDataset([str(file) for file in available[name]], partitioning=None).read()
    frame: pd.DataFrame = rows.cast(_without_decimals(rows.schema)).to_pandas()
    record("load", name, [[str(column), str(dtype)] for column, dtype in frame.dtypes.items()])
    return frame


def _without_decimals(schema: pa.Schema) -> pa.Schema:
    decimal = pa.types.is_decimal
    return pa.schema([each.with_type(pa.float64()) if decimal(each.type) else each for each in schema], schema.metadata)


def _folder() -> Path:
    configured = os.environ.get("KAISEKI_DATA")
    return Path(configured) if configured else Path(__file__).resolve().parent.parent / "data"


def _available() -> dict[str, list[Path]]:
    folder = _folder()
    files = {file.stem: [file] for file in folder.glob("*.parquet") if file.is_file()}
    for part in sorted(folder.glob("*/part-*.parquet")):
        files.setdefault(part.parent.name, []).append(part)
    return files


def _unknown(name: str, available: list[str]) -> str:
    if not available:
        return f"there is no data named {name!r}: no query has left rows in {_folder()}"
    nearest = difflib.get_close_matches(str(name), available, n=1, cutoff=0.5)
    suggestion = f"; the nearest is {nearest[0]!r}" if nearest else ""
    return f"there is no data named {name!r}; there is: {', '.join(available)}{suggestion}"
