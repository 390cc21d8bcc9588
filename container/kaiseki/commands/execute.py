"""`kaiseki execute`: a request that already lies in the store; the entry point of a task in the service."""

import argparse

from kaiseki.build import open_parts, open_store
from kaiseki.commands.ended import conclude
from kaiseki.errors import UsageError
from kaiseki.run import execute
from kaiseki.settings import Settings
from kaiseki.terminal import follow


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    store = open_store(settings)
    request = store.request(arguments.run_id)
    earlier = store.run(request.run_id)
    if earlier is not None and earlier.status.terminal:
        raise UsageError(
            f"the run {request.run_id} has ended: {earlier.status}", hint="a run ends once; ask again for another"
        )
    folder = store.workspace(request.run_id) / "attachments"
    attachments = tuple(folder / name for name in request.attachments)
    with (
        follow(quiet=arguments.json) as observer,
        open_parts(settings, store, request.created_at, attachments, (observer,)) as parts,
    ):
        ended = execute(request.run_id, parts)
    return conclude(ended, store.workspace(ended.id), arguments.json)
