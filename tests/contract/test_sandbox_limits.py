"""What ends a session of the sandbox, that nothing outlives it, and that nothing else suffers from it."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from kaiseki.models import Execution
from kaiseki.sandbox.limits import MIB, Limits
from kaiseki.sandbox.local import LocalSandbox
from kaiseki.sandbox.session import Session

CLOCK = datetime(2026, 11, 21, tzinfo=UTC)
LIMITS = Limits(memory=400 * MIB, processes=8, file=20 * MIB, disk=30 * MIB, disk_entries=2_000, output=10_000)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[LocalSandbox]:
    with LocalSandbox(clock=CLOCK, limits=LIMITS, preload=()) as sandbox:
        yield sandbox


@pytest.fixture
def session(sandbox: LocalSandbox, tmp_path: Path) -> Iterator[Session]:
    """A session, beside a bystander whose state must survive whatever happens to it."""
    with sandbox.open(tmp_path) as bystander:
        bystander.execute("kept = 'still here'", 1, 60)
        with sandbox.open(tmp_path) as session:
            yield session
        assert bystander.execute("print(kept)", 2, 60).stdout == "still here\n"
    with sandbox.open(tmp_path) as fresh:
        assert fresh.execute("print('new')", 1, 60).stdout == "new\n"


def assert_ended(session: Session, execution: Execution, killed: str) -> None:
    assert execution.killed == killed
    assert execution.failure is not None
    assert execution.failure.message
    assert execution.exit_code != 0
    after = session.execute("print('alive')", 9, 60)
    assert after.failure is not None
    assert after.failure.type == "SessionGone"
    assert after.killed == killed
    assert after.stdout == ""


def comes(happened: Callable[[], bool]) -> bool:
    """Waits for what is to happen."""
    until = time.monotonic() + 60
    while not (came := happened()) and time.monotonic() < until:
        time.sleep(0.01)
    return came


def has_ended(pid: int) -> bool:
    """A zombie has."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def gone(pid: int) -> bool:
    return comes(lambda: has_ended(pid))


DAEMON = """
import os, subprocess, sys, time
read, write = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.setsid()
        os.write(write, str(os.getpid()).encode())
        time.sleep(600)
    os._exit(0)
os.wait()
print(os.getpid(), int(os.read(read, 20)), subprocess.Popen(["sleep", "600"], start_new_session=True).pid, flush=True)
"""


def test_a_step_that_does_not_end_is_killed_in_time_and_its_line_is_told(session: Session) -> None:
    execution = session.execute("x = 1\nprint('begun')\nwhile True:\n    x += 1", 3, 2.0)
    assert_ended(session, execution, "time")
    assert execution.timed_out
    assert execution.stdout == "begun\n"
    assert execution.failure is not None
    assert execution.failure.type == "timeout"
    assert execution.failure.line in (3, 4)
    assert 'File "step-03.py", line ' in execution.failure.traceback
    assert "interpreter.py" not in execution.failure.traceback


def test_a_step_that_waits_in_a_library_is_killed_and_its_own_line_is_told(session: Session) -> None:
    execution = session.execute("import threading\n\nthreading.Event().wait()", 1, 2.0)
    assert_ended(session, execution, "time")
    assert execution.failure is not None
    assert execution.failure.line == 3


def test_a_step_that_ignores_signals_and_errors_is_killed(session: Session) -> None:
    code = (
        "import signal\n"
        "for n in range(1, 65):\n"
        "    try: signal.signal(n, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\n"
        "while True:\n"
        "    try:\n"
        "        while True: pass\n"
        "    except BaseException: pass\n"
    )
    assert_ended(session, session.execute(code, 1, 0.3), "time")


def test_a_timeout_ends_children_that_left_the_process_group(session: Session) -> None:
    execution = session.execute(f"{DAEMON}\ntime.sleep(600)", 1, 4.0)
    assert_ended(session, execution, "time")
    assert len(execution.stdout.split()) == 3
    assert all(gone(int(pid)) for pid in execution.stdout.split())


def test_closing_ends_children_that_left_the_process_group(sandbox: LocalSandbox, tmp_path: Path) -> None:
    with sandbox.open(tmp_path) as session:
        execution = session.execute(DAEMON, 1, 60)
        assert execution.failure is None, execution.failure
        pids = [int(pid) for pid in execution.stdout.split()]
        assert not any(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE for pid in pids)
    assert all(gone(pid) for pid in pids)


