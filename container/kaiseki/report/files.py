"""The files of a bundle: what they are, how large, and their digests; and the kit that travels with them."""

import hashlib
import importlib.util
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from kaiseki.errors import StoreError
from kaiseki.models import Artifact

KIT = "kaiseki_kit"

_KIND_BY_FOLDER = {
    "queries": "query",
    "data": "data",
    "attachments": "data",
    "tables": "table",
    "figures": "figure",
    "models": "model",
    KIT: "code",
}
_KIND_BY_NAME = {
    "answer.md": "answer",
    "report.html": "report",
    "analysis.ipynb": "notebook",
    "analysis.py": "code",
    "requirements.txt": "code",
    "trace.jsonl": "trace",
    "code.py": "code",
}
_MEDIA_TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ipynb": "application/x-ipynb+json",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".md": "text/markdown; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
    ".png": "image/png",
    ".py": "text/x-python; charset=utf-8",
    ".sql": "application/sql",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_UNLISTED = "run.json"  # it holds the list, so it cannot hold its own digest
_STEP = re.compile(r"steps/([0-9]+)/")


def inventory(bundle: Path, titles: Mapping[tuple[str, str], str] | None = None) -> tuple[Artifact, ...]:
    """Every regular file below `bundle` but `run.json` and hidden ones, sorted by path; links are not followed.

    `titles` maps (kind, name) to a title. Raises StoreError if a file cannot be read.
    """
    try:
        return tuple(_artifact(bundle, path, titles or {}) for path in sorted(_files(bundle)))
    except OSError as error:
        raise StoreError(f"{error.filename} cannot be read: {error.strerror}", hint="see who owns the bundle") from None


def is_regular_file(path: Path) -> bool:
    """Generated code may have left links; what they point to is not the run's."""
    return path.is_file() and not path.is_symlink()


def copy_kit(bundle: Path) -> None:
    """Puts the source of the kit into the bundle, in place of an older copy. Raises StoreError."""
    target = bundle / KIT
    try:
        if target.is_symlink():
            target.unlink()
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(kit_source(), target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc", ".*"))
    except OSError as error:
        raise StoreError(
            f"the kit cannot be copied into {bundle}: {error}", hint="see whether the disk is full"
        ) from None


def kit_source() -> Path:
    """The folder of the installed kit."""
    spec = importlib.util.find_spec(KIT)
    if spec is None or not spec.submodule_search_locations:
        raise StoreError(f"the package {KIT} is not installed", hint="install Kaiseki again: make setup")
    return Path(spec.submodule_search_locations[0])


def _files(bundle: Path) -> Iterator[Path]:
    for path in bundle.rglob("*"):
        relative = path.relative_to(bundle)
        hidden = any(part.startswith(".") or part == "__pycache__" for part in relative.parts)
        linked = any(
            parent.is_symlink() for parent in path.parents if parent.is_relative_to(bundle) and parent != bundle
        )
        if not hidden and not linked and is_regular_file(path) and relative.as_posix() != _UNLISTED:
            yield path


def _artifact(bundle: Path, path: Path, titles: Mapping[tuple[str, str], str]) -> Artifact:
    relative = PurePosixPath(path.relative_to(bundle).as_posix())
    kind, name = _kind(relative), _name(relative)
    step = _STEP.match(str(relative))
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Artifact(
        name=name,
        kind=kind,
        path=str(relative),
        media_type=_MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream"),
        bytes=path.stat().st_size,
        sha256=digest,
        title=titles.get((kind, name), ""),
        step=int(step.group(1)) if step else None,
    )


def _kind(path: PurePosixPath) -> str:
    if len(path.parts) > 1 and path.parts[0] in _KIND_BY_FOLDER:
        return _KIND_BY_FOLDER[path.parts[0]]
    return _KIND_BY_NAME.get(path.name, "log")


def _name(path: PurePosixPath) -> str:
    """What its author called it: `sales` for tables/sales.csv and data/sales/part-0.parquet."""
    folder = path.parts[0] if len(path.parts) > 1 else ""
    if folder in ("queries", "data", "tables", "figures", "models"):
        return path.parts[1].split(".", 1)[0]
    return path.name
