"""Nothing of the sandbox outlives what it belongs to; and where it cannot start, it says so."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from kaiseki.errors import SandboxError
from kaiseki.sandbox.layers import Layers
from kaiseki.sandbox.limits import Limits
from kaiseki.sandbox.local import LocalSandbox

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
shown = session.execute(code, 1, 20).stdout
print(shown, end="", flush=True)
try:
    print(session.execute("import time; time.sleep(600)", 2, 600).killed, flush=True)
except KeyboardInterrupt:
    print("interrupted", session.execute("1", 3, 5).failure.type, flush=True)
    session.close()
    sandbox.close()
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of this test's own for what sessions put into the system's temporary one."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    folder.chmod(0o1777)  # as the system's own
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def gone(*pids: int, seconds: float = 5) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not any(psutil.pid_exists(p) and psutil.Process(p).status() != psutil.STATUS_ZOMBIE for p in pids):
            return True
        time.sleep(0.02)
    return False


def empty(folder: Path, seconds: float = 5) -> bool:
    until = time.monotonic() + seconds
    while any(folder.iterdir()) and time.monotonic() < until:
        time.sleep(0.02)
    return not any(folder.iterdir())


def test_sessions_that_were_opened_and_closed_leave_no_process_and_no_folder(temporary: Path) -> None:
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    with LocalSandbox(clock=CLOCK, preload=()) as sandbox:
        for number in range(20):
            with sandbox.open(temporary) as session:
                session.execute(f"open('x', 'w').write('{number}')", 1, 20)
        (zygote,) = (process for process in psutil.Process().children() if process.pid not in before)
        assert gone(*(process.pid for process in zygote.children()))
    assert {process.pid for process in psutil.Process().children(recursive=True)} == before
    assert not any(temporary.iterdir())
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors


def test_closing_the_sandbox_closes_sessions_that_are_open_and_may_be_done_twice(temporary: Path) -> None:
    sandbox = LocalSandbox(clock=CLOCK, preload=())
    session = sandbox.open(temporary)
    pid = int(session.execute("import os; print(os.getpid())", 1, 20).stdout)
    for _ in range(2):
        session.close()
        sandbox.close()
    assert gone(pid)
    assert not any(temporary.iterdir())
    ended = session.execute("1", 2, 20)
    assert ended.failure is not None
    assert ended.failure.type == "SessionGone"


def test_a_sandbox_that_is_not_used_starts_nothing(temporary: Path) -> None:
    before = psutil.Process().children()
    with LocalSandbox(clock=CLOCK):
        assert psutil.Process().children() == before


def test_warming_up_does_not_wait(temporary: Path) -> None:
    with LocalSandbox(clock=CLOCK) as sandbox:
        started = time.monotonic()
        sandbox.warm()
        assert time.monotonic() - started < 0.2
        with sandbox.open(temporary) as session:
            assert session.execute("1", 1, 20).stdout == "1\n"


def test_sessions_may_be_used_from_several_threads(temporary: Path) -> None:
    shown: list[str] = []
    with LocalSandbox(clock=CLOCK, preload=()) as sandbox:

        def use(number: int) -> None:
            with sandbox.open(temporary) as session:
                session.execute(f"x = {number}\nimport time; time.sleep(0.2)", 1, 20)
                shown.append(session.execute("x", 2, 20).stdout)

        threads = [threading.Thread(target=use, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(shown) == ["0\n", "1\n", "2\n", "3\n"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_host_that_is_killed_takes_everything_with_it(temporary: Path, number: int) -> None:
    host = subprocess.Popen([sys.executable, "-c", HOST], stdout=subprocess.PIPE, text=True, cwd=temporary)
    assert host.stdout is not None
    child, interpreter, supervisor, workdir = host.stdout.readline().split()
    zygote = psutil.Process(int(supervisor)).ppid()
    assert Path(workdir).is_dir()
    host.send_signal(number)
    host.wait(5)
    assert gone(int(child), int(interpreter), int(supervisor), zygote)
    assert empty(temporary)


def test_ctrl_c_in_the_terminal_reaches_the_host_alone(temporary: Path) -> None:
    host = subprocess.Popen(
        [sys.executable, "-c", HOST], stdout=subprocess.PIPE, text=True, cwd=temporary, start_new_session=True
    )
    assert host.stdout is not None
    pids = [int(pid) for pid in host.stdout.readline().split()[:3]]
    assert not {os.getpgid(pid) for pid in pids} & {host.pid}
    time.sleep(0.2)
    os.killpg(host.pid, signal.SIGINT)
    assert host.stdout.readline() == "interrupted SessionGone\n"
    assert host.wait(10) == 0
    assert gone(*pids)
    assert not any(temporary.iterdir())


def test_a_zygote_that_was_killed_is_started_again(temporary: Path) -> None:
    with LocalSandbox(clock=CLOCK, preload=()) as sandbox:
        lost = sandbox.open(temporary)
        pids = [int(pid) for pid in lost.execute("import os; print(os.getpid(), os.getppid())", 1, 20).stdout.split()]
        psutil.Process(pids[1]).parent().kill()  # type: ignore[union-attr]
        assert gone(*pids)
        assert lost.execute("1", 2, 5).killed == "exit"
        with sandbox.open(temporary) as session:
            assert session.execute("print('back')", 1, 20).stdout == "back\n"
    assert not any(temporary.iterdir())


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


def test_a_sandbox_that_takes_too_long_says_so(temporary: Path) -> None:
    with LocalSandbox(clock=CLOCK, limits=Limits(boot=0.01)) as sandbox, pytest.raises(SandboxError, match="not ready"):
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
                user = session.execute("import os; print(os.getuid())", 1, 20).stdout.strip()
        except SandboxError as error:
            said = error.message
    assert user != "0"
    assert user == str(os.getuid()) or "chmod o+x" in said
