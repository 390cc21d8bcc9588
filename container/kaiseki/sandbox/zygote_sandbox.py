"""Sessions that are forked from a zygote, wherever that is."""

import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from kaiseki.sandbox.conversation import EndedBeforeReady, Zygote
from kaiseki.sandbox.limits import Limits
from kaiseki.sandbox.session import Session


class ZygoteSandbox:
    """Sessions that share limits, clock and seed. Adapter of `ports.Sandbox`; a context manager.

    Nothing starts before `warm` or the first `open`. A zygote that was lost is replaced at the next `open`.
    """

    def __init__(self, start: Callable[[], Zygote], limits: Limits) -> None:
        self._start = start
        self._limits = limits
        self._zygote: Zygote | None = None
        self._starting = threading.Lock()
        self._open: list[Session] = []

    def warm(self) -> None:
        """Starts the imports and returns at once. Raises SandboxError."""
        self._running_zygote()

    def open(self, data: Path, packages: Path | None = None) -> Session:
        """A fresh session that reads the Parquet files in `data` by name, and imports from `packages` too.

        Raises SandboxError.
        """
        try:
            session = self._new_session(data, packages)
        except EndedBeforeReady:  # one that was made ahead may have ended at the moment at which it was given away
            session = self._new_session(data, packages)
        with self._starting:
            self._open = [*(other for other in self._open if not other.closed), session]
        return session

    def close(self) -> None:
        """Ends all sessions and the zygote. May be called twice."""
        for session in self._open:
            session.close()
        self._open = []
        if self._zygote:
            self._zygote.close()
            self._zygote = None

    def _new_session(self, data: Path, packages: Path | None) -> Session:
        zygote = self._running_zygote()
        number, channel = zygote.open(data.resolve(), packages.resolve() if packages else None)
        return Session(zygote, number, channel, data, self._limits)

    def _running_zygote(self) -> Zygote:
        with self._starting:
            if self._zygote and self._zygote.lost:
                self._zygote.close()
                self._zygote = None
            self._zygote = self._zygote or self._start()
            return self._zygote

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
