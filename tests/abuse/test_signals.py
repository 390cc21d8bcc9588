"""Processes that are none of the session's: not signalled, not traced, not slowed down, not read or written."""

import ctypes
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

Attack = Callable[..., Any]  # of conftest.py

# Each sends NUMBER to PID.
SIGNALS = {
    "kill": "os.kill(PID, NUMBER)",
    "raw-kill": "call(62, PID, NUMBER, arm=129)",
    "thread-kill": "call(200, PID, NUMBER, arm=130)",
    "thread-group-kill": "call(234, PID, PID, NUMBER, arm=131)",
    "queued-signal": (
        "info = ctypes.create_string_buffer(128)\n"
        "ctypes.memmove(info, (ctypes.c_int * 3)(NUMBER, 0, -1), 12)\n"
        "call(129, PID, NUMBER, info, arm=138)"
    ),
    "queued-signal-to-a-thread": (
        "info = ctypes.create_string_buffer(128)\n"
        "ctypes.memmove(info, (ctypes.c_int * 3)(NUMBER, 0, -1), 12)\n"
        "call(297, PID, PID, NUMBER, info, arm=240)"
    ),
    "process-descriptor": "import signal; signal.pidfd_send_signal(os.pidfd_open(PID), NUMBER)",
    "raw-process-descriptor": "call(424, call(434, PID, 0), NUMBER, None, 0)",
    "descriptor-of-proc": "call(424, os.open(f'/proc/{PID}', os.O_RDONLY), NUMBER, None, 0)",
    "shell": "subprocess.run(['bash', '-c', f'kill -{NUMBER} {PID}'])",
    "forked-child": "if os.fork() == 0: os.kill(PID, NUMBER)\nos.wait()",
    "thread": "import threading; t = threading.Thread(target=os.kill, args=(PID, NUMBER)); t.start(); t.join()",
    "owner-of-a-pipe": (
        "import fcntl\n"
        "r, w = os.pipe()\n"
        "fcntl.fcntl(r, fcntl.F_SETOWN, PID); fcntl.fcntl(r, 10, NUMBER)\n"  # F_SETSIG
        "fcntl.fcntl(r, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK); os.write(w, b'x'); time.sleep(0.05)"
    ),
    "owner-of-a-socket": (
        "import fcntl, socket\n"
        "a, b = socket.socketpair()\n"
        "fcntl.fcntl(a, fcntl.F_SETOWN, PID); fcntl.fcntl(a, 10, NUMBER)\n"
        "fcntl.fcntl(a, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK); b.send(b'x'); time.sleep(0.05)"
    ),
}
# Signals that reach many at once; NUMBER is one that nobody minds.
BROADCASTS = {
    "everybody": "os.kill(-1, NUMBER)",
    "its-process-group": "os.killpg(os.getpgid(PID), NUMBER)",
    "its-process-group-by-kill": "os.kill(-os.getpgid(PID), NUMBER)",
    "process-groups-by-guessing": "for n in range(max(2, PID - 50), PID + 50): attempt(os.kill, -n, NUMBER)",
}
# The tracer ends at once, and lets go with that: a host that stays traced would stop at its next signal.
TRACING = {
    "seize": "if call(101, 0x4206, PID, 0, 0, arm=117) == 0: through()",
    "attach-by-a-thread": (
        "import threading\n"
        "t = threading.Thread(target=lambda: call(101, 0x4206, PID, 0, 0, arm=117) == 0 and through())\n"
        "t.start(); t.join()"
    ),
    "get-its-registers": "call(101, 12, PID, 0, ctypes.create_string_buffer(512)) == 0 and through()",
    "compare": "if call(312, os.getpid(), PID, 1, 0, 0, arm=272) >= 0: through()",
    "reap-its-memory": "if call(448, call(434, PID, 0), 0) == 0 or ctypes.get_errno() == errno.EINVAL: through()",
    "advise-on-its-memory": (
        "here = (ctypes.c_size_t * 2)(ADDRESS, 4096)\nif call(440, call(434, PID, 0), here, 1, 20, 0) >= 0: through()"
    ),
    "move-its-pages": "if call(279, PID, 0, None, None, None, 0, arm=239) == 0: through()",
    "count-its-events": (
        "attributes = ctypes.create_string_buffer(128)\n"
        "ctypes.memmove(attributes, (ctypes.c_uint32 * 2)(1, 128), 8)\n"
        "if call(298, attributes, PID, -1, -1, 0, arm=241) >= 0: through()"
    ),
}
MEMORY = {
    "process-vm-writev": (
        "text = ctypes.create_string_buffer(b'fooled')\n"
        "here = (ctypes.c_size_t * 2)(ctypes.addressof(text), 6); there = (ctypes.c_size_t * 2)(ADDRESS, 6)\n"
        "print(call(311, PID, here, 1, there, 1, 0, arm=271))"
    ),
    "process-vm-readv": (
        "into = ctypes.create_string_buffer(64)\n"
        "here = (ctypes.c_size_t * 2)(ctypes.addressof(into), 64); there = (ctypes.c_size_t * 2)(ADDRESS, 64)\n"
        "call(310, PID, here, 1, there, 1, 0, arm=270); print(into.raw)"
    ),
    "descriptor-taken-over": (
        "for n in range(256):\n"
        "    got = call(438, call(434, PID, 0), n, 0)\n"
        "    if got >= 0: attempt(lambda: print(os.pread(got, 64, 0)))"
    ),
}
BURDENS = {
    "limits": (
        "class Limit(ctypes.Structure): _fields_ = [('soft', ctypes.c_uint64), ('hard', ctypes.c_uint64)]\n"
        "call(302, PID, 7, ctypes.byref(Limit(777, 777)), None, arm=261)"
    ),
    "limits-by-the-resource-module": "import resource; resource.prlimit(PID, resource.RLIMIT_NOFILE, (777, 777))",
    "priority": "os.setpriority(os.PRIO_PROCESS, PID, 19)",
    "processors": "os.sched_setaffinity(PID, {0})",
    "scheduler": "os.sched_setscheduler(PID, os.SCHED_IDLE, os.sched_param(0))",
    "input-and-output": "call(251, 1, PID, 3 << 13, arm=30)",
}


