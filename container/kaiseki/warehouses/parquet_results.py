"""Results of queries as Parquet files: written batch by batch with flat memory, the same bytes for the same rows."""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kaiseki.data_files import data_files

_ROW_GROUP = 65_536  # rows; fixed, since the bytes depend on it


@dataclass(frozen=True)
class Written:
    rows: int
    truncated: bool
    bytes: int
    sha256: str


class TooWide(Exception):
    """A whole number does not fit into 64 bits: the column of this position must stay NUMERIC."""

    def __init__(self, position: int) -> None:
        super().__init__(f"column {position}")
        self.position = position


def result_schema(source: pa.Schema, names: list[str], wide: set[int]) -> pa.Schema:
    """The Parquet schema for a result: named as Redshift names it, whole NUMERICs as int64 except those in `wide`."""
    fields = []
    for position, (name, found) in enumerate(zip(names, source, strict=True)):
        fields.append(pa.field(name, _stored(found.type, position in wide)))
    return pa.schema(fields)


def _stored(of: pa.DataType, wide: bool) -> pa.DataType:
    if pa.types.is_decimal(of) and of.scale == 0 and not wide:
        return pa.int64()
    if pa.types.is_dictionary(of):
        return pa.string()
    if pa.types.is_null(of):
        return pa.string()
    if pa.types.is_uint64(of):
        return pa.decimal128(20, 0) if wide else pa.int64()
    return of


def write_parquet(reader: pa.RecordBatchReader, names: list[str], into: Path, row_cap: int, wide: set[int]) -> Written:
    """Writes at most `row_cap` rows; `truncated` says that there were more. Raises TooWide."""
    schema = result_schema(reader.schema, names, wide)
    rows, truncated = 0, False
    with pq.ParquetWriter(into, schema, compression="zstd", version="2.6") as writer:
        for group in _row_groups(reader, schema):
            kept = group.slice(0, row_cap - rows)
            truncated = kept.num_rows < group.num_rows
            if kept.num_rows or not rows:
                writer.write_table(kept, row_group_size=_ROW_GROUP)
            rows += kept.num_rows
            if truncated:
                break
    with into.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Written(rows, truncated, into.stat().st_size, digest)


def _row_groups(reader: pa.RecordBatchReader, schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows in groups of fixed size: how DuckDB happens to cut its batches must not reach the file."""
    waiting: list[pa.Table] = []
    count = 0
    for batch in reader:
        waiting.append(_converted(batch, schema))
        count += batch.num_rows
        while count >= _ROW_GROUP:
            joined = pa.concat_tables(waiting).combine_chunks()
            yield joined.slice(0, _ROW_GROUP)
            rest = joined.slice(_ROW_GROUP)
            waiting, count = [rest], rest.num_rows
    if count or not waiting:
        yield pa.concat_tables(waiting).combine_chunks() if waiting else schema.empty_table()


def _converted(batch: pa.RecordBatch, schema: pa.Schema) -> pa.Table:
    columns = []
    for position, (column, field) in enumerate(zip(batch.columns, schema, strict=True)):
        try:
            columns.append(column if column.type == field.type else column.cast(field.type))
        except pa.ArrowInvalid as error:
            raise TooWide(position) from error
    return pa.Table.from_arrays(columns, schema=schema)


def rows_as_json(path: Path) -> tuple[list[str], list[list[Any]]]:
    """Columns and rows of what `run` wrote to `path`, as plain JSON values.

    Whole numbers, booleans, texts and finite floats stay what they are; dates and times become ISO 8601 text; NUMERIC
    becomes text, so that no digit is lost; NaN and the infinities become the texts "NaN", "Infinity" and "-Infinity",
    which JSON has no numbers for; bytes become hexadecimal text.
    """
    table = pa.concat_tables([pq.read_table(file) for file in data_files(path)])
    columns = [[_plain(value) for value in column.to_pylist()] for column in table.columns]
    return list(table.column_names), [list(row) for row in zip(*columns, strict=True)]


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return value
