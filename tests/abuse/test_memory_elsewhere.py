"""Memory and disk that are in no process and in no folder of the session: what is granted holds there, too."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kaiseki.sandbox.layers import ACTIVE
from kaiseki.sandbox.limits import MIB, Limits

Attack = Callable[..., Any]  # of conftest.py
WAIT = "\ntime.sleep(SECONDS)\nprint('got ' + 'away')"
SECONDS = 30  # for a watchdog on a busy machine; it needs a tenth of one


@pytest.fixture(scope="module")
def limits() -> Limits:
    return Limits(memory=256 * MIB, processes=24, open_files=256, file=20 * MIB, disk=30 * MIB, disk_entries=2_000)


FILL = """
import socket
kept = []
def fill():
    for _ in range(120):
        pair = attempt(socket.socketpair)
        if pair is None: return
        kept.append(pair)
        for end in pair:
            end.setblocking(False)
            try:
                while True: end.send(bytes(65_536))
            except BlockingIOError: pass
"""
# At most 600 MB each. Nothing of it is resident in a process.
MEMORY = {
    "tables-of-pages": (
        "import mmap, numpy as np\n"
        "apart = mmap.PAGESIZE * (mmap.PAGESIZE // 8); count = (500 << 20) // mmap.PAGESIZE\n"
        "libc.mmap.restype = ctypes.c_void_p\n"
        "at = libc.mmap(None, ctypes.c_size_t(apart * count), 1, 0x4022, -1, ctypes.c_long(0))\n"
        "libc.madvise(ctypes.c_void_p(at), ctypes.c_size_t(apart * count), 15)\n"
        "for n in range(count):\n    ctypes.c_ubyte.from_address(at + n * apart).value\n"
    ),
    "sockets-that-nobody-reads": (
        f"{FILL}\nfor _ in range(12):\n    if os.fork() == 0: fill(); time.sleep(SECONDS); os._exit(0)"
    ),
}


@pytest.mark.parametrize("code", MEMORY.values(), ids=MEMORY.keys())
def test_memory_of_the_kernel_counts(attack: Attack, code: str) -> None:
    attempt = attack(code + WAIT, timeout=SECONDS + 10, SECONDS=SECONDS)
    assert attempt.execution.killed == "memory"


REFUSED = {
    "pages-given-to-a-pipe": "call(278, w, (ctypes.c_size_t * 2)(ctypes.addressof(b), 8), 1, 0, arm=75)",
    "a-file-moved-to-a-pipe": "call(275, f, None, w, None, 8, 0, arm=76)",
    "a-file-sent-to-a-pipe": "os.sendfile(w, f, 0, 8)",
}


@pytest.mark.parametrize("code", REFUSED.values(), ids=REFUSED.keys())
def test_no_pipe_keeps_pages_of_others(attack: Attack, code: str) -> None:
    prepared = (
        "b = ctypes.create_string_buffer(b'held'); open('f', 'wb').write(b'held')\n"
        "f = os.open('f', os.O_RDONLY); r, w = os.pipe(); os.set_blocking(r, False)\n"
    )
    attempt = attack(f"{prepared}attempt(lambda: exec({code!r}, globals()))\nprint(attempt(os.read, r, 8))")
    assert "held" not in attempt.execution.stdout


def test_files_are_copied_all_the_same(attack: Attack) -> None:
    code = "import shutil\nopen('f', 'wb').write(b'x' * 99_999); shutil.copy2('f', 'g'); print(os.stat('g').st_size)"
    assert attack(code).execution.stdout == "99999\n"


def test_pipes_are_no_larger_than_the_watchdog_takes_them_for(attack: Attack) -> None:
    code = (
        "import fcntl\n"
        "r, w = os.pipe(); attempt(fcntl.fcntl, w, 1031, 1 << 24); os.set_blocking(w, False)\n"
        "print(os.write(w, bytes(1 << 24)) <= 16 * os.sysconf('SC_PAGE_SIZE'))"
    )
    assert attack(code).execution.stdout.endswith("True\n")


def test_sockets_are_no_larger_than_the_watchdog_takes_them_for(attack: Attack) -> None:
    code = (
        "import socket\n"
        "one, other = socket.socketpair(); before = one.getsockopt(1, 7)\n"
        "for option in (7, 32): attempt(one.setsockopt, 1, option, before * 2)\n"
        "print(one.getsockopt(1, 7) == before)"
    )
    assert attack(code).execution.stdout.endswith("True\n")


# At most 300 MB each.
TEMPORARY = {
    "files": (
        "for n in range(18): attempt(lambda: write(FOLDERS[n % 3] + f'/{NAME}-{n}', os.O_CREAT)); time.sleep(0.05)"
    ),
    "files-in-a-folder": (
        "for n in range(18):\n"
        "    attempt(os.makedirs, f'{FOLDERS[n % 2]}/{NAME}-x', exist_ok=True)\n"
        "    attempt(lambda: write(f'{FOLDERS[n % 2]}/{NAME}-x/{n}', os.O_CREAT)); time.sleep(0.05)"
    ),
    "files-without-a-name": (
        "for n in range(18): attempt(lambda: write(FOLDERS[n % 2], os.O_TMPFILE)); time.sleep(0.05)"
    ),
}
WRITE = """
wrote = []
def write(path, flags):
    wrote.append(os.open(path, flags | os.O_WRONLY, 0o600)); os.write(wrote[-1], bytes(15 << 20))
