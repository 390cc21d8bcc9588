"""What a run put beside its words: charts, tables and models, read from the files of its bundle."""

import base64
import csv
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pydantic import JsonValue

from kaiseki.cells import column, is_number, long_cells
from kaiseki.models import Record, Run
from kaiseki.report.files import is_regular_file

ROWS_SHOWN = 20
COLUMNS_SHOWN = 24
TABLES_OF_A_MODEL = ("leakage", "importance", "confusion", "deciles")  # the kit's own, named `<model>_<table>`
_LARGEST_FIGURE = 3_000_000  # bytes; a page with ten of them still opens on a phone
_FIGURE_TYPES = ((".svg", "image/svg+xml"), (".png", "image/png"))


@dataclass(frozen=True)
class Chart:
    """`source` is a data: URI for an <img>, in which an SVG runs no script and loads nothing; None if too large."""

    name: str
    title: str
    path: str
    source: str | None


@dataclass(frozen=True)
class ShownTable:
    """The first rows of a CSV file. `numeric` has one entry per shown column; `problem` says why there are no rows."""

    name: str
    title: str
    path: str
    columns: tuple[str, ...] = ()
    numeric: tuple[bool, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    total_rows: int = 0  # as the table had them; the file may hold fewer
    columns_left_out: int = 0
    problem: str = ""


@dataclass(frozen=True)
class FittedModel:
    """One call of `model()`: the headline in `score` and `baseline` (None if not recorded), the rest by name."""

    name: str
    title: str
    metric: str
    score: JsonValue
    baseline: JsonValue
    suspects: tuple[str, ...]
    features: tuple[str, ...]
    further: tuple[tuple[str, JsonValue], ...]


def accepted_records(run: Run, kind: str) -> dict[str, Record]:
    """The last record of each name, in the order of their first. What only a failed attempt left is not among them."""
    executions = [step.execution for step in run.accepted_steps if step.execution]
    return {record.name: record for execution in executions for record in execution.records if record.kind == kind}


# ── charts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def charts(run: Run, bundle: Path) -> tuple[Chart, ...]:
    made = (_chart(record, bundle / "figures") for record in accepted_records(run, "chart").values())
    return tuple(chart for chart in made if chart is not None)


def _chart(record: Record, folder: Path) -> Chart | None:
    """The first form of the figure that is small enough; None if the bundle has none at all."""
    title = record.title or record.name
    found = None
    for suffix, media_type in _FIGURE_TYPES:
        path = folder / f"{record.name}{suffix}"
        if not is_regular_file(path):
            continue
        found = f"figures/{path.name}"
        if path.stat().st_size <= _LARGEST_FIGURE:
            encoded = base64.b64encode(path.read_bytes()).decode("ascii")
            return Chart(record.name, title, found, f"data:{media_type};base64,{encoded}")
    return Chart(record.name, title, found, None) if found else None


# ── tables ────────────────────────────────────────────────────────────────────────────────────────────────────────


def tables(run: Run, bundle: Path) -> tuple[ShownTable, ...]:
    files = ((record, bundle / "tables" / f"{record.name}.csv") for record in accepted_records(run, "table").values())
    return tuple(_table(record, path) for record, path in files if is_regular_file(path))


def _table(record: Record, path: Path) -> ShownTable:
    name, title, shown_path = record.name, record.title or record.name, f"tables/{path.name}"
    try:
        with long_cells(), path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            reader = csv.reader(file)
            header = next(reader, [])
            first = list(islice(reader, ROWS_SHOWN))
            total = len(first) + sum(1 for _ in reader)
    except (OSError, csv.Error) as error:
        return ShownTable(name, title, shown_path, problem=str(error))
    width = min(len(header), COLUMNS_SHOWN)
    filled = [row[:width] + [""] * (width - len(row)) for row in first]
    columns = [list(cells) for cells in zip(*filled, strict=True)] or [[] for _ in range(width)]
    return ShownTable(
        name=name,
        title=title,
        path=shown_path,
        columns=tuple(header[:width]),
        numeric=tuple(_is_numeric(cells) for cells in columns),
        rows=tuple(zip(*map(column, columns), strict=True)),
        total_rows=max(total, _rows_before_cut(record)),
        columns_left_out=len(header) - width,
    )


def _rows_before_cut(record: Record) -> int:
    rows = record.value.get("rows") if isinstance(record.value, dict) else None
    return rows if isinstance(rows, int) else 0


def _is_numeric(values: list[str]) -> bool:
    filled = [value for value in values if value.strip()]
    return bool(filled) and all(is_number(value) for value in filled)


# ── models ────────────────────────────────────────────────────────────────────────────────────────────────────────


def models(run: Run) -> tuple[FittedModel, ...]:
    return tuple(_model(record) for record in accepted_records(run, "model").values())


def _model(record: Record) -> FittedModel:
    values = dict(record.value) if isinstance(record.value, dict) else {"": record.value}
    further = values.pop("measures", None)
    return FittedModel(
        name=record.name,
        title=record.title or record.name,
        metric=str(values.pop("metric", "")),
        score=values.pop("score", None),
        baseline=values.pop("baseline", None),
        suspects=_names(values.pop("suspects", None)),
        features=_names(values.pop("features", None)),
        further=(*values.items(), *(further.items() if isinstance(further, dict) else ())),
    )


def _names(value: JsonValue) -> tuple[str, ...]:
    return tuple(str(name) for name in value) if isinstance(value, list) else ()
