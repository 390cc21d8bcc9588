"""A session made ahead, while the zygote has nothing else to do: forked and confined, it only lacks its host.

It is made as the last one that was asked for, and given to the next that is asked for alike. No generated code has run
in it, and none can reach into it, so it is as fresh as one that is forked at once, without the wait for that.
"""

import os
import socket
from dataclasses import dataclass
from typing import Any

from kaiseki.sandbox.child.confinement import identity, landlock
from kaiseki.sandbox.layers import Layers

_LANDLOCK_HOLDS_SIGNALS = 6
_WORD = b"host"


@dataclass(frozen=True)
class Spare:
    """`line` is the zygote's end of the way to its supervisor, which ends when that is closed before it has a host."""

    pid: int
    line: socket.socket
    wish: "Wish"


@dataclass(frozen=True)
class Wish:
    """How a session is to be; `folders` are those at its paths at this moment."""

    order: dict[str, Any]
    folders: tuple[tuple[int, int, int] | None, ...]

    @classmethod
    def of(cls, order: dict[str, Any]) -> "Wish":
        order = {key: value for key, value in order.items() if key != "session"}
        return cls(order, tuple(_folder(order.get(key)) for key in ("data", "packages", "temporary")))


def can_be_kept(layers: Layers) -> bool:
    """Whether no session could touch the processes and the folder of another."""
    own_user = layers.own_user and not identity.why_not()
    return own_user or (layers.landlock and landlock.version() >= _LANDLOCK_HOLDS_SIGNALS)


def give(line: socket.socket, host: socket.socket) -> None:
    """Hands over the end of the channel to the host. Raises OSError if nobody is there to take it.

    One who ends before it has taken it takes it along: the host sees the end of the channel.
    """
    socket.send_fds(line, [_WORD], [host.fileno()])


def take(line: socket.socket) -> socket.socket | None:
    """What was given, once `line` can be read from. None if the zygote has given it up."""
    try:
        _, ends, _, _ = socket.recv_fds(line, len(_WORD), 1)
    except ConnectionError:
        return None
    if not ends:
        return None
    host = socket.socket(fileno=ends[0])
    host.set_inheritable(False)
    return host


def _folder(path: str | None) -> tuple[int, int, int] | None:
    try:
        about = os.stat(path) if path else None  # noqa: PTH116 - of what may be None, without raising twice
    except OSError:
        return None
    return (about.st_dev, about.st_ino, about.st_mode) if about else None
