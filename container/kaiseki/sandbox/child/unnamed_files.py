"""Files that were deleted while open, or never had a name: no walk through a folder finds them, and they take room."""

import os
import stat
from collections import defaultdict
from pathlib import Path


def held(pids: list[int], device: int) -> int:
    """Bytes on disk, on `device`, of the unnamed files that these processes hold open or mapped; each counted once."""
    sizes: dict[int, int] = defaultdict(int)
    for pid in pids:
        try:
            _add_open(pid, device, sizes)
            _add_mapped(pid, device, sizes)
        except OSError:  # it has ended, or closed itself to others
            continue
    return sum(sizes.values())


def _add_open(pid: int, device: int, sizes: dict[int, int]) -> None:
    folder = f"/proc/{pid}/fd"
    for descriptor in os.listdir(folder):  # noqa: PTH208 - called several times a second
        try:
            about = os.stat(f"{folder}/{descriptor}")  # noqa: PTH116
        except FileNotFoundError:
            continue
        if about.st_nlink == 0 and about.st_dev == device and stat.S_ISREG(about.st_mode):
            sizes[about.st_ino] = max(sizes[about.st_ino], about.st_blocks * 512)


def _add_mapped(pid: int, device: int, sizes: dict[int, int]) -> None:
    """A file stays as long as it is mapped, also when it was closed; as far as it is mapped, it is taken to be full."""
    with Path(f"/proc/{pid}/maps").open("rb") as lines:  # one by one: to hold them all would take a megabyte a session
        for line in lines:
            if not line.endswith(b" (deleted)\n"):
                continue
            addresses, _, offset, place, inode, _ = line.split(maxsplit=5)
            major, _, minor = place.partition(b":")
            if os.makedev(int(major, 16), int(minor, 16)) == device:
                start, _, end = addresses.partition(b"-")
                reach = int(offset, 16) + int(end, 16) - int(start, 16)
                sizes[int(inode)] = max(sizes[int(inode)], reach)
