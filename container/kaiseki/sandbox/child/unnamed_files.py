"""What processes hold open that no walk through a folder finds: files that were deleted while open, or never had a
name, which take up disk; pipes and sockets, whose content is memory of the kernel."""

import os
import resource
import socket
import stat
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PIPE = 16 * resource.getpagesize()


@dataclass(frozen=True)
class Held:
    """Bytes: `disk` of files, `buffers` of what pipes and sockets hold at most."""

    disk: int
    buffers: int


def held(pids: list[int], devices: frozenset[int]) -> Held:
    """Files on `devices` that these processes hold open or mapped, and pipes and sockets; each counted once."""
    sizes: dict[tuple[int, int], int] = defaultdict(int)
    buffers: dict[tuple[int, int], int] = {}
    for pid in pids:
        try:
            _add_open(pid, devices, sizes, buffers)
            _add_mapped(pid, devices, sizes)
        except OSError:  # it has ended, or closed itself to others
            continue
    return Held(sum(sizes.values()), sum(buffers.values()))


@cache
def _socket() -> int:
    """What one may have sent that nobody has received; larger buffers are refused by the filter on system calls."""
    one, other = socket.socketpair()
    with one, other:
        return one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)


def _add_open(
    pid: int, devices: frozenset[int], sizes: dict[tuple[int, int], int], buffers: dict[tuple[int, int], int]
) -> None:
    folder = f"/proc/{pid}/fd"
    for descriptor in os.listdir(folder):  # noqa: PTH208 - called several times a second
        try:
            about = os.stat(f"{folder}/{descriptor}")  # noqa: PTH116
        except FileNotFoundError:
            continue
        identity = about.st_dev, about.st_ino
        if stat.S_ISFIFO(about.st_mode):
            buffers[identity] = _PIPE
        elif stat.S_ISSOCK(about.st_mode):
            buffers[identity] = _socket()
        elif about.st_nlink == 0 and about.st_dev in devices and stat.S_ISREG(about.st_mode):
            sizes[identity] = max(sizes[identity], about.st_blocks * 512)


def _add_mapped(pid: int, devices: frozenset[int], sizes: dict[tuple[int, int], int]) -> None:
    """A file stays as long as it is mapped, also when it was closed; as far as it is mapped, it is taken to be full."""
    with Path(f"/proc/{pid}/maps").open("rb") as lines:  # one by one: to hold them all would take a megabyte a session
        for line in lines:
            if not line.endswith(b" (deleted)\n"):
                continue
            addresses, _, offset, place, inode, _ = line.split(maxsplit=5)
            major, _, minor = place.partition(b":")
            device = os.makedev(int(major, 16), int(minor, 16))
            if device in devices:
                start, _, end = addresses.partition(b"-")
                reach = int(offset, 16) + int(end, 16) - int(start, 16)
                identity = device, int(inode)
                sizes[identity] = max(sizes[identity], reach)
