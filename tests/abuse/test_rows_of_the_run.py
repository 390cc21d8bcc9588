"""The rows that a run has queried: no step may put others in their place by what it leaves in its outbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kaiseki.agent.protocol import QueryDraft, Reply
from kaiseki.agent.workbench import Workbench
from kaiseki.models import Budget, Event
from kaiseki.sandbox.local import LocalSandbox
from kaiseki.warehouses.duckdb.warehouse import DuckDBWarehouse

QUERY = QueryDraft(name="sales", sql="SELECT amount AS amount FROM sales")
FORGED = "pd.DataFrame({'amount': [1_000_000]})"
# Each is a step that leaves in its outbox what has the name of something of the host's.
FORGERIES = {
    "rows": f"os.makedirs(OUT + '/data'); {FORGED}.to_parquet(OUT + '/data/sales.parquet')",
    "rows-in-parts": (f"os.makedirs(OUT + '/data/sales'); {FORGED}.to_parquet(OUT + '/data/sales/part-00000.parquet')"),
    "rows-of-a-later-query": f"os.makedirs(OUT + '/data'); {FORGED}.to_parquet(OUT + '/data/later.parquet')",
    "statements": "os.makedirs(OUT + '/queries'); open(OUT + '/queries/sales.sql', 'w').write('SELECT 1')",
    "the-run-itself": "open(OUT + '/run.json', 'w').write('{}')",
    "a-report": "open(OUT + '/report.html', 'w').write('<script>1</script>')",
    "the-kit": "os.makedirs(OUT + '/kaiseki_kit'); open(OUT + '/kaiseki_kit/__init__.py', 'w').write('1')",
    "an-attachment": "os.makedirs(OUT + '/attachments'); open(OUT + '/attachments/x.csv', 'w').write('x')",
    "a-file-for-a-folder": "open(OUT + '/tables', 'w').write('x')",
}


def _nobody(_: Event) -> None:
    """Nobody follows."""


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBWarehouse]:
    folder = tmp_path_factory.mktemp("warehouse")
    (folder / "sales.csv").write_text("amount\n1\n2\n")
    opened = DuckDBWarehouse.open(folder)
    yield opened
    opened.close()


@pytest.mark.parametrize("code", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_step_brings_no_rows_and_no_files_of_the_host(
    sandbox: LocalSandbox, warehouse: DuckDBWarehouse, public_folder: Path, code: str
) -> None:
    hostile = f"import os\nOUT = os.environ['KAISEKI_OUTBOX']\nload('sales')\n{code}"
    later = Reply(purpose="", code="fact('total', int(load('sales')['amount'].sum()))")
    with Workbench(warehouse, sandbox, public_folder, Budget(), 60.0, _nobody) as bench:
        assert bench.attempt(1, Reply(purpose="", queries=(QUERY,), code=hostile), 60.0).failure is None
        there = {str(path.relative_to(public_folder)) for path in public_folder.rglob("*")}
        assert there == {"data", "data/sales.parquet"}
        assert bench.attempt(2, later, 60.0).failure is None
        assert bench.facts["total"].value == 3


def test_what_the_kit_makes_is_taken(sandbox: LocalSandbox, warehouse: DuckDBWarehouse, public_folder: Path) -> None:
    with Workbench(warehouse, sandbox, public_folder, Budget(), 60.0, _nobody) as bench:
        reply = Reply(purpose="", queries=(QUERY,), code="table('all', load('sales'), 'All sales')")
        assert bench.attempt(1, reply, 60.0).failure is None
        assert (public_folder / "tables" / "all.csv").exists()
