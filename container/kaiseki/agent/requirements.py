"""What a step's code may rely on: the packages that are installed, and those that the operator has put beside them."""

from collections.abc import Iterable, Sequence
from importlib import metadata

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from kaiseki.models import Failure
from kaiseki.ports import Packages

# Of what is installed, what analyses are written with; the rest is there for the program.
OFFERED = (
    *("altair", "duckdb", "joblib", "matplotlib", "numpy", "openpyxl", "pandas", "pyarrow", "scikit-learn", "scipy"),
    *("statsmodels", "lightgbm", "xgboost"),
)

_MOST_LISTED = 100


def refused(
    requirements: Iterable[str], packages: Packages | None = None, earlier: Iterable[str] = ()
) -> Failure | None:
    """Why code that needs these cannot be run here, for the model; None if all are there.

    A requirement is a name (or that of a module it is imported by), with extras and versions if need be: PEP 508
    without markers and addresses. What is not installed is provided from `packages`, with what `earlier` steps require.
    """
    wanted = tuple(requirements)
    beside = not_installed(wanted) if packages else ()
    problems = {text: problem for text in wanted if text not in beside and (problem := _problem(text))}
    if packages is not None and not problems and (problem := packages.provide((*not_installed(earlier), *beside))):
        problems = {next(iter(beside), ""): problem}
    if not problems:
        return None
    return Failure(
        kind="reply",
        type="MissingPackage",
        subject=next(iter(problems)),
        message="; ".join(problems.values()),
        hint=f"nothing is installed during a run: do with what there is, {', '.join(offered(packages))}",
    )


def not_installed(requirements: Iterable[str]) -> tuple[str, ...]:
    """Those of packages that are not there in any version."""
    return tuple(text for text in requirements if isinstance(read := _read(text), Requirement) and not _there(read))


def briefing(packages: Packages) -> str:
    """What the model is told of the packages that are not installed but may be required."""
    listed = ", ".join(packages.offered[:_MOST_LISTED])
    return f"Also to be had, if a step names it under `requirements`: {listed}." if listed else ""


def offered(packages: Packages | None = None) -> tuple[str, ...]:
    """`name version` of each package that is offered and installed, or to be had from `packages`."""
    versions = {name: _version(name) for name in OFFERED}
    beside: Sequence[str] = packages.offered[:_MOST_LISTED] if packages else ()
    return (*(f"{name} {version}" for name, version in versions.items() if version), *beside)


def _problem(text: str) -> str:
    requirement = _read(text)
    if isinstance(requirement, str):
        return requirement
    name = canonicalize_name(requirement.name)
    version = _there(requirement)
    if not version:
        return f"{name} is not installed"
    if not requirement.specifier.contains(version, prereleases=True):
        return f"{name} is installed as {version}, which is not {requirement.specifier}"
    return ""


def _read(text: str) -> Requirement | str:
    """The requirement, or why it is none."""
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return f"{text[:60]!r} is not the name of a package"
    if requirement.url or requirement.marker:
        return f"{text[:60]!r} is more than the name of a package and its versions"
    return requirement


def _there(requirement: Requirement) -> str | None:
    """The version that is installed."""
    return _version(canonicalize_name(requirement.name)) or _version(_provider(requirement.name))


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except (metadata.PackageNotFoundError, ValueError):  # the latter for an empty name
        return None


def _provider(module: str) -> str:
    """The package that a module of this name comes from, as scikit-learn for sklearn; empty if there is none."""
    return next(iter(metadata.packages_distributions().get(module, ())), "")
