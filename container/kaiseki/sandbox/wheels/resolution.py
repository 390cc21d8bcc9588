"""Which wheels of a folder some requirements need: the newest that do, with their dependencies; or why it has none.

What is installed stays as it is: a requirement that it satisfies needs no wheel, and one that it does not satisfy is
refused, since sessions are forked from a process that has imported it.
"""

import platform
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.tags import sys_tags
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from kaiseki.sandbox.wheels.wheel_file import Unusable, WheelFile

Wheelhouse = Mapping[str, Sequence[WheelFile]]  # name -> its wheels, best first


def wheelhouse(folder: Path) -> Wheelhouse:
    """The wheels in `folder` that fit this Python and platform: the newest first, of one version the most specific.
    Versions that are not final come last.

    Files that do not bear the name of a wheel are left out. Raises OSError.
    """
    ranks = {tag: rank for rank, tag in enumerate(sys_tags())}
    found: dict[str, list[tuple[WheelFile, tuple[int, ...]]]] = {}
    for path in sorted(folder.glob("*.whl")):
        try:
            name, version, build, tags = parse_wheel_filename(path.name)
        except InvalidWheelFilename:
            continue
        fitting = [ranks[tag] for tag in tags if tag in ranks]
        if fitting and path.is_file():
            order = (-min(fitting), *(build[:1] or (0,)))
            found.setdefault(name, []).append((WheelFile(name, version, path), order))
    return {
        name: [wheel for wheel, _ in sorted(wheels, key=lambda each: (_preference(each[0]), each[1]), reverse=True)]
        for name, wheels in found.items()
    }


def _preference(wheel: WheelFile) -> tuple[bool, Version]:
    return not wheel.version.is_prerelease, wheel.version


def resolve(
    requirements: Iterable[Requirement], there_are: Wheelhouse, installed: Callable[[str], str | None]
) -> tuple[WheelFile, ...]:
    """The wheels to unpack, by name. `installed` gives a package's version. Raises Unusable."""
    wanted = deque((requirement, "the step") for requirement in requirements)
    chosen: dict[str, tuple[WheelFile, str]] = {}
    followed: set[tuple[str, str]] = set()  # (name, extra)
    while wanted:
        requirement, by = wanted.popleft()
        name = canonicalize_name(requirement.name)
        version = installed(name)
        if version is not None:
            if not requirement.specifier.contains(version, prereleases=True):
                raise Unusable(f"{name} is installed as {version}, and {by} needs {requirement.specifier}")
            continue
        if name not in chosen:
            others = [each for each, _ in wanted if canonicalize_name(each.name) == name]
            chosen[name] = _newest([requirement, *others], there_are, by), by
        wheel, first = chosen[name]
        if not requirement.specifier.contains(wheel.version, prereleases=True):
            raise Unusable(
                f"{name} {wheel.version} (for {first}) does not suit {by}, which needs {requirement.specifier}"
            )
        for extra in {"", *requirement.extras}:
            if (name, extra) not in followed:
                followed.add((name, extra))
                needed = (each for each in wheel.needs().requirements if _applies(each.marker, extra))
                wanted.extend((each, name) for each in needed)
    return tuple(chosen[name][0] for name in sorted(chosen))


def _newest(requirements: Sequence[Requirement], there_are: Wheelhouse, by: str) -> WheelFile:
    """The best wheel that all of `requirements`, which are of one package, can do with. Raises Unusable."""
    first = requirements[0]
    name = canonicalize_name(first.name)
    if any(each.url for each in requirements):
        raise Unusable(f"{name} (for {by}) is wanted from an address, and only what lies in the folder is used")
    wheels = there_are.get(name, ())
    if not wheels:
        raise Unusable(f"{name} (for {by}) is neither installed nor in the folder of wheels for this Python")
    for wheel in wheels:
        if all(each.specifier.contains(wheel.version, prereleases=True) for each in requirements):
            if not wheel.needs().python.contains(platform.python_version(), prereleases=True):
                continue
            return wheel
    versions = ", ".join(dict.fromkeys(str(wheel.version) for wheel in wheels))
    asked = ", ".join(dict.fromkeys(str(each.specifier) for each in requirements if each.specifier)) or "this Python"
    raise Unusable(f"{name} (for {by}): the folder of wheels has {versions}, none for {asked}")


def _applies(marker: Marker | None, extra: str) -> bool:
    """For an extra, what it adds alone counts."""
    if marker is None:
        return not extra
    return marker.evaluate({"extra": extra}) and (not extra or not marker.evaluate({"extra": ""}))
