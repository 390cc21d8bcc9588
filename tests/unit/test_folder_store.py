from datetime import UTC, datetime

import pytest

from kaiseki.errors import InputError, StoreError, UnknownRun
from kaiseki.lifecycle import Status
from kaiseki.models import Request, Run
from kaiseki.run_id import new_run_id
from kaiseki.stores.folder import FolderStore

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def request(run_id: str) -> Request:
    return Request(run_id=run_id, prompt="How many?", created_at=NOW)


def run(run_id: str) -> Run:
    return Run(id=run_id, prompt="How many?", status=Status.RUNNING, created_at=NOW)


def test_a_request_and_its_attachments_come_back(tmp_path):
    attachment = tmp_path / "prices.csv"
    attachment.write_text("a\n1\n")
    store = FolderStore(tmp_path / "results")
    store.create(request("one"), (attachment,))
    assert store.request("one") == request("one")
    assert (store.workspace("one") / "attachments" / "prices.csv").read_text() == "a\n1\n"


def test_a_request_of_an_id_that_is_taken_leaves_the_run_that_has_it(tmp_path):
    store = FolderStore(tmp_path)
    store.create(request("one"))
    store.save(run("one"))
    with pytest.raises(InputError, match="exists"):
        store.create(request("one"))
    assert store.run("one") == run("one")


def test_runs_come_newest_first(tmp_path):
    store = FolderStore(tmp_path)
    for run_id in ("20261121-1", "20261122-1"):
        store.create(request(run_id))
        store.save(run(run_id))
    assert [each.id for each in store.runs()] == ["20261122-1", "20261121-1"]


@pytest.mark.parametrize("run_id", ["missing", "", "..", "../results", "/etc", "a/b"])
def test_what_is_no_run_is_unknown(tmp_path, run_id):
    with pytest.raises(UnknownRun):
        FolderStore(tmp_path).workspace(run_id)


def test_a_file_that_is_no_run_is_named_not_raised_through(tmp_path):
    store = FolderStore(tmp_path)
    store.create(request("one"))
    (store.workspace("one") / "run.json").write_text("{}")
    with pytest.raises(StoreError, match="not a run of this version"):
        store.run("one")


def test_a_store_that_cannot_be_written_says_so_before_anything_runs(tmp_path):
    (tmp_path / "results").write_text("a file, not a folder")
    with pytest.raises(InputError, match="cannot be written"):
        FolderStore(tmp_path / "results")


def test_a_folder_that_is_only_read_is_not_made(tmp_path):
    with pytest.raises(InputError, match="no results folder"):
        FolderStore(tmp_path / "typo", create=False)
    assert list(FolderStore(tmp_path, create=False).runs()) == []
    assert not list(tmp_path.iterdir())


def test_a_reader_never_meets_half_a_run(tmp_path):
    store = FolderStore(tmp_path)
    store.create(request("one"))
    store.save(run("one"))
    assert not list(store.workspace("one").glob(".*.part"))


def test_run_ids_sort_by_time_can_be_read_and_cannot_be_guessed():
    first = new_run_id("build a model from `interactions`, target `purchase`", NOW)
    assert first.startswith("20261121-093000-interactions-purchase-")
    assert len(first) <= 64
    assert new_run_id("売上を集計して", NOW) != new_run_id("売上を集計して", NOW)
    assert "/" not in new_run_id("../../etc/passwd", NOW)
