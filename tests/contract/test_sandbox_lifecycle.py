"""Nothing of the sandbox outlives what it belongs to; and where it cannot start, it says so."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from kaiseki.errors import SandboxError
from kaiseki.sandbox.layers import Layers
from kaiseki.sandbox.limits import Limits
from kaiseki.sandbox.local import LocalSandbox
from kaiseki.sandbox.session import Session

CLOCK = datetime(2026, 11, 21, tzinfo=UTC)

HOST = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from kaiseki.sandbox.local import LocalSandbox
sandbox = LocalSandbox(clock=datetime(2026, 11, 21, tzinfo=UTC), preload=())
session = sandbox.open(Path.cwd())
code = '''
import os, subprocess
child = subprocess.Popen(["sleep", "600"], start_new_session=True)
print(child.pid, os.getpid(), os.getppid(), os.getcwd(), flush=True)
'''
shown = session.execute(code, 1, 60).stdout
print(shown, end="", flush=True)
try:
    print(session.execute("import time; open('under-way', 'w').close(); time.sleep(600)", 2, 600).killed, flush=True)
except KeyboardInterrupt:
    print("interrupted", session.execute("1", 3, 60).failure.type, flush=True)
    session.close()
    sandbox.close()
"""
# A zygote that does not get ready.
NEVER_READY = (sys.executable, "-c", "import time; time.sleep(600)")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of this test's own for what sessions put into the system's temporary one."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    folder.chmod(0o1777)  # as the system's own
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def state(pid: int) -> str:
    """The letter that the kernel has for it; Z if it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def children_of(pid: int) -> list[int]:
    return [process.pid for process in psutil.process_iter(["ppid"]) if process.info["ppid"] == pid]


def gone(*pids: int, seconds: float = 60) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if all(state(pid) == "Z" for pid in pids):
            return True
        time.sleep(0.02)
    return False


def empty(folder: Path, seconds: float = 60) -> bool:
    until = time.monotonic() + seconds
    while any(folder.iterdir()) and time.monotonic() < until:
        time.sleep(0.02)
    return not any(folder.iterdir())


def appears(file: Path, seconds: float = 60) -> bool:
    until = time.monotonic() + seconds
    while not file.exists() and time.monotonic() < until:
        time.sleep(0.02)
    return file.exists()


def test_sessions_that_were_opened_and_closed_leave_no_process_and_no_folder(temporary: Path) -> None:
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    supervisors = []
    with LocalSandbox(clock=CLOCK, preload=()) as sandbox:
        for number in range(20):
            with sandbox.open(temporary) as session:
                supervisors.append(supervisor_of(session))
                session.execute(f"open('x', 'w').write('{number}')", 2, 60)
        assert gone(*supervisors)
    assert {process.pid for process in psutil.Process().children(recursive=True)} <= before
    assert not any(temporary.iterdir())
    assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors


def test_closing_the_sandbox_closes_sessions_that_are_open_and_may_be_done_twice(temporary: Path) -> None:
    sandbox = LocalSandbox(clock=CLOCK, preload=())
    session = sandbox.open(temporary)
    pid = int(session.execute("import os; print(os.getpid())", 1, 60).stdout)
    for _ in range(2):
        session.close()
        sandbox.close()
    assert gone(pid)
    assert not any(temporary.iterdir())
    ended = session.execute("1", 2, 60)
    assert ended.failure is not None
    assert ended.failure.type == "SessionGone"


def test_a_sandbox_that_is_not_used_starts_nothing(temporary: Path) -> None:
    before = psutil.Process().children()
    with LocalSandbox(clock=CLOCK):
        assert psutil.Process().children() == before


def test_warming_up_does_not_wait(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kaiseki.sandbox.launcher._COMMAND", NEVER_READY)
    with LocalSandbox(clock=CLOCK) as sandbox:
        sandbox.warm()


def test_what_was_warmed_up_is_what_serves(temporary: Path) -> None:
    before = {process.pid for process in psutil.Process().children()}
    with LocalSandbox(clock=CLOCK, preload=()) as sandbox:
        sandbox.warm()
        (zygote,) = {process.pid for process in psutil.Process().children()} - before
        with sandbox.open(temporary) as session:
            assert psutil.Process(supervisor_of(session)).ppid() == zygote


def test_sessions_may_be_used_from_several_threads(temporary: Path) -> None:
    with LocalSandbox(clock=CLOCK, preload=()) as sandbox, ThreadPoolExecutor(4) as threads:

        def use(number: int) -> str:
            with sandbox.open(temporary) as session:
                session.execute(f"x = {number}\nimport time; time.sleep(0.05)", 1, 60)
                return session.execute("x", 2, 60).stdout

        assert [*threads.map(use, range(12))] == [f"{number}\n" for number in range(12)]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_host_that_is_killed_takes_everything_with_it(temporary: Path, number: int) -> None:
    host = subprocess.Popen([sys.executable, "-c", HOST], stdout=subprocess.PIPE, text=True, cwd=temporary)
    assert host.stdout is not None
    child, interpreter, supervisor, workdir = host.stdout.readline().split()
    zygote = psutil.Process(int(supervisor)).ppid()
    assert Path(workdir).is_dir()
    host.send_signal(number)
    host.wait(60)
    assert gone(int(child), int(interpreter), int(supervisor), zygote)
    assert empty(temporary)


def test_ctrl_c_in_the_terminal_reaches_the_host_alone(temporary: Path) -> None:
    host = subprocess.Popen(
        [sys.executable, "-c", HOST], stdout=subprocess.PIPE, text=True, cwd=temporary, start_new_session=True
    )
    assert host.stdout is not None
    *numbers, workdir = host.stdout.readline().split()
    pids = [int(number) for number in numbers]
    assert not {os.getpgid(pid) for pid in pids} & {host.pid}
    assert appears(Path(workdir, "under-way"))
    os.killpg(host.pid, signal.SIGINT)
    assert host.stdout.readline() == "interrupted SessionGone\n"
    assert host.wait(60) == 0
    assert gone(*pids)
    assert not any(temporary.iterdir())


def test_a_zygote_that_was_killed_is_started_again(temporary: Path) -> None:
    with LocalSandbox(clock=CLOCK, preload=()) as sandbox:
        lost = sandbox.open(temporary)
        pids = [int(pid) for pid in lost.execute("import os; print(os.getpid(), os.getppid())", 1, 60).stdout.split()]
        psutil.Process(pids[1]).parent().kill()  # type: ignore[union-attr]
        assert gone(*pids)
        assert lost.execute("1", 2, 60).killed == "exit"
        with sandbox.open(temporary) as session:
            assert session.execute("print('back')", 1, 60).stdout == "back\n"
    assert empty(temporary)  # a session made ahead by the one that was killed ends by itself


def test_a_sandbox_that_cannot_start_says_why_in_one_line(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kaiseki.sandbox.launcher._ENVIRONMENT", {"PYTHONHOME": "/nowhere"})
    with LocalSandbox(clock=CLOCK) as sandbox, pytest.raises(SandboxError) as raised:
        sandbox.open(temporary)
    assert raised.value.message.startswith("the sandbox cannot start: ")
    assert "\n" not in raised.value.message
    assert raised.value.hint
    assert not any(temporary.iterdir())


def test_a_sandbox_whose_python_is_missing_says_so(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kaiseki.sandbox.launcher._COMMAND", ("/nowhere/python",))
    with LocalSandbox(clock=CLOCK) as sandbox, pytest.raises(SandboxError, match="cannot start"):
        sandbox.open(temporary)
    assert not any(temporary.iterdir())


def test_a_sandbox_that_takes_too_long_says_so(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kaiseki.sandbox.launcher._COMMAND", NEVER_READY)
    with LocalSandbox(clock=CLOCK, limits=Limits(boot=0.2)) as sandbox, pytest.raises(SandboxError, match="not ready"):
        sandbox.open(temporary)
    assert not any(temporary.iterdir())


def test_a_kit_that_is_broken_is_told(temporary: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kit = tmp_path / "broken" / "kaiseki_kit"
    kit.mkdir(parents=True)
    (kit / "__init__.py").write_text("raise RuntimeError('a broken kit')")
    monkeypatch.delitem(sys.modules, "kaiseki_kit", raising=False)
    monkeypatch.syspath_prepend(kit.parent)
    with LocalSandbox(clock=CLOCK) as sandbox, pytest.raises(SandboxError, match="RuntimeError: a broken kit"):
        sandbox.open(temporary)


def test_data_that_only_the_caller_can_reach_make_no_session_run_as_root(tmp_path: Path) -> None:
    data = tmp_path / "closed" / "data"
    data.mkdir(parents=True)
    data.parent.chmod(0o700)
    user, said = "nobody", ""
    with LocalSandbox(clock=CLOCK, preload=(), layers=Layers(private_view=False)) as sandbox:
        try:
            with sandbox.open(data) as session:
                user = session.execute("import os; print(os.getuid())", 1, 60).stdout.strip()
        except SandboxError as error:
            said = error.message
    assert user != "0"
    assert user == str(os.getuid()) or "chmod o+x" in said


@dataclass(frozen=True)
class Spare:
    """The session that is made ahead."""

    zygote: int
    supervisor: int
    interpreter: int


def wait_for_spare(sandbox: LocalSandbox, data: Path) -> Spare:
    """Waits until it has nothing left to do but wait."""
    with sandbox.open(data) as session:
        earlier = supervisor_of(session)
        zygote = psutil.Process(earlier).ppid()
    assert gone(earlier)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        for supervisor in children_of(zygote):
            for interpreter in children_of(supervisor):
                if state(supervisor) == state(interpreter) == "S":
                    time.sleep(0.2)
                    return Spare(zygote, supervisor, interpreter)
        time.sleep(0.05)
    raise AssertionError("no session was made ahead")


def supervisor_of(session: Session) -> int:
    return int(session.execute("import os; print(os.getppid())", 1, 60).stdout)


def test_the_next_session_is_made_ahead(temporary: Path) -> None:
    with LocalSandbox(clock=CLOCK, preload=()) as sandbox:
        spare = wait_for_spare(sandbox, temporary)
        with sandbox.open(temporary) as first, sandbox.open(temporary) as second:
            assert supervisor_of(first) == spare.supervisor
            assert supervisor_of(second) != spare.supervisor
            assert first.user is None or first.user != second.user


def test_a_session_made_ahead_is_like_any_other(temporary: Path) -> None:
    code = (
        "import datetime, os, random, resource, signal, sys, threading\n"
        "open('made', 'w').close()\n"
        "print(sorted(globals()), datetime.datetime.now(), random.random(), np.random.default_rng().random())\n"
        "print(sorted(os.environ), os.listdir('.'), sorted(os.listdir('/proc/self/fd')), threading.active_count())\n"
        "print(resource.getrlimit(resource.RLIMIT_DATA), signal.getsignal(signal.SIGINT), sorted(sys.modules))"
    )
    with LocalSandbox(clock=CLOCK, preload=()) as sandbox:
        with sandbox.open(temporary) as session:
            forked_at_once = session.execute(code, 1, 60)
        wait_for_spare(sandbox, temporary)
        with sandbox.open(temporary) as session:
            made_ahead = session.execute(code, 1, 60)
    assert forked_at_once.failure is None
    assert made_ahead.stdout == forked_at_once.stdout


def test_a_session_made_ahead_is_not_used_where_another_is_asked_for(temporary: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with LocalSandbox(clock=CLOCK, preload=()) as sandbox:
        spare = wait_for_spare(sandbox, temporary)
        (folder,) = set(temporary.glob("kaiseki-*")) - set(temporary.glob("kaiseki-home-*"))
        with sandbox.open(other) as session:
            assert supervisor_of(session) != spare.supervisor
            assert gone(spare.supervisor)
            assert not folder.exists()


def test_a_session_made_ahead_does_not_see_a_folder_that_was_replaced(temporary: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with LocalSandbox(clock=CLOCK, preload=()) as sandbox:
        wait_for_spare(sandbox, data)
        data.rename(tmp_path / "earlier")
        data.mkdir()
        (data / "new.txt").write_text("new")
        with sandbox.open(data) as session:
            assert session.execute(f"print(open({str(data / 'new.txt')!r}).read())", 1, 60).stdout == "new\n"


def test_a_session_made_ahead_that_was_killed_is_not_missed(temporary: Path) -> None:
    with LocalSandbox(clock=CLOCK, preload=()) as sandbox:
        spare = wait_for_spare(sandbox, temporary)
        os.kill(spare.interpreter, signal.SIGKILL)
        assert gone(spare.supervisor)
        with sandbox.open(temporary) as session:
            assert session.execute("print('here')", 1, 60).stdout == "here\n"
        spare = wait_for_spare(sandbox, temporary)
        os.kill(spare.supervisor, signal.SIGKILL)
        with sandbox.open(temporary) as session:
            assert session.execute("print('here')", 1, 60).stdout == "here\n"


def test_a_session_made_ahead_that_ends_before_it_has_heard_of_its_host_is_not_missed(temporary: Path) -> None:
    with LocalSandbox(clock=CLOCK, preload=()) as sandbox:
        spare = wait_for_spare(sandbox, temporary)
        os.kill(spare.supervisor, signal.SIGSTOP)
        threading.Timer(0.5, os.kill, (spare.supervisor, signal.SIGKILL)).start()
        with sandbox.open(temporary) as session:
            assert supervisor_of(session) != spare.supervisor


def test_a_session_made_ahead_that_is_slow_is_the_only_one_that_the_host_gets(temporary: Path) -> None:
    with LocalSandbox(clock=CLOCK, preload=()) as sandbox:
        spare = wait_for_spare(sandbox, temporary)
        os.kill(spare.supervisor, signal.SIGSTOP)
        threading.Timer(1.5, os.kill, (spare.supervisor, signal.SIGCONT)).start()
        with sandbox.open(temporary) as session:
            assert supervisor_of(session) == spare.supervisor


def test_a_session_made_ahead_ends_with_its_sandbox(temporary: Path) -> None:
    with LocalSandbox(clock=CLOCK, preload=()) as sandbox:
        spare = wait_for_spare(sandbox, temporary)
    assert gone(spare.supervisor, spare.interpreter)
    assert not any(temporary.iterdir())


def test_a_session_made_ahead_ends_with_a_zygote_that_is_killed(temporary: Path) -> None:
    with LocalSandbox(clock=CLOCK, preload=()) as sandbox:
        spare = wait_for_spare(sandbox, temporary)
        os.kill(spare.zygote, signal.SIGKILL)
        assert gone(spare.supervisor)
    assert not any(temporary.iterdir())
