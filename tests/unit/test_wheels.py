"""A folder of wheels: what is chosen from it, what is refused, and what unpacking leaves behind."""

import stat
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

import pytest

from kaiseki.agent.requirements import briefing, refused
from kaiseki.errors import InputError, SettingError
from kaiseki.sandbox.wheels.packages import WheelPackages

Entries = Mapping[str | zipfile.ZipInfo, str]


def wheel(
    folder: Path,
    name: str,
    number: str = "1.0",
    needs: tuple[str, ...] = (),
    entries: Entries | None = None,
    tag: str = "py3-none-any",
    python: str = "",
) -> Path:
    """A wheel with the module `name`, which knows its version, unless `entries` say what is in it."""
    path = folder / f"{name}-{number}-{tag}.whl"
    about = [f"Name: {name}", f"Version: {number}", *(f"Requires-Dist: {each}" for each in needs)]
    about += [f"Requires-Python: {python}"] if python else []
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}-{number}.dist-info/METADATA", "\n".join(("Metadata-Version: 2.1", *about)) + "\n\n")
        for entry, text in ({f"{name}/__init__.py": f"version = {number!r}\n"} if entries is None else entries).items():
            archive.writestr(entry, text)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "wheels"
    made.mkdir()
    return made


@pytest.fixture
def opened(folder: Path) -> Iterator[list[WheelPackages]]:
    """Closes what a test has opened."""
    made: list[WheelPackages] = []
    yield made
    for packages in made:
        packages.__exit__(None, None, None)


def over(folder: Path, opened: list[WheelPackages]) -> WheelPackages:
    packages = WheelPackages(folder)
    opened.append(packages)
    return packages


def files(packages: WheelPackages) -> list[str]:
    return sorted(path.name for path in packages.path.iterdir() if not path.name.endswith(".dist-info"))


def test_the_newest_that_satisfies_is_taken_with_its_dependencies(folder: Path, opened: list[WheelPackages]) -> None:
    for number in ("1.0", "2.0", "10.0", "11.0rc1"):
        wheel(folder, "tiny", number, needs=("below>=1",))
    wheel(folder, "below", "1.5", needs=("pandas", "tiny"))
    packages = over(folder, opened)

    assert packages.provide(["tiny"]) == ""
    assert [(used.name, used.version) for used in packages.used] == [("below", "1.5"), ("tiny", "10.0")]
    assert files(packages) == ["below", "tiny"]
    assert packages.provide(["tiny<10"]) == ""
    assert (packages.path / "tiny" / "__init__.py").read_text() == "version = '2.0'\n"
    assert packages.offered == ("below 1.5", "tiny 10.0")


def test_wheels_for_other_pythons_and_platforms_are_not_there(folder: Path, opened: list[WheelPackages]) -> None:
    wheel(folder, "tiny", "1.0")
    wheel(folder, "tiny", "2.0", tag="cp27-cp27m-win32")
    wheel(folder, "tiny", "3.0", python=">=4")
    packages = over(folder, opened)

    assert packages.provide(["tiny"]) == ""
    assert packages.used[0].version == "1.0"


def test_markers_and_extras_are_followed(folder: Path, opened: list[WheelPackages]) -> None:
    needs = ("never; sys_platform == 'win32'", "fast; extra == 'speed'", "always; python_version >= '3'")
    wheel(folder, "tiny", needs=needs)
    wheel(folder, "fast")
    wheel(folder, "always")
    packages = over(folder, opened)

    assert packages.provide(["tiny"]) == ""
    assert files(packages) == ["always", "tiny"]
    assert packages.provide(["tiny[speed]"]) == ""
    assert files(packages) == ["always", "fast", "tiny"]


def test_what_an_earlier_step_needed_alone_is_gone_when_it_is_not_needed_any_more(
    folder: Path, opened: list[WheelPackages]
) -> None:
    wheel(folder, "tiny")
    wheel(folder, "other")
    packages = over(folder, opened)
    packages.provide(["tiny"])
    before = packages.path
    packages.provide(["tiny", "other"])

    assert packages.path == before  # a session that is open finds it
    packages.provide(["other"])
    assert files(packages) == ["other"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["missing"], "missing (for the step) is neither installed nor in the folder of wheels"),
        (["tiny>=7"], "tiny (for the step): the folder of wheels has 1.0, none for >=7"),
        (["needy"], "nowhere (for needy) is neither installed"),
        (["quarrel"], "tiny 1.0 (for quarrel) does not suit other, which needs <1"),
        (["old"], f"numpy is installed as {version('numpy')}, and old needs <1"),
        (["elsewhere"], "from an address"),
    ],
)
def test_what_cannot_be_had_is_refused_in_one_line(
    folder: Path, opened: list[WheelPackages], asked: list[str], said: str
) -> None:
    wheel(folder, "tiny")
    wheel(folder, "needy", needs=("nowhere",))
    wheel(folder, "quarrel", needs=("tiny==1.0", "other"))
    wheel(folder, "other", needs=("tiny<1",))
    wheel(folder, "old", needs=("numpy<1",))
    wheel(folder, "elsewhere", needs=("away @ https://example.org/away-1.0-py3-none-any.whl",))
    packages = over(folder, opened)

    told = packages.provide(asked)

    assert said in told
    assert "\n" not in told
    assert packages.used == ()


