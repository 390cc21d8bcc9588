"""Processes that try to outlive what started them: the step's output, the session, the host's close."""

import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from kaiseki.sandbox.conversation import PATIENCE_SECONDS
from kaiseki.sandbox.local import LocalSandbox

Attack = Callable[..., Any]  # of conftest.py

# Whatever gets away ends by itself after this many seconds. Each daemon touches a file until then.
LIFE = 90
# `daemon` runs until its life is over; its file's time tells from outside whether it still does.
DAEMON = f"""
import os, signal, subprocess, sys, threading, time
def daemon():
    until = time.monotonic() + {LIFE}
    while time.monotonic() < until:
        try:
            with open('beat', 'w') as file: file.write(str(time.monotonic()))
        except BaseException: pass
        time.sleep(0.02)
    os._exit(0)
def wait():
    until = time.monotonic() + 50
    while not os.path.exists('beat') and time.monotonic() < until: time.sleep(0.01)
PROGRAM = '\\n'.join((
    'import time', 'until = time.monotonic() + {LIFE}', 'while time.monotonic() < until:',
    '    open("beat", "w").write("x"); time.sleep(0.02)',
))
"""
WAYS = {
    "fork": "if os.fork() == 0: daemon()",
    "double-fork": "if os.fork() == 0:\n    if os.fork() == 0: daemon()\n    os._exit(0)\nos.wait()",
    "triple-fork-with-sessions": (
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        os.setsid()\n"
        "        if os.fork() == 0: daemon()\n"
        "        os._exit(0)\n"
        "    os._exit(0)\n"
        "os.wait()"
    ),
    "new-session": "if os.fork() == 0:\n    os.setsid(); daemon()",
    "new-process-group": "if os.fork() == 0:\n    os.setpgid(0, 0); daemon()",
    "program": "subprocess.Popen([sys.executable, '-c', PROGRAM])",
    "program-in-a-new-session": "subprocess.Popen([sys.executable, '-c', PROGRAM], start_new_session=True)",
    "shell-in-the-background": ("subprocess.run(['sh', '-c', '\"$0\" -c \"$1\" & ', sys.executable, PROGRAM])"),
    "nohup": "subprocess.Popen(['nohup', sys.executable, '-c', PROGRAM], stdout=-3, stderr=-3)",
    "setsid-program": "subprocess.Popen(['setsid', '--fork', sys.executable, '-c', PROGRAM])",
    "deaf-to-signals": (
        "if os.fork() == 0:\n"
        "    for n in range(1, 65):\n"
        "        try: signal.signal(n, signal.SIG_IGN)\n"
        "        except (OSError, ValueError): pass\n"
        "    daemon()"
    ),
    "signals-blocked": (
        "if os.fork() == 0:\n    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals()); daemon()"
    ),
    "not-to-die-with-its-parent": (
        "import ctypes\n"
        "if os.fork() == 0:\n"
        "    ctypes.CDLL(None).prctl(1, 0)\n"
        "    if os.fork() == 0:\n"
        "        ctypes.CDLL(None).prctl(1, 0); daemon()\n"
        "    os._exit(0)\n"
        "os.wait()"
    ),
    "a-reaper-of-its-own": (
        "import ctypes\n"
        "if os.fork() == 0:\n"
        "    ctypes.CDLL(None).prctl(36, 1)\n"
        "    if os.fork() == 0:\n"
        "        if os.fork() == 0: daemon()\n"
        "        os._exit(0)\n"
        "    time.sleep(90); os._exit(0)"
    ),
    "undumpable": "import ctypes\nif os.fork() == 0:\n    ctypes.CDLL(None).prctl(4, 0); daemon()",
    "another-name": ("import ctypes\nif os.fork() == 0:\n    ctypes.CDLL(None).prctl(15, b') R 1 1 1 ('); daemon()"),
    "multiprocessing": (
        "import multiprocessing\nmultiprocessing.get_context('fork').Process(target=daemon, daemon=False).start()"
    ),
    "fork-server": (
        "import multiprocessing\n"
        "multiprocessing.get_context('forkserver').Process(target=exec, args=(PROGRAM,), daemon=False).start()"
    ),
    "posix-spawn": "os.posix_spawn(sys.executable, ['python', '-c', PROGRAM], os.environ)",
    "vfork": "subprocess._USE_VFORK = True; subprocess.Popen([sys.executable, '-c', PROGRAM], close_fds=False)",
    "stopped-and-continued": (
        "child = os.fork()\nif child == 0: daemon()\nwait()\n"
        "os.kill(child, signal.SIGSTOP); os.kill(child, signal.SIGCONT)"
    ),
    "stopped": "child = os.fork()\nif child == 0: daemon()\nwait(); os.kill(child, signal.SIGSTOP)",
    "every-generation-forks-the-next": (
        "if os.fork() == 0:\n"
        "    until = time.monotonic() + 90\n"
        "    while time.monotonic() < until:\n"
        "        open('beat', 'w').write('x'); time.sleep(0.005)\n"
        "        if os.fork(): os._exit(0)\n"
        "    os._exit(0)"
    ),
    "in-a-thread": "threading.Thread(target=lambda: os.fork() or daemon()).start()",
    "at-exit": "import atexit\natexit.register(lambda: os.fork() or daemon())\nif os.fork() == 0: daemon()",
}


