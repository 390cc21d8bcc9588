"""`kaiseki ask`: a request is put into the store and executed here, or given to the service."""

import argparse
import sys
from pathlib import Path

from kaiseki.build import open_parts, open_store
from kaiseki.commands import in_service
from kaiseki.commands.ended import conclude
from kaiseki.errors import InputError
from kaiseki.models import Request
from kaiseki.run import execute
from kaiseki.run_id import new_run_id
from kaiseki.settings import PROMPT_LIMIT, Settings
from kaiseki.terminal import follow


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    prompt = _prompt(arguments.prompt)
    attachments = tuple(_attachment(name) for name in arguments.attach)
    if settings.api is not None:
        return in_service.ask(prompt, attachments, settings, arguments.json)
    now = settings.now
    store = open_store(settings)
    with (
        follow(quiet=arguments.json) as observer,
        open_parts(settings, store, now, attachments, (observer,)) as parts,
    ):
        request = Request(
            run_id=new_run_id(prompt, now),
            prompt=prompt,
            created_at=now,
            budget=settings.budget,
            attachments=tuple(path.name for path in attachments),
        )
        store.create(request, attachments)
        ended = execute(request.run_id, parts)
    return conclude(ended, store.workspace(ended.id), arguments.json)


def _prompt(text: str) -> str:
    text = sys.stdin.read() if text == "-" else text
    if not text.strip():
        raise InputError("the prompt is empty", hint='ask a question: kaiseki ask "How many users are there?"')
    if len(text) > PROMPT_LIMIT:
        raise InputError(
            f"the prompt has {len(text):,} characters; {PROMPT_LIMIT:,} are the most",
            hint="shorten it, or attach the long part as a file: --attach FILE",
        )
    return text.strip()


def _attachment(name: str) -> Path:
    path = Path(name).expanduser()
    if not path.is_file():
        raise InputError(f"there is no file {name} to attach", hint="name a CSV, Parquet or Excel file")
    return path