def link(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"../escaped.py": "x"}, "no path below"),
        ({"evil/../../escaped.py": "x"}, "no path below"),
        ({"/escaped.py": "x"}, "no path below"),
        ({"evil\\..\\escaped.py": "x"}, "no path below"),
        ({"evil-1.0.data/purelib/../../../escaped.py": "x"}, "no path below"),
        ({link("evil"): "/etc"}, "neither file nor folder"),
        ({"evil": "x", "evil/inside.py": "x"}, "evil"),
    ],
)
def test_a_wheel_that_reaches_out_of_its_folder_is_refused_whole(
    folder: Path, opened: list[WheelPackages], entries: Entries, said: str
) -> None:
    wheel(folder, "evil", entries=entries)
    packages = over(folder, opened)

    assert said in packages.provide(["evil"])
    assert files(packages) == []
    assert not [*folder.parent.rglob("escaped.py"), *packages.path.parent.parent.glob("escaped.py")]


def test_a_wheel_that_grows_beyond_all_measure_is_refused(
    folder: Path, opened: list[WheelPackages], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kaiseki.sandbox.wheels.wheel_file._LARGEST", 1_000_000)
    wheel(folder, "bomb", entries={"bomb.py": "#" * 2_000_000})

    assert "too large" in over(folder, opened).provide(["bomb"])


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_a_broken_wheel_is_refused(folder: Path, opened: list[WheelPackages], content: bytes) -> None:
    (folder / "broken-1.0-py3-none-any.whl").write_bytes(content)

    assert "broken-1.0-py3-none-any.whl is broken" in over(folder, opened).provide(["broken"])


def test_a_wheel_that_is_another_one_inside_is_refused(folder: Path, opened: list[WheelPackages]) -> None:
    wheel(folder, "honest").rename(folder / "posing-1.0-py3-none-any.whl")

    assert "inside it is honest 1.0" in over(folder, opened).provide(["posing"])


def test_two_wheels_that_disagree_on_a_file_are_refused(folder: Path, opened: list[WheelPackages]) -> None:
    wheel(folder, "one", entries={"shared/__init__.py": "", "shared/x.py": "1"}, needs=("two",))
    wheel(folder, "two", entries={"shared/__init__.py": "", "shared/x.py": "2"})

    assert "another 'shared/x.py'" in over(folder, opened).provide(["one"])


def test_packages_are_unpacked_read_only_and_scripts_are_left_out(folder: Path, opened: list[WheelPackages]) -> None:
    entries = {"tiny-1.0.data/purelib/tiny.py": "1", "tiny-1.0.data/scripts/tiny": "#!python", "tiny.pth": "import os"}
    wheel(folder, "tiny", entries=entries)
    packages = over(folder, opened)
    packages.provide(["tiny"])

    assert files(packages) == ["tiny.pth", "tiny.py"]
    assert stat.S_IMODE((packages.path / "tiny.py").stat().st_mode) == 0o444


def test_what_was_used_can_be_restored_and_nothing_else_in_its_place(folder: Path, opened: list[WheelPackages]) -> None:
    path = wheel(folder, "tiny")
    first = over(folder, opened)
    first.provide(["tiny"])
    again = over(folder, opened)
    again.restore(first.used)
    assert files(again) == ["tiny"]

    path.unlink()
    wheel(folder, "tiny", entries={"tiny.py": "another"})
    with pytest.raises(InputError, match=r"tiny-1\.0-py3-none-any\.whl \(sha256 .*is not in"):
        over(folder, opened).restore(first.used)


def test_a_folder_that_is_not_there_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="no folder of wheels"):
        WheelPackages(tmp_path / "missing")


def test_requirements_are_met_from_what_is_installed_and_from_the_folder(
    folder: Path, opened: list[WheelPackages]
) -> None:
    wheel(folder, "tiny", needs=("pandas>=1",))
    packages = over(folder, opened)

    assert refused(["tiny", "sklearn"], packages) is None
    assert files(packages) == ["tiny"]
    assert "tiny 1.0" in briefing(packages)
    failure = refused(["tiny", "missing"], packages)
    assert failure is not None
    assert failure.type == "MissingPackage"
    assert "tiny 1.0" in failure.hint
