"""What the Lambdas run: their modules, what they share with the container, and the locked packages that AWS lacks."""

import shutil
import subprocess
from pathlib import Path
from typing import Literal

from uv import find_uv_bin

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements" / "lambda.txt"
SHARED = (
    "kaiseki/__init__.py",
    "kaiseki/embedded_metrics.py",
    "kaiseki/errors.py",
    "kaiseki/aws_region.py",
    "kaiseki/lifecycle.py",
    "kaiseki/run_id.py",
    "kaiseki/schema_names.py",
    "kaiseki/stores/__init__.py",
    "kaiseki/stores/aws.py",
    "kaiseki/stores/dynamodb",
    "kaiseki/stores/event_bus.py",
)
IN_RUNTIME = frozenset({"boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"})
RUNTIME_PYTHON = "3.13"
_TOOLS = frozenset({"openapi.py"})  # run by developers, not by Lambda
_PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}


def build_lambda_asset(
    into: Path, architecture: Literal["arm64", "x86_64"] = "arm64", python: str = RUNTIME_PYTHON
) -> None:
    """Fills the folder `into`, for Lambda's runtime by default. Needs no docker, and the network only for what uv's
    cache has not; byte-compiled if an interpreter of that version is on this machine, else source alone.

    Raises CalledProcessError, with what uv said on stderr, if a package cannot be had as it was locked.
    """
    into.mkdir(parents=True, exist_ok=True)
    _copy_modules(into)
    _install_packages(into, _PLATFORMS[architecture], python)
    interpreter = _interpreter(python)
    if interpreter is not None:
        compile_modules(into, interpreter)


def compile_modules(folder: Path, interpreter: str) -> None:
    """Unchecked: times of files are lost on the way into Lambda, and nothing is edited there."""
    command = [interpreter, "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash", "."]
    subprocess.run(command, cwd=folder, check=True)  # noqa: S603


def packages() -> str:
    """The lock without what Lambda's runtime has."""
    kept: list[str] = []
    keep = False
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        if not line.startswith((" ", "#")):
            keep = line.split("==")[0] not in IN_RUNTIME
        if keep:
            kept.append(line)
    return "\n".join(kept) + "\n"


def _copy_modules(into: Path) -> None:
    for module in sorted((ROOT / "lambda").glob("*.py")):
        if module.name not in _TOOLS:
            shutil.copyfile(module, into / module.name)
    for name in SHARED:
        source, target = ROOT / "container" / name, into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        else:
            shutil.copyfile(source, target)


def _install_packages(into: Path, platform: str, python: str) -> None:
    command = [
        *(find_uv_bin(), "pip", "install", "--quiet", "--target", str(into), "--requirement", "-"),
        *("--python-platform", platform, "--python-version", python),
        *("--require-hashes", "--no-deps", "--only-binary", ":all:"),
    ]
    # First without the network: what was installed before is in the cache.
    offline = subprocess.run([*command, "--offline"], input=packages(), text=True, capture_output=True, check=False)  # noqa: S603
    if offline.returncode:
        subprocess.run(command, input=packages(), text=True, check=True)  # noqa: S603
    (into / ".lock").unlink(missing_ok=True)


def _interpreter(python: str) -> str | None:
    command = [find_uv_bin(), "python", "find", "--system", "--no-python-downloads", python]
    found = subprocess.run(command, text=True, capture_output=True, check=False)  # noqa: S603
    return found.stdout.strip() if found.returncode == 0 else None
