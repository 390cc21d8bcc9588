"""Code that uses up what the machine has: processes, memory, disk, output. Each bomb is bounded by itself too."""

from collections.abc import Callable
from typing import Any

import psutil
import pytest

from kaiseki.sandbox.limits import MIB, Limits

Attack = Callable[..., Any]  # of conftest.py

TIGHT = Limits(
    memory=300 * MIB,
    processes=20,
    open_files=128,
    file=20 * MIB,
    disk=50 * MIB,
    disk_entries=1_000,
    output=20_000,
    records=MIB,
    artifacts=50,
    artifact_bytes=5_000_000,
)
SECONDS = 50  # nothing below lasts longer, even without limits; the code knows it too


@pytest.fixture(scope="module")
def limits() -> Limits:
    return TIGHT


# At most 128 processes each. Where the kernel lets them have no more at the moment, they go on trying.
TRYING = """
def trying(start, *arguments):
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        try: return start(*arguments)
        except OSError: time.sleep(0.01)
fork = lambda: trying(os.fork)
"""
PROCESSES = {
    "forks-that-fork": "for _ in range(7): fork()\ntime.sleep(SECONDS); os._exit(0)",
    "children": (
        "for _ in range(100):\n    if fork() == 0:\n        time.sleep(SECONDS); os._exit(0)\ntime.sleep(SECONDS)"
    ),
    "orphans": (
        "for _ in range(60):\n"
        "    if fork() == 0:\n"
        "        if fork() == 0: os.setsid(); time.sleep(SECONDS)\n"
        "        os._exit(0)\n"
        "time.sleep(SECONDS)"
    ),
    "programs": "for _ in range(60): trying(subprocess.Popen, ['sleep', str(SECONDS)])\ntime.sleep(SECONDS)",
    "a-shell": (
        "while True:\n"
        "    loop = f'i=0; while [ $i -lt 60 ]; do sleep {SECONDS} & i=$((i+1)); done; wait'\n"
        "    trying(subprocess.run, ['sh', '-c', loop])"
    ),
    "a-chain": "for _ in range(60):\n    if fork(): break\ntime.sleep(SECONDS); os._exit(0)",
}


@pytest.mark.parametrize("code", PROCESSES.values(), ids=PROCESSES.keys())
def test_processes_without_end_end_the_session_and_are_gone(session: Any, attack: Attack, code: str) -> None:
    supervisor = int(session.execute("import os; print(os.getppid())", 0, 60).stdout)
    attempt = attack(TRYING + code, SECONDS=SECONDS)
    assert attempt.execution.killed == "processes"
    assert psutil.Process(supervisor).children(recursive=True) == []
    assert attempt.in_time


def test_processes_that_end_at_once_are_reaped(attack: Attack) -> None:
    code = "for _ in range(150):\n    if os.fork() == 0: os._exit(0)\n    os.wait()\nprint('done')"
    assert attack(code).execution.stdout == "done\n"


def test_threads_are_bounded(attack: Attack) -> None:
    code = (
        "import threading\n"
        "threading.stack_size(64 * 1024)\n"
        "stop = threading.Event()\n"
        "started = 0\n"
        "try:\n"
        "    for _ in range(1_000):\n"
        "        threading.Thread(target=stop.wait, daemon=True).start(); started += 1\n"
        "    time.sleep(SECONDS)\n"
        "except BaseException: pass\n"
        "print(started); stop.set()\n"
    )
    attempt = attack(code, SECONDS=SECONDS)
    assert attempt.execution.killed or int(attempt.execution.stdout) < 1_000
    assert attempt.in_time


