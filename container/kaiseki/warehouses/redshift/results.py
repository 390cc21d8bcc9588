"""Rows from Redshift to a Parquet file: fetched by a cursor in batches, set down on disk, then written; memory is flat.

They are set down first because only the last row tells whether a column of whole NUMERICs fits into 64 bits, and
because nothing of a result whose connection broke may be left."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from kaiseki.errors import WarehouseError
from kaiseki.warehouses.parquet_results import Written, write_parquet
from kaiseki.warehouses.redshift.connection import Connection, ConnectionLost, ServerError
from kaiseki.warehouses.redshift.values import ResultColumn, result_column
from kaiseki.warehouses.redshift.wire import columns_of
from kaiseki.warehouses.refusal import Refusal

FETCH_ROWS = 10_000
SINGLE_NODE_ROWS = 1_000  # what a cluster of one node gives at most by one FETCH
_SINGLE_NODE = "single node"
_CURSOR = "kaiseki_rows"
DISK_HINT = "Free space, or choose another folder."
_LEAST, _MOST = -(2**63), 2**63 - 1


class HalfRead(Exception):
    """The connection broke after `rows` rows had come."""

    def __init__(self, rows: int, said: str) -> None:
        super().__init__(said)
        self.rows = rows


@dataclass(frozen=True)
class Fetched:
    """The rows as they lie on disk. `wide`: the columns of whole NUMERICs that do not fit into 64 bits."""

    columns: tuple[ResultColumn, ...]
    wide: frozenset[int]
    rows: int

    @property
    def described(self) -> tuple[tuple[str, str], ...]:
        return tuple(
            (c.name, "BIGINT" if pa.types.is_decimal(c.arrow) and not c.arrow.scale and n not in self.wide else c.type)
            for n, c in enumerate(self.columns)
        )


def fetch(connection: Connection, sql: str, names: list[str], into: Path, most: int, fetch_rows: int) -> Fetched:
    """Reads at most `most` rows of `sql` in a read-only transaction and sets them down in `into`.

    Raises Refusal, ServerError, ConnectionLost before any row has come and HalfRead after.
    """
    connection.execute("BEGIN READ ONLY")
    try:
        fetched = _fetch(connection, sql, names, into, most, fetch_rows)
    except (ServerError, Refusal):  # not after Ctrl-C: amid a statement the connection takes no other
        _roll_back(connection)
        raise
    except OSError as error:
        _roll_back(connection)
        raise WarehouseError(f"the rows cannot be set down: {error.strerror or error}", DISK_HINT) from error
    _roll_back(connection)
    return fetched


def _roll_back(connection: Connection) -> None:
    with suppress(ServerError, ConnectionLost):  # nothing was written; a broken connection is replaced when next used
        connection.execute("ROLLBACK")


def _fetch(connection: Connection, sql: str, names: list[str], into: Path, most: int, fetch_rows: int) -> Fetched:
    connection.execute(f"DECLARE {_CURSOR} CURSOR FOR\n{sql}")
    answer = connection.fetch(_next(min(fetch_rows, most)))
    if len(answer.columns) != len(names):
        message = f"the result has {len(answer.columns)} columns where the catalog knows {len(names)}"
        raise Refusal("SchemaChanged", message, hint="A table was changed meanwhile: name the columns instead of *.")
    columns = tuple(result_column(c, name) for c, name in zip(answer.columns, names, strict=True))
    schema = pa.schema([(f"c{n}", c.arrow) for n, c in enumerate(columns)])
    wide: set[int] = set()
    rows = 0
    with pa.OSFile(str(into), "wb") as file, pa.ipc.new_file(file, schema, options=_COMPRESSED) as writer:
        while answer.rows:
            batch = _batch(answer.rows, columns, schema)
            wide |= too_wide(batch)
            writer.write_batch(batch)
            rows += batch.num_rows
            if batch.num_rows < fetch_rows or rows >= most:
                break
            try:
                answer = connection.fetch(_next(min(fetch_rows, most - rows)))
            except ConnectionLost as error:
                raise HalfRead(rows, str(error)) from error
    return Fetched(columns, frozenset(wide), rows)


_COMPRESSED = pa.ipc.IpcWriteOptions(compression="lz4")


def _next(rows: int) -> str:
    return f"FETCH FORWARD {rows:d} FROM {_CURSOR}"


def _batch(rows: list[bytes], columns: tuple[ResultColumn, ...], schema: pa.Schema) -> pa.RecordBatch:
    came = columns_of(rows, len(columns))
    arrays = [column.array(values) for column, values in zip(columns, came, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def too_wide(batch: pa.RecordBatch) -> set[int]:
    found = set()
    for position, values in enumerate(batch.columns):
        if pa.types.is_decimal(values.type) and values.type.scale == 0:
            ends = pc.min_max(values).as_py()
            if ends["min"] is not None and not (ends["min"] >= _LEAST and ends["max"] <= _MOST):
                found.add(position)
    return found


def write(fetched: Fetched, rows: Path, into: Path, row_cap: int) -> Written:
    """Writes what `fetch` set down in `rows`. Raises WarehouseError where the disk takes no more."""
    partial = into.with_name(into.name + ".part")
    try:
        with pa.OSFile(str(rows), "rb") as file, pa.ipc.open_file(file) as reader:
            names = [c.name for c in fetched.columns]
            written = write_parquet(_Batches(reader), names, partial, row_cap, set(fetched.wide))
        partial.replace(into)
        return written
    except OSError as error:
        raise WarehouseError(f"{into.name} cannot be written: {error.strerror or error}", DISK_HINT) from error
    finally:
        partial.unlink(missing_ok=True)


class _Batches:
    """The batches of an Arrow file one after another, as `write_parquet` reads them."""

    def __init__(self, file: "pa.ipc.RecordBatchFileReader") -> None:
        self._file = file
        self.schema = file.schema

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for position in range(self._file.num_record_batches):
            yield self._file.get_batch(position)
