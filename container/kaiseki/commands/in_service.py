"""What `ask`, `runs` and `show` do where the runs are the service's: `--env NAME` or `--api URL`."""

import json
import sys
from pathlib import Path

from kaiseki.build import open_service, open_store
from kaiseki.client.following import follow_run
from kaiseki.client.service import RunState, Service
from kaiseki.commands.ended import EXIT_CODES, conclude
from kaiseki.errors import UnknownRun
from kaiseki.models import Request, Run
from kaiseki.settings import Settings
from kaiseki.terminal import follow


def ask(prompt: str, attachments: tuple[Path, ...], follow_up_to: str | None, settings: Settings, as_json: bool) -> int:
    service = open_service(settings)
    asked = settings.budget.model_dump(exclude_unset=True)
    run_id = service.ask(prompt, asked, attachments, follow_up_to, settings.schemas)
    print(f"run {run_id}", file=sys.stderr)
    with follow(quiet=as_json) as observer:
        try:
            state = follow_run(service, run_id, observer)
        except KeyboardInterrupt:
            print("cancelling; Ctrl-C once more to leave it to itself", file=sys.stderr)
            service.cancel(run_id)
            state = follow_run(service, run_id, observer)
    return _conclude(service, state, settings, as_json)


def show(run_id: str, settings: Settings) -> Run:
    """The run as far as it is; an ended one's bundle is then in the store as well."""
    service = open_service(settings)
    state = service.state(run_id)
    run = _known(service, state)
    if run is None:
        raise UnknownRun(
            f"the run {run_id} has nothing to show: {_described(state)}", hint="follow the runs: kaiseki runs"
        )
    if state.status.terminal:
        _bring(service, state, run, settings)
    return run


def runs(settings: Settings, as_json: bool) -> int:
    states = open_service(settings).states()
    if as_json:
        told = {"run_id", "prompt", "status", "outcome", "reason", "created_at"}
        print(json.dumps({"runs": [state.model_dump(mode="json", include=told) for state in states]}))
        return 0
    for state in states:
        print(f"{state.run_id}  {state.outcome or state.status!s}")
    return 0


def cancel(run_id: str, settings: Settings, as_json: bool) -> int:
    status = open_service(settings).cancel(run_id)
    if as_json:
        print(json.dumps({"run_id": run_id, "status": status}))
    elif status.terminal:
        print(f"the run {run_id} has ended: {status}")
    else:
        print(f"the run {run_id} is being cancelled; it keeps what it has")
    return 0


def _conclude(service: Service, state: RunState, settings: Settings, as_json: bool) -> int:
    run = _known(service, state)
    if run is not None:
        return conclude(run, _bring(service, state, run, settings), as_json)
    print(state.model_dump_json() if as_json else f"{_described(state)}; it left no bundle")
    return EXIT_CODES[state.status]


def _known(service: Service, state: RunState) -> Run | None:
    """The run's own record, with the end that the service knows of: a task that was killed could not write its own."""
    run = service.run(state)
    if run is None or run.status == state.status:
        return run
    failure = {"code": state.reason, "message": state.message, "hint": ""} if state.message else None
    return run.model_copy(update={"status": state.status, "reason": state.reason, "failure": failure})


def _bring(service: Service, state: RunState, run: Run, settings: Settings) -> Path:
    """The bundle's folder in the store."""
    store = open_store(settings)
    try:
        bundle = store.workspace(run.id)
    except UnknownRun:
        store.create(Request(run_id=run.id, prompt=run.prompt, created_at=run.created_at, budget=run.budget))
        bundle = store.workspace(run.id)
    service.download(state, bundle)
    return bundle


def _described(state: RunState) -> str:
    reason = f" ({state.reason})" if state.reason else ""
    return f"{state.status}{reason}" + (f": {state.message}" if state.message else "")
