"""The filter on system calls: its tables beside the kernel's headers, and its answers, run as the kernel runs it."""

import errno
import re
from pathlib import Path

import pytest

from kaiseki.sandbox.child.confinement import bpf, policy, syscalls_aarch64, syscalls_x86_64

HEADERS = {
    "x86_64": ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h"),
    "aarch64": ("/usr/include/asm-generic/unistd.h", "/usr/aarch64-linux-gnu/include/asm-generic/unistd.h"),
}
NUMBERS = {"x86_64": syscalls_x86_64.NUMBERS, "aarch64": syscalls_aarch64.NUMBERS}
DEFINITION = re.compile(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\s*$", re.MULTILINE)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_numbers_of_system_calls_are_those_of_the_kernels_headers(machine: str) -> None:
    for header in filter(Path.exists, map(Path, HEADERS[machine])):
        theirs = {name: int(number) for name, number in DEFINITION.findall(header.read_text())}
        assert {name: theirs.get(name) for name in NUMBERS[machine]} == NUMBERS[machine]
        missing = set(NUMBERS["x86_64"]) - set(NUMBERS[machine])
        assert not missing & set(theirs), "a call that exists on this machine is not filtered"


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_call_that_is_refused_has_a_number_on_one_machine_at_least(machine: str) -> None:
    named = {name for name, _, _ in (*policy._refused(), *policy._by_argument(), *policy._signals((), ()))}
    assert named <= set(NUMBERS["x86_64"])
    assert len(set(NUMBERS[machine].values())) == len(NUMBERS[machine])


class Machine:
    """Runs a filter as the kernel does: enough of BPF to know what it answers."""

    def __init__(self, program: bytes) -> None:
        self._instructions = [
            (
                int.from_bytes(program[i : i + 2], "little"),
                program[i + 2],
                program[i + 3],
                int.from_bytes(program[i + 4 : i + 8], "little"),
            )
            for i in range(0, len(program), 8)
        ]

    def answer(self, arch: int, number: int, *arguments: int) -> int:
        words = {0: number, 4: arch}
        for position, argument in enumerate(arguments):
            words[16 + 8 * position] = argument & 0xFFFF_FFFF
        accumulator, at = 0, 0
        while True:
            code, if_true, if_false, value = self._instructions[at]
            at += 1
            match code:
                case 0x20:
                    accumulator = words.get(value, 0)
                case 0x54:
                    accumulator &= value
                case 0x15:
                    at += if_true if accumulator == value else if_false
                case 0x25:
                    at += if_true if accumulator > value else if_false
                case 0x06:
                    return value


REFUSED = {
    name: 0x0005_0000 | number
    for name, number in (("EPERM", errno.EPERM), ("EACCES", errno.EACCES), ("ENOSYS", errno.ENOSYS))
}
TABLES = {"x86_64": syscalls_x86_64, "aarch64": syscalls_aarch64}
HOST = 4321


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize(
    ("call", "arguments", "answer"),
    [
        ("socket", (1, 1, 0), REFUSED["EACCES"]),
        ("socketpair", (1, 1, 0), bpf.ALLOW),
        ("socketpair", (1, 0o2000001, 0), bpf.ALLOW),
        ("socketpair", (1, 2, 0), REFUSED["EPERM"]),
        ("socketpair", (16, 1, 0), REFUSED["EPERM"]),
        ("clone", (0x003D0F00, 0), bpf.ALLOW),
        ("clone", (0x10000011, 0), REFUSED["EPERM"]),
        ("clone3", (0, 0), REFUSED["ENOSYS"]),
        ("kill", (HOST, 9), REFUSED["EPERM"]),
        ("kill", (-HOST, 9), REFUSED["EPERM"]),
        ("kill", (-1, 9), REFUSED["EPERM"]),
        ("kill", (1, 9), REFUSED["EPERM"]),
        ("kill", (0, 15), bpf.ALLOW),
        ("kill", (9999, 15), bpf.ALLOW),
        ("tgkill", (HOST, HOST, 9), REFUSED["EPERM"]),
        ("fchmodat", (-100, 0, 0o755), bpf.ALLOW),
        ("fchmodat", (-100, 0, 0o4755), REFUSED["EPERM"]),
        ("openat", (-100, 0, 0o100, 0o644), bpf.ALLOW),
        ("openat", (-100, 0, 0o100, 0o4755), REFUSED["EPERM"]),
        ("openat", (-100, 0, 0, 0o4755), bpf.ALLOW),
        ("prlimit64", (0, 7, 0, 0), bpf.ALLOW),
        ("prlimit64", (HOST, 7, 0, 0), REFUSED["EPERM"]),
        ("fcntl", (3, 8, HOST), REFUSED["EPERM"]),
        ("fcntl", (3, 4, 2048), bpf.ALLOW),
        ("ioctl", (0, 0x5412, 0), REFUSED["EPERM"]),
        ("personality", (0xFFFFFFFF,), bpf.ALLOW),
        ("personality", (0x0040000,), REFUSED["EPERM"]),
        ("set_mempolicy_home_node", (), bpf.ALLOW),
    ],
)
def test_the_filter_answers(machine: str, call: str, arguments: tuple[int, ...], answer: int) -> None:
    table = TABLES[machine]
    filter_ = Machine(policy.program(table.AUDIT_ARCH, table.NUMBERS, (HOST,), (HOST,)))
    assert filter_.answer(table.AUDIT_ARCH, table.NUMBERS[call], *arguments) == answer


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_foreign_tables_are_killed_and_newer_calls_do_not_exist(machine: str) -> None:
    table = TABLES[machine]
    filter_ = Machine(policy.program(table.AUDIT_ARCH, table.NUMBERS, (), ()))
    assert filter_.answer(0x4000_0003, 1) == bpf.KILL_PROCESS  # i386
    assert filter_.answer(table.AUDIT_ARCH, 0x4000_0000 | 41) == bpf.KILL_PROCESS  # x32
    assert filter_.answer(table.AUDIT_ARCH, 451) == REFUSED["ENOSYS"]
    assert filter_.answer(table.AUDIT_ARCH, 1) == bpf.ALLOW
