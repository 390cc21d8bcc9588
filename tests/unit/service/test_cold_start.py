"""What a Lambda without an API to serve loads before its first event."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
LISTING = """
import sys
before = set(sys.modules)
import boto3
allowed = {name.partition(".")[0] for name in sys.modules}
import launch, reconcile, task_events
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
print(*sorted(loaded - allowed - set(sys.stdlib_module_names)))
print(*sorted(name for name in sys.modules if name.startswith("kaiseki.")))
"""


def test_launcher_task_events_and_reconciler_load_boto3_and_a_few_small_modules() -> None:
    path = f"import sys; sys.path[:0] = [{str(ROOT / 'lambda')!r}, {str(ROOT / 'container')!r}]\n"
    said = subprocess.run([sys.executable, "-c", path + LISTING], capture_output=True, text=True, check=True).stdout
    ours, of_kaiseki = (line.split() for line in said.splitlines())

    assert set(ours) == {
        *("launch", "task_events", "reconcile", "service", "decisions", "endings", "stopped", "tasks", "waiting"),
        "kaiseki",
    }
    assert {name for name in of_kaiseki if not name.startswith("kaiseki.stores.dynamodb")} == {
        "kaiseki.aws_region",
        "kaiseki.embedded_metrics",
        "kaiseki.errors",
        "kaiseki.lifecycle",
        "kaiseki.stores",
        "kaiseki.stores.aws",
        "kaiseki.stores.event_bus",
    }


def test_the_api_starts_without_looks_for_garbage_which_are_resumed_when_it_has_started() -> None:
    script = f"""
import gc, sys
sys.path[:0] = [{str(ROOT / "lambda")!r}, {str(ROOT / "container")!r}]
looks = []
gc.callbacks.append(lambda phase, about: looks.append(about) if phase == "start" else None)
import cold_start, api
print(len(looks) <= 1, gc.isenabled(), gc.get_freeze_count() > 50_000, cold_start.handler is api.handler)
"""
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["True"] * 4
