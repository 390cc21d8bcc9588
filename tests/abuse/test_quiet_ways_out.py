"""Ways out that make no noise: pairs of sockets, watches, leases, attributes; and what the host reads of a step."""

import contextlib
import os
import re
import resource
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Attack = Callable[..., Any]  # of conftest.py

PAIRS = {
    "raw": "socket.socketpair(socket.AF_UNIX, socket.SOCK_RAW)",
    "raw-that-does-not-wait": "socket.socketpair(socket.AF_UNIX, socket.SOCK_RAW | socket.SOCK_NONBLOCK)",
    "of-a-type-that-is-none": "[socket.socket(fileno=n) for n in raw(0x2003)]",
    "by-a-number-of-its-own": "[socket.socket(fileno=n) for n in raw(3)]",
}
RAW_PAIR = (
    "import socket\n"
    "def raw(kind):\n"
    "    pair = (ctypes.c_int * 2)()\n"
    "    if call(53, 1, kind, 0, pair, arm=199): raise OSError(ctypes.get_errno(), 'refused')\n"
    "    return list(pair)\n"
)


@pytest.fixture(params=["path", "abstract"])
def ear(request: pytest.FixtureRequest, public_folder: Path) -> Iterator[socket.socket]:
    """A socket of the host for datagrams, as /dev/log is one."""
    address = str(public_folder / "socket") if request.param == "path" else f"\0{public_folder}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(address)
        if request.param == "path":
            (public_folder / "socket").chmod(0o777)
        ear.setblocking(False)
        yield ear


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS.keys())
def test_no_pair_of_sockets_sends_to_a_third(attack: Attack, ear: socket.socket, pair: str) -> None:
    code = f"one, other = attempt(lambda: {pair})\none.sendto(b'out', ADDRESS)"
    attack(RAW_PAIR + code, ADDRESS=ear.getsockname())
    with pytest.raises(BlockingIOError):  # what was sent would be here: nothing is under way between such sockets
        ear.recv(100)


WATCHES = {
    "inotify": "watch = libc.inotify_init()",
    "inotify-that-does-not-wait": "watch = call(294, 0o4000, arm=26)",
}


@pytest.mark.parametrize("code", WATCHES.values(), ids=WATCHES.keys())
def test_nobody_watches_what_is_made_in_other_folders(
    session: Any, public_folder: Path, canary: str, code: str
) -> None:
    start = f"import ctypes, os, platform\nlibc = ctypes.CDLL(None)\n{CALL}{code}\n"
    session.execute(f"{start}print(libc.inotify_add_watch(watch, {str(public_folder)!r}.encode(), 0xfff))", 1, 60)
    (public_folder / canary).touch()
    seen = session.execute("os.set_blocking(watch, False)\nprint(os.read(watch, 10_000))", 2, 60)
    assert canary not in seen.model_dump_json()


CALL = (
    "def call(number, *arguments, arm):\n"
    "    return libc.syscall(number if platform.machine() == 'x86_64' else arm, *arguments)\n"
)
# A file or folder of the session's own, which the host will open, or remove things from.
HOLDS = {
    "for-writing": "fcntl.fcntl(os.open(FILE, os.O_RDWR), 1024, fcntl.F_WRLCK)",
    "for-reading": "fcntl.fcntl(os.open(FILE, os.O_RDONLY), 1024, fcntl.F_RDLCK)",
    "by-delegation": (
        "import struct; fcntl.fcntl(os.open(os.path.dirname(FILE), os.O_RDONLY), 1040, struct.pack('IHH', 0, 0, 0))"
    ),
}


@pytest.mark.parametrize("code", HOLDS.values(), ids=HOLDS.keys())
def test_nobody_has_the_host_wait_for_a_file(session: Any, code: str) -> None:
    """A holder may keep whoever opens the file for 45 seconds."""
    prepared = "import fcntl, os\nFILE = os.path.abspath('outbox/x.csv')\nopen(FILE, 'w').close()\nprint(FILE)"
    file = session.execute(prepared, 1, 60).stdout.strip()
    session.execute(f"held = {code}" if "struct" not in code else code, 2, 60)
    locks = Path("/proc/locks").read_text()
    inode = Path(file).stat().st_ino
    assert not re.search(rf"(LEASE|DELEG).*:{inode} ", locks)
    os.close(os.open(file, os.O_WRONLY | os.O_NONBLOCK))  # BlockingIOError, if somebody is in the way


