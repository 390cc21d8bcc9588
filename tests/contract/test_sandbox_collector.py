"""What is taken out of a session's outbox, and what is left there."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kaiseki.sandbox.limits import Limits
from kaiseki.sandbox.local import LocalSandbox
from kaiseki.sandbox.session import Session

LIMITS = Limits(artifacts=5, artifact_bytes=100_000, disk_entries=200)
CHDIR = "import os\nos.chdir(os.environ['KAISEKI_OUTBOX'])\n"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[LocalSandbox]:
    with LocalSandbox(clock=datetime(2026, 11, 21, tzinfo=UTC), limits=LIMITS, preload=()) as sandbox:
        yield sandbox


@pytest.fixture
def session(sandbox: LocalSandbox, tmp_path: Path) -> Iterator[Session]:
    with sandbox.open(tmp_path) as session:
        yield session


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "collected"


def leave(session: Session, code: str) -> None:
    execution = session.execute(CHDIR + code, 1, 60)
    assert execution.failure is None, execution.failure


def test_files_are_moved_with_their_folders(session: Session, into: Path) -> None:
    leave(
        session, "os.makedirs('tables/a')\nopen('tables/a/x.csv', 'w').write('1')\nopen('y.svg', 'w').write('<svg/>')"
    )
    assert session.collect(into) == ("tables/a/x.csv", "y.svg")
    assert (into / "tables/a/x.csv").read_text() == "1"
    assert session.refused == ()
    assert session.collect(into) == (), "they are moved, not copied"


def test_a_later_file_takes_the_place_of_an_earlier_one(session: Session, into: Path) -> None:
    leave(session, "open('x.csv', 'w').write('old')")
    session.collect(into)
    leave(session, "open('x.csv', 'w').write('new')")
    session.collect(into)
    assert (into / "x.csv").read_text() == "new"
    assert [path.name for path in into.iterdir()] == ["x.csv"]


def test_the_records_stay_where_the_kit_goes_on_writing_them(session: Session, into: Path) -> None:
    leave(session, "fact('one', 1)")
    assert session.collect(into) == ()
    assert [record.name for record in session.execute("fact('two', 2)", 2, 60).records] == ["two"]


@pytest.mark.parametrize(
    ("trick", "reason"),
    [
        ("os.symlink('/etc/passwd', 'x.csv')", "no regular file"),
        ("os.symlink('/etc', 'etc')", "no regular file"),
        ("os.symlink('x.csv', 'x.csv')", "no regular file"),
        ("open('../inside', 'w').write('x'); os.link('../inside', 'x.csv')", "more than one name"),
        ("os.mkfifo('x.csv')", "no regular file"),
        ("import stat; os.mknod('x.csv', stat.S_IFSOCK | 0o600)", "no regular file"),
        ("open('a b.csv', 'w').close()", "other characters"),
        ("open('.hidden', 'w').close()", "other characters"),
        ("open('-rf', 'w').close()", "other characters"),
        ("open('line\\nbreak', 'w').close()", "other characters"),
        ("open('表.csv', 'w').close()", "other characters"),
        ("open(b'\\xff.csv', 'w').close()", "other characters"),
        ("open('<script>.svg', 'w').close()", "other characters"),
        ("os.makedirs('d/' * 12); open('d/' * 12 + 'x', 'w').close()", "deeper"),
        ("open('x.csv', 'wb').write(b'x' * 200_000)", "larger"),
        ("open('x.csv', 'wb').truncate(10**8)", "larger"),
    ],
)
def test_what_is_no_plain_file_is_left_behind(session: Session, into: Path, trick: str, reason: str) -> None:
    leave(session, f"{trick}\nopen('zz.csv', 'w').write('good')")
    assert session.collect(into) == ("zz.csv",)
    assert [path.name for path in into.rglob("*") if path.is_file()] == ["zz.csv"]
    assert len(session.refused) == 1
    assert reason in session.refused[0].reason
    session.refused[0].path.encode()


def test_a_device_is_left_behind(session: Session, into: Path) -> None:
    code = "try: os.mknod('x.csv', 0o20666, os.makedev(1, 5))\nexcept PermissionError: pass"
    leave(session, code)
    assert session.collect(into) == ()


def test_no_more_files_are_taken_than_allowed(session: Session, into: Path) -> None:
    leave(session, "for n in range(9): open(f'{n}.csv', 'w').close()")
    assert session.collect(into) == tuple(f"{n}.csv" for n in range(5))
    assert {refused.path for refused in session.refused} == {f"{n}.csv" for n in range(5, 9)}


def test_an_outbox_that_was_replaced_gives_nothing(session: Session, into: Path, tmp_path: Path) -> None:
    (tmp_path / "host").mkdir()
    (tmp_path / "host" / "secret.csv").write_text("secret")
    box = "os.environ['KAISEKI_OUTBOX']"
    session.execute(f"import os\nos.rmdir({box}); os.symlink({str(tmp_path / 'host')!r}, {box})", 1, 60)
    assert session.collect(into) == ()
    assert (tmp_path / "host" / "secret.csv").exists()


def test_a_file_is_taken_as_it_is_however_the_code_goes_on_writing_to_it(session: Session, into: Path) -> None:
    leave(session, "held = open('x.csv', 'w')\nheld.write('before'); held.flush()")
    session.collect(into)
    session.execute("held.write('after'); held.flush()", 2, 60)
    assert (into / "x.csv").read_text() == "before"


def test_paths_that_change_while_they_are_read_never_lead_outside(session: Session, into: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("secret")
    code = (
        "import threading\n"
        "def swap():\n"
        "    while True:\n"
        "        open('new', 'w').close(); os.replace('new', 'x.csv')\n"
        f"        os.symlink({str(secret)!r}, 'new'); os.replace('new', 'x.csv')\n"
        "threading.Thread(target=swap, daemon=True).start()\n"
    )
    leave(session, code)
    for _ in range(100):
        session.collect(into)
        assert not any(path.is_symlink() or path.read_text() for path in into.glob("x.csv"))
    assert secret.read_text() == "secret"


def test_after_a_limit_ended_the_session_its_files_can_still_be_taken(session: Session, into: Path) -> None:
    too_many = "import time\nfor n in range(300): open(f'../{n}', 'w').close()\ntime.sleep(600)"
    ended = session.execute(CHDIR + f"open('x.csv', 'w').write('1')\n{too_many}", 1, 60)
    assert ended.killed == "disk"
    assert session.collect(into) == ("x.csv",)


def test_a_closed_session_gives_nothing(sandbox: LocalSandbox, tmp_path: Path, into: Path) -> None:
    session = sandbox.open(tmp_path)
    leave(session, "open('x.csv', 'w').close()")
    session.close()
    assert session.collect(into) == ()
    assert not os.path.lexists(into)
