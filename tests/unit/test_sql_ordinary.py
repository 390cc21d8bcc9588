"""No query that an analyst would write is refused: those in tests/sql/ordinary are admitted, and run on DuckDB."""

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

sys.path.append(str(Path(__file__).parent.parent))

from kaiseki.warehouses.duckdb.warehouse import DuckDBWarehouse
from sql.paragraphs import HERE, Paragraph, paragraphs, statements


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBWarehouse]:
    file = tmp_path_factory.mktemp("ordinary") / "shop.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute((HERE / "shop.sql").read_text(encoding="utf-8"))
    opened = DuckDBWarehouse.open(file, now=datetime(2024, 12, 31, 9), threads=1)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rows")


@pytest.mark.parametrize("paragraph", paragraphs("ordinary"), ids=str)
def test_an_ordinary_query_is_admitted_and_runs(warehouse: DuckDBWarehouse, paragraph: Paragraph, folder: Path) -> None:
    query = warehouse.run("q", paragraph.sql, folder / "q.parquet", 1000)
    assert query.failure is None, query.failure
    assert query.columns


def test_there_are_two_hundred_of_them_and_each_but_once() -> None:
    assert len(set(statements("ordinary"))) == len(statements("ordinary")) >= 200