MEMORY = {
    "bytes-that-pile-up": (
        "pile = []\nfor _ in range(35):\n    pile.append(b'x' * (20 << 20)); time.sleep(0.01)\ntime.sleep(SECONDS)"
    ),
    "children-that-write-to-what-they-share": (
        "import mmap\nblob = bytearray(100 << 20)\n"
        "for _ in range(4):\n"
        "    if os.fork() == 0:\n"
        "        for at in range(0, len(blob), 4096): blob[at] = 1\n"
        "        time.sleep(SECONDS); os._exit(0)\n"
        "time.sleep(SECONDS)"
    ),
    "anonymous-maps": (
        "import mmap\nkept = []\n"
        "for _ in range(7):\n"
        "    kept.append(mmap.mmap(-1, 100 << 20))\n"
        "    for at in range(0, 100 << 20, 4096): kept[-1][at] = 1\n"
        "time.sleep(SECONDS)"
    ),
    "files-of-shared-memory": (
        "for n in range(35):\n"
        "    with open(f'/dev/shm/x{n}', 'wb') as file: file.write(b'x' * (18 << 20))\n"
        "    time.sleep(0.02)\n"
        "time.sleep(SECONDS)"
    ),
    "named-shared-memory": (
        "from multiprocessing import shared_memory\nkept = []\n"
        "for n in range(35):\n"
        "    kept.append(shared_memory.SharedMemory(create=True, size=18 << 20))\n"
        "    kept[-1].buf[:] = bytes(18 << 20); time.sleep(0.02)\n"
        "time.sleep(SECONDS)"
    ),
    "text-that-doubles": "text = 'x'\nfor _ in range(28): text += text\nmore = text + 'y'\ntime.sleep(SECONDS)",
    "a-list-of-lists": "pile = [[] for _ in range(8_000_000)]\ntime.sleep(SECONDS)",
    "a-number": "n = 1 << (700 << 23)\ntime.sleep(SECONDS)",
    "allocated-by-c": (
        "libc.malloc.restype = ctypes.c_void_p\nfor _ in range(70):\n    p = libc.malloc(10 << 20)\n"
        "    if p: ctypes.memset(p, 1, 10 << 20)\n    time.sleep(0.01)\ntime.sleep(SECONDS)"
    ),
    "decompressed": (
        "import zlib\nsmall = zlib.compress(bytes(10 << 20), 9)\n"
        "kept = [zlib.decompress(small) for _ in range(70)]\nfor part in kept: part[::4096]\ntime.sleep(SECONDS)"
    ),
}


@pytest.mark.parametrize("code", MEMORY.values(), ids=MEMORY.keys())
def test_memory_ends_or_the_code_does(attack: Attack, code: str) -> None:
    """Between two looks of the watchdog a little more may be taken."""
    attempt = attack(f"{code}\nprint('got ' + 'away')", SECONDS=SECONDS)
    assert "got away" not in attempt.execution.stdout
    assert attempt.execution.killed in ("memory", "exit") or attempt.execution.failure is not None
    assert attempt.execution.peak_memory_bytes < 1_500 * MIB
    assert attempt.in_time


# At most 300 MB and 5,000 entries each.
DISK = {
    "files": "for n in range(20):\n    open(f'f{n}', 'wb').write(b'x' * (15 << 20)); time.sleep(0.05)",
    "files-in-hidden-folders": (
        "for n in range(20):\n"
        "    os.makedirs(f'.a/.b{n}', exist_ok=True); "
        "open(f'.a/.b{n}/f', 'wb').write(b'x' * (15 << 20)); time.sleep(0.05)"
    ),
    "home-and-temporary-files": (
        "import tempfile\n"
        "for n in range(10):\n"
        "    tempfile.NamedTemporaryFile(delete=False).write(b'x' * (15 << 20))\n"
        "    open(os.path.expanduser(f'~/f{n}'), 'wb').write(b'x' * (15 << 20)); time.sleep(0.05)"
    ),
    "allocated-without-writing": (
        "for n in range(15):\n    os.posix_fallocate(os.open(f'f{n}', os.O_CREAT | os.O_WRONLY), 0, 18 << 20)"
    ),
    "a-program": (
        "subprocess.run(['sh', '-c', 'for i in $(seq 20); do head -c 15000000 /dev/zero > f$i; sleep 0.05; done'])"
    ),
    "a-closed-folder": (
        "os.mkdir('d')\nfor n in range(20): open(f'd/f{n}', 'wb').write(b'x' * (15 << 20))\nos.chmod('d', 0)"
    ),
    "the-outbox": "for n in range(20):\n    open(f'outbox/f{n}', 'wb').write(b'x' * (15 << 20)); time.sleep(0.05)",
    "empty-files": "for n in range(5_000): open(f'f{n}', 'w').close()",
    "folders": "for n in range(5_000): os.mkdir(f'd{n}')",
    "folders-in-folders": "for n in range(200): os.mkdir('d' * 100); os.chdir('d' * 100)",
    "symlinks": "for n in range(5_000): os.symlink('nowhere', f's{n}')",
    "hard-links": "open('f', 'w').close()\nfor n in range(5_000): os.link('f', f'l{n}')",
    "pipes": "for n in range(5_000): os.mkfifo(f'p{n}')",
}


