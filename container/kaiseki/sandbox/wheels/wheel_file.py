"""One wheel, read as an archive: what it is, what it needs, its files. Nothing of it is executed."""

import hashlib
import shutil
import stat
import zipfile
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path, PurePosixPath

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

_LARGEST = 2 * 1024 * 1024 * 1024  # bytes, unpacked
_MOST_FILES = 50_000
_LONGEST_METADATA = 4 * 1024 * 1024  # bytes
_INTO_PACKAGES = ("purelib", "platlib")  # of the folder <name>.data; scripts, headers and data are of no use here
_PLAIN = (0, stat.S_IFREG, stat.S_IFDIR)  # 0: made on a system that has no modes
_CHUNK = 1024 * 1024


class Unusable(Exception):
    """Why a wheel, or a set of them, cannot be used; one line."""


@dataclass(frozen=True)
class Needs:
    """What METADATA asks for."""

    python: SpecifierSet
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True)
class WheelFile:
    name: NormalizedName
    version: Version
    path: Path

    def needs(self) -> Needs:
        """Raises Unusable."""
        with self._archive() as archive:
            headers = HeaderParser().parsestr(self._metadata(archive))
        try:
            said = (canonicalize_name(headers["Name"] or ""), Version(headers["Version"] or "0"))
            python = SpecifierSet(headers["Requires-Python"] or "")
            requirements = tuple(Requirement(each) for each in headers.get_all("Requires-Dist") or ())
        except (InvalidRequirement, InvalidSpecifier, ValueError) as error:
            raise Unusable(f"{self.path.name} is broken: {str(error).splitlines()[0]}") from None
        if said != (self.name, self.version):
            raise Unusable(f"{self.path.name} is broken: inside it is {said[0]} {said[1]}")
        return Needs(python, requirements)

    def sha256(self) -> str:
        """Raises Unusable."""
        try:
            with self.path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise Unusable(f"{self.path.name} cannot be read: {error.strerror}") from error

    def unpack(self, into: Path) -> None:
        """Writes its packages below `into`, files read-only, with nothing outside and no links. Raises Unusable."""
        with self._archive() as archive:
            entries = archive.infolist()
            if len(entries) > _MOST_FILES or sum(entry.file_size for entry in entries) > _LARGEST:
                raise Unusable(f"{self.path.name} is too large: at most {_LARGEST:,} bytes in {_MOST_FILES:,} files")
            targets = [(entry, self._target(entry)) for entry in entries]
            for entry, target in targets:
                if target is not None and not entry.is_dir():
                    self._write(archive, entry, into / target)

    def _target(self, entry: zipfile.ZipInfo) -> PurePosixPath | None:
        """Where an entry belongs below the packages; None for what is of no use there. Raises Unusable."""
        name = entry.filename
        parts = name.removesuffix("/").split("/")
        if "\\" in name or any(part in ("", ".", "..") or not part.isprintable() for part in parts):
            raise Unusable(f"{self.path.name} is refused: {name[:100]!r} is no path below its packages")
        if stat.S_IFMT(entry.external_attr >> 16) not in _PLAIN:
            raise Unusable(f"{self.path.name} is refused: {name[:100]!r} is neither file nor folder")
        if not parts[0].endswith(".data"):
            return PurePosixPath(*parts)
        return PurePosixPath(*parts[2:]) if len(parts) > 2 and parts[1] in _INTO_PACKAGES else None

    def _write(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
        try:
            target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            with archive.open(entry) as source, target.open("xb") as copy:
                shutil.copyfileobj(source, copy, _CHUNK)
            target.chmod(0o444)
        except FileExistsError:
            if not target.is_file() or target.read_bytes() != archive.read(entry):
                raise Unusable(
                    f"{self.path.name} is refused: another wheel, or itself, has another {entry.filename[:100]!r}"
                ) from None
        except (OSError, RuntimeError, NotImplementedError, zipfile.BadZipFile, EOFError, ValueError) as error:
            raise Unusable(f"{self.path.name} cannot be unpacked: {error}") from error

    def _metadata(self, archive: zipfile.ZipFile) -> str:
        found = [entry for entry in archive.infolist() if _is_metadata(entry.filename)]
        if len(found) != 1 or found[0].file_size > _LONGEST_METADATA:
            raise Unusable(f"{self.path.name} is broken: it has no METADATA of its own")
        try:
            return archive.read(found[0]).decode("utf-8", "replace")
        except (OSError, RuntimeError, NotImplementedError, zipfile.BadZipFile, EOFError, ValueError) as error:
            raise Unusable(f"{self.path.name} is broken: {error}") from error

    def _archive(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self.path)
        except (OSError, zipfile.BadZipFile, ValueError) as error:
            raise Unusable(f"{self.path.name} is broken: {error}") from error


def _is_metadata(name: str) -> bool:
    parts = name.split("/")
    return len(parts) == 2 and parts[0].endswith(".dist-info") and parts[1] == "METADATA"
