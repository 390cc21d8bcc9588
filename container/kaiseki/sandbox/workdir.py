"""A session's own folder: its layout, its size, and its removal whatever was built in it."""

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from kaiseki.sandbox.child.confinement import identity

OUTBOX = "outbox"
HOME = ".home"
TEMPORARY = ".tmp"

_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_GONE = (errno.ENOENT, errno.ENOTDIR)


def make(below: Path, mode: int = 0o700) -> Path:
    """A new folder, which only those may enter whom `mode` lets. Raises OSError."""
    workdir = Path(tempfile.mkdtemp(prefix="kaiseki-", dir=below)).resolve()
    for folder in (*(workdir / name for name in (OUTBOX, HOME, TEMPORARY)), workdir):
        folder.mkdir(exist_ok=True)
        folder.chmod(mode)  # mkdir would take the umask away, and does not set all bits
    return workdir


def give(workdir: Path, user: int, group: int, mode: int) -> None:
    """Hands a folder that was just made to `user`, and to `group`. Raises OSError."""
    for folder in (*(workdir / name for name in (OUTBOX, HOME, TEMPORARY)), workdir):
        os.chown(folder, user, group)
        folder.chmod(mode)  # the change of owner took bits away


def open_outbox(workdir: Path) -> int:
    """A descriptor of the outbox, the caller's to close. Links that the code put in its place are not followed.

    Raises OSError.
    """
    folder = os.open(workdir, _OPEN_FOLDER)
    try:
        return os.open(OUTBOX, _OPEN_FOLDER, dir_fd=folder)
    finally:
        os.close(folder)


def let_read(data: Path) -> None:
    """Opens a folder of Parquet files to the sessions' users, as far as this user may do that.

    What goes while it looks, since others use the folder too, is left out.
    """
    for folder in (data, *_within(data)):
        files = [file for file in _within(folder) if file.suffix == ".parquet"]
        if files or folder == data:
            _add_mode(folder, 0o555)
        for file in files:
            _add_mode(file, 0o444)


def _within(folder: Path) -> list[Path]:
    try:
        return [*folder.iterdir()]
    except OSError:  # it is no folder, may not be read, or has gone
        return []


def _add_mode(path: Path, bits: int) -> None:
    with contextlib.suppress(OSError):
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode) and mode & bits != bits:
            path.chmod(stat.S_IMODE(mode) | bits)


def exceeds(workdir: Path, size: int, entries: int, beside: Iterable[Path] = ()) -> bool:
    """Whether the folder holds more than `size` bytes on disk, or `entries` files and folders, or cannot be measured.

    What lies too deep to be measured, or was closed to its owner, must not be a place to hide. Other folders, and
    files, `beside` it count too.
    """
    pending = [str(workdir)]
    for path in beside:
        with contextlib.suppress(FileNotFoundError):
            about = path.lstat()
            size -= about.st_blocks * 512
            pending += [str(path)] if stat.S_ISDIR(about.st_mode) else []
    while pending:
        try:
            with os.scandir(pending.pop()) as folder:
                for entry in folder:
                    about = entry.stat(follow_symlinks=False)
                    size -= about.st_blocks * 512
                    entries -= 1
                    if size < 0 or entries < 0:
                        return True
                    if stat.S_ISDIR(about.st_mode):
                        pending.append(entry.path)
        except OSError as error:
            if error.errno not in _GONE:
                return True
    return size < 0


def remove(workdir: Path) -> None:
    """Removes the folder and all below it; nothing if it is gone already. No process may be writing to it any more.

    Root does it as the owner where it must: without DAC_OVERRIDE it may not enter what a session has closed.
    """
    try:
        _remove(workdir)
    except PermissionError:
        if os.geteuid() != 0:
            raise
        owner = workdir.lstat().st_uid
        try:
            with identity.as_user(owner, owner):
                _remove(workdir)
        except PermissionError:  # the folder around it takes another user
            with identity.as_user(os.geteuid(), os.getegid()):
                _remove(workdir)


def _remove(workdir: Path) -> None:
    """Moves folders up before it enters them, so that no depth of nesting meets the limits on paths or recursion."""
    names = (f".doomed-{number}" for number in range(1 << 62))
    try:
        mode = workdir.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(mode):  # the code put something else in its place
        workdir.unlink()
        return
    workdir.chmod(0o700)
    root = os.open(workdir, _OPEN_FOLDER)
    try:
        while folders := _clear(root, root, names):
            for name in folders:
                with contextlib.suppress(PermissionError):
                    os.chmod(name, 0o700, dir_fd=root)
                folder = os.open(name, _OPEN_FOLDER, dir_fd=root)
                try:
                    _clear(folder, root, names)
                finally:
                    os.close(folder)
                os.rmdir(name, dir_fd=root)
    finally:
        os.close(root)
    workdir.rmdir()


def _clear(folder: int, root: int, names: Iterator[str]) -> list[str]:
    """Empties `folder`: files go, folders move to `root` (or stay there, if it is the root). Returns these."""
    folders = []
    os.fchmod(folder, 0o700)
    with os.scandir(folder) as entries:
        found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_folder in found:
        if not is_folder:
            os.unlink(name, dir_fd=folder)
        elif folder == root:
            folders.append(name)
        else:
            with contextlib.suppress(PermissionError):
                os.chmod(name, 0o700, dir_fd=folder)  # a folder that may not be written may not be moved
            moved = _move_up(name, folder, root, names)
            folders.append(moved)
    return folders


def _move_up(name: str, folder: int, root: int, names: Iterator[str]) -> str:
    for moved in names:
        try:
            os.rename(name, moved, src_dir_fd=folder, dst_dir_fd=root)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                raise
        else:
            return moved
    raise AssertionError("names do not end")