@pytest.fixture
def neighbour() -> Iterator[int]:
    """A process of the same user as the host, which has nothing to do with the sandbox."""
    process = subprocess.Popen(["sleep", "600"])
    yield process.pid
    process.kill()
    process.wait()


@pytest.fixture
def heard() -> Iterator[list[int]]:
    """The signals that reach the host."""
    numbers: list[int] = []
    before = signal.signal(signal.SIGURG, lambda number, _: numbers.append(number))
    yield numbers
    signal.signal(signal.SIGURG, before)


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_STOPPED)


@pytest.mark.parametrize("code", SIGNALS.values(), ids=SIGNALS.keys())
def test_the_host_hears_no_signal(attack: Attack, heard: list[int], code: str) -> None:
    attack(code, PID=os.getpid(), NUMBER=int(signal.SIGURG))
    time.sleep(0.01)
    assert heard == []


@pytest.mark.parametrize("code", BROADCASTS.values(), ids=BROADCASTS.keys())
def test_the_host_hears_no_broadcast(attack: Attack, heard: list[int], code: str) -> None:
    attack(code, PID=os.getpid(), NUMBER=int(signal.SIGURG))
    time.sleep(0.01)
    assert heard == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM])
@pytest.mark.parametrize("target", ["zygote", "supervisor", "interpreter"])
def test_processes_of_the_sandbox_live_on(attack: Attack, bystander: Any, target: str, number: int) -> None:
    """Those of another session; its own supervisor too is tried, below."""
    zygote = psutil.Process(bystander.supervisor).ppid()
    pid = {"zygote": zygote, "supervisor": bystander.supervisor, "interpreter": bystander.pid}[target]
    attack(SIGNALS["kill"], PID=pid, NUMBER=int(number))
    try:
        assert alive(pid)
    finally:
        if psutil.pid_exists(pid):
            psutil.Process(pid).resume()


@pytest.mark.parametrize("name", ["kill", "queued-signal", "raw-process-descriptor", "thread-group-kill"])
def test_its_own_supervisor_lives_on(session: Any, name: str) -> None:
    pid = int(session.execute("import os; print(os.getppid())", 1, 60).stdout)
    from_conftest = "import ctypes, os, platform\nlibc = ctypes.CDLL(None)\n"
    call = "def call(n, *a, arm=None): return libc.syscall(arm if arm and platform.machine() == 'aarch64' else n, *a)\n"
    session.execute(f"PID = {pid}\nNUMBER = 9\n{from_conftest}{call}{SIGNALS[name]}", 2, 60)
    assert alive(pid)
    assert session.execute("print('alive')", 3, 60).stdout == "alive\n"


@pytest.mark.parametrize("name", ["kill", "process-descriptor", "queued-signal", "forked-child", "shell"])
def test_a_neighbour_of_the_same_user_lives_on(attack: Attack, neighbour: int, name: str) -> None:
    attack(SIGNALS[name], PID=neighbour, NUMBER=int(signal.SIGKILL))
    time.sleep(0.01)
    assert alive(neighbour)


@pytest.mark.parametrize("code", TRACING.values(), ids=TRACING.keys())
@pytest.mark.parametrize("target", ["host", "neighbour", "zygote", "session"])
def test_nobody_is_traced(attack: Attack, bystander: Any, neighbour: int, code: str, target: str) -> None:
    pid = {
        "host": os.getpid(),
        "neighbour": neighbour,
        "zygote": psutil.Process(bystander.supervisor).ppid(),
        "session": bystander.pid,
    }[target]
    through = "def through(): os.write(1, b'gone ' + b'through')\n"
    attempt = attack(
        f"{through}if os.fork() == 0:\n    exec({code!r})\n    os._exit(0)\nos.wait()", PID=pid, ADDRESS=1 << 32
    )
    assert "gone through" not in attempt.execution.stdout


@pytest.mark.parametrize("code", MEMORY.values(), ids=MEMORY.keys())
def test_memory_and_files_of_the_host_are_out_of_reach(
    attack: Attack, private_file: Path, canary: str, code: str
) -> None:
    secret = ctypes.create_string_buffer(canary.encode())
    with private_file.open():
        attempt = attack(code, PID=os.getpid(), ADDRESS=ctypes.addressof(secret))
    assert canary not in attempt.seen
    assert secret.value.decode() == canary


@pytest.mark.parametrize("code", BURDENS.values(), ids=BURDENS.keys())
def test_the_host_runs_as_before(attack: Attack, code: str) -> None:
    process = psutil.Process()

    def state() -> tuple[object, ...]:
        return (
            resource.getrlimit(resource.RLIMIT_NOFILE),
            process.nice(),
            process.cpu_affinity(),
            os.sched_getscheduler(0),
            tuple(process.ionice()),
        )

    before = state()
    attack(code, PID=os.getpid())
    after = state()
    if after != before:
        resource.setrlimit(resource.RLIMIT_NOFILE, before[0])  # type: ignore[arg-type]
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        process.cpu_affinity(before[2])  # type: ignore[arg-type]
        process.nice(before[1])  # type: ignore[arg-type]
        process.ionice(*before[4])  # type: ignore[misc]
    assert after == before
