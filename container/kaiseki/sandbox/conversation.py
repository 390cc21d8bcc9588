"""What the host says to the supervisor of one session, and hears from it: over a socket, one request at a time."""

import contextlib
import socket
import threading
from pathlib import Path
from typing import Protocol

from kaiseki.errors import SandboxError
from kaiseki.sandbox import wire

# The supervisor ends what takes too long; the host waits this much longer for its word before it loses patience.
PATIENCE_SECONDS = 15.0


class Zygote(Protocol):
    """Where sessions come from: a process of this program (launcher.py), or one that a broker holds (brokered.py)."""

    @property
    def lost(self) -> bool:
        """Whether it has ended although it had been ready."""

    def open(self, data: Path, packages: Path | None = None) -> tuple[int, socket.socket]:
        """A new session's number, and the socket to its supervisor. Raises SandboxError."""

    def kill(self, session: int) -> None:
        """Ends a session whose supervisor does not answer."""

    def last_words(self) -> str:
        """The last line that the zygote or a supervisor wrote to stderr."""

    def close(self) -> None:
        """Ends the zygote and all its sessions."""


class EndedBeforeReady(SandboxError):
    """The supervisor hung up and said nothing."""


class Conversation:
    """Requests and their answers. `end` may be called by any thread at any moment, all else by one thread at a time."""

    def __init__(self, zygote: Zygote, number: int, end: socket.socket) -> None:
        self._zygote = zygote
        self._number = number
        self._channel = wire.Channel(end)
        self._requests = 0
        self._over = False
        self.ending = False  # this side has hung up
        self._under_way = threading.Lock()

    def first(self, seconds: float) -> wire.Message:
        """What the supervisor says unasked, when the session is ready or cannot be. Raises SandboxError."""
        try:
            return self._channel.receive(seconds + PATIENCE_SECONDS)
        except EOFError as error:
            raise EndedBeforeReady(f"the session cannot start: {self._zygote.last_words()}") from error
        except (OSError, wire.BadFrame) as error:
            raise SandboxError(f"the session cannot start: {self._zygote.last_words()}") from error

    def ask(self, request: wire.Message) -> wire.Message | None:
        """The answer, which must come within the request's `timeout`; None if there is none any more."""
        with self._under_way:
            if self._over or self.ending:
                return None
            self._requests += 1
            try:
                self._channel.send({**request, "id": self._requests})
                return self._answer(request["timeout"] + PATIENCE_SECONDS)
            except (OSError, EOFError, wire.BadFrame):  # TimeoutError is an OSError
                self._over = True
                if not self.ending:
                    self._zygote.kill(self._number)
                return None
            except BaseException:  # the answer that was not waited for must not be taken for the next one's
                self.ending = True
                self._channel.hang_up()
                raise

    def end(self) -> None:
        """Has the supervisor end the session, at once; a request that is under way gets no answer any more."""
        self.ending = True
        self._channel.hang_up()
        if not self._under_way.acquire(timeout=PATIENCE_SECONDS):
            self._zygote.kill(self._number)
            self._under_way.acquire()
        try:
            if not self._hears_the_end():
                self._zygote.kill(self._number)
                self._hears_the_end()
            self._channel.close()
        finally:
            self._under_way.release()

    def _answer(self, seconds: float) -> wire.Message:
        while (answer := self._channel.receive(seconds)).get("id") != self._requests:
            continue
        return answer

    def _hears_the_end(self) -> bool:
        """Waits until the supervisor has gone: by then nothing is left that it watched over."""
        with contextlib.suppress(EOFError, wire.BadFrame, ConnectionError):
            try:
                while True:
                    self._channel.receive(PATIENCE_SECONDS)
            except TimeoutError:
                return False
        return True