def test_a_child_that_holds_the_output_does_not_hold_up_the_step(session: Session) -> None:
    execution = session.execute("import subprocess\nsubprocess.Popen(['sleep', '600'])\nprint('done')", 1, 60)
    assert execution.failure is None
    assert execution.stdout.endswith("done\n")


def test_a_thread_that_was_left_running_holds_nothing_up_and_its_output_goes_nowhere(session: Session) -> None:
    code = (
        "import itertools, os, threading, time\n"
        "def chatter():\n"
        "    for n in itertools.count():\n"
        "        print('chatter', n); os.mkdir(f'said-{n}'); time.sleep(0.02)\n"
        "threading.Thread(target=chatter).start()\n"
        "print(os.getcwd())\n"
    )
    began = session.execute(code, 1, 60)
    assert began.failure is None
    folder = next(Path(line) for line in began.stdout.splitlines() if line.startswith("/"))
    said = began.stdout.count("chatter")
    assert comes(Path(folder, f"said-{said + 5}").exists)
    execution = session.execute("print('mine')", 2, 60)
    assert "mine\n" in execution.stdout
    assert not [n for n in range(said + 6) if f"chatter {n}\n" in execution.stdout]


def test_memory_that_one_process_asks_for_is_an_error_that_the_session_survives(session: Session) -> None:
    execution = session.execute("x = 1\nnp.ones(200_000_000)", 1, 60)
    assert execution.failure is not None
    assert "MemoryError" in execution.failure.type
    assert execution.failure.line == 2
    assert session.execute("x", 2, 60).stdout == "1\n"


def test_memory_that_piles_up_ends_the_session_and_the_line_is_told(session: Session) -> None:
    code = "import time\npile = []\nwhile True:\n    pile.append(np.ones(4_000_000)); time.sleep(0.1)"
    execution = session.execute(code, 1, 60)
    assert_ended(session, execution, "memory")
    assert execution.failure is not None
    assert execution.failure.line == 4
    assert execution.peak_memory_bytes > LIMITS.memory


def test_memory_that_several_processes_use_together_ends_the_session(session: Session) -> None:
    code = (
        "import os, time\n"
        "for _ in range(4):\n"
        "    if os.fork() == 0:\n"
        "        blob = np.ones(20_000_000)\n"
        "        time.sleep(600)\n"
        "time.sleep(600)\n"
    )
    execution = session.execute(code, 1, 60)
    assert_ended(session, execution, "memory")
    assert execution.peak_memory_bytes > LIMITS.memory


def test_memory_that_forks_share_is_counted_once(session: Session) -> None:
    code = (
        "import os, time\n"
        "blob = np.ones(12_500_000)\n"
        "children = []\n"
        "for _ in range(4):\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        time.sleep(0.5); os._exit(0)\n"
        "    children.append(child)\n"
        "for child in children: os.waitpid(child, 0)\n"
        "print('done')\n"
    )
    assert session.execute(code, 1, 60).stdout == "done\n"


def test_shared_memory_counts_too(session: Session) -> None:
    code = (
        "import mmap, time\n"
        "shared = [mmap.mmap(-1, 100_000_000) for _ in range(6)]\n"
        "for part in shared:\n"
        "    part.write(b'x' * 100_000_000); time.sleep(0.1)\n"
        "time.sleep(600)\n"
    )
    assert_ended(session, session.execute(code, 1, 60), "memory")


def test_memory_is_watched_between_the_steps_too(session: Session) -> None:
    code = (
        "import os, time\n"
        "for _ in range(5):\n"
        "    if os.fork() == 0:\n"
        "        while not os.path.exists('go'): time.sleep(0.02)\n"
        "        blob = np.ones(20_000_000); time.sleep(600)\n"
        "print(os.getppid(), os.getcwd())"
    )
    supervisor, folder = session.execute(code, 1, 60).stdout.split()
    Path(folder, "go").touch()
    assert comes(lambda: not psutil.Process(int(supervisor)).children())
    after = session.execute("1", 2, 60)
    assert after.killed == "memory"
    assert after.failure is not None
    assert after.failure.type == "SessionGone"


