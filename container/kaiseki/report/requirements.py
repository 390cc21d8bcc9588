"""requirements.txt of a bundle: the packages that its kit and its code import, in the versions that ran."""

import ast
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from kaiseki.models import Run
from kaiseki.report.files import KIT, kit_source

REQUIREMENTS = "requirements.txt"
_PRELUDE = frozenset({"numpy", "pandas"})
_OF_THE_READER = frozenset({"IPython"})  # the kit takes it where a notebook has already imported it


def write_requirements(run: Run, bundle: Path) -> None:
    sources = [path.read_text(encoding="utf-8") for path in sorted(kit_source().rglob("*.py"))]
    sources += [step.code for step in run.accepted_steps]
    named = [name for step in run.accepted_steps for name in step.requirements]
    wheels = [f"{each.name}=={each.version}  # {each.file} sha256:{each.sha256}" for each in run.wheels]
    lines = sorted((*pins(sources, named), *wheels))
    (bundle / REQUIREMENTS).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def pins(sources: Iterable[str], named: Iterable[str] = ()) -> list[str]:
    """`name==version` for each installed distribution that `sources` import or `named` lists, sorted."""
    modules = {module for source in sources for module in _imported(source)} | _PRELUDE
    modules -= sys.stdlib_module_names | _OF_THE_READER | {KIT}
    providers = metadata.packages_distributions()
    distributions = {name for module in modules for name in providers.get(module, ())} | set(named)
    versions = {_canonical(name): _version(name) for name in distributions}
    return [f"{name}=={version}" for name, version in sorted(versions.items()) if version]


def _imported(source: str) -> Iterator[str]:
    """The first part of the name of each module that is imported, wherever the statement stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _canonical(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