"""
FOLDERS = ("/tmp", "/var/tmp", "/run/lock")


@pytest.fixture
def name(canary: str) -> Iterator[str]:
    """Of files, which a session without a user of its own leaves behind."""
    yield canary
    for folder in FOLDERS:
        for path in (*Path(folder).glob(f"{canary}-x/*"), *Path(folder).glob(f"{canary}-*")):
            path.rmdir() if path.is_dir() else path.unlink()


@pytest.mark.parametrize("code", TEMPORARY.values(), ids=TEMPORARY.keys())
def test_folders_for_temporary_files_are_not_filled(attack: Attack, session: Any, name: str, code: str) -> None:
    walls = [layer for layer in session.layers if layer.name in ("user of its own", "view of its own", "Landlock")]
    if not any(wall.state == ACTIVE for wall in walls):
        return  # files of the caller's user are not told apart from those of its other programs
    wait = "if wrote: time.sleep(SECONDS); print('got ' + 'away')"
    attempt = attack(f"{WRITE}{code}\n{wait}", SECONDS + 10, NAME=name, FOLDERS=FOLDERS, SECONDS=SECONDS)
    assert attempt.execution.killed == "disk" or "got away" not in attempt.execution.stdout


SHARED = {
    "without-a-name": "for n in range(21): kept.append(os.open('/dev/shm', os.O_TMPFILE | os.O_WRONLY)); fill()",
    "removed-at-once": (
        "for n in range(21):\n"
        "    kept.append(os.open(f'/dev/shm/{NAME}', os.O_CREAT | os.O_WRONLY)); os.unlink(f'/dev/shm/{NAME}'); fill()"
    ),
}


@pytest.mark.parametrize("code", SHARED.values(), ids=SHARED.keys())
def test_shared_memory_that_nobody_can_find_counts(attack: Attack, canary: str, code: str) -> None:
    """315 MB; in a container of which /dev/shm is smaller, it is full before."""
    fill = "kept = []\ndef fill(): os.write(kept[-1], bytes(15 << 20)); time.sleep(0.05)\n"
    attempt = attack(fill + code + WAIT, SECONDS + 10, NAME=canary, SECONDS=SECONDS)
    assert attempt.execution.killed in ("disk", "memory") or attempt.execution.failure.type == "OSError"


def test_empty_files_in_shared_memory_count(session: Any, canary: str) -> None:
    """Where the files there are told apart from others: what tells of a file is memory, too. Here 490 MB of it."""
    if session.user is None and all(layer.state != ACTIVE for layer in session.layers if "view" in layer.name):
        return
    code = (
        "import os, time\n"
        f"os.mkdir('/dev/shm/{canary}')\n"
        f"for n in range(120_000): os.mknod(f'/dev/shm/{canary}/{{n}}')\n"
        f"time.sleep({SECONDS}); print('got ' + 'away')"
    )
    execution = session.execute(code, 1, SECONDS + 10)
    assert execution.killed == "memory" or execution.failure.type == "OSError"