def living(supervisor: int) -> list[psutil.Process]:
    """What runs below the supervisor, interpreter included."""
    try:
        return psutil.Process(supervisor).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def gone(process: psutil.Process) -> bool:
    """Whether it ends; a zombie has ended."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.01)
    return False


def assert_nothing_left(uid: int | None, processes: list[psutil.Process]) -> None:
    assert all(gone(process) for process in processes)
    if uid is None:
        return
    # What forked on while the others were listed. Who holds the user's lock keeps it from new sessions meanwhile; where
    # one of another program has it already, nothing can be told apart.
    with socket.socket(socket.AF_UNIX) as lock:
        try:
            lock.bind(f"\0kaiseki-session-{uid}")
        except OSError:
            return
        assert not [process for process in psutil.process_iter() if is_of(process, uid)]


def is_of(process: psutil.Process, uid: int) -> bool:
    """Whether it runs as this user, and in no container, whose users are others."""
    try:
        here = Path(f"/proc/{process.pid}/ns/pid").readlink() == Path("/proc/self/ns/pid").readlink()
        return here and process.uids().real == uid and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, OSError):
        return False


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_nothing_survives_the_close_of_its_session(session: Any, way: str) -> None:
    shown = session.execute(f"{DAEMON}print(os.getppid(), os.getcwd(), flush=True)\n{way}\nwait()", 1, 60)
    supervisor, folder = shown.stdout.split()[:2]
    processes = living(int(supervisor))
    assert processes
    started = time.monotonic()
    session.close()
    assert time.monotonic() - started < PATIENCE_SECONDS  # the supervisor did it, unforced
    assert_nothing_left(session.user, processes)
    assert not Path(folder).exists()


@pytest.mark.parametrize("name", ["triple-fork-with-sessions", "deaf-to-signals", "every-generation-forks-the-next"])
@pytest.mark.parametrize("end", ["while True: time.sleep(1)", "os._exit(0)", "os.kill(os.getpid(), 9)", "b = bytes(5)"])
def test_nothing_survives_the_end_of_its_interpreter(session: Any, name: str, end: str) -> None:
    shown = session.execute(f"{DAEMON}print(os.getppid(), flush=True)\n{WAYS[name]}\nwait()\n{end}", 1, 3)
    processes = living(int(shown.stdout.split()[0]))
    if shown.killed:
        assert_nothing_left(session.user, processes)
    else:
        session.close()
        assert_nothing_left(session.user, processes)


def test_nothing_survives_the_close_of_the_sandbox(data: Path, limits: Any) -> None:
    with LocalSandbox(clock=datetime(2026, 11, 21, tzinfo=UTC), limits=limits, preload=()) as sandbox:
        session = sandbox.open(data)
        code = f"{DAEMON}print(os.getppid(), flush=True)\n{WAYS['triple-fork-with-sessions']}\nwait()"
        supervisor = int(session.execute(code, 1, 60).stdout.split()[0])
        until = time.monotonic() + 60
        while len(processes := living(supervisor)) < 2 and time.monotonic() < until:  # one between them may just end
            time.sleep(0.01)
        assert len(processes) > 1
    assert_nothing_left(session.user, processes)


HOLDERS = {
    "stdout": "if os.fork() == 0:\n    os.close(2); daemon()",
    "stderr": "if os.fork() == 0:\n    os.close(1); daemon()",
    "both-as-a-grandchild": WAYS["triple-fork-with-sessions"],
    "copies": "for n in range(20): os.dup(1), os.dup(2)\nif os.fork() == 0: daemon()",
    "every-descriptor": "if os.fork() == 0:\n    for n in range(3, 60): os.dup2(1, n)\n    daemon()",
    "program": "subprocess.Popen(['sleep', '90'], close_fds=False); open('beat', 'w').close()",
    "without-a-pause": (
        "if os.fork() == 0:\n"
        "    until = time.monotonic() + 90\n"
        "    open('beat', 'w').close()\n"
        "    while time.monotonic() < until: os.write(1, b'noise ' * 1000)\n"
        "    os._exit(0)"
    ),
}


@pytest.mark.parametrize("code", HOLDERS.values(), ids=HOLDERS.keys())
def test_who_holds_the_output_holds_up_no_step(attack: Attack, code: str) -> None:
    attempt = attack(f"import os\n{DAEMON}{code}\nwait()\nprint('done')")
    assert attempt.execution.failure is None
    assert attempt.execution.stdout.endswith("done\n") or "noise" in attempt.execution.stdout
    assert attempt.following.failure is None
    assert attempt.in_time


def test_daemons_that_pile_up_over_the_steps_are_counted(session: Any, limits: Any) -> None:
    killed = ""
    for step in range(1, limits.processes + 10):
        killed = session.execute(
            f"import os, time\nif os.fork() == 0:\n    time.sleep({LIFE}); os._exit(0)", step, 60
        ).killed
        if killed:
            break
    assert killed == "processes"