def test_cpu_time_of_threads_and_children_counts_together(tmp_path: Path) -> None:
    code = "import os\nfor _ in range(3):\n    if os.fork() == 0:\n        while True: pass\nwhile True: pass\n"
    with LocalSandbox(CLOCK, Limits(cpu=1.0), preload=()) as sandbox, sandbox.open(tmp_path) as session:
        assert_ended(session, session.execute(code, 1, 60), "cpu")


def test_a_fork_bomb_ends_the_session_and_leaves_nothing(session: Session) -> None:
    code = (
        "import os\n"
        "print(os.getpid(), os.getppid(), flush=True)\n"
        "while True:\n"
        "    try: os.fork()\n"
        "    except OSError: pass  # where the kernel lets it no more, it goes on trying\n"
    )
    execution = session.execute(code, 1, 60)
    assert execution.killed == "processes"
    bomb, supervisor = map(int, execution.stdout.split())
    assert gone(bomb)
    assert psutil.Process(supervisor).children(recursive=True) == []


def test_a_step_that_ends_at_once_and_leaves_too_many_processes_ends_the_session_too(session: Session) -> None:
    code = "import os, time\nfor _ in range(12):\n    if os.fork() == 0: time.sleep(600); os._exit(0)\n"
    assert_ended(session, session.execute(code, 1, 60), "processes")


def test_a_folder_that_grows_too_large_ends_the_session(session: Session) -> None:
    code = (
        "import time\n"
        "for n in range(10):\n"
        "    open(f'part-{n}', 'wb').write(b'x' * 10_000_000); time.sleep(0.15)\n"
        "time.sleep(600)\n"
    )
    assert_ended(session, session.execute(code, 1, 60), "disk")


def test_too_many_files_end_the_session(session: Session) -> None:
    code = "import time\nfor n in range(3_000): open(f'f{n}', 'w').close()\ntime.sleep(600)"
    assert_ended(session, session.execute(code, 1, 60), "disk")


def test_a_file_that_grows_too_large_is_an_error_that_the_session_survives(session: Session) -> None:
    execution = session.execute("with open('large', 'wb') as f: f.write(b'x' * 25_000_000)", 1, 60)
    assert execution.failure is not None
    assert execution.failure.type == "OSError"
    assert "File too large" in execution.failure.message
    assert session.execute("1", 2, 60).stdout == "1\n"


def test_long_output_keeps_its_head_and_its_tail(session: Session) -> None:
    execution = session.execute("print('first')\nfor n in range(100_000): print('é', n)\nprint('last')", 1, 60)
    assert execution.failure is None
    assert execution.stdout.startswith("first\né 0\n")
    assert execution.stdout.endswith("é 99999\nlast\n")
    assert "bytes left out" in execution.stdout
    assert "\ufffd" not in execution.stdout
    assert len(execution.stdout.encode()) < LIMITS.output + 100


def test_output_without_end_is_cut_and_ends_with_the_time(session: Session) -> None:
    execution = session.execute("import subprocess\nsubprocess.run(['yes'])", 1, 0.5)
    assert_ended(session, execution, "time")
    assert len(execution.stdout) < LIMITS.output + 100


@pytest.mark.parametrize(
    ("code", "exit_code", "told"),
    [
        ("import os; os._exit(7)", 7, "exit code 7"),
        ("import os; os._exit(0)", 0, "exit code 0"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -9, "SIGKILL"),
        ("import os, signal; os.kill(0, signal.SIGTERM)", -15, "SIGTERM"),
        ("import ctypes; ctypes.string_at(8)", -11, "SIGSEGV"),
        ("import os; os.abort()", -6, "SIGABRT"),
    ],
)
def test_an_interpreter_that_ends_itself_is_told(session: Session, code: str, exit_code: int, told: str) -> None:
    execution = session.execute(f"print('before')\n{code}", 1, 60)
    assert (execution.killed, execution.exit_code) == ("exit", exit_code)
    assert execution.stdout == "before\n"
    assert execution.failure is not None
    assert told in execution.failure.message
    after = session.execute("1", 2, 60)
    assert after.failure is not None
    assert after.failure.type == "SessionGone"


