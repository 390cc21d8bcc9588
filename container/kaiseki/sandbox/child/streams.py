"""The pipes by which a process below the supervisor tells what it has to tell."""

import fcntl
import os
from collections.abc import Sequence
from dataclasses import dataclass

from kaiseki.sandbox.child.output import HeadAndTail

CHUNK = 256 * 1024
MOST_LEFT_IN_A_PIPE = 1024 * 1024  # bytes; more only comes from a process that keeps writing
_STDERR = 2


@dataclass(frozen=True)
class Pipe:
    read: int
    write: int

    @classmethod
    def new(cls) -> "Pipe":
        """With an end to read from that does not wait."""
        read, write = os.pipe()
        os.set_blocking(read, False)
        return cls(read, write)


class Streams:
    """What a process writes to stdout and stderr: head and tail of it."""

    def __init__(self, stdout: int, stderr: int, limit: int) -> None:
        self._ends = (stdout, stderr)
        self._limit = limit
        self._closed: set[int] = set()
        self.clear()

    @property
    def open_ends(self) -> set[int]:
        """What to wait for."""
        return {*self._ends} - self._closed

    def pump(self, most: int = CHUNK) -> None:
        """Takes in what was written, about `most` bytes of each."""
        for end, kept in self._kept.items():
            taken = 0
            while taken < most and (data := self._read(end)):
                kept.add(data)
                taken += len(data)

    def clear(self) -> None:
        self._kept = {end: HeadAndTail(self._limit) for end in self._ends}

    def texts(self) -> dict[str, str]:
        stdout, stderr = (kept.text() for kept in self._kept.values())
        return {"stdout": stdout, "stderr": stderr}

    def close(self) -> None:
        for end in self._ends:
            os.close(end)

    def _read(self, end: int) -> bytes:
        if end in self._closed:
            return b""
        try:
            data = os.read(end, CHUNK)
        except BlockingIOError:
            return b""
        if not data:  # nobody can write to it any more
            self._closed.add(end)
        return data


def arrange(ends: Sequence[int]) -> None:
    """Puts `ends` at 1, 2, ... in a process that was just forked; programs that it starts get the first two alone."""
    # Out of the way first: no target may be one that is still to be moved.
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, len(ends) + 1) for end in ends]
    for target, end in enumerate(high, start=1):
        os.dup2(end, target, inheritable=target <= _STDERR)
