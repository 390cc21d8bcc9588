"""One query from its text to the `Query` that tells of it: admitted, run, and a refusal turned into a value."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kaiseki.models import Query
from kaiseki.warehouses.parquet_results import Written
from kaiseki.warehouses.refusal import Refusal
from kaiseki.warehouses.sql.descent import Mark
from kaiseki.warehouses.sql.guard import Statement
from kaiseki.warehouses.veiling import veiled_columns, without_values


@dataclass(frozen=True)
class Prepared:
    """A statement that may run, and the SQL that this warehouse runs for it.

    `marks`: which columns of the result are personal; `discreet`: whether any column that the statement names is.
    """

    statement: Statement
    sql: str
    warnings: tuple[str, ...]
    marks: Mapping[str, Mark]
    discreet: bool

    @property
    def names(self) -> list[str]:
        """Of the columns."""
        return [name for name, _ in self.statement.columns]


@dataclass(frozen=True)
class Result:
    """`columns`: name and Redshift's type of each; `warnings`: of the run itself."""

    columns: tuple[tuple[str, str], ...]
    written: Written
    warnings: tuple[str, ...] = ()


def run_query(
    name: str, sql: str, into: Path, prepare: Callable[[str], Prepared], execute: Callable[[Prepared], Result]
) -> Query:
    """Both steps may raise Refusal, which comes back as `Query.failure`; what else they raise goes on.

    `into` is where the second writes the rows.
    """
    started = time.monotonic()
    executed, discreet = "", False
    try:
        prepared = prepare(sql)
        discreet = prepared.discreet
        executed = prepared.sql
        result = execute(prepared)
    except Refusal as refusal:
        seconds = time.monotonic() - started
        failure = refusal.as_failure(name)
        failure = without_values(failure, sql) if discreet else failure
        return Query(name=name, sql=sql, executed_sql=executed, seconds=seconds, failure=failure)
    return Query(
        name=name,
        sql=sql,
        executed_sql=executed,
        sha256=result.written.sha256,
        rows=result.written.rows,
        bytes=result.written.bytes,
        seconds=time.monotonic() - started,
        truncated=result.written.truncated,
        columns=result.columns,
        veiled=veiled_columns(result.columns, prepared.marks, into),
        warnings=(*prepared.warnings, *result.warnings),
    )
