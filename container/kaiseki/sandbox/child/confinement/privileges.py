"""Giving up what a process might do beyond what its user may."""

import contextlib
import ctypes
from pathlib import Path

from kaiseki.sandbox.child.confinement import kernel
from kaiseki.sandbox.child.confinement.errors import Unconfined

CAP_KILL = 5
CAP_SETGID = 6
CAP_SETUID = 7
_PR_SET_DUMPABLE = 4
_PR_CAPBSET_DROP = 24
_PR_SET_SECUREBITS = 28
_PR_SET_NO_NEW_PRIVS = 38
_PR_GET_NO_NEW_PRIVS = 39
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_NO_ROOT_FOR_GOOD = 0b10_1111  # SECBIT_NOROOT, NO_SETUID_FIXUP, their locks, and the lock of KEEP_CAPS
_LAST_CAP = Path("/proc/sys/kernel/cap_last_cap")
_VERSION_3 = 0x20080522
_libc = ctypes.CDLL(None, use_errno=True)


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Data(ctypes.Structure):
    _fields_ = [
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    ]


def close_to_others() -> None:
    """No other process of the same user may read this one's memory, environment or open files from now on."""
    kernel.prctl(_PR_SET_DUMPABLE, 0)


def open_to_own_user() -> None:
    """Undoes close_to_others, which children inherit: libraries look into /proc/self."""
    kernel.prctl(_PR_SET_DUMPABLE, 1)


def has(*capabilities: int) -> bool:
    header, data = _Header(_VERSION_3, 0), (_Data * 2)()
    if _libc.capget(ctypes.byref(header), ctypes.byref(data)):
        return False
    effective = data[0].effective | data[1].effective << 32
    return all(effective >> capability & 1 for capability in capabilities)


def drop_capabilities() -> None:
    """For good: also programs that are started get none, even as root. Raises Unconfined."""
    with contextlib.suppress(OSError):  # EINVAL before Linux 4.3, which has no such set
        kernel.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    with contextlib.suppress(OSError):  # needs SETPCAP; without it no_new_privs has the same effect
        for capability in range(int(_LAST_CAP.read_text()) + 1):
            kernel.prctl(_PR_CAPBSET_DROP, capability)
    with contextlib.suppress(OSError):
        kernel.prctl(_PR_SET_SECUREBITS, _NO_ROOT_FOR_GOOD)
    header, data = _Header(_VERSION_3, 0), (_Data * 2)()
    if _libc.capset(ctypes.byref(header), ctypes.byref(data)):
        raise Unconfined("the capabilities of the process cannot be dropped")


def forbid_new_privileges() -> None:
    """Programs with setuid bits give nothing any more. Raises Unconfined."""
    try:
        kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1)
        held = kernel.prctl(_PR_GET_NO_NEW_PRIVS)
    except OSError as error:
        raise Unconfined(f"no_new_privs cannot be set: {error.strerror}") from error
    if held != 1:
        raise Unconfined("no_new_privs was set, but does not hold")
