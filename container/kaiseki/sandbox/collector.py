"""Takes files out of a session's outbox into a folder of the host, believing nothing that it finds there."""

import os
import re
import stat
import tempfile
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from kaiseki.sandbox import workdir
from kaiseki.sandbox.limits import Limits
from kaiseki.sandbox.records import FILE as RECORDS

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DEEPEST = 8  # folders
_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK the opening of a FIFO would wait for its writer.
_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Refused:
    """A path of the outbox that was left there."""

    path: str
    reason: str


@dataclass
class Collector:
    """Moves regular files, by copying what one open descriptor shows: a path may change between two looks at it."""

    limits: Limits
    into: Path
    folders: Collection[str] | None = None  # of the outbox, the only ones that are taken; None: all, and files beside
    taken: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    _bytes: int = 0

    def collect(self, session: Path) -> None:
        """Empties the outbox in the folder of a session."""
        try:
            folder = workdir.open_outbox(session)
        except OSError as error:
            self.refused.append(Refused(".", f"the outbox cannot be opened: {error.strerror}"))
            return
        try:
            self._folder(folder, PurePosixPath())
        finally:
            os.close(folder)

    def _folder(self, folder: int, path: PurePosixPath) -> None:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries)
        for name in names:
            below = path / name
            if below == PurePosixPath(RECORDS):
                continue
            try:
                reason = self._entry(folder, name, below)
            except OSError as error:
                reason = error.strerror or "it cannot be read"
            if reason:
                shown = str(below).encode("utf-8", "backslashreplace").decode()
                self.refused.append(Refused(shown, reason))

    def _entry(self, folder: int, name: str, path: PurePosixPath) -> str:
        """Takes one file or folder. Returns why not."""
        if not _NAME.fullmatch(name):
            return "its name has other characters than letters, digits, '.', '_' and '-'"
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
        top = path.parts[0] if stat.S_ISDIR(mode) or len(path.parts) > 1 else ""
        if self.folders is not None and top not in self.folders:
            return f"it lies in none of the folders {', '.join(self.folders)}"
        if stat.S_ISDIR(mode):
            if len(path.parts) > _DEEPEST:
                return f"it lies deeper than {_DEEPEST} folders"
            inner = os.open(name, _OPEN_FOLDER, dir_fd=folder)
            try:
                self._folder(inner, path)
            finally:
                os.close(inner)
            return ""
        if not stat.S_ISREG(mode):
            return "it is no regular file"
        file = os.open(name, _OPEN_FILE, dir_fd=folder)
        try:
            reason = self._refusal(os.fstat(file)) or self._copy(file, path)
        finally:
            os.close(file)
        if not reason:
            os.unlink(name, dir_fd=folder)
        return reason

    def _refusal(self, about: os.stat_result) -> str:
        if not stat.S_ISREG(about.st_mode):
            return "it is no regular file"
        if about.st_nlink != 1:
            return "it has more than one name"
        if len(self.taken) >= self.limits.artifacts:
            return f"there are more than {self.limits.artifacts} files"
        if about.st_size > self.limits.artifact_bytes - self._bytes:
            return f"the files are larger than {self.limits.artifact_bytes:,} bytes together"
        return ""

    def _copy(self, file: int, path: PurePosixPath) -> str:
        target = self.into / path
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, partial = tempfile.mkstemp(prefix=".part-", dir=target.parent)
        room = self.limits.artifact_bytes - self._bytes
        copied = 0
        try:
            with os.fdopen(descriptor, "wb") as copy:
                while data := os.read(file, _CHUNK):
                    copied += len(data)
                    if copied > room:  # it grew while it was read
                        return f"the files are larger than {self.limits.artifact_bytes:,} bytes together"
                    copy.write(data)
            Path(partial).chmod(0o644)
            Path(partial).replace(target)
        finally:
            Path(partial).unlink(missing_ok=True)
        self._bytes += copied
        self.taken.append(str(path))
        return ""
