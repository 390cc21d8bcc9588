"""What a step's code may rely on: the packages that are installed. Nothing is installed during a run."""

from collections.abc import Iterable
from importlib import metadata

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from kaiseki.models import Failure

# Of what is installed, what analyses are written with; the rest is there for the program.
OFFERED = (
    *("altair", "duckdb", "joblib", "matplotlib", "numpy", "openpyxl", "pandas", "pyarrow", "scikit-learn", "scipy"),
    *("statsmodels", "lightgbm", "xgboost"),
)


def refused(requirements: Iterable[str]) -> Failure | None:
    """Why code that needs these cannot be run here, for the model; None if all are there.

    A requirement is a name (or that of a module it is imported by), with extras and versions if need be: PEP 508
    without markers and addresses.
    """
    problems = {text: problem for text in requirements if (problem := _problem(text))}
    if not problems:
        return None
    return Failure(
        kind="reply",
        type="MissingPackage",
        subject=next(iter(problems)),
        message="; ".join(problems.values()),
        hint=f"nothing is installed during a run: do with what there is, {', '.join(offered())}",
    )


def offered() -> tuple[str, ...]:
    """`name version` of each package that is offered and installed."""
    versions = {name: _version(name) for name in OFFERED}
    return tuple(f"{name} {version}" for name, version in versions.items() if version)


def _problem(text: str) -> str:
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return f"{text[:60]!r} is not the name of a package"
    if requirement.url or requirement.marker:
        return f"{text[:60]!r} is more than the name of a package and its versions"
    name = canonicalize_name(requirement.name)
    version = _version(name) or _version(_provider(requirement.name))
    if not version:
        return f"{name} is not installed"
    if not requirement.specifier.contains(version, prereleases=True):
        return f"{name} is installed as {version}, which is not {requirement.specifier}"
    return ""


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except (metadata.PackageNotFoundError, ValueError):  # the latter for an empty name
        return None


def _provider(module: str) -> str:
    """The package that a module of this name comes from, as scikit-learn for sklearn; empty if there is none."""
    return next(iter(metadata.packages_distributions().get(module, ())), "")
