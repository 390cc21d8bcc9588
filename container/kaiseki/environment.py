"""On what a run ran: recorded, because floats and packages differ between machines."""

import platform
import sys
from importlib import metadata

PACKAGES = ("numpy", "pandas", "pyarrow", "scikit-learn", "scipy", "duckdb", "dspy", "altair", "matplotlib")


def describe_environment() -> dict[str, str]:
    """Name -> version of Python, the platform, and the packages on which results may depend."""
    described = {"python": platform.python_version(), "platform": f"{sys.platform} {platform.machine()}"}
    for package in PACKAGES:
        try:
            described[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return described