@pytest.mark.parametrize("code", DISK.values(), ids=DISK.keys())
def test_a_disk_is_not_filled(attack: Attack, code: str) -> None:
    attempt = attack(f"{code}\ntime.sleep(SECONDS)\nprint('got ' + 'away')", SECONDS=SECONDS)
    assert attempt.execution.killed == "disk"
    assert "got away" not in attempt.execution.stdout
    assert attempt.in_time


FILES = {
    "one-large-file": "with open('f', 'wb') as f:\n    for _ in range(60): f.write(b'x' * (1 << 20))",
    "one-file-appended-to": "for _ in range(60): open('f', 'ab').write(b'x' * (1 << 20))",
    "written-far-behind-its-end": "f = os.open('f', os.O_CREAT | os.O_WRONLY); os.pwrite(f, b'x', 40 << 20)",
    "sparse": "open('f', 'wb').truncate(1 << 40)",
    "sparse-by-a-program": "subprocess.run(['truncate', '-s', '1T', 'f'])",
    "allocated": "os.posix_fallocate(os.open('f', os.O_CREAT | os.O_WRONLY), 0, 60 << 20)",
    "mapped": (
        "import mmap\n"
        "f = os.open('f', os.O_CREAT | os.O_RDWR); os.ftruncate(f, 60 << 20); mmap.mmap(f, 60 << 20)[-1] = 1"
    ),
    "signal-ignored": (
        "import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "f = os.open('f', os.O_CREAT | os.O_WRONLY)\nfor _ in range(60): os.write(f, b'x' * (1 << 20))"
    ),
}


@pytest.mark.parametrize("code", FILES.values(), ids=FILES.keys())
def test_no_file_grows_beyond_the_limit(attack: Attack, limits: Limits, code: str) -> None:
    size = "print(os.stat('f').st_size if os.path.exists('f') else 0)"
    attempt = attack(f"attempt(lambda: exec({code!r}, globals()))\n{size}")
    assert attempt.execution.killed in ("", "disk")
    if not attempt.execution.killed:
        assert int(attempt.execution.stdout.split()[-1]) <= limits.file


OUTPUT = {
    "stdout": "for _ in range(300): print('x' * 100_000)",
    "stderr": "for _ in range(300): print('x' * 100_000, file=sys.stderr)",
    "raw": "for _ in range(300): os.write(1, b'x' * 100_000)",
    "without-lines": "sys.stdout.write('x' * 30_000_000)",
    "not-text": "for _ in range(300): os.write(1, bytes(range(256)) * 400)",
    "by-a-program": "subprocess.run(['head', '-c', '30000000', '/dev/zero'])",
    "by-many": (
        "for n in range(8):\n    if os.fork() == 0:\n"
        "        for _ in range(40): os.write(1, b'x' * 100_000)\n        os._exit(0)\nfor n in range(8): os.wait()"
    ),
    "a-value": "'x' * 30_000_000",
    "an-error": "raise ValueError('x' * 30_000_000)",
    "the-name-of-an-error": "raise type('E' * 3_000_000, (Exception,), {})('x')",
    "errors-in-errors": (
        "error = ValueError('x' * 1000)\n"
        "for _ in range(300):\n"
        "    after = ValueError('y' * 1000); after.__cause__ = error; error = after\n"
        "raise error"
    ),
    "a-group-of-errors": "raise ExceptionGroup('g', [ValueError('x' * 1_000) for _ in range(3_000)])",
    "warnings": "import warnings\nwarnings.simplefilter('always')\nfor n in range(3_000): warnings.warn('x' * 5_000)",
    "the-dumps": "import faulthandler\nfor _ in range(2_000): faulthandler.dump_traceback(1, all_threads=True)",
}


@pytest.mark.parametrize("code", OUTPUT.values(), ids=OUTPUT.keys())
def test_what_comes_back_is_bounded(attack: Attack, limits: Limits, code: str) -> None:
    attempt = attack(code)
    execution = attempt.execution
    assert len(execution.stdout.encode()) < 3 * limits.output + 200
    assert len(execution.stderr.encode()) < 3 * limits.output + 200
    assert execution.failure is None or len(execution.failure.model_dump_json()) < 100_000
    assert attempt.alive
    assert attempt.in_time


OPEN_FILES = {
    "files": "open('x', 'w').close()\nfor _ in range(3_000): kept.append(os.open('x', os.O_RDONLY))",
    "pipes": "for _ in range(3_000): kept.append(os.pipe())",
    "copies": "for _ in range(3_000): kept.append(os.dup(1))",
    "folders": "for _ in range(3_000): kept.append(os.open('.', os.O_RDONLY))",
    "raised-limit": (
        "import resource\n"
        "attempt(resource.setrlimit, resource.RLIMIT_NOFILE, (4_000, 4_000))\n"
        "for _ in range(3_000): kept.append(os.dup(1))"
    ),
    "far-numbers": "for n in range(200, 3_000): kept.append(os.dup2(1, n))",
    "event-counters": "for _ in range(3_000): kept.append(os.eventfd(0))",
}


