"""What /proc shows of processes that are none of the session's: host, supervisor, zygote, other sessions."""

import ctypes
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

Attack = Callable[..., Any]  # of conftest.py
Targets = dict[str, int]

# Each is shown only to those who may trace the process.
ENTRIES = {
    "environment": "show(open(f'/proc/{PID}/environ', 'rb').read(1000))",
    "memory": (
        "memory = open(f'/proc/{PID}/mem', 'rb', 0)\n"
        "for line in open(f'/proc/{PID}/maps'):\n"
        "    if ' rw-p ' in line: memory.seek(int(line.split('-')[0], 16)); show(memory.read(100)); break"
    ),
    "maps": "show(open(f'/proc/{PID}/maps').read(100))",
    "smaps": "show(open(f'/proc/{PID}/smaps').read(100))",
    "mapped-files": "show(os.listdir(f'/proc/{PID}/map_files'))",
    "open-files": "show([os.readlink(f'/proc/{PID}/fd/{n}') for n in os.listdir(f'/proc/{PID}/fd')])",
    "one-open-file": "show(os.readlink(f'/proc/{PID}/fd/0') or 'x')",
    "open-files-of-a-thread": "show(os.listdir(f'/proc/{PID}/task/{PID}/fd'))",
    "offsets-of-open-files": "show(open(f'/proc/{PID}/fdinfo/0').read())",
    "working-folder": "show(os.readlink(f'/proc/{PID}/cwd'))",
    "files-below-the-working-folder": "show(os.listdir(f'/proc/{PID}/cwd/'))",
    "root-folder": "show(os.listdir(f'/proc/{PID}/root/'))",
    "program": "show(os.readlink(f'/proc/{PID}/exe'))",
    "auxiliary-vector": "show(open(f'/proc/{PID}/auxv', 'rb').read())",
    "namespaces": "show(os.readlink(f'/proc/{PID}/ns/net'))",
    "counts-of-reads-and-writes": "show(open(f'/proc/{PID}/io').read())",
    "pages": "show(os.pread(os.open(f'/proc/{PID}/pagemap', os.O_RDONLY), 8, 8 * (ADDRESS // 4096)))",
    "a-shell-that-reads-it": "show(subprocess.check_output(['cat', f'/proc/{PID}/maps']))",
}
PUBLIC = {
    "arguments": "show(open(f'/proc/{PID}/cmdline').read())",
    "name": "show(open(f'/proc/{PID}/comm').read())",
    "state": "show(open(f'/proc/{PID}/stat').read())",
    "mounts": "show(open(f'/proc/{PID}/mountinfo').read(100))",
}
WRITES = {
    "memory": "os.pwrite(os.open(f'/proc/{PID}/mem', os.O_RDWR), b'X' * 6, ADDRESS)",
    "next-victim-of-the-memory-killer": "open(f'/proc/{PID}/oom_score_adj', 'w').write('999')",
    "core-dump-filter": "open(f'/proc/{PID}/coredump_filter', 'w').write('0x1ff')",
    "timer-slack": "open(f'/proc/{PID}/timerslack_ns', 'w').write('99999999')",
}
SHOW = "def show(value):\n    if value: print('came', 'through')\n"


@pytest.fixture
def targets(bystander: Any) -> Targets:
    zygote = psutil.Process(bystander.supervisor).ppid()
    return {"host": os.getpid(), "zygote": zygote, "supervisor": bystander.supervisor, "session": bystander.pid}


@pytest.fixture
def secret() -> ctypes.Array[ctypes.c_char]:
    """Something in the host's memory, at an address that the code is assumed to know."""
    return ctypes.create_string_buffer(b"before")


@pytest.mark.parametrize("target", ["host", "zygote", "supervisor", "session"])
@pytest.mark.parametrize("code", ENTRIES.values(), ids=ENTRIES.keys())
def test_entries_for_those_who_may_trace_are_not_read(
    attack: Attack, targets: Targets, secret: ctypes.Array[ctypes.c_char], target: str, code: str
) -> None:
    attempt = attack(SHOW + code, PID=targets[target], ADDRESS=ctypes.addressof(secret))
    assert "came through" not in attempt.execution.stdout


@pytest.mark.parametrize("code", PUBLIC.values(), ids=PUBLIC.keys())
def test_what_proc_shows_to_everybody_is_not_read(attack: Attack, targets: Targets, code: str) -> None:
    assert "came through" not in attack(SHOW + code, PID=targets["host"]).execution.stdout


def test_the_memory_of_the_host_is_not_read(attack: Attack, canary: str) -> None:
    secret = ctypes.create_string_buffer(canary.encode())
    code = "print(os.pread(os.open(f'/proc/{PID}/mem', os.O_RDONLY), 64, ADDRESS))"
    assert canary not in attack(code, PID=os.getpid(), ADDRESS=ctypes.addressof(secret)).seen


@pytest.mark.parametrize("code", WRITES.values(), ids=WRITES.keys())
def test_nothing_of_the_host_is_changed(attack: Attack, secret: ctypes.Array[ctypes.c_char], code: str) -> None:
    settings = [Path(f"/proc/{os.getpid()}/{name}") for name in ("oom_score_adj", "coredump_filter", "timerslack_ns")]
    before = [setting.read_text() for setting in settings if setting.exists()]
    attack(code, PID=os.getpid(), ADDRESS=ctypes.addressof(secret))
    after = [setting.read_text() for setting in settings if setting.exists()]
    for setting, value in zip(settings, before, strict=False):
        if setting.read_text() != value:
            setting.write_text(value)
    assert after == before
    assert secret.value == b"before"


def test_the_session_sees_itself_confined(session: Any) -> None:
    """The layers that hold everywhere, as the kernel tells them from outside."""
    shown = session.execute("import os; print(os.getpid())", 1, 60).stdout
    status = Path(f"/proc/{int(shown)}/status").read_text()
    fields = dict(re.findall(r"^(\w+):\t(.*)$", status, re.MULTILINE))
    assert fields["NoNewPrivs"] == "1"
    assert fields["Seccomp"] == "2"
    assert int(fields["CapEff"], 16) == int(fields["CapPrm"], 16) == int(fields["CapInh"], 16) == 0
    assert int(fields["CapAmb"], 16) == 0
    assert "0" not in fields["Uid"].split()
    assert "0" not in fields["Gid"].split() + fields["Groups"].split()
