"""The run as it grows: every event is stamped, traced and told, and after each step the bundle is whole."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from kaiseki.agent.journal import Journal
from kaiseki.agent.ledger import facts_of
from kaiseki.agent.meter import Meter
from kaiseki.errors import StoreError
from kaiseki.models import Event, Run
from kaiseki.ports import Observer, RunStore
from kaiseki.report.attempts import write_attempts
from kaiseki.report.files import inventory

TRACE = "trace.jsonl"


class Logbook:
    """Keeps `run` true to the journal and the meter, and saves it so that a killed run leaves what it had.

    All that writes raises StoreError where the bundle cannot be written.
    """

    def __init__(
        self, run: Run, bundle: Path, store: RunStore, journal: Journal, meter: Meter, observers: Sequence[Observer]
    ) -> None:
        self.run = run
        self._bundle = bundle
        self._store = store
        self._journal = journal
        self._meter = meter
        self._observers = observers
        self._store.save(run)

    def tell(self, event: Event) -> None:
        """Adds when it happened and what was used up by then; saves the run after each attempt."""
        event = self._trace(event)
        if event.kind in ("accepted", "failed"):
            self.save()
        self._announce(event)

    def phase(self, message: str) -> None:
        self.tell(Event(kind="phase", message=message))

    @property
    def left(self) -> str:
        return self._meter.left()

    def note(self, **known: Any) -> None:
        """Sets fields of the run."""
        self.run = self.run.model_copy(update=known)

    def save(self) -> None:
        """Makes the bundle so far durable."""
        self.note(steps=tuple(self._journal.steps), usage=self._meter.usage)
        self.note(facts=tuple(facts_of(self.run.accepted_steps).values()))
        with _writing(self._bundle):
            write_attempts(self.run, self._bundle)
            self.note(artifacts=inventory(self._bundle))
        self._store.save(self.run)

    def end(self, write: Callable[[Run], Run], **known: Any) -> Run:
        """The end of the run: `known` holds its terminal status, `write` adds the files that rest on the whole run."""
        self.note(
            steps=tuple(self._journal.steps), usage=self._meter.usage, ended_at=datetime.now().astimezone(), **known
        )
        ended = self._trace(Event(kind="ended", message=self.run.status))  # before the run lists the trace's digest
        with _writing(self._bundle):
            write_attempts(self.run, self._bundle)
            self.run = write(self.run)
        self._store.save(self.run)
        self._announce(ended)
        return self.run

    def _trace(self, event: Event) -> Event:
        event = event.model_copy(update={"seconds": round(self._meter.seconds, 3), "usage": self._meter.usage})
        with _writing(self._bundle), (self._bundle / TRACE).open("a", encoding="utf-8") as trace:
            trace.write(event.model_dump_json(exclude_defaults=True) + "\n")
        return event

    def _announce(self, event: Event) -> None:
        for observer in self._observers:
            observer(event)


@contextmanager
def _writing(bundle: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StoreError(f"{bundle} cannot be written: {reason}", hint="see whether the disk is full") from error
