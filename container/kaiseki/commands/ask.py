"""`kaiseki ask`: a request is put into the store and executed here, or given to the service."""

import argparse
import sys
from pathlib import Path

from kaiseki.build import open_parts, open_store
from kaiseki.commands import in_service
from kaiseki.commands.ended import conclude
from kaiseki.commands.interruptible import execute_until_interrupted
from kaiseki.errors import InputError
from kaiseki.models import FollowUp, Request
from kaiseki.ports import RunStore
from kaiseki.run_id import new_run_id
from kaiseki.settings import PROMPT_LIMIT, Settings
from kaiseki.terminal import follow


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    prompt = _prompt(arguments.prompt)
    attachments = tuple(_attachment(name) for name in arguments.attach)
    if settings.api is not None:
        return in_service.ask(prompt, attachments, arguments.follow_up_to, settings, arguments.json)
    now = settings.now
    run_id = new_run_id(prompt, now)
    store = open_store(settings)
    follow_up = _earlier(arguments.follow_up_to, store) if arguments.follow_up_to else None
    with (
        follow(quiet=arguments.json) as observer,
        open_parts(settings, store, now, attachments, (observer,), run_id) as parts,
    ):
        request = Request(
            run_id=run_id,
            prompt=prompt,
            created_at=now,
            budget=settings.budget,
            attachments=tuple(path.name for path in attachments),
            follow_up=follow_up,
            schemas=settings.schemas,
        )
        store.create(request, attachments)
        ended = execute_until_interrupted(request.run_id, parts)
    return conclude(ended, store.workspace(ended.id), arguments.json)


def _prompt(text: str) -> str:
    try:
        text = sys.stdin.read() if text == "-" else text
    except UnicodeDecodeError:
        raise _not_text() from None
    if not text.strip():
        raise InputError("the prompt is empty", hint='ask a question: kaiseki ask "How many users are there?"')
    if not _is_text(text):
        raise _not_text()
    if len(text) > PROMPT_LIMIT:
        raise InputError(
            f"the prompt has {len(text):,} characters; {PROMPT_LIMIT:,} are the most",
            hint="shorten it, or attach the long part as a file: --attach FILE",
        )
    return text.strip()


def _not_text() -> InputError:
    return InputError("the prompt is not UTF-8", hint="write it in UTF-8; what was cut may end amid a character")


def _is_text(given: str) -> bool:
    """Bytes that are not UTF-8 come in as halves of surrogates, which nothing can write."""
    return not any("\ud800" <= character <= "\udfff" for character in given)


def _earlier(run_id: str, store: RunStore) -> FollowUp:
    run = store.run(run_id)
    if run is None or not run.answer.strip():
        raise InputError(f"the run {run_id} has no answer to go on from", hint="name one that has: kaiseki runs")
    return FollowUp(run_id=run.id, prompt=run.prompt, answer=run.answer.strip())


def _attachment(name: str) -> Path:
    path = Path(name).expanduser()
    if not path.is_file():
        raise InputError(f"there is no file {name} to attach", hint="name a CSV, Parquet or Excel file")
    return path
