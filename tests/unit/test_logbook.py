"""A run as it grows, on a disk that takes no more."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kaiseki.agent.journal import Journal
from kaiseki.agent.meter import Meter
from kaiseki.errors import StoreError
from kaiseki.lifecycle import Status
from kaiseki.logbook import Logbook
from kaiseki.models import Budget, Request, Run
from kaiseki.stores.folder import FolderStore

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.fixture
def logbook(tmp_path: Path) -> Logbook:
    store = FolderStore(tmp_path)
    store.create(Request(run_id="one", prompt="How many?", created_at=NOW))
    run = Run(id="one", prompt="How many?", status=Status.RUNNING, created_at=NOW)
    return Logbook(run, store.workspace("one"), store, Journal(), Meter(Budget()), ())


def test_a_trace_that_cannot_be_written_is_told_in_a_line(logbook: Logbook, tmp_path: Path) -> None:
    (tmp_path / "runs" / "one" / "trace.jsonl").mkdir()  # whoever runs this, nothing can be written there
    with pytest.raises(StoreError, match="runs/one cannot be written: is a directory"):
        logbook.phase("reading the schema")


def test_a_report_that_cannot_be_written_is_told_in_a_line(logbook: Logbook, tmp_path: Path) -> None:
    def write(run: Run) -> Run:
        (tmp_path / "missing" / "report.html").write_text("")
        return run

    with pytest.raises(StoreError, match="no such file"):
        logbook.end(write, status=Status.SUCCEEDED)
