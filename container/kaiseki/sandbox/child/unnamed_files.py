"""Files that were deleted while open, or never had a name: no walk through a folder finds them, and they take room."""

import os
import stat


def held(pids: list[int], device: int) -> int:
    """Bytes on disk, on `device`, of the unnamed files that these processes hold open; each file counted once."""
    sizes: dict[int, int] = {}
    for pid in pids:
        folder = f"/proc/{pid}/fd"
        try:
            descriptors = os.listdir(folder)  # noqa: PTH208 - called several times a second
        except OSError:  # it has ended, or closed itself to others
            continue
        for descriptor in descriptors:
            try:
                about = os.stat(f"{folder}/{descriptor}")  # noqa: PTH116
            except OSError:
                continue
            if about.st_nlink == 0 and about.st_dev == device and stat.S_ISREG(about.st_mode):
                sizes[about.st_ino] = about.st_blocks * 512
    return sum(sizes.values())
