"""A file of a workspace, opened so that nothing else can be read in its place."""

import os
import stat
from pathlib import Path, PurePosixPath
from typing import BinaryIO

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK the opening of a FIFO would wait for its writer.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def open_regular(root: Path, relative: str) -> BinaryIO:
    """The file `relative` below `root`. Raises OSError where a link, or anything but a file, stands on the way."""
    *folders, name = parts_below(relative)
    at = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for folder in folders:
            inner = os.open(folder, _FOLDER, dir_fd=at)
            os.close(at)
            at = inner
        file = os.open(name, _FILE, dir_fd=at)
    finally:
        os.close(at)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(f"{relative} is no regular file")
    return os.fdopen(file, "rb")


def parts_below(relative: str) -> tuple[str, ...]:
    """The names on the way to `relative`. Raises OSError for a path that leads out of where it starts."""
    parts = PurePosixPath(relative).parts
    if not parts or relative.startswith("/") or ".." in parts or "\0" in relative:
        raise OSError(f"{relative!r} is no path below a folder")
    return parts
