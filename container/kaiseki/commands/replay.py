"""`kaiseki replay`: the analysis of a bundle once more, with no model, and each fact compared."""

import argparse
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from kaiseki.agent.replay import OTHER_MACHINE, SAME_MACHINE, Comparison, Replay, replay
from kaiseki.build import open_packages, open_sandbox, open_store, open_warehouse
from kaiseki.data_files import copy_data
from kaiseki.environment import describe_environment
from kaiseki.errors import UnknownRun, UsageError
from kaiseki.models import Query, Run, Wheel
from kaiseki.ports import Packages
from kaiseki.report.integrity import altered
from kaiseki.settings import Settings
from kaiseki.stores.folder import load_run
from kaiseki.terminal import tell

_MARKS = {"same": "=", "different": "≠", "missing": "-", "new": "+"}


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    bundle = _bundle(arguments.bundle, settings)
    recorded = load_run(bundle / "run.json")
    changed = altered(recorded, bundle, "data")
    if not recorded.accepted_steps:
        raise UsageError(
            f"the run {recorded.id} has no accepted step to replay", hint="take a run that computed something"
        )
    with (
        _data(recorded, bundle, arguments.requery, settings) as (data, moved),
        open_packages(settings) as packages,
        open_sandbox(settings, recorded.created_at) as sandbox,
    ):
        if recorded.wheels:
            _restore(recorded.wheels, packages)
        tolerance = SAME_MACHINE if recorded.environment == describe_environment() else OTHER_MACHINE
        result = replay(
            sandbox,
            data,
            recorded.accepted_steps,
            {fact.name: fact for fact in recorded.facts},
            settings.sandbox.step_seconds,
            tolerance=tolerance,
            packages=packages.path if packages and recorded.wheels else None,
        )
    same = result.same and not changed and not moved
    if arguments.json:
        print(
            json.dumps(
                {
                    "same": same,
                    "facts": [asdict(each) for each in result.comparisons],
                    "altered": list(changed),
                    "moved": moved,
                    "failure": result.failure.model_dump() if result.failure else None,
                },
                ensure_ascii=False,
            )
        )
    else:
        _print(result, changed, moved)
    return 0 if same else 1


def _bundle(name: str, settings: Settings) -> Path:
    """The folder `name`, or the run of that id in the store."""
    path = Path(name).expanduser()
    if path.name == "run.json":
        path = path.parent
    if (path / "run.json").is_file():
        return path
    if path.exists():
        raise UsageError(f"{name} is not a bundle: it has no run.json", hint="name the folder that holds run.json")
    if "/" in name:
        raise UsageError(f"there is no folder {name}", hint="name a bundle's folder, or a run's id: kaiseki runs")
    try:
        return open_store(settings, create=False).workspace(name)
    except UnknownRun as error:
        raise UnknownRun(error.message, hint="name a bundle's folder, or a run's id: kaiseki runs") from None


@contextmanager
def _data(
    recorded: Run, bundle: Path, requery: bool, settings: Settings
) -> Iterator[tuple[Path, list[dict[str, object]]]]:
    """The rows to replay on, and which queries give other rows now."""
    if not requery:
        yield bundle / "data", []
        return
    attachments = tuple(sorted((bundle / "attachments").glob("*"))) if (bundle / "attachments").is_dir() else ()
    with tempfile.TemporaryDirectory(prefix="kaiseki-requery-") as folder:
        data = Path(folder)
        with open_warehouse(settings, recorded.created_at, attachments) as warehouse:
            moved = []
            for query in (query for step in recorded.accepted_steps for query in step.queries):
                path = data / f"{query.name}.parquet"
                now = warehouse.run(query.name, query.sql, path, recorded.budget.row_cap)
                if now.failure is not None:
                    copy_data(bundle / "data" / path.name, path)
                if now.failure is not None or now.sha256 != query.sha256:
                    moved.append(_moved(query, now))
        yield data, moved


def _restore(wheels: tuple[Wheel, ...], packages: Packages | None) -> None:
    if packages is None:
        named = ", ".join(each.file for each in wheels)
        raise UsageError(f"the run used wheels: {named}", hint="name the folder that has them: --wheels FOLDER")
    packages.restore(wheels)


def _moved(was: Query, now: Query) -> dict[str, object]:
    return {
        "query": was.name,
        "was_rows": was.rows,
        "now_rows": None if now.failure else now.rows,
        "failure": now.failure.message if now.failure else None,
    }


def _print(result: Replay, changed: tuple[str, ...], moved: list[dict[str, object]]) -> None:
    for path in changed:
        print(f"altered since the run: {path}")
    for each in moved:
        now = each["failure"] or f"{each['now_rows']:,} rows"
        tell(f"moved: {each['query']} had {each['was_rows']:,} rows, now {now}")
    for comparison in result.comparisons:
        print(_line(comparison))
    if result.failure is not None:
        tell(f"the analysis fails: {result.failure.type}: {result.failure.message}")
    different = sum(each.status != "same" for each in result.comparisons)
    total = len(result.comparisons)
    print(f"{total - different} of {total} facts are the same" + ("" if different or result.failure else ": replayed"))


def _line(comparison: Comparison) -> str:
    values = {
        "same": repr(comparison.was),
        "different": f"{comparison.was!r} -> {comparison.now!r}",
        "missing": repr(comparison.was),
        "new": repr(comparison.now),
    }[comparison.status]
    shown = values if len(values) <= 120 else values[:119] + "…"
    return f"{_MARKS[comparison.status]} {comparison.status:<9} {comparison.name}: {shown}"