ATTRIBUTES = {
    "by-name": "os.setxattr('outbox', 'user.x', b'x' * 1000)",
    "by-descriptor": "os.setxattr(os.open('outbox', os.O_RDONLY), 'user.x', b'x')",
    "access-list": "os.setxattr('outbox', 'system.posix_acl_default', b'\\2\\0\\0\\0')",
}


@pytest.mark.parametrize("code", ATTRIBUTES.values(), ids=ATTRIBUTES.keys())
def test_files_have_no_attributes_that_nobody_counts(session: Any, code: str) -> None:
    folder = session.execute("import os\nprint(os.getcwd())", 1, 60).stdout.strip()
    session.execute(code, 2, 60)
    assert os.listxattr(f"{folder}/outbox") == []


# ── what the host reads ───────────────────────────────────────────────────────────────────────────────────────────

DUMPS = {
    "a-line-that-is-a-long-number": "b'  File \"step-01.py\", line ' + b'9' * 5_000 + b' in x\\n'",
    "a-step-that-is-a-long-number": "b'  File \"step-' + b'9' * 5_000 + b'.py\", line 1 in x\\n'",
    "line-zero": "b'  File \"step-01.py\", line 0 in x\\n'",
    "other-digits": "'  File \"step-01.py\", line \\u0669 in x\\n'.encode()",
    "no-text": "bytes(range(256)) * 100",
    "more-than-a-pipe-holds": "b'  File \"step-01.py\", line 1 in x\\n' * 1_900",
}


@pytest.mark.parametrize("dump", DUMPS.values(), ids=DUMPS.keys())
def test_the_host_reads_any_dump(attack: Attack, dump: str) -> None:
    attempt = attack(f"os.set_blocking(3, False)\nos.write(3, {dump})\nos.kill(os.getpid(), 9)")
    assert attempt.execution.killed == "exit"
    assert attempt.execution.failure.type == "exit"
    assert len(attempt.execution.failure.traceback) < 200_000


RECORDS = {
    "a-table-elsewhere": "dict(kind='table', name='../../../secret')",
    "a-chart-elsewhere": "dict(kind='chart', name='/etc/ssl/logo')",
    "a-name-that-ends-early": "dict(kind='chart', name='x\\0')",
    "a-name-that-commands-a-terminal": "dict(kind='fact', name='x\\x1b[2J')",
    "no-name": "dict(kind='fact', name='')",
    "a-line-far-away": "dict(kind='fact', name='x', line=int('9' * 299))",
    "more-values-than-the-host-has-memory-for": "dict(kind='fact', name='x', value=[[]] * 340_000)",
}


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS.keys())
def test_records_lead_the_host_to_no_other_files_and_no_other_size(session: Any, record: str) -> None:
    """The report reads tables and charts by the names of their records."""
    code = (
        "import json, os\n"
        f"record = {{'step': 1, 'line': 1, **{record}}}\n"
        "open(os.environ['KAISEKI_OUTBOX'] + '/records.jsonl', 'a').write(json.dumps(record, separators=',:') + '\\n')"
    )
    execution = session.execute(code, 1, 60)
    assert execution.records == ()
    assert execution.failure.type == "BadRecords"


