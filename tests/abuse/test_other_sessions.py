"""Other sessions: their files, their memory, what they share; and what an earlier session left for a later one."""

import contextlib
import ctypes
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from kaiseki.sandbox.local import LocalSandbox

Attack = Callable[..., Any]  # of conftest.py

# OTHER is the folder of a session that runs beside, PID its interpreter; its file `secret.txt` is closed to others.
READS = {
    "by-its-path": "print(open(OTHER + '/secret.txt').read())",
    "by-its-outbox": "print(open(OTHER + '/outbox/secret.csv').read())",
    "by-its-working-folder": "print(open(f'/proc/{PID}/cwd/secret.txt').read())",
    "by-its-open-file": (
        "for n in os.listdir(f'/proc/{PID}/fd'):\n"
        "    try: print(os.pread(os.open(f'/proc/{PID}/fd/{n}', os.O_RDONLY | os.O_NONBLOCK), 100, 0))\n"
        "    except OSError: pass"
    ),
    "all-that-lies-near": (
        "import glob\n"
        "for path in glob.glob(os.path.dirname(OTHER) + '/*/secret.txt'): attempt(lambda: print(open(path).read()))"
    ),
    "find": "print(subprocess.getoutput(f'cat {OTHER}/* {OTHER}/outbox/*'))",
    "linked-to-the-outbox": "os.link(OTHER + '/secret.txt', 'outbox/x.txt'); os.link(OTHER + '/secret.txt', 'x')",
    "outbox-replaced-by-a-link": "os.rmdir('outbox'); os.symlink(OTHER + '/outbox', 'outbox')",
    "folder-of-the-outbox-replaced-by-a-link": "os.symlink(OTHER, 'outbox/d')",
}
CHANGES = {
    "facts-forged": (
        'open(OTHER + \'/outbox/records.jsonl\', \'a\').write(\'{"kind": "fact", "name": "forged", '
        '"step": 1, "line": 1, "value": 1}\\n\')'
    ),
    "file-written": "open(OTHER + '/secret.txt', 'w').write('changed')",
    "file-planted": "open(OTHER + '/planted.py', 'w').write('x')",
    "file-planted-by-its-working-folder": "open(f'/proc/{PID}/cwd/planted.py', 'w').write('x')",
    "outbox-removed": "import shutil; shutil.rmtree(OTHER + '/outbox')",
    "folder-renamed": "os.rename(OTHER, OTHER + '.old')",
    "folder-closed": "os.chmod(OTHER, 0)",
}
MEMORY = {
    "process-vm-readv": (
        "into = ctypes.create_string_buffer(64)\n"
        "here = (ctypes.c_size_t * 2)(ctypes.addressof(into), 64); there = (ctypes.c_size_t * 2)(ADDRESS, 64)\n"
        "call(310, PID, here, 1, there, 1, 0, arm=270); print(into.raw)"
    ),
    "proc-mem": "print(os.pread(os.open(f'/proc/{PID}/mem', os.O_RDONLY), 64, ADDRESS))",
    "ptrace-peek": (
        "call(101, 0x4206, PID, 0, 0, arm=117)\n"  # SEIZE
        "call(101, 0x4207, PID, 0, 0, arm=117); time.sleep(0.05)\n"  # INTERRUPT
        "words = []\n"
        "for n in range(8):\n"
        "    word = ctypes.c_long(); call(101, 2, PID, ADDRESS + 8 * n, ctypes.byref(word), arm=117)\n"
        "    words.append(word.value.to_bytes(8, 'little', signed=True))\n"
        "print(b''.join(words))"
    ),
}
SHARED = {
    "posix-shared-memory": (
        "for name in os.listdir('/dev/shm'): attempt(lambda: print(open('/dev/shm/' + name, 'rb').read(200)))"
    ),
}
# What one session leaves where the next, or the host, might take it up. NAME is a word of this test's own.
LEFTOVERS = {
    "shared-memory": "open(f'/dev/shm/{NAME}', 'w').write('x')",
    "shared-memory-folder": "os.makedirs(f'/dev/shm/{NAME}/a/b'); open(f'/dev/shm/{NAME}/a/b/c', 'w').write('x')",
    "shared-memory-of-python": (
        "from multiprocessing import shared_memory, resource_tracker\n"
        "resource_tracker.register = lambda *a: None\n"
        "shared_memory.SharedMemory(NAME, create=True, size=1000).close()"
    ),
    "shared-memory-that-is-closed": (
        "os.mkdir(f'/dev/shm/{NAME}'); open(f'/dev/shm/{NAME}/x', 'w').close(); os.chmod(f'/dev/shm/{NAME}', 0)"
    ),
    "semaphore": "libc.sem_open(('/' + NAME).encode(), os.O_CREAT, 0o600, 1)",
    "message-queue": "call(240, NAME.encode(), os.O_CREAT | os.O_RDWR, 0o600, None, arm=180)",
    "system-v-shared-memory": "call(29, KEY, 4096, 0o1666, arm=194)",
    "system-v-semaphores": "call(64, KEY, 1, 0o1666, arm=190)",
    "system-v-messages": "call(68, KEY, 0o1666, arm=186)",
    "temporary-file": "import tempfile; open(tempfile.gettempdir() + f'/{NAME}', 'w').close()",
    "home-file": "open(os.path.expanduser(f'~/{NAME}'), 'w').close()",
    "settings-of-matplotlib": (
        "import matplotlib; open(matplotlib.get_configdir() + f'/{NAME}', 'w').close()\n"
        "open(matplotlib.get_cachedir() + f'/{NAME}', 'w').close()"
    ),
    "home-of-the-zygote": (
        "import glob\n"
        "for home in glob.glob(TEMPORARY + '/kaiseki-home-*'): attempt(lambda: open(home + f'/{NAME}', 'w').close())"
    ),
}


