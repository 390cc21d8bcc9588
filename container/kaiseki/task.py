"""A run as a task of the service: whatever happens to it, its bundle and its record come to an end."""

import os
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NoReturn

from kaiseki.ending import cut_short
from kaiseki.errors import KaisekiError
from kaiseki.lifecycle import Status
from kaiseki.metrics import metrics_line
from kaiseki.models import Run
from kaiseki.ports import Observer, RunRecord, RunStore
from kaiseki.run import close
from kaiseki.watch import Watch

NOT_RECORDED = 1  # exit code: others must find out how the run ended


class Task:
    """One run, its record, and what it is counted under."""

    def __init__(self, run_id: str, record: RunRecord, environment: str, heartbeat_seconds: float = 15.0) -> None:
        self._run_id = run_id
        self._record = record
        self._environment = environment
        self._heartbeat_seconds = heartbeat_seconds
        self._open_store: Callable[[], RunStore] | None = None
        self._store: RunStore | None = None

    def carry_out(self, open_store: Callable[[], RunStore], work: Callable[[RunStore, Observer], Run]) -> int:
        """Begins, works, ends: the bundle first, then the record, then the news of it. Returns the exit code.

        Raises UnknownRun and StoreError where there is no record to begin or to end.
        """
        if not self._begins():
            return 0
        self._open_store = open_store
        with Watch(self._record, self._heartbeat_seconds, self._give_up) as watch:
            try:
                self._store = open_store()
                ended = work(self._store, watch)
            except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001 (a record must not be left RUNNING)
                watch.let_end()
                ended = self._close(watch.interruption or _cause(error))
            watch.stop_beating()
            return self._finish(ended)

    def refuse(self, error: KaisekiError) -> int:
        """Ends a run that cannot even be begun. Returns the exit code."""
        return self._finish(self._close(error)) if self._begins() else 0

    def _begins(self) -> bool:
        begun = self._record.begin()
        if not begun:
            print(f"kaiseki: {self._run_id} has ended, or is for another task: nothing to do", file=sys.stderr)
        return begun

    def _finish(self, ended: Run) -> int:
        recorded = self._record.end(ended)
        if recorded:
            print(metrics_line(ended, self._environment), flush=True)
        return 0 if recorded else NOT_RECORDED

    def _close(self, cause: KeyboardInterrupt | KaisekiError) -> Run:
        """The bundle as far as it came, or a run without one where it cannot be written."""
        if isinstance(cause, KaisekiError):
            print(f"kaiseki: {cause.message}{f' ({cause.hint})' if cause.hint else ''}", file=sys.stderr, flush=True)
        if self._open_store is not None:
            try:
                self._store = self._store or self._open_store()
                return close(self._run_id, self._store, cause)
            except Exception as error:  # noqa: BLE001 (the record must come to its end all the same)
                print(f"kaiseki: the bundle could not be closed: {_cause(error)}", file=sys.stderr, flush=True)
        now = datetime.now(UTC)
        nothing = Run(id=self._run_id, prompt="", status=Status.RUNNING, created_at=now, ended_at=now)
        return nothing.model_copy(update=dict(cut_short(cause, (), {}, "en")))

    def _give_up(self, interruption: KeyboardInterrupt) -> NoReturn:
        """In place of the main thread, which is held by something that cannot be interrupted."""
        code = NOT_RECORDED
        try:
            code = self._finish(self._close(interruption))
        except Exception as error:  # noqa: BLE001 (nobody is left to raise it to)
            print(f"kaiseki: {_cause(error)}", file=sys.stderr)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)


def _cause(error: BaseException) -> KeyboardInterrupt | KaisekiError:
    if isinstance(error, KeyboardInterrupt | KaisekiError):
        return error
    traceback.print_exception(error)
    return KaisekiError(f"this should not have happened: {type(error).__name__}", hint="see the log of the task")