# The answer to the step itself, under the ticket that lies in the interpreter's memory.
ANSWER = (
    "import json\n"
    "def answer(text):\n"
    "    frame = sys._getframe()\n"
    "    while 'ticket' not in frame.f_locals: frame = frame.f_back\n"
    "    body = text.replace('TICKET', json.dumps(frame.f_locals['ticket'])).encode()\n"
    "    os.write(4, len(body).to_bytes(4, 'big') + body)\n"
)
ANSWERS = {
    "exit-code-of-a-thousand-digits": "'{\"id\": TICKET, \"exit_code\": ' + '9' * 4_000 + '}'",
    "exit-code-of-a-thousand-digits-below-zero": "'{\"id\": TICKET, \"exit_code\": -' + '9' * 4_000 + '}'",
    "line-of-a-thousand-digits": (
        '\'{"id": TICKET, "exit_code": 1, "failure": {"type": "E", "message": "m", "traceback": "t", "line": \''
        " + '9' * 4_000 + '}}'"
    ),
    "text-for-everything": '\'{"id": TICKET, "exit_code": 1, "failure": "x", "displays": "x"}\'',
    "numbers-for-texts": (
        '\'{"id": TICKET, "exit_code": true, "failure": {"type": 1, "message": 1e999, "line": true}, "displays": [1]}\''
    ),
}


@pytest.mark.parametrize("text", ANSWERS.values(), ids=ANSWERS.keys())
def test_numbers_of_an_answer_are_such_as_processes_have(attack: Attack, text: str) -> None:
    execution = attack(f"{ANSWER}answer({text})").execution
    assert abs(execution.exit_code) < 1 << 31
    assert execution.failure is None or execution.failure.line is None or execution.failure.line < 1_000_000_000


# ── limits that a session starts with ─────────────────────────────────────────────────────────────────────────────

CRASHES = {
    "by-the-resource-module": "import resource\nattempt(resource.setrlimit, resource.RLIMIT_CORE, (0, 0))",
    "by-the-older-call": "call(160, 4, (ctypes.c_ulong * 2)(0, 0), arm=164)",
    "by-the-call-for-any-process": "call(302, os.getpid(), 4, (ctypes.c_ulong * 2)(0, 0), None, arm=261)",
    "from-an-address-that-ends-in-zeros": (
        "libc.mmap.restype = ctypes.c_void_p\n"
        "at = libc.mmap(ctypes.c_void_p(0x7_0000_0000), ctypes.c_size_t(4096), 3, 0x22, -1, ctypes.c_long(0))\n"
        "print(hex(at)); call(302, 0, 4, ctypes.c_void_p(at), None, arm=261)"
    ),
    "by-a-shell": "subprocess.run(['bash', '-c', 'ulimit -c 0'])",
}


@pytest.mark.parametrize("code", CRASHES.values(), ids=CRASHES.keys())
def test_a_crash_is_no_business_of_the_machines_program_for_crashes(session: Any, code: str) -> None:
    """It would run as root, outside; Linux leaves it out where this limit is 1, and nowhere else."""
    pid = session.execute("import os\nprint(os.getpid())", 1, 60).stdout.strip()
    session.execute(f"{START}{code}", 2, 60)
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    expected = 1 if hard == resource.RLIM_INFINITY else min(hard, 1)
    assert limits_of(pid)["Max core file size"] == (expected, expected)


START = (
    "import ctypes, os, platform, subprocess\n"
    "libc = ctypes.CDLL(None)\n"
    "def attempt(function, *arguments):\n"
    "    try: function(*arguments)\n"
    "    except (OSError, ValueError) as error: print(error)\n"
    f"{CALL}"
)


def test_no_session_may_go_before_other_programs(session: Any) -> None:
    limits = limits_of(session.execute("import os\nprint(os.getpid())", 1, 60).stdout.strip())
    assert limits["Max realtime priority"] == limits["Max nice priority"] == (0, 0)


def limits_of(pid: str) -> dict[str, tuple[float, float]]:
    """Name -> soft and hard limit, as the kernel tells them from outside."""
    found = {}
    for line in Path(f"/proc/{pid}/limits").read_text().splitlines()[1:]:
        soft, hard = line[26:].split()[:2]
        with contextlib.suppress(ValueError):
            found[line[:26].strip()] = float(soft.replace("unlimited", "inf")), float(hard.replace("unlimited", "inf"))
    return found
