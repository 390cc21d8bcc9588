"""The rows that the queries brought, by the query's name."""

import difflib
import os
from pathlib import Path

import pandas as pd
from pyarrow import parquet

from kaiseki_kit.recording import record


class UnknownData(KeyError):
    """There is no data of that name."""

    def __str__(self) -> str:  # KeyError would show the sentence in quotes
        return str(self.args[0])


def load(name: str) -> pd.DataFrame:
    """A fresh frame of the rows of query `name`, with the types the Parquet file has. Raises UnknownData."""
    available = _available()
    if name not in available:
        raise UnknownData(_unknown(name, sorted(available)))
    frame: pd.DataFrame = (
        parquet.ParquetDataset([str(file) for file in available[name]], partitioning=None).read().to_pandas()
    )
    record("load", name, [[str(column), str(dtype)] for column, dtype in frame.dtypes.items()])
    return frame


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
