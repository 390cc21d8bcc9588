"""`kaiseki cancel`: a run of the service; one that works here is ended by Ctrl-C."""

import argparse

from kaiseki.commands import in_service
from kaiseki.errors import UsageError
from kaiseki.settings import Settings


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    if settings.api is None:
        raise UsageError("only runs of the service are cancelled so", hint="name it: --env NAME, or --api URL")
    return in_service.cancel(arguments.run_id, settings, arguments.json)
