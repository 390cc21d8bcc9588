"""`kaiseki runs`: what lies in the store, or the caller's runs in the service."""

import argparse
import json

from kaiseki.build import open_store
from kaiseki.commands import in_service
from kaiseki.models import Run
from kaiseki.settings import Settings


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    if settings.api is not None:
        return in_service.runs(settings, arguments.json)
    runs = list(open_store(settings, create=False).runs())
    if arguments.json:
        print(json.dumps({"runs": [_entry(each) for each in runs]}, ensure_ascii=False))
    elif not runs:
        print(f"no runs in {settings.store}")
    for each in runs if not arguments.json else ():
        prompt = " ".join(each.prompt.split())
        print(f"{each.id}  {each.outcome or each.status!s:<12} {prompt[:70]}{'…' if len(prompt) > 70 else ''}")
    return 0


def _entry(run: Run) -> dict[str, object]:
    known = run.model_dump(
        mode="json", include={"id", "prompt", "status", "outcome", "reason", "created_at", "ended_at", "model"}
    )
    return {**known, "usd": run.usage.usd}