def test_a_crash_in_a_library_is_told_with_the_line_that_called_it(session: Session) -> None:
    execution = session.execute("import ctypes\ndef read():\n    return ctypes.string_at(8)\n\nread()", 4, 60)
    assert execution.failure is not None
    assert execution.failure.line == 3
    assert '  File "step-04.py", line 5, in <module>\n    read()\n' in execution.failure.traceback


def test_an_interpreter_that_ends_between_two_steps_is_told_at_the_next(session: Session) -> None:
    code = "import os, threading\nprint(os.getpid())\nthreading.Timer(0.1, os._exit, [3]).start()"
    interpreter = int(session.execute(code, 1, 60).stdout)
    assert comes(lambda: not psutil.pid_exists(interpreter))  # its supervisor has seen it
    after = session.execute("1", 2, 60)
    assert after.failure is not None
    assert (after.failure.type, after.killed) == ("SessionGone", "exit")


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.write(4, b'\\xff' * 1000)",
        "import os; os.write(4, (3_000_000).to_bytes(4, 'big') + b'x' * 2_000_000)",
        "import os; os.write(4, b'\\x00\\x00\\x00\\x03[1]')",
        "import os; os.close(4)",
        "import os; os.closerange(0, 500)",
        "import os; os.write(4, b'\\x00\\x00\\x00\\x02{}')",
        "import sys; sys.setrecursionlimit(5)",
        "import sys; sys.modules.clear()",
        "import builtins; builtins.__dict__.clear()",
        "import json; json.dumps = json.loads = None; import traceback; traceback.TracebackException = None; 1/0",
        "import gc; gc.collect(); del __builtins__",
        "import sys; sys.settrace(lambda *a: 1/0)",
        "import time; time.monotonic = time.time = None",
        "import os; os._exit = os.getpid = os.fork = None",
        "class E(Exception):\n    def __str__(self): raise self\nraise E",
        "import sys; sys.displayhook = sys.excepthook = None; 1",
        "raise BaseExceptionGroup('g', [KeyboardInterrupt()])",
        "import _thread; _thread.interrupt_main()",
        "def f():\n    try: f()\n    finally: f()\nf()",
    ],
)
def test_code_that_attacks_its_own_interpreter_hangs_nothing(session: Session, code: str) -> None:
    execution = session.execute(code, 1, 2)
    following = session.execute("print('next')", 2, 2)
    assert isinstance(execution, Execution)
    assert following.stdout == "next\n" or following.failure is not None


def test_a_forged_answer_for_another_request_is_not_taken(session: Session) -> None:
    code = (
        "import json, os\n"
        "for number in (0, 2, 99, -1, 'x', None):\n"
        "    body = json.dumps({'id': number, 'exit_code': 0, 'failure': None}).encode()\n"
        "    os.write(4, len(body).to_bytes(4, 'big') + body)\n"
        "1/0\n"
    )
    execution = session.execute(code, 1, 60)
    assert execution.failure is not None
    assert execution.failure.type == "ZeroDivisionError"


def test_a_session_whose_supervisor_was_killed_is_gone_with_all_its_processes(session: Session) -> None:
    supervisor, folder = session.execute("import os; print(os.getppid(), os.getcwd())", 1, 60).stdout.split()
    family: list[psutil.Process] = []

    def kill() -> None:
        comes(Path(folder, "running").exists)
        family.extend(psutil.Process(int(supervisor)).children(recursive=True))
        os.kill(int(supervisor), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    execution = session.execute(f"{DAEMON}\nopen('running', 'w').close()\ntime.sleep(600)", 2, 100)
    killer.join()
    assert execution.killed == "exit"
    assert len(family) == 3  # the interpreter, and what it had left running
    assert all(gone(process.pid) for process in family)


def test_a_session_whose_supervisor_was_stopped_still_closes(
    sandbox: LocalSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kaiseki.sandbox.conversation.PATIENCE_SECONDS", 0.5)
    session = sandbox.open(tmp_path)
    shown = session.execute("import os; print(os.getpid(), os.getppid(), os.getcwd())", 1, 60).stdout.split()
    os.kill(int(shown[1]), signal.SIGSTOP)
    assert session.execute("1", 3, 0.1).killed == "exit"
    session.close()
    assert all(gone(int(pid)) for pid in shown[:2])
    assert not os.path.exists(shown[2])  # noqa: PTH110
