"""Warehouses of DuckDB made for a test: a file from SQL, a folder from files, and the rows that a query gives."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import duckdb

from kaiseki.ports import Warehouse
from kaiseki.warehouses.duckdb.warehouse import DuckDBWarehouse
from kaiseki.warehouses.parquet_results import rows_as_json

NOW = datetime(2026, 11, 21, 10, 30)
Open = Callable[..., DuckDBWarehouse]


def file_from(sql: str, folder: Path) -> Path:
    file = folder / "shop.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(sql)
    return file


def folder_of(files: dict[str, str | bytes], path: Path) -> Path:
    """`files`: name -> text or bytes."""
    path.mkdir(exist_ok=True)
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@contextmanager
def folders_opened(source: Path) -> Iterator[Open]:
    """Opens `source`, made of the files that are given; all that was opened is closed at the end."""
    with ExitStack() as at_the_end:

        def opened(
            files: dict[str, str | bytes], attachments: tuple[Path, ...] = (), **options: object
        ) -> DuckDBWarehouse:
            warehouse = DuckDBWarehouse.open(folder_of(files, source), attachments, now=NOW, **options)  # type: ignore[arg-type]
            at_the_end.callback(warehouse.close)
            return warehouse

        yield opened


def rows(warehouse: Warehouse, sql: str, tmp_path: Path, cap: int = 1000) -> list[list[object]]:
    into = tmp_path / "rows.parquet"
    query = warehouse.run("q", sql, into, cap)
    assert query.failure is None, query.failure
    return rows_as_json(into)[1]