@pytest.mark.parametrize("code", OPEN_FILES.values(), ids=OPEN_FILES.keys())
def test_open_files_are_bounded(attack: Attack, limits: Limits, code: str) -> None:
    attempt = attack(f"kept = []\nattempt(lambda: exec({code!r}, globals()))\nprint(len(kept))")
    assert attempt.execution.killed == ""
    assert int(attempt.execution.stdout.split()[-1]) < limits.open_files


LIMITS_RAISED = {
    "processes": "RLIMIT_NPROC",
    "data": "RLIMIT_DATA",
    "files": "RLIMIT_NOFILE",
    "file-size": "RLIMIT_FSIZE",
    "cpu": "RLIMIT_CPU",
    "core": "RLIMIT_CORE",
}


@pytest.mark.parametrize("name", LIMITS_RAISED.values(), ids=LIMITS_RAISED.keys())
def test_no_limit_is_raised(attack: Attack, name: str) -> None:
    code = (
        "import resource\n"
        f"soft, hard = resource.getrlimit(resource.{name})\n"
        f"attempt(resource.setrlimit, resource.{name}, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n"
        f"print(resource.getrlimit(resource.{name}) == (soft, hard))"
    )
    attempt = attack(code)
    assert attempt.execution.stdout.endswith("True\n")


# What has no name any more still takes room. At most 240 MB, in 16 files.
UNNAMED = {
    "deleted": (
        "for n in range(16):\n"
        "    kept.append(open(f'f{n}', 'wb')); os.unlink(f'f{n}'); kept[-1].write(b'x' * (15 << 20)); "
        "kept[-1].flush()\n"
        "    time.sleep(0.05)"
    ),
    "without-a-name": (
        "for n in range(16):\n"
        "    kept.append(os.open('.', os.O_TMPFILE | os.O_WRONLY)); "
        "os.write(kept[-1], b'x' * (15 << 20)); time.sleep(0.05)"
    ),
    "held-by-a-child": (
        "if os.fork() == 0:\n"
        "    for n in range(16):\n"
        "        kept.append(os.open(f'f{n}', os.O_CREAT | os.O_WRONLY)); os.unlink(f'f{n}')\n"
        "        os.write(kept[-1], b'x' * (15 << 20)); time.sleep(0.05)\n"
        "    time.sleep(SECONDS); os._exit(0)\n"
        "os.wait()"
    ),
    "mapped-and-closed": (
        "import mmap\n"
        "for n in range(16):\n"
        "    f = os.open(f'f{n}', os.O_CREAT | os.O_RDWR); os.unlink(f'f{n}'); os.write(f, b'x' * (15 << 20))\n"
        "    kept.append(mmap.mmap(f, 15 << 20, prot=mmap.PROT_READ)); os.close(f); time.sleep(0.05)"
    ),
}


@pytest.mark.parametrize("code", UNNAMED.values(), ids=UNNAMED.keys())
def test_a_disk_is_not_filled_with_files_that_have_no_name(attack: Attack, code: str) -> None:
    attempt = attack(f"kept = []\n{code}\ntime.sleep(SECONDS)\nprint('got ' + 'away')", SECONDS=SECONDS)
    assert attempt.execution.killed == "disk"


def test_open_files_are_not_parked_between_processes(attack: Attack) -> None:
    code = (
        "import socket\n"
        "one, other = socket.socketpair()\n"
        "held = os.open('f', os.O_CREAT | os.O_RDWR); os.unlink('f')\n"
        "attempt(socket.send_fds, one, [b'x'], [held])\n"
        "other.setblocking(False); print('parked', attempt(socket.recv_fds, other, 1, 1))"
    )
    assert "parked None" in attack(code).execution.stdout


def test_no_thread_has_open_files_of_its_own(attack: Attack) -> None:
    code = (
        "import threading\n"
        "def part():\n"
        "    call(436, 3, 2**31 - 1, 2)\n"
        "    print('parted', len(os.listdir('/proc/thread-self/fd')) < len(os.listdir('/proc/self/fd')))\n"
        "thread = threading.Thread(target=part); thread.start(); thread.join()"
    )
    assert "parted True" not in attack(code).execution.stdout