@pytest.fixture
def other(bystander: Any, canary: str) -> Iterator[dict[str, Any]]:
    """A session that holds a secret in files and in memory."""
    code = (
        f"import ctypes, os\nos.umask(0o077)\nx = 42\n"
        f"for name in ('secret.txt', 'outbox/secret.csv'): open(name, 'w').write({canary!r})\n"
        f"secret = ctypes.create_string_buffer({canary!r}.encode()); held = open('secret.txt')\n"
        "print(ctypes.addressof(secret))"
    )
    shown = bystander.session.execute(code, 1, 60).stdout
    yield {"OTHER": str(bystander.folder), "PID": bystander.pid, "ADDRESS": int(shown)}
    bystander.session.execute("held.close(); del secret; os.unlink('outbox/secret.csv')", 1, 60)


@pytest.mark.parametrize("code", READS.values(), ids=READS.keys())
def test_the_files_of_another_session_are_not_read(
    attack: Attack, other: dict[str, Any], canary: str, code: str
) -> None:
    assert canary not in attack(code, **other).seen


@pytest.mark.parametrize("code", CHANGES.values(), ids=CHANGES.keys())
def test_the_files_of_another_session_are_not_changed(
    attack: Attack, bystander: Any, other: dict[str, Any], canary: str, code: str
) -> None:
    attack(code, **other)
    shown = bystander.session.execute(
        f"print(sorted(n for n in os.listdir({other['OTHER']!r}) if n[0] != '.'), open('secret.txt').read())", 3, 60
    )
    if shown.failure:
        bystander.session.close()  # the fixture opens another
    assert shown.stdout == f"['outbox', 'secret.txt'] {canary}\n"
    assert shown.records == ()


@pytest.mark.parametrize("code", MEMORY.values(), ids=MEMORY.keys())
def test_the_memory_of_another_session_is_not_read(
    attack: Attack, other: dict[str, Any], canary: str, code: str
) -> None:
    assert canary not in attack(code, **other).seen


@pytest.mark.parametrize("code", SHARED.values(), ids=SHARED.keys())
def test_shared_memory_of_another_session_is_not_read(attack: Attack, bystander: Any, canary: str, code: str) -> None:
    share = (
        "from multiprocessing import shared_memory\n"
        f"s = shared_memory.SharedMemory(create=True, size=100); s.buf[:{len(canary)}] = {canary.encode()!r}"
    )
    assert bystander.session.execute(share, 1, 60).failure is None
    attempt = attack(code)
    bystander.session.execute("s.close(); s.unlink()", 2, 60)
    assert canary not in attempt.seen


