"""A session's folder is removed at its end, whatever the code built in it or put in its place."""

import os
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kaiseki.sandbox import workdir
from kaiseki.sandbox.local import LocalSandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[LocalSandbox]:
    with LocalSandbox(clock=datetime(2026, 11, 21, tzinfo=UTC), preload=()) as sandbox:
        yield sandbox


def test_a_folder_deeper_than_any_path_is_removed(sandbox: LocalSandbox, tmp_path: Path) -> None:
    code = "import os\nprint(os.getcwd(), flush=True)\nfor _ in range(2_500):\n    os.mkdir('d'); os.chdir('d')"
    with sandbox.open(tmp_path) as session:
        workdir = Path(session.execute(code, 1, 60).stdout.strip())
        assert workdir.is_dir()
    assert not workdir.exists()


def test_a_folder_that_was_closed_to_its_owner_is_removed(sandbox: LocalSandbox, tmp_path: Path) -> None:
    code = (
        "import os\n"
        "os.makedirs('a/b/c'); os.symlink('/etc', 'a/b/etc'); open('a/b/file', 'w').close()\n"
        "os.makedirs('.doomed-0/x/y'); os.makedirs('.doomed-1')\n"
        "for f in ('a/b/c', 'a/b', 'a', '.'): os.chmod(f, 0)\n"
        "print(os.environ['HOME'])\n"
    )
    with sandbox.open(tmp_path) as session:
        execution = session.execute(code, 1, 60)
        workdir = Path(execution.stdout.strip()).parent
        assert workdir.is_dir()
    assert not workdir.exists()
    assert Path("/etc/passwd").exists()


@pytest.mark.parametrize("trick", ["os.rename(d, d + '-moved'); os.symlink('/etc', d)", "shutil.rmtree(d)"])
def test_a_folder_that_was_moved_or_removed_does_not_keep_the_session_from_closing(
    sandbox: LocalSandbox, tmp_path: Path, trick: str
) -> None:
    with sandbox.open(tmp_path) as session:
        code = f"import os, shutil\nd = os.getcwd()\nprint(d, flush=True)\n{trick}"
        workdir = Path(session.execute(code, 1, 60).stdout.strip())
    assert not os.path.lexists(workdir)
    assert Path("/etc/passwd").exists()
    if (moved := workdir.with_name(f"{workdir.name}-moved")).exists():
        shutil.rmtree(moved)


def test_data_are_opened_to_sessions_while_other_folders_beside_them_come_and_go(tmp_path: Path) -> None:
    parts = tmp_path / "rows"
    parts.mkdir(mode=0o700)
    (parts / "part-0.parquet").touch(0o600)
    looked = threading.Event()

    def come_and_go() -> None:
        while not looked.is_set():
            (tmp_path / "passing").mkdir()
            (tmp_path / "passing").rmdir()

    beside = threading.Thread(target=come_and_go)
    beside.start()
    try:
        for _ in range(500):
            workdir.let_read(tmp_path)
    finally:
        looked.set()
        beside.join()
    assert parts.stat().st_mode & 0o777 == 0o755
    assert (parts / "part-0.parquet").stat().st_mode & 0o777 == 0o644
