"""Puts the filter on system calls into force, and makes sure that it is."""

import ctypes
import errno
import os
import socket
from functools import cache

from kaiseki.sandbox.child.confinement import kernel, policy, syscalls_aarch64, syscalls_x86_64
from kaiseki.sandbox.child.confinement.errors import Unconfined

_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
_INSTRUCTION_BYTES = 8
_TABLES = {
    "x86_64": (syscalls_x86_64.AUDIT_ARCH, syscalls_x86_64.NUMBERS),
    "aarch64": (syscalls_aarch64.AUDIT_ARCH, syscalls_aarch64.NUMBERS),
}


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


@cache
def numbers() -> dict[str, int]:
    """Of this machine. Raises Unconfined."""
    return _table()[1]


@cache
def assemble(spared: tuple[int, ...], spared_groups: tuple[int, ...]) -> bytes:
    """Raises Unconfined."""
    return policy.program(*_table(), spared, spared_groups)


def install(program: bytes) -> None:
    """From here on, for this thread and all that come from it; after no_new_privs. Raises Unconfined."""
    filter_ = _Program(len(program) // _INSTRUCTION_BYTES, program)
    try:
        kernel.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(filter_))
    except OSError as error:
        raise Unconfined(f"the filter on system calls (seccomp) cannot be installed: {error.strerror}") from error
    try:
        socket.socket(socket.AF_UNIX).close()
    except OSError as error:
        if error.errno == errno.EACCES:
            return
    raise Unconfined("the filter on system calls (seccomp) was installed, but does not hold")


def _table() -> tuple[int, dict[str, int]]:
    machine = os.uname().machine
    if machine not in _TABLES:
        raise Unconfined(f"there is no filter on system calls for {machine}; use x86_64 or aarch64")
    return _TABLES[machine]
