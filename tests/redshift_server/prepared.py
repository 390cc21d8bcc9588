"""What a statement is before it runs: its columns, how its rows come, and what is left of an open cursor."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from redshift_server.columns import Column, column_of


@dataclass(frozen=True)
class Prepared:
    """`columns` is None for a statement without rows; `run` gives the rows, `tag` names what was done."""

    columns: tuple[Column, ...] | None
    run: Callable[[], Iterator[pa.RecordBatch]]
    tag: str


@dataclass
class Declared:
    duck: duckdb.DuckDBPyConnection
    columns: tuple[Column, ...]
    batches: Iterator[pa.RecordBatch]
    waiting: pa.RecordBatch | None = None


def columns_of(duck: duckdb.DuckDBPyConnection, sql: str, names: list[str] | None) -> tuple[Column, ...]:
    described = duck.execute(f"DESCRIBE {sql}").fetchall()
    found = names or [row[0] for row in described]
    return tuple(column_of(name, row[1]) for name, row in zip(found, described, strict=True))


def one_value(name: str, value: Callable[[], int]) -> Prepared:
    def run() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({name: pa.array([value()], pa.int32())})

    return Prepared((column_of(name, "INTEGER"),), run, "SELECT")


def answer(batch: pa.RecordBatch) -> Prepared:
    kinds = ("VARCHAR" if pa.types.is_string(column.type) else "INTEGER" for column in batch.columns)
    columns = tuple(column_of(name, kind) for name, kind in zip(batch.schema.names, kinds, strict=True))
    return Prepared(columns, lambda: iter([batch]), "SELECT")


def taken(declared: Declared, count: int) -> Iterator[pa.RecordBatch]:
    while count:
        batch = declared.waiting or next(declared.batches, None)
        if batch is None:
            return
        part = batch.slice(0, count)
        declared.waiting = batch.slice(count) if batch.num_rows > count else None
        count -= part.num_rows
        yield part
