"""Packages of an operator's folder of wheels, for the sessions of one run. Adapter of `ports.Packages`."""

import tempfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Self

from packaging.requirements import Requirement

from kaiseki.errors import InputError, SettingError
from kaiseki.models import Wheel
from kaiseki.sandbox import workdir
from kaiseki.sandbox.wheels.resolution import resolve, wheelhouse
from kaiseki.sandbox.wheels.wheel_file import Unusable, WheelFile

_HINT = "name the folder by --wheels or KAISEKI_WHEELS"


class WheelPackages:
    """Unpacks what is needed into folders of its own, which go with it. A context manager."""

    def __init__(self, folder: Path) -> None:
        """Raises SettingError if there is no such folder."""
        try:
            if not folder.is_dir():
                raise NotADirectoryError
            self._wheelhouse = wheelhouse(folder)
        except OSError as error:
            raise SettingError(f"there is no folder of wheels {folder} that can be read", hint=_HINT) from error
        self._folder = folder
        self._root = Path(tempfile.mkdtemp(prefix="kaiseki-packages-"))
        self._root.chmod(0o711)  # sessions have users of their own
        self._sites = 0
        self._unpacked: dict[str, WheelFile] = {}
        self.path = self._next_site()
        self.used: tuple[Wheel, ...] = ()

    @property
    def offered(self) -> tuple[str, ...]:
        """`name version` of what the folder has for this Python and platform, the newest of each."""
        return tuple(f"{name} {wheels[0].version}" for name, wheels in sorted(self._wheelhouse.items()))

    def provide(self, requirements: Sequence[str]) -> str:
        """Has `path` hold what these need and nothing else. Returns why it cannot, or an empty string."""
        try:
            needed = resolve((Requirement(each) for each in requirements), self._wheelhouse, _installed)
            self._unpack(needed)
        except Unusable as error:
            return str(error)
        return ""

    def restore(self, wheels: Sequence[Wheel]) -> None:
        """Has `path` hold just these. Raises InputError if one of them is not in the folder as it was."""
        there_are = {wheel.path.name: wheel for found in self._wheelhouse.values() for wheel in found}
        try:
            for each in wheels:
                if each.file not in there_are or there_are[each.file].sha256() != each.sha256:
                    raise Unusable(
                        f"the run used {each.file} (sha256 {each.sha256[:12]}…), which is not in {self._folder}, "
                        "or does not fit this Python"
                    )
            self._unpack([there_are[each.file] for each in wheels])
        except Unusable as error:
            raise InputError(str(error), hint="put the wheels of the run into the folder") from error

    def _unpack(self, needed: Sequence[WheelFile]) -> None:
        """Into another folder where more has been unpacked than is needed: of what failed nothing stays."""
        if not self._unpacked.items() <= {wheel.path.name: wheel for wheel in needed}.items():
            self.path = self._next_site()
        self.used = ()
        for wheel in needed:
            if wheel.path.name not in self._unpacked:
                try:
                    wheel.unpack(self.path)
                except Unusable:
                    self.path = self._next_site()  # half of one must not stay
                    raise
                self._unpacked[wheel.path.name] = wheel
        self.used = tuple(
            Wheel(name=wheel.name, version=str(wheel.version), file=wheel.path.name, sha256=wheel.sha256())
            for wheel in needed
        )

    def _next_site(self) -> Path:
        self._sites += 1
        self._unpacked = {}
        site = self._root / str(self._sites)
        site.mkdir()
        site.chmod(0o755)
        return site

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        workdir.remove(self._root)


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
