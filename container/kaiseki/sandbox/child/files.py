"""Reads, writes, lists and removes files of the workdir, for the host, in a process confined like the session.

Every path is walked folder by folder, and no link is followed: the session's code may change the tree meanwhile.
"""

import base64
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any

from kaiseki.sandbox import workdir
from kaiseki.sandbox.limits import Limits

MOST_LISTED = 10_000
_OF_THE_SESSION = (workdir.OUTBOX, workdir.HOME, workdir.TEMPORARY)
_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK the opening of a FIFO would wait for its writer.
_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CHUNK = 1024 * 1024

Answer = dict[str, Any]


class Refused(Exception):
    """Why an operation is not carried out."""


def perform(request: dict[str, Any], limits: Limits) -> Answer:
    """Carries out `request` in the current folder. What is wrong is told in `error`; nothing is raised for it."""
    try:
        return _OPERATIONS[request["operation"]](request, limits)
    except Refused as error:
        return {"error": str(error)}


def _read(request: dict[str, Any], limits: Limits) -> Answer:
    found, room = [], limits.transfer
    for path in request["paths"]:
        with _telling(path), _parent(path) as (folder, name):
            file = os.open(name, _OPEN_FILE, dir_fd=folder)
            try:
                data = _content(file, path, room, limits)
            finally:
                os.close(file)
        room -= len(data)
        found.append({"path": path, "data": base64.b64encode(data).decode("ascii")})
    return {"files": found}


def _content(file: int, path: str, room: int, limits: Limits) -> bytes:
    about = os.fstat(file)
    if not stat.S_ISREG(about.st_mode):
        raise Refused(f"{path!r} is no regular file")
    data = bytearray()
    while len(data) <= room and (chunk := os.read(file, _CHUNK)):
        data += chunk
    if len(data) > room or about.st_size > room:
        raise Refused(f"{path!r} is too large: at most {limits.transfer:,} bytes are read in one call")
    return bytes(data)


def _write(request: dict[str, Any], _: Limits) -> Answer:
    """Each file is replaced as a whole: a link or FIFO of its name makes way, and nobody sees half of it."""
    for file in request["files"]:
        _parts(file["path"])
    for file in request["files"]:
        path = file["path"]
        with _telling(path), _parent(path, make=True) as (folder, name):
            partial = f".part-{os.getpid()}"
            new = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666, dir_fd=folder)
            try:
                with os.fdopen(new, "wb") as stream:
                    stream.write(base64.b64decode(file["data"]))
                os.replace(partial, name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                os.unlink(partial, dir_fd=folder)
                raise
    return {}


def _list(request: dict[str, Any], _: Limits) -> Answer:
    path = request["directory"]
    with _telling(path or "."):
        folder = _open_folder(_parts(path) if path not in ("", ".") else ())
        try:
            with os.scandir(folder) as entries:
                found = [_entry(entry) for entry, _n in zip(entries, range(MOST_LISTED + 1), strict=False)]
        finally:
            os.close(folder)
    if path in ("", "."):
        found = [entry for entry in found if entry["name"] not in (workdir.HOME, workdir.TEMPORARY)]
    found.sort(key=lambda entry: str(entry["name"]))
    return {"entries": found[:MOST_LISTED], "more": len(found) > MOST_LISTED}


def _entry(entry: "os.DirEntry[str]") -> Answer:
    about = entry.stat(follow_symlinks=False)
    kind = "folder" if stat.S_ISDIR(about.st_mode) else "file" if stat.S_ISREG(about.st_mode) else "other"
    return {"name": entry.name, "kind": kind, "size": about.st_size}


def _remove(request: dict[str, Any], _: Limits) -> Answer:
    for path in request["paths"]:
        parts = _parts(path)
        if len(parts) == 1 and parts[0] in _OF_THE_SESSION:
            raise Refused(f"{path!r} belongs to the session and stays")
    for path in request["paths"]:
        with _telling(path), _parent(path) as (folder, name):
            if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
                doomed = Path(workdir.TEMPORARY, f"removed-{os.getpid()}")
                os.rename(name, doomed, src_dir_fd=folder)
                workdir.remove(doomed)
            else:
                os.unlink(name, dir_fd=folder)
    return {}


def _parts(path: str) -> tuple[str, ...]:
    if not path or "\0" in path:
        raise Refused(f"{path!r} is no path")
    parts = PurePosixPath(path).parts
    if path.startswith("/") or ".." in parts or not parts:
        raise Refused(f"{path!r} does not lie in the session's folder: name it relative to that, without '..'")
    return parts


def _open_folder(parts: tuple[str, ...], make: bool = False) -> int:
    """Raises OSError, also where a part is a link."""
    folder = os.open(".", _OPEN_FOLDER)
    for part in parts:
        try:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(part, 0o777, dir_fd=folder)
            inner = os.open(part, _OPEN_FOLDER, dir_fd=folder)
        finally:
            os.close(folder)
        folder = inner
    return folder


@contextmanager
def _parent(path: str, make: bool = False) -> Iterator[tuple[int, str]]:
    """The open folder that holds `path`, and the name in it."""
    *folders, name = _parts(path)
    folder = _open_folder(tuple(folders), make)
    try:
        yield folder, name
    finally:
        os.close(folder)


@contextmanager
def _telling(path: str) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise Refused(f"{path!r} does not exist, or leads through a link or a file") from error
    except OSError as error:
        raise Refused(f"{path!r}: {(error.strerror or str(error)).lower()}; links are not followed") from error


_OPERATIONS: dict[str, Callable[[dict[str, Any], Limits], Answer]] = {
    "read": _read,
    "write": _write,
    "list": _list,
    "remove": _remove,
}
