"""What UNLOAD wrote, as the Parquet files of a result: typed as if they had come over the wire, several at a time."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from kaiseki.warehouses.parquet_results import Written, write_parquet
from kaiseki.warehouses.redshift.results import too_wide
from kaiseki.warehouses.redshift.staging import StagedFile, Staging, StagingFailed
from kaiseki.warehouses.redshift.values import ResultColumn

_AT_ONCE = 4  # files; memory is that of so many batches
_BATCH = 16_384  # rows


class TooLate(Exception):
    """The time of the query is over."""


class _Part:
    """The rows of one file as `write_parquet` reads them. Stops with TooLate after `ends`, of time.monotonic()."""

    def __init__(self, path: Path, columns: Sequence[ResultColumn], ends: float) -> None:
        self._path, self._columns, self._ends = path, columns, ends
        self.schema = pa.schema([(f"c{n}", column.arrow) for n, column in enumerate(columns)])

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(self._path, coerce_int96_timestamp_unit="us") as file:
            if file.schema_arrow.names != self.schema.names:
                raise StagingFailed("UNLOAD wrote other columns than the cursor described")
            for batch in file.iter_batches(_BATCH):
                if time.monotonic() > self._ends:
                    raise TooLate
                arrays = [c.of_unloaded(values) for c, values in zip(self._columns, batch.columns, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, schema=self.schema)


def write_parts(
    staging: Staging,
    files: Sequence[StagedFile],
    columns: Sequence[ResultColumn],
    folder: Path,
    row_cap: int,
    ends: float,
) -> tuple[Written, frozenset[int]]:
    """Brings `files` here and writes their first `row_cap` rows to `part-*.parquet` in `folder`, which it makes.

    With the rows come the columns of whole NUMERICs that do not fit into 64 bits. Raises Refusal, StagingFailed,
    TooLate and OSError.
    """
    folder.mkdir()
    firsts = [0, *accumulate(file.rows for file in files)]
    kept = [
        (file, min(file.rows, row_cap - first))
        for file, first in zip(files, firsts, strict=False)
        if first < row_cap or not first
    ]
    came = [folder / f".staged-{n}" for n in range(len(kept))]
    names = [column.name for column in columns]

    def bring(n: int) -> set[int]:
        if time.monotonic() > ends:
            raise TooLate
        staging.fetch(kept[n][0], came[n])
        wide: set[int] = set()
        if any(pa.types.is_decimal(c.arrow) and not c.arrow.scale for c in columns):
            for batch in _Part(came[n], columns, ends):
                wide |= too_wide(batch)
        return wide

    def convert(n: int) -> Written:
        file, rows = kept[n]
        into = folder / f"part-{n:05d}.parquet"
        written = write_parquet(_Part(came[n], columns, ends), names, into, rows, set(wide))
        if written.rows != rows or written.truncated != (rows < file.rows):
            raise StagingFailed(f"{file.key} holds other than the {file.rows:,} rows of the manifest")
        came[n].unlink()
        return written

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="unloaded") as pool:
        try:
            wide = frozenset[int]().union(*pool.map(bring, range(len(kept))))
            parts = list(pool.map(convert, range(len(kept))))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return _together(parts, truncated=firsts[-1] > row_cap), wide


def _together(parts: Sequence[Written], truncated: bool) -> Written:
    digest = hashlib.sha256("".join(part.sha256 for part in parts).encode()).hexdigest()
    return Written(sum(p.rows for p in parts), truncated, sum(p.bytes for p in parts), digest)
