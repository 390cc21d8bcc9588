"""System calls that lead out of a process, called directly: they give nothing, whatever the C library offers."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Attack = Callable[..., Any]  # of conftest.py

# Each prints "gone through" when it got what it attempted. Arguments are such that the call would do no harm.
DESCRIPTORS = {
    "io-uring": "got(call(425, 4, ctypes.create_string_buffer(120)))",
    "memory-file": "got(call(319, b'x', 0, arm=279))",
    "memory-file-of-python": "got(os.memfd_create('x'))",
    "secret-memory-file": "got(call(447, 0))",
    "fault-handler": "got(call(323, 1 | os.O_CLOEXEC, arm=282))",
    "bpf-map": ("got(call(321, 0, (ctypes.c_uint32 * 32)(2, 4, 8, 1), 128, arm=280))"),
    "performance-counter": (
        "attributes = ctypes.create_string_buffer(128)\n"
        "ctypes.memmove(attributes, (ctypes.c_uint32 * 2)(1, 128), 8)\n"
        "got(call(298, attributes, 0, -1, -1, 0, arm=241))"
    ),
    "file-system-context": "got(call(430, b'tmpfs', 0))",
    "clone-of-a-mount": "got(call(428, -100, b'/', 1))",
    "watch-on-a-mount": "got(call(300, 0x10, 0, arm=262))",
    "descriptor-of-the-host": "got(call(438, call(434, HOST, 0), 0, 0))",
    "file-by-its-handle": (
        "handle = ctypes.create_string_buffer(b'\\x80\\0\\0\\0' + bytes(132), 136); mount = ctypes.c_int()\n"
        "call(303, -100, b'/', handle, ctypes.byref(mount), 0, arm=264)\n"
        "got(call(304, os.open('/', os.O_RDONLY), handle, os.O_RDONLY, arm=265))"
    ),
    "listener-of-a-filter": (
        "program = ctypes.create_string_buffer(bytes([6, 0, 0, 0, 0, 0, 0xff, 0x7f]))\n"
        "import struct\n"
        "filter = struct.pack('HxxxxxxP', 1, ctypes.addressof(program))\n"
        "before = set(os.listdir('/proc/self/fd'))\n"
        "ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)\n"
        "number = call(317, 1, 8, filter, arm=277)\n"
        "if number > 2: got(number)"
    ),
}
KEYS = {
    "key-kept-in-the-kernel": "if call(248, b'user', NAME.encode(), b'x', 1, -3, arm=217) > 0: through()",
    "session-keyring": "if call(250, 1, NAME.encode(), arm=219) > 0: through()",
    "keyring-of-the-user": "if call(250, 0, -4, 1, arm=219) > 0: through()",
    "key-of-somebody-else": (
        "if call(249, b'user', b'x', None, -3, arm=218) > 0 or failed_with(errno.ENOKEY): through()"
    ),
}
NAMESPACES = {
    "mount": 0x0002_0000,
    "control-group": 0x0200_0000,
    "host-name": 0x0400_0000,
    "ipc": 0x0800_0000,
    "user": 0x1000_0000,
    "process": 0x2000_0000,
    "network": 0x4000_0000,
    "user-and-mount": 0x1002_0000,
    "user-and-network": 0x5000_0000,
    "time": 0x80,
}
RIGHTS = {
    "user-root": "call(105, 0, arm=146); print('uid', os.geteuid())",
    "user-of-the-host": f"call(105, {os.getuid()}, arm=146); print('uid', os.geteuid())",
    "saved-users": "call(117, 0, 0, 0, arm=147); print('uid', os.geteuid())",
    "user-for-files": "call(122, 0, arm=151); print('uid', call(122, -1, arm=151))",
    "program-of-root": "print('uid', subprocess.getoutput('su -c \"id -u\" < /dev/null; sudo -n id -u'))",
    "new-session-as-root": "os.posix_spawn('/bin/sh', ['sh', '-c', 'echo uid $(id -u)'], os.environ, resetids=True)",
}
GROUPS = {
    "group-root": "call(106, 0, arm=144); print('gid', os.getegid())",
    "supplementary-groups": "call(116, 1, (ctypes.c_uint32 * 1)(0), arm=159); print('gid', os.getgroups())",
    "saved-groups": "call(119, 0, 0, 0, arm=149); print('gid', os.getegid())",
}
SYSTEM = {
    "host-name": ("name = platform.node().encode()\nif call(170, name, len(name), arm=161) == 0: through()"),
    "domain-name": "if call(171, b'(none)', 6, arm=162) == 0: through()",
    "new-root": "os.mkdir('root'); os.chroot('root'); through()",
    "pivot-root": "if call(155, b'.', b'.', arm=41) == 0 or failed_with(errno.EINVAL): through()",
    # Refused for other reasons than the caller's rights: the rights were there.
    "kernel-module": "if call(175, b'x', 0, b'', arm=105) == 0 or failed_with(errno.ENOEXEC): through()",
    "kernel-module-of-a-file": "if call(313, -1, b'', 0, arm=273) == 0 or failed_with(errno.EBADF): through()",
    "another-kernel": "if call(320, -1, -1, 0, b'', 0xffff, arm=294) and failed_with(errno.EINVAL): through()",
    "swap": "if call(168, b'/nowhere', arm=225) and failed_with(errno.ENOENT): through()",
    "accounting": "if call(163, b'/nowhere', arm=89) and failed_with(errno.ENOENT): through()",
    "kernel-log": "if call(103, 3, ctypes.create_string_buffer(100), 100, arm=116) >= 0: through()",
    "better-priority": "os.setpriority(os.PRIO_PROCESS, 0, -20); through()",
    "real-time-priority": "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)); through()",
    "device": "os.mknod('device', 0o20666, os.makedev(1, 5)); through()",
    "device-of-a-disk": "os.mknod('device', 0o60666, os.makedev(254, 0)); through()",
    "loud-limits": "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (1 << 19, 1 << 19)); through()",
    "larger-files": "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1)); through()",
    "core-dumps": "import resource; resource.setrlimit(resource.RLIMIT_CORE, (-1, -1)); through()",
    "more-cpu-time": "import resource; resource.setrlimit(resource.RLIMIT_CPU, (-1, -1)); through()",
    "capabilities": (
        "header = (ctypes.c_uint32 * 2)(0x20080522, 0); wanted = (ctypes.c_uint32 * 6)(*[0xffffffff] * 6)\n"
        "call(126, header, wanted, arm=91)\n"
        "if '0000000000000000' not in open('/proc/self/status').read().split('CapEff:')[1].split()[0]: through()"
    ),
    "tracing-by-its-child": (
        "child = os.fork()\n"
        "if child == 0: time.sleep(5); os._exit(0)\n"
        "if call(101, 0x4206, child, 0, 0, arm=117) == 0: through()\n"
        "os.kill(child, 9)"
    ),
    "tracing-by-its-parent": "if call(101, 0, 0, 0, 0, arm=117) == 0: through()",
    "quotas": "if call(179, 0x80000700, b'/nowhere', 0, None, arm=60) and failed_with(errno.ENOENT): through()",
}
GOT = "def through(): print('gone', 'through')\ndef got(number):\n    if number >= 0: os.fstat(number); through()\n"


def gone_through(attack: Attack, code: str, **known: object) -> bool:
    return "gone through" in attack(GOT + code, **known).execution.stdout


@pytest.mark.parametrize("code", DESCRIPTORS.values(), ids=DESCRIPTORS.keys())
def test_no_descriptor_of_another_kind_is_given_out(attack: Attack, code: str) -> None:
    assert not gone_through(attack, code, HOST=os.getpid())


@pytest.mark.parametrize("code", KEYS.values(), ids=KEYS.keys())
def test_the_keys_of_the_kernel_are_out_of_reach(attack: Attack, canary: str, code: str) -> None:
    assert not gone_through(attack, code, NAME=canary)
    assert not Path("/proc/keys").exists() or canary not in Path("/proc/keys").read_text()


@pytest.mark.parametrize("kind", NAMESPACES.values(), ids=NAMESPACES.keys())
def test_no_namespace_is_made_by_unshare(attack: Attack, kind: int) -> None:
    code = (
        "if os.fork() == 0:\n"
        "    if call(272, KIND, arm=97) == 0: through()\n"
        "    sys.stdout.flush(); os._exit(0)\n"
        "os.wait()"
    )
    assert not gone_through(attack, code, KIND=kind)


@pytest.mark.parametrize("kind", NAMESPACES.values(), ids=NAMESPACES.keys())
def test_no_namespace_is_made_by_clone(attack: Attack, kind: int) -> None:
    code = (
        "child = call(56, KIND | 17, 0, 0, 0, 0, arm=220)\n"
        "if child == 0: libc._exit(0)\n"
        "if child > 0: os.waitpid(child, 0); through()"
    )
    if kind != NAMESPACES["time"]:  # its bit belongs to the signal number here
        assert not gone_through(attack, code, KIND=kind)


@pytest.mark.parametrize("kind", NAMESPACES.values(), ids=NAMESPACES.keys())
def test_no_namespace_is_made_by_clone3(attack: Attack, kind: int) -> None:
    """Its flags lie in memory, where no filter can look."""
    code = (
        "child = call(435, (ctypes.c_uint64 * 11)(KIND, 0, 0, 0, 17), 88)\n"
        "if child == 0: libc._exit(0)\n"
        "if child > 0: os.waitpid(child, 0); through()"
    )
    assert not gone_through(attack, code, KIND=kind)


@pytest.mark.parametrize("kind", ["mnt", "net", "uts", "ipc", "pid", "user"])
def test_no_namespace_of_the_host_is_joined(attack: Attack, kind: str) -> None:
    code = (
        "for pid in (HOST, os.getppid(), os.getpid()):\n"
        "    number = attempt(os.open, f'/proc/{pid}/ns/{KIND}', os.O_RDONLY)\n"
        "    if number is not None and call(308, number, 0, arm=268) == 0: through()"
    )
    assert not gone_through(attack, code, HOST=os.getpid(), KIND=kind)


def test_nothing_is_unmounted(attack: Attack) -> None:
    def mounts() -> set[str]:
        """Without what others on this machine make and remove meanwhile."""
        lasting = {"/", "/dev", "/dev/pts", "/dev/shm", "/proc", "/sys", "/tmp"}
        return {line for line in Path("/proc/self/mounts").read_text().splitlines() if line.split()[1] in lasting}

    before = mounts()
    attack("for point in (b'/nowhere', b'/proc/self/fd/0'): call(166, point, 0, arm=39)")
    assert mounts() == before


@pytest.mark.parametrize("code", RIGHTS.values(), ids=RIGHTS.keys())
def test_no_user_is_changed_to_root(attack: Attack, code: str) -> None:
    assert not re.search(r"uid 0\b", attack(code).execution.stdout)


@pytest.mark.parametrize("code", GROUPS.values(), ids=GROUPS.keys())
def test_no_group_is_changed_to_that_of_root(attack: Attack, code: str) -> None:
    assert not re.search(r"gid \[?0\b", attack(code).execution.stdout)


@pytest.mark.parametrize("code", SYSTEM.values(), ids=SYSTEM.keys())
def test_rights_over_the_system_are_refused(attack: Attack, code: str) -> None:
    assert not gone_through(attack, code)
