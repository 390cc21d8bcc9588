"""What a session has put into /dev/shm, and into other folders that any user may write to."""

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from kaiseki.sandbox import workdir

_SHARED = "/dev/shm"  # noqa: S108
_OPEN_TO_ALL = (_SHARED, "/dev/mqueue", "/tmp", "/var/tmp", "/run/lock")  # noqa: S108

# Bytes that a file takes beside its content: more than in fact, so that no time is lost on counting millions.
_ENTRY = 4096
_NAMESPACE_OF_THE_MACHINE = Path("pid:[4026531836]")  # PROC_PID_INIT_INO of the kernel's include/linux/proc_ns.h
_OF_JOBLIB = re.compile(r"(sem\.)?(loky-|joblib_memmapping_folder_)(?P<process>\d+)[-_]")


def devices() -> frozenset[int]:
    """Those of the folders that any user may write to."""
    found = set()
    for folder in _OPEN_TO_ALL:
        with contextlib.suppress(OSError):
            found.add(Path(folder).stat().st_dev)
    return frozenset(found)


def left_on_disk(uid: int, but: Path) -> list[Path]:
    """What belongs to user `uid` at the top of the folders that any user may write to, beside /dev/shm and `but`."""
    folders = (folder for folder in _OPEN_TO_ALL if folder != _SHARED)
    found = (Path(folder, name) for folder in folders for name in _entries_of(uid, folder))
    return [path for path in found if path.name != but.name]


def used_by(uid: int) -> int:
    """Bytes of files in /dev/shm that belong to user `uid`, and of what tells of them."""
    total = 0
    for folder, folders, files in os.walk(_SHARED):
        for name in (*folders, *files):
            with contextlib.suppress(OSError):
                about = os.lstat(os.path.join(folder, name))  # noqa: PTH118 - called ten times a second
                total += about.st_blocks * 512 + _ENTRY if about.st_uid == uid else 0
    return total


def used_in_view_of(pid: int) -> int:
    """Bytes in the /dev/shm that process `pid` sees."""
    try:
        about = os.statvfs(f"/proc/{pid}/root{_SHARED}")
    except OSError:
        return 0
    return (about.f_blocks - about.f_bfree) * about.f_frsize + (about.f_files - about.f_ffree) * _ENTRY


def sweep_of_own_user(interpreter: int) -> None:
    """Removes what a session left that has the host's user, all whose processes have ended.

    In a container of this user nothing is another program's: what no living process has open or mapped goes. Elsewhere
    only what joblib's workers left goes: what bears the number of the session's interpreter is nobody else's.
    """
    left = _entries_of(os.getuid(), _SHARED)
    if left and _in_container_of(os.getuid()):
        held = _held()
        doomed = [name for name in left if name not in held.names and not held.by_worker(name, interpreter)]
    else:
        doomed = [name for name in left if _process_of(name) == interpreter]
    for name in doomed:
        with contextlib.suppress(OSError):
            workdir.remove(Path(_SHARED, name))


@dataclass(frozen=True)
class _Held:
    """Names at the top of /dev/shm that processes have open or mapped, and the processes that could be asked."""

    names: frozenset[str]
    processes: frozenset[int]

    def by_worker(self, name: str, ended: int) -> bool:
        """joblib keeps files for its workers that nobody may have open at the moment."""
        owner = _process_of(name)
        return owner != ended and owner in self.processes


def _held() -> _Held:
    names, asked = set(), set()
    for entry in os.listdir("/proc"):  # noqa: PTH208
        if not entry.isdecimal():
            continue
        try:
            links = [os.readlink(f"/proc/{entry}/fd/{number}") for number in os.listdir(f"/proc/{entry}/fd")]  # noqa: PTH115, PTH208
            maps = Path(f"/proc/{entry}/maps").read_text(errors="replace").splitlines()
        except OSError:  # it has ended; or it is host, zygote or supervisor, which use no shared memory
            continue
        asked.add(int(entry))
        paths = (*links, *(line.split(maxsplit=5)[-1] for line in maps))
        names |= {path[len(_SHARED) + 1 :].split("/")[0] for path in paths if path.startswith(f"{_SHARED}/")}
    return _Held(frozenset(names), frozenset(asked))


def _entries_of(uid: int, folder: str) -> list[str]:
    found = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                if entry.stat(follow_symlinks=False).st_uid == uid:
                    found.append(entry.name)
    return found


def _process_of(name: str) -> int | None:
    """The process whose number joblib wrote into a name."""
    marked = _OF_JOBLIB.match(name)
    return int(marked["process"]) if marked else None


def _in_container_of(uid: int) -> bool:
    """Whether process 1 is a program of user `uid`. On a machine of its own that is root's whatever runs there."""
    try:
        first = Path("/proc/1/status").read_text()
        return Path("/proc/self/ns/pid").readlink() != _NAMESPACE_OF_THE_MACHINE and f"\nUid:\t{uid}\t" in first
    except OSError:
        return False


def sweep(uid: int) -> None:
    """Removes what user `uid` left at the top of the folders that are open to all. No process of it may live."""
    for folder in _OPEN_TO_ALL:
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_uid == uid:
                        workdir.remove(Path(entry.path))
