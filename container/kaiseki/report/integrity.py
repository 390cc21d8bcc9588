"""Whether a bundle still is what it was when the run ended."""

import hashlib
from pathlib import Path

from kaiseki.models import Run


def altered(run: Run, bundle: Path, folder: str) -> tuple[str, ...]:
    """Paths below `folder` that are gone, or whose SHA-256 is not the one in `run.json`."""
    return tuple(
        artifact.path
        for artifact in run.artifacts
        if artifact.path.startswith(f"{folder}/") and _digest(bundle / artifact.path) != artifact.sha256
    )


def _digest(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
