"""What the Lambdas are packed from: all they import, and nothing that Lambda's runtime has."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from infra.lambda_asset import IN_RUNTIME, build_lambda_asset, packages

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
MACHINE = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"


@pytest.fixture(scope="module")
def asset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For this machine and interpreter, out of the cache that `make setup` has filled."""
    into = tmp_path_factory.mktemp("asset") / "code"
    build_lambda_asset(into, "arm64" if MACHINE == "arm64" else "x86_64", VERSION)
    return into


def test_the_lock_is_taken_without_what_the_runtime_has() -> None:
    lines = packages().splitlines()
    names = {line.split("==")[0] for line in lines if "==" in line}
    assert names == {
        "annotated-types",
        "aws-lambda-powertools",
        "pydantic",
        "pydantic-core",
        "typing-extensions",
        "typing-inspection",
    }
    assert not names & IN_RUNTIME
    assert all("--hash=sha256:" in line for line in lines if line.startswith(" "))
    assert sum(line.strip().startswith("--hash") for line in lines) >= len(names)


def test_every_handler_is_importable_with_boto3_and_nothing_else_beside_it(asset: Path) -> None:
    runtime = {name.replace("python-", "") for name in IN_RUNTIME} | {"dateutil"}
    script = f"""
import sys
ours = {str(asset)!r}
sys.path[:] = [ours] + [p for p in sys.path if 'site-packages' not in p]
sys.path.append({str(asset.parent / "runtime")!r})
import cold_start, launch, reconcile, task_events
for module in list(sys.modules.values()):
    file = getattr(module, '__file__', None) or ''
    if 'kaiseki' in module.__name__ or module.__name__ in ('pydantic', 'api', 'launch'):
        assert file.startswith(ours), file
print('imported')
"""
    site = Path(next(p for p in sys.path if p.endswith("site-packages")))
    stand_in = asset.parent / "runtime"
    stand_in.mkdir(exist_ok=True)
    for name in [*sorted(runtime), "six.py"]:
        if (site / name).exists():
            (stand_in / name).symlink_to(site / name)
    ran = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "imported\n"), ran.stderr


def test_the_asset_is_compiled_so_that_times_of_files_do_not_matter(asset: Path) -> None:
    import importlib.util

    compiled = Path(importlib.util.cache_from_source(str(asset / "api.py")))
    flags = int.from_bytes(compiled.read_bytes()[4:8], "little")
    assert flags == 0b01, "by hash, and not checked"
    assert (asset / "pydantic" / "__pycache__").is_dir()


def test_neither_tools_nor_the_container_s_own_modules_are_packed(asset: Path) -> None:
    assert not (asset / "openapi.py").exists()
    assert not (asset / "boto3").exists()
    packed = {path.relative_to(asset / "kaiseki").parts[0] for path in (asset / "kaiseki").rglob("*.py")}
    assert packed == {
        "__init__.py",
        "aws_region.py",
        "embedded_metrics.py",
        "errors.py",
        "lifecycle.py",
        "run_id.py",
        "schema_names.py",
        "stores",
    }
    assert {path.name for path in (asset / "kaiseki" / "stores").iterdir()} - {"__pycache__"} == {
        "__init__.py",
        "aws.py",
        "dynamodb",
        "event_bus.py",
    }
