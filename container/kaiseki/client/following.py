"""A run of the service, told as it works, in the words of a run that works here."""

import time

from kaiseki.client.service import RunState, Service, StepState
from kaiseki.errors import ServiceError
from kaiseki.lifecycle import Status
from kaiseki.models import Event
from kaiseki.ports import Observer

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 3.0  # seconds between two looks
_PATIENCE = 5  # looks in a row that may fail
_WAITING = {
    Status.ACCEPTED: "accepted",
    Status.QUEUED: "queued: the environment is full",
    Status.LAUNCHING: "starting a task",
}


def follow_run(service: Service, run_id: str, observer: Observer) -> RunState:
    """The run's last state. Raises ServiceError once the service has not answered several times in a row."""
    started = time.monotonic()
    pause, failures = _FIRST_PAUSE, 0
    told_phase, told_steps = "", 0
    while True:
        try:
            state = service.state(run_id)
        except ServiceError:
            failures += 1
            if failures == _PATIENCE:
                raise
        else:
            failures = 0
            phase = state.phase or _WAITING.get(state.status, "")
            fresh = state.steps[told_steps:]
            if phase != told_phase or fresh:
                pause = _FIRST_PAUSE
            seconds = time.monotonic() - started
            for step in fresh:
                observer(_step(step, seconds, state))
            if phase and phase != told_phase and not state.status.terminal:
                observer(Event(kind="phase", message=phase, seconds=seconds, usage=state.usage))
            told_phase, told_steps = phase, len(state.steps)
            if state.status.terminal:
                observer(Event(kind="ended", message=state.status, seconds=seconds, usage=state.usage))
                return state
        time.sleep(pause)
        pause = min(pause * 1.3, _LONGEST_PAUSE)


def _step(step: StepState, seconds: float, state: RunState) -> Event:
    if step.accepted:
        return Event(kind="accepted", message=step.purpose, step=step.number, seconds=seconds, usage=state.usage)
    message = ": ".join(filter(None, (step.purpose, step.failure)))
    return Event(kind="failed", message=message, step=step.number, seconds=seconds, usage=state.usage)
