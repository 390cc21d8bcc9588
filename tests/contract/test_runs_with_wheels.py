"""Runs whose steps use packages of the operator's folder of wheels, and what a replay needs for the same."""

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from kaiseki.models import Run

STEP = """Count the orders
requirements: tinystat

```sql name=orders_per_country
SELECT country AS country, COUNT(*) AS orders FROM orders GROUP BY country ORDER BY country
```

```python
import tinystat
rows = load("orders_per_country")
fact("orders", tinystat.total(rows["orders"]))
```

```answer outcome=answered
There are {orders} orders.
```
"""


def put(folder: Path, code: str = "def total(values): return int(sum(values))\n", number: str = "1.0") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"tinystat-{number}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"tinystat-{number}.dist-info/METADATA", f"Name: tinystat\nVersion: {number}\n\n")
        archive.writestr("tinystat/__init__.py", code)
    return path


def replay(bundle: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kaiseki", "replay", str(bundle), "--json", *flags]
    return subprocess.run(command, capture_output=True, text=True, timeout=100)


@pytest.fixture
def answered(tmp_path: Path, ask: Callable[..., tuple[Run, Path]]) -> tuple[Run, Path]:
    put(tmp_path / "wheels")
    return ask("How many orders are there?", [STEP], wheels=tmp_path / "wheels")


def test_a_step_imports_from_a_wheel_and_the_bundle_names_it(answered: tuple[Run, Path], tmp_path: Path) -> None:
    run, bundle = answered
    file = tmp_path / "wheels" / "tinystat-1.0-py3-none-any.whl"
    digest = hashlib.sha256(file.read_bytes()).hexdigest()

    assert (run.answer.strip(), run.replayed) == ("There are 60 orders.", True)
    assert [(wheel.name, wheel.file, wheel.sha256) for wheel in run.wheels] == [("tinystat", file.name, digest)]
    assert f"tinystat==1.0  # {file.name} sha256:{digest}" in (bundle / "requirements.txt").read_text().splitlines()
    assert json.loads((bundle / "run.json").read_text())["wheels"][0]["sha256"] == digest


def test_a_replay_takes_the_same_wheels_and_says_in_one_line_what_it_lacks(
    answered: tuple[Run, Path], tmp_path: Path
) -> None:
    bundle, wheels = answered[1], tmp_path / "wheels"
    put(wheels, "def total(values): return 0\n", "2.0")  # the newest is not what ran

    assert json.loads(replay(bundle, "--wheels", str(wheels)).stdout)["same"]
    without = replay(bundle)
    assert without.returncode == 2
    assert "tinystat-1.0-py3-none-any.whl" in json.loads(without.stdout)["error"]["message"]
    put(wheels, "def total(values): return 60\n")
    altered = replay(bundle, "--wheels", str(wheels))
    assert altered.returncode == 2
    assert "sha256" in json.loads(altered.stdout)["error"]["message"]


def test_the_model_is_told_what_there_is_and_what_cannot_be_had(
    tmp_path: Path, ask: Callable[..., tuple[Run, Path]]
) -> None:
    put(tmp_path / "wheels")
    wanting = STEP.replace("requirements: tinystat", "requirements: tinystat>=2")

    run, _ = ask("How many orders are there?", [wanting, STEP], wheels=tmp_path / "wheels")

    failure = run.steps[0].failure
    assert failure is not None
    assert (failure.type, failure.subject) == ("MissingPackage", "tinystat>=2")
    assert "the folder of wheels has 1.0, none for >=2" in failure.message
    assert "tinystat 1.0" in failure.hint
    assert run.answer.strip() == "There are 60 orders."


def test_of_a_step_that_failed_no_package_stays(tmp_path: Path, ask: Callable[..., tuple[Run, Path]]) -> None:
    put(tmp_path / "wheels")
    failing = STEP.replace("import tinystat\n", "import tinystat\nraise ValueError\n")
    undeclared = STEP.replace("requirements: tinystat\n", "")

    run, _ = ask("How many orders are there?", [failing, undeclared, STEP], wheels=tmp_path / "wheels")

    assert [step.failure.type if step.failure else "" for step in run.steps] == [
        "ValueError",
        "ModuleNotFoundError",
        "",
    ]


def test_without_the_setting_nothing_is_added(tmp_path: Path, ask: Callable[..., tuple[Run, Path]]) -> None:
    put(tmp_path / "wheels")
    plain = STEP.replace("requirements: tinystat\n", "").replace("import tinystat\n", "")
    plain = plain.replace("tinystat.total(rows", "int(sum(rows").replace('["orders"]))', '["orders"])))')

    run, _ = ask("How many orders are there?", [STEP, plain])

    failure = run.steps[0].failure
    assert failure is not None
    assert failure.message == "tinystat is not installed"
    assert run.wheels == ()
