"""Landlock: the kernel holds the process to a list of folders and files, whatever its user may do elsewhere.

Source: Linux, Documentation/userspace-api/landlock.rst; include/uapi/linux/landlock.h.
"""

import ctypes
import os
import stat
from collections.abc import Iterable

from kaiseki.sandbox.child.confinement import kernel, seccomp
from kaiseki.sandbox.child.confinement.errors import Unconfined

_VERSION_FLAG = 1
_RULE_PATH_BENEATH = 1
_EXECUTE = 1 << 0
_WRITE_FILE = 1 << 1
_READ_FILE = 1 << 2
_READ_DIR = 1 << 3
_MAKE_CHAR = 1 << 6
_MAKE_BLOCK = 1 << 11
_TRUNCATE = 1 << 14
_IOCTL_DEV = 1 << 15
_FOR_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_LAST_FILE_RIGHT = {1: 12, 2: 13, 3: 14, 4: 14}  # by version; REFER came with 2, TRUNCATE with 3
_IOCTL_DEV_BIT = 15  # since 5
_NETWORK_SINCE, _BOTH_NETWORK_RIGHTS = 4, 0b11
_SCOPES_SINCE, _BOTH_SCOPES = 6, 0b11  # abstract sockets, signals

_READ = _EXECUTE | _READ_FILE | _READ_DIR


class _Ruleset(ctypes.Structure):
    _fields_ = [
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scopes", ctypes.c_uint64),
    ]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32)]


def version() -> int:
    """0 where the kernel has none, it is switched off, or a filter of the container hides it."""
    try:
        return kernel.syscall(seccomp.numbers()["landlock_create_ruleset"], None, 0, _VERSION_FLAG)
    except OSError:
        return 0


def restrict(readable: Iterable[str], listable: Iterable[str], writable: Iterable[str]) -> None:
    """Holds this process to these paths, those that exist; after no_new_privs. Raises Unconfined.

    `listable` folders show their entries' names; `writable` ones may be filled and emptied at will.
    """
    abi = version()
    all_rights = (1 << _LAST_FILE_RIGHT.get(abi, _IOCTL_DEV_BIT) + 1) - 1
    write = all_rights & ~_MAKE_CHAR & ~_MAKE_BLOCK & ~_IOCTL_DEV
    rules = ((readable, _READ), (listable, _READ_DIR), (writable, write))
    try:
        ruleset = _create(abi, all_rights)
        try:
            for paths, rights in rules:
                for path in paths:
                    _allow(ruleset, path, rights)
            kernel.syscall(seccomp.numbers()["landlock_restrict_self"], ruleset, 0)
        finally:
            os.close(ruleset)
    except OSError as error:
        raise Unconfined(f"Landlock is there, but cannot be used: {error.strerror}") from error


def _create(abi: int, all_rights: int) -> int:
    ruleset = _Ruleset(all_rights)
    size = 8
    if abi >= _NETWORK_SINCE:
        ruleset.network, size = _BOTH_NETWORK_RIGHTS, 16
    if abi >= _SCOPES_SINCE:
        ruleset.scopes, size = _BOTH_SCOPES, 24
    number = seccomp.numbers()["landlock_create_ruleset"]
    return kernel.syscall(number, ctypes.byref(ruleset), size, 0)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(opened).st_mode):
            rights &= _FOR_FILES
        beneath = _PathBeneath(rights, opened)
        number = seccomp.numbers()["landlock_add_rule"]
        kernel.syscall(number, ruleset, _RULE_PATH_BENEATH, ctypes.byref(beneath), 0)
    finally:
        os.close(opened)
