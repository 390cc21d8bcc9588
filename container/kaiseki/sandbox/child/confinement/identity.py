"""A user id for each session, never shared while it lives: the wall between sessions, and between them and the host.

Needs a root process, at least with SETUID, SETGID and KILL. Of these the supervisor keeps what it needs to act for the
session's user; the session itself keeps nothing.
"""

import contextlib
import os
import pwd
import signal
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from kaiseki.sandbox.child.confinement import kernel, privileges
from kaiseki.sandbox.child.confinement.errors import Unconfined

# The ids that systemd's list of users and groups leaves to nobody; small enough for containers that map 65,536.
_FIRST, _COUNT = 60_600, 500
_APART = 37  # ids between the first ones of two containers; no divisor in common with the count
NEEDED = (privileges.CAP_SETUID, privileges.CAP_SETGID, privileges.CAP_KILL)


@dataclass(frozen=True)
class Identity:
    """The user id of one session, and its group's. Held as long as `lock` is open."""

    uid: int
    lock: socket.socket


def why_not() -> str:
    """Why sessions cannot have users of their own; empty if they can."""
    if os.geteuid() != 0:
        return "needs root"
    return "" if privileges.has(*NEEDED) else "root lacks SETUID, SETGID or KILL"


def claim(turn: int) -> Identity:
    """An id that no other session on this machine has; `turn` makes an id that was just freed the last choice.

    An abstract socket's name is the lock: the kernel gives it to one process at a time, and frees it with its end.
    A container has names of its own, but mostly no users of its own: each starts elsewhere in the range.
    Raises Unconfined if none is left.
    """
    turn += Path("/proc/self/ns/pid").stat().st_ino * _APART
    for offset in range(_COUNT):
        uid = _FIRST + (turn + offset) % _COUNT
        if uid in users_of_the_system():
            continue
        lock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            lock.bind(f"\0kaiseki-session-{uid}")
        except OSError:
            lock.close()
        else:
            return Identity(uid, lock)
    raise Unconfined(f"all {_COUNT} user ids for sessions are taken; close sessions that are not needed")


def become(uid: int) -> None:
    """Gives this process the user and the group `uid`, no others, and no way back. Raises Unconfined."""
    try:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    except OSError as error:
        raise Unconfined(f"the session cannot become user {uid}: {error.strerror}") from error
    if os.getresuid() != (uid, uid, uid) or os.getresgid() != (uid, uid, uid) or os.getgroups():
        raise Unconfined(f"the session did not become user {uid}")


def out_of_reach(paths: Iterable[str], uid: int) -> str:
    """The first of `paths` that user `uid` cannot get to; empty if there is none."""
    with as_user(uid, uid):
        for path in paths:
            try:
                Path(path).stat()
            except PermissionError:
                return path
            except OSError:
                continue
    return ""


class as_user:  # noqa: N801 - read as a statement: `with as_user(...)`
    """Uses files as another user for a while."""

    def __init__(self, uid: int, gid: int) -> None:
        self._uid, self._gid = uid, gid

    def __enter__(self) -> None:
        self._before = kernel.files_are_used_as()
        kernel.use_files_as(self._uid, self._gid)

    def __exit__(self, *_: object) -> None:
        kernel.use_files_as(*self._before)


def kill_all(uid: int) -> None:
    """Ends every process of the session's user in one stroke: between two looks none can fork its way out.

    Nothing happens where there can be no more processes: who waits for the children to end kills them one by one.
    """
    try:
        pid = os.fork()
    except OSError:
        return
    if pid == 0:
        try:
            become(uid)
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


@cache
def users_of_the_system() -> frozenset[int]:
    """Looked up once, before sessions are forked: it loads libraries."""
    return frozenset(entry.pw_uid for entry in pwd.getpwall())
