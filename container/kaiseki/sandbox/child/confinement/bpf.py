"""An assembler for the classic BPF programs that seccomp takes: rules over one system call and its arguments.

Sources: Linux, Documentation/userspace-api/seccomp_filter.rst; include/uapi/linux/{seccomp,filter}.h.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

KILL_PROCESS = 0x8000_0000
ALLOW = 0x7FFF_0000
_ERRNO = 0x0005_0000

_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_AND = 0x54  # BPF_ALU | BPF_AND | BPF_K
_IF_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_IF_GREATER = 0x25  # BPF_JMP | BPF_JGT | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K
_INSTRUCTION = struct.Struct("=HBBI")
# Offsets in struct seccomp_data.
_NUMBER = 0
_ARCHITECTURE = 4
_ARGUMENTS = 16
_ALL_BITS = 0xFFFF_FFFF


@dataclass(frozen=True)
class Condition:
    """The lower 32 bits of an argument, masked, are (or are not) a value: all that the kernel reads of an int.

    `upper`: the other half, of what is a pointer.
    """

    argument: int
    value: int
    mask: int = _ALL_BITS
    equal: bool = True
    upper: bool = False


def errno_action(number: int) -> int:
    return _ERRNO | number


def only_architecture(audit_arch: int) -> bytes:
    """Kills the process that calls by the table of another architecture, whose numbers mean other calls."""
    return b"".join(
        (
            _load(_ARCHITECTURE),
            _jump(_IF_EQUAL, audit_arch, 1, 0),
            _return(KILL_PROCESS),
            _load(_NUMBER),
        )
    )


def above(number: int, action: int) -> bytes:
    """What is to happen to calls with a larger number."""
    return _jump(_IF_GREATER, number, 0, 1) + _return(action)


def rule(number: int, action: int, conditions: Iterable[Condition] = ()) -> bytes:
    """What is to happen to the call `number` if all conditions hold; else the rules after it decide."""
    tests = [_test(condition) for condition in conditions]
    if not tests:
        return _jump(_IF_EQUAL, number, 0, 1) + _return(action)
    reload = _load(_NUMBER)
    body = _return(action) + reload
    to_reload = 1  # instructions from the end of the tests to `reload`
    for test, condition in reversed(list(zip(tests, conditions, strict=True))):
        matched, missed = (0, to_reload) if condition.equal else (to_reload, 0)
        body = test + _jump(_IF_EQUAL, condition.value, matched, missed) + body
        to_reload += len(test) // _INSTRUCTION.size + 1
    return _jump(_IF_EQUAL, number, 0, len(body) // _INSTRUCTION.size) + body


def otherwise(action: int) -> bytes:
    return _return(action)


def _test(condition: Condition) -> bytes:
    half = 4 if condition.upper else 0  # the lower one comes first on little-endian machines
    load = _load(_ARGUMENTS + 8 * condition.argument + half)
    return load if condition.mask == _ALL_BITS else load + _INSTRUCTION.pack(_AND, 0, 0, condition.mask)


def _load(offset: int) -> bytes:
    return _INSTRUCTION.pack(_LOAD, 0, 0, offset)


def _jump(test: int, value: int, if_true: int, if_false: int) -> bytes:
    return _INSTRUCTION.pack(test, if_true, if_false, value & _ALL_BITS)


def _return(action: int) -> bytes:
    return _INSTRUCTION.pack(_RETURN, 0, 0, action)
