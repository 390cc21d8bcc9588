"""`kaiseki execute`: a request that already lies in the store; the entry point of a task in the service."""

import argparse
from collections.abc import Callable
from functools import partial

from kaiseki.build import open_parts, open_record, open_store
from kaiseki.commands.ended import conclude
from kaiseki.commands.interruptible import execute_until_interrupted
from kaiseki.errors import SettingError, UsageError
from kaiseki.models import Request, Run
from kaiseki.ports import Observer, RunStore
from kaiseki.run import Parts, execute
from kaiseki.schema_names import beyond
from kaiseki.settings import Settings, load_service_settings
from kaiseki.task import Task
from kaiseki.terminal import follow


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    task = _task(arguments, settings)
    if task is not None:  # which tells a cancel from a deploy, and ends the run itself
        return task.carry_out(partial(open_store, settings), partial(_work, arguments, settings, execute))
    store = open_store(settings, create=False)
    earlier = store.run(arguments.run_id)
    if earlier is not None and earlier.status.terminal:
        raise UsageError(
            f"the run {arguments.run_id} has ended: {earlier.status}", hint="a run ends once; ask again for another"
        )
    ended = _work(arguments, settings, execute_until_interrupted, store)
    return conclude(ended, store.workspace(ended.id), arguments.json)


def refuse(arguments: argparse.Namespace, error: SettingError) -> int:
    """The settings are wrong: that is how the run ends, where it has a record. Raises `error` where it has none."""
    settings = load_service_settings()
    task = _task(arguments, settings)
    if task is None:
        raise error
    return task.refuse(error)


def _task(arguments: argparse.Namespace, settings: Settings) -> Task | None:
    record = open_record(settings, arguments.run_id, arguments.launch)
    if record is None:
        return None
    return Task(arguments.run_id, record, settings.environment, settings.heartbeat_seconds)


def _work(
    arguments: argparse.Namespace,
    settings: Settings,
    carry_out: Callable[[str, Parts], Run],
    store: RunStore,
    *watching: Observer,
) -> Run:
    request = store.request(arguments.run_id)
    settings = settings.model_copy(update={"schemas": _readable(request, settings)})
    folder = store.workspace(request.run_id) / "attachments"
    attachments = tuple(folder / name for name in request.attachments)
    with (
        follow(quiet=arguments.json) as observer,
        open_parts(settings, store, request.created_at, attachments, (*watching, observer), request.run_id) as parts,
    ):
        return carry_out(request.run_id, parts)


def _readable(request: Request, settings: Settings) -> tuple[str, ...] | None:
    """The request's own choice among what may be read here, which may have become less since. Raises UsageError."""
    denied = beyond(request.schemas, settings.schemas)
    if denied:
        raise UsageError(
            f"the request would read the schema {denied[0]}, which may not be read here",
            hint=f"ask again, for some of {', '.join(settings.schemas or ())}",
        )
    return settings.schemas if request.schemas is None else request.schemas
