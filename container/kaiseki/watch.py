"""Looks after a run of the service while it works: says that it lives, and ends it early when it must."""

import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import NoReturn, Self

from kaiseki.errors import TaskInterrupted
from kaiseki.models import Event, Usage
from kaiseki.ports import RunRecord

PATIENCE_SECONDS = 6.0  # in which an interrupted run begins to end
_URGE_SECONDS = 0.25
_WAKE = b"\0"
_URGE = signal.SIGUSR1


class Watch:
    """A context manager and an Observer. It takes over the signals of the process, so its place is the main thread.

    A thread of its own sends the heartbeat and hears of signals, also while the main thread is in a library that does
    not look up. SIGTERM, and a cancel that the record tells of, interrupt the main thread once: KeyboardInterrupt where
    the owner cancelled, TaskInterrupted otherwise. A run that has begun to end is not interrupted any more. If the
    main thread does not come to an end within PATIENCE_SECONDS, `give_up` is called with the interruption, in the
    watch's thread; it must not return.
    """

    def __init__(self, record: RunRecord, seconds: float, give_up: Callable[[KeyboardInterrupt], NoReturn]) -> None:
        """A heartbeat every `seconds`."""
        self._record = record
        self._seconds = seconds
        self._give_up = give_up
        self._main = threading.main_thread()
        self._ours, self._theirs = socket.socketpair()
        self._theirs.setblocking(False)
        self._thread = threading.Thread(target=self._look_after, name="watch", daemon=True)
        self._phase = "starting"
        self._usage = Usage()
        self._raised = False
        self._ending = threading.Event()
        self._ends_it = threading.Lock()  # held by who ends the run: the main thread, or the watch in its place
        self._stopped = False
        self.interruption: KeyboardInterrupt | None = None

    def __enter__(self) -> Self:
        signal.signal(_URGE, self._interrupt_main)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _leave_to_the_watch)
        # Written to by the signal itself: a handler in Python would wait for the main thread to look up.
        signal.set_wakeup_fd(self._theirs.fileno(), warn_on_full_buffer=False)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop_beating()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)  # the exit code that comes next is how the run ended
        signal.set_wakeup_fd(-1)

    def __call__(self, event: Event) -> None:
        self._usage = event.usage
        step = f"step {event.step}: " if event.step else ""
        match event.kind:
            case "phase" | "step" | "query" | "failed":
                self._phase = f"{step}{event.message}"
            case "thinking":
                self._phase = f"{step}asking the model"
            case "ending":
                self._phase = event.message
                self.let_end()
            case _:
                pass

    def let_end(self) -> None:
        """From now on the run ends, and nothing interrupts it. Does not return if the watch has given it up."""
        self._raised = True  # or nothing to raise any more
        if not self._ending.is_set():
            self._ends_it.acquire()
            self._ending.set()

    def stop_beating(self) -> None:
        self._stopped = True
        self._theirs.send(_WAKE)
        self._thread.join(self._seconds)

    def _look_after(self) -> None:
        beat_at = time.monotonic()
        while not self._stopped:
            heard = self._listen(beat_at - time.monotonic())
            if self._stopped:
                return
            told = {signal.SIGTERM, signal.SIGINT} & set(heard)
            if heard and not told:
                continue
            cancelled = self._beat() or signal.SIGINT in told
            beat_at = time.monotonic() + self._seconds
            if cancelled or told:
                self._interrupt(KeyboardInterrupt() if cancelled else TaskInterrupted())

    def _listen(self, seconds: float) -> bytes:
        """The numbers of the signals that came; empty if none did within `seconds`."""
        readable, _, _ = select.select([self._ours], [], [], max(0.0, seconds))
        return self._ours.recv(64) if readable else b""

    def _beat(self) -> bool:
        """Whether the record tells of a cancel. No run ends because its record could not be reached for a while."""
        try:
            return self._record.beat(self._phase, self._usage)
        except Exception as error:  # noqa: BLE001 (whatever it is, the next heartbeat must be sent)
            print(f"kaiseki: a heartbeat failed: {error}", file=sys.stderr, flush=True)
            return False

    def _interrupt(self, interruption: KeyboardInterrupt) -> None:
        if self.interruption is not None or self._ending.is_set():
            return
        self.interruption = interruption
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            # Again and again: a signal just before the main thread begins to wait for something does not end the wait.
            signal.pthread_kill(self._main.ident or 0, _URGE)
            if self._ending.wait(_URGE_SECONDS):
                return
        if self._ends_it.acquire(blocking=False):
            self._give_up(interruption)

    def _interrupt_main(self, *_: object) -> None:
        if self.interruption is not None and not self._raised and not self._ending.is_set():
            self._raised = True
            raise self.interruption


def _leave_to_the_watch(*_: object) -> None:
    """The watch's thread hears of the signal as well, and knows what it is for."""
