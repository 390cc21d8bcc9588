"""`kaiseki show`: one run."""

import argparse

from kaiseki.build import open_store
from kaiseki.commands import in_service
from kaiseki.commands.ended import conclude
from kaiseki.errors import UnknownRun
from kaiseki.models import Step
from kaiseki.settings import Settings
from kaiseki.terminal import tell


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    in_the_service = settings.api is not None
    store = open_store(settings, create=in_the_service)
    shown = in_service.show(arguments.run_id, settings) if in_the_service else store.run(arguments.run_id)
    if shown is None:
        raise UnknownRun(
            f"the run {arguments.run_id} has not started", hint=f"start it: kaiseki execute {arguments.run_id}"
        )
    if arguments.json:
        print(shown.model_dump_json())
        return 0
    tell(f"{shown.id}\n{shown.prompt}\n")
    for step in shown.steps:
        tell(_step(step))
    for fact in shown.facts:
        queries = f"  <- {', '.join(fact.queries)}" if fact.queries else ""
        tell(f"  {fact.name} = {fact.value!r}{' ' + fact.unit if fact.unit else ''}{queries}")
    conclude(shown, store.workspace(shown.id), as_json=False)
    return 0


def _step(step: Step) -> str:
    if step.failure is not None:
        purpose = step.purpose or "a reply that could not be read"
        return f"✗ step {step.number}: {purpose}\n    {step.failure.type}: {step.failure.message}"
    replaced = f" (replaced by step {step.replaced_by})" if step.replaced_by else ""
    return f"✓ step {step.number}: {step.purpose}{replaced}"
