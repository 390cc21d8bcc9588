"""UNLOAD: Parquet files and a manifest in a bucket, written by several slices or one after another by one of them."""

import io
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from redshift_server.errors import ServerError

SLICES = 3
FORM = (
    r"unload\s*\(\$\$(.*)\$\$\)\s+to '(s3://[^']+)' iam_role '([^']+)' format parquet manifest verbose encrypted auto"
    r" parallel (on|off) maxfilesize \d+ mb"
)


@dataclass
class Destination:
    """What UNLOAD may write to: by which role, below which prefix, and how many rows a file takes."""

    client: Any
    role: str
    below: str
    rows_per_file: int = 5_000
    hold: bool = False  # files are written, and the statement never ends by itself

    def require(self, role: str, to: str) -> None:
        """Raises ServerError, worded as Redshift does."""
        if role != self.role:
            raise ServerError("XX000", f"User arn:aws:redshift:... is not authorized to assume IAM Role {role}")
        if not to.startswith(self.below):
            raise ServerError("XX000", "S3ServiceException:Access Denied,Status 403,Error AccessDenied")
        bucket, prefix = _split(to)
        if self.client.list_objects_v2(Bucket=bucket, Prefix=prefix).get("KeyCount"):
            raise ServerError("XX000", "Specified unload destination on S3 is not empty.")

    def write(self, batches: Iterator[pa.RecordBatch], schema: pa.Schema, to: str, ordered: bool) -> None:
        entries, written = [], 0
        for name, table in _files(batches, schema, self.rows_per_file, ordered):
            buffer = io.BytesIO()
            pq.write_table(table, buffer)
            entries.append(self._put(to + name, buffer.getvalue(), table.num_rows))
            written += table.num_rows
        entries.sort(key=lambda entry: str(entry["url"]))
        whole = {"content_length": sum(e["meta"]["content_length"] for e in entries), "record_count": written}
        manifest = {"entries": entries, "schema": {"elements": []}, "meta": whole}
        self._put(to + "manifest", json.dumps(manifest).encode(), 0)

    def _put(self, url: str, body: bytes, rows: int) -> dict[str, Any]:
        bucket, key = _split(url)
        self.client.put_object(Bucket=bucket, Key=key, Body=body)
        return {"url": url, "meta": {"content_length": len(body), "record_count": rows}}


def _files(
    batches: Iterator[pa.RecordBatch], schema: pa.Schema, rows_per_file: int, ordered: bool
) -> Iterator[tuple[str, pa.Table]]:
    """Without an order the slices take turns, so that nobody finds rows in the order that they happened to have."""
    parts = itertools.count()
    for table in _sized(batches, schema, rows_per_file):
        part = next(parts)
        name = f"{part:03d}.parquet" if ordered else f"{part % SLICES:04d}_part_{part // SLICES:02d}.parquet"
        yield name, table


def _sized(batches: Iterator[pa.RecordBatch], schema: pa.Schema, rows: int) -> Iterator[pa.Table]:
    waiting = pa.Table.from_batches([], schema)
    for batch in batches:
        waiting = pa.concat_tables([waiting, pa.Table.from_batches([batch])])
        while waiting.num_rows >= rows:
            yield waiting.slice(0, rows)
            waiting = waiting.slice(rows)
    yield waiting


def require_no_outer_limit(select: str) -> None:
    """Raises ServerError."""
    without_subqueries = re.sub(r"\((?:[^()]|\([^()]*\))*\)", "", select)
    while without_subqueries != select:
        select, without_subqueries = without_subqueries, re.sub(r"\([^()]*\)", "", without_subqueries)
    if re.search(r"\blimit\b", select, re.IGNORECASE):
        raise ServerError("0A000", "Limit clause is not supported")


def _split(url: str) -> tuple[str, str]:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return bucket, key
