"""Which columns of a result the model is shown by their form alone, and errors without the values that they quote."""

import re
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq

from kaiseki.data_files import data_files
from kaiseki.models import Failure
from kaiseki.personal.values import kind_by_values, shape_of
from kaiseki.warehouses.sql.descent import Mark

_LOOKED_AT = 200  # rows of a result
_QUOTED = re.compile(r"'[^'\n]+'|\"[^\"\n]+\"")
_QUOTING_VALUES = ("InvalidValue", "NumericOverflow", "QueryError")


def veiled_columns(columns: tuple[tuple[str, str], ...], marks: Mapping[str, Mark], rows: Path) -> tuple[str, ...]:
    """Those that descend from personal columns, and texts of other descent whose values look personal.

    `columns`: name and type of each; `rows`: where they were written.
    """
    unknown = [name for name, type_ in columns if type_.startswith("VARCHAR") and not marks.get(name)]
    looking = {name for name, values in _first_values(unknown, rows).items() if kind_by_values(values, name)}
    return tuple(name for name, _ in columns if marks.get(name) is Mark.PERSONAL or name in looking)


def without_values(failure: Failure, sql: str) -> Failure:
    """The error of a cast with the form of the value that it could not read; what stands in `sql` is known anyway."""
    if failure.type not in _QUOTING_VALUES:
        return failure

    def veiled(quote: re.Match[str]) -> str:
        mark, text = quote[0][0], quote[0][1:-1]
        return quote[0] if text in sql else f"{mark}{shape_of(text)}{mark}"

    return failure.model_copy(update={"message": _QUOTED.sub(veiled, failure.message)})


def _first_values(names: list[str], rows: Path) -> dict[str, list[str]]:
    files = data_files(rows)
    if not names or not files:
        return {}
    batch = next(pq.ParquetFile(files[0]).iter_batches(_LOOKED_AT, columns=names), None)
    if batch is None:
        return {}
    return {name: [str(value) for value in batch[name].to_pylist() if value is not None] for name in names}
