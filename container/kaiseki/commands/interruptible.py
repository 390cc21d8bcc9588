"""A run that works here, for whoever sits before it: Ctrl-C ends it, wherever it is."""

from kaiseki.interruption import is_interruption
from kaiseki.models import Run
from kaiseki.run import Parts, close, execute


def execute_until_interrupted(run_id: str, parts: Parts) -> Run:
    """`execute`, whose run is CANCELLED also where a library makes an error of its own of Ctrl-C."""
    try:
        return execute(run_id, parts)
    except (KeyboardInterrupt, RuntimeError) as error:
        if not is_interruption(error):
            raise
        return close(run_id, parts.store, KeyboardInterrupt())