@pytest.mark.parametrize("code", LEFTOVERS.values(), ids=LEFTOVERS.keys())
def test_nothing_is_left_for_a_later_session(sandbox: LocalSandbox, data: Path, code: str) -> None:
    name, key = f"left-{token_hex(6)}", int(token_hex(3), 16) | 1
    known = f"NAME = {name!r}\nKEY = {key}\nTEMPORARY = {tempfile.gettempdir()!r}\nimport ctypes, os, platform\n"
    tools = (
        "libc = ctypes.CDLL(None)\n"
        "def call(n, *a, arm): return libc.syscall(arm if platform.machine() == 'aarch64' else n, *a)\n"
        "def attempt(f):\n    try: f()\n    except OSError: pass\n"
    )
    with sandbox.open(data) as session:
        session.execute(known + tools + code, 1, 60)
    try:
        assert not _found(name, key)
    finally:
        _remove(name, key)


def _found(name: str, key: int) -> list[str]:
    places = [Path("/dev/shm"), Path("/dev/mqueue"), Path(tempfile.gettempdir())]
    homes = Path(tempfile.gettempdir()).glob("kaiseki-home-*")
    found = [str(path) for place in places if place.is_dir() for path in place.iterdir() if name in path.name]
    walked = (entry for home in homes for entry in os.walk(home))  # those of other programs may go meanwhile
    found += [
        str(Path(folder, each)) for folder, folders, files in walked for each in (*folders, *files) if name in each
    ]
    found += [f"{kind} {key}" for kind in ("shm", "sem", "msg") if _system_v(kind, key)]
    if _message_queue(name, remove=False):
        found.append(f"message queue {name}")
    return found


def _remove(name: str, key: int) -> None:
    for path in (f"/dev/shm/{name}", f"/dev/shm/sem.{name}", *_found(name, key)):
        with contextlib.suppress(OSError):
            Path(path).chmod(0o700)
        shutil.rmtree(path, ignore_errors=True)
        Path(path).unlink(missing_ok=True)
    for kind, letter in (("shm", "M"), ("sem", "S"), ("msg", "Q")):
        if _system_v(kind, key):
            subprocess.run(["ipcrm", f"-{letter}", str(key)], check=True)
    _message_queue(name, remove=True)


def _system_v(kind: str, key: int) -> bool:
    table = Path(f"/proc/sysvipc/{kind}")
    return table.exists() and any(int(line.split()[0]) == key for line in table.read_text().splitlines()[1:])


def _message_queue(name: str, remove: bool) -> bool:
    numbers = {"aarch64": (180, 181)}.get(platform.machine(), (240, 241))
    libc = ctypes.CDLL(None)
    if remove:
        return bool(libc.syscall(numbers[1], name.encode()) == 0)
    descriptor = libc.syscall(numbers[0], name.encode(), os.O_RDONLY, 0, None)
    if descriptor >= 0:
        os.close(descriptor)
    return bool(descriptor >= 0)


def test_modules_that_were_poisoned_are_not_met_by_others(attack: Attack, sandbox: LocalSandbox, data: Path) -> None:
    attack(
        "import builtins, json, kaiseki_kit\n"
        "pd.DataFrame.describe = lambda self: 'poisoned'; json.dumps = lambda *a, **k: 'poisoned'\n"
        "kaiseki_kit.fact = builtins.len = lambda *a, **k: 'poisoned'\n"
        "sys.modules['scipy'] = None"
    )
    code = "import json, scipy; print(len([1]), json.dumps([1]), pd.DataFrame({'a': [1]}).describe)"
    with sandbox.open(data) as later:
        shown = later.execute(code, 1, 60)
    assert shown.failure is None
    assert "poisoned" not in shown.stdout


def test_sessions_have_no_descriptor_in_common(attack: Attack, bystander: Any) -> None:
    """An inherited pipe or socket of another session would be a way to it."""
    code = (
        "import os\nfor n in range(64):\n    try: print(os.readlink(f'/proc/self/fd/{n}'))\n    except OSError: pass\n"
    )
    ours = set(attack(code).execution.stdout.splitlines())
    theirs = set(bystander.session.execute(code, 2, 60).stdout.splitlines())
    assert not [link for link in ours & theirs if link.startswith(("socket:", "pipe:"))]


def test_a_session_has_no_open_files_but_its_own(session: Any) -> None:
    pid = int(session.execute("import os; print(os.getpid())", 1, 60).stdout)
    try:
        links = [str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir()]
    except PermissionError:  # it is closed to its own user too
        return
    known = ("/dev/null", "pipe:", "socket:", "anon_inode:")
    assert not [link for link in links if not link.startswith(known)]
