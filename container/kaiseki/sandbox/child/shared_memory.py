"""What a session has put into /dev/shm, and into other folders that any user may write to."""

import contextlib
import os
import re
from pathlib import Path

from kaiseki.sandbox import workdir

_SHARED = "/dev/shm"  # noqa: S108
_OPEN_TO_ALL = (_SHARED, "/dev/mqueue", "/tmp", "/var/tmp", "/run/lock")  # noqa: S108


def used_by(uid: int) -> int:
    """Bytes of files in /dev/shm that belong to user `uid`."""
    total = 0
    for folder, _, files in os.walk(_SHARED):
        for name in files:
            with contextlib.suppress(OSError):
                about = os.lstat(os.path.join(folder, name))  # noqa: PTH118 - called ten times a second
                total += about.st_blocks * 512 if about.st_uid == uid else 0
    return total


def used_in_view_of(pid: int) -> int:
    """Bytes in the /dev/shm that process `pid` sees."""
    try:
        about = os.statvfs(f"/proc/{pid}/root{_SHARED}")
    except OSError:
        return 0
    return (about.f_blocks - about.f_bfree) * about.f_frsize


def sweep_of_workers(interpreter: int) -> None:
    """Removes what joblib's workers of a killed interpreter left: what bears its number is nobody else's."""
    mark = re.compile(rf"(sem\.)?(loky-{interpreter}-|joblib_memmapping_folder_{interpreter}_).*")
    with contextlib.suppress(OSError):
        for path in Path(_SHARED).iterdir():
            if mark.fullmatch(path.name):
                workdir.remove(path)


def sweep(uid: int) -> None:
    """Removes what user `uid` left at the top of the folders that are open to all. No process of it may live."""
    for folder in _OPEN_TO_ALL:
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_uid == uid:
                        workdir.remove(Path(entry.path))
