"""A process apart that holds the zygote, for a program that runs as an ordinary user.

To give sessions users of their own takes root; the program, which holds credentials, should not have it. So the entry
point of the image starts this process as root, with nothing of the environment, and the program, as another user,
with a socket to it: see brokered.py. It serves one program and ends with it.

What it hands over of a session is the socket to its supervisor. From then on the program talks to that as it would to
one of its own, and reaches the session's folder by its group.
"""

import contextlib
import os
import socket
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from kaiseki.errors import SandboxError
from kaiseki.sandbox import exchange
from kaiseki.sandbox.child.confinement import identity
from kaiseki.sandbox.launcher import SessionTerms, Zygote
from kaiseki.sandbox.limits import Limits


def main() -> None:
    """Argument: the descriptor of the socket to the program."""
    with socket.socket(fileno=int(sys.argv[1])) as program:
        program.set_inheritable(False)
        serve(program)


def serve(program: socket.socket) -> None:
    """Answers requests until the program has gone; then no session is left."""
    with contextlib.closing(Broker(program)) as broker, contextlib.suppress(EOFError, OSError):
        while True:
            request, _ = exchange.receive(program)
            broker.answer(request)


class Broker:
    """The zygote that the program has asked for."""

    def __init__(self, program: socket.socket) -> None:
        self._program = program
        self._terms: SessionTerms | None = None
        self._zygote: Zygote | None = None
        self._operations: dict[str, Callable[[exchange.Message], None]] = {
            "start": self._start,
            "open": self._open,
            "kill": self._kill,
            "last words": self._last_words,
            "end": self._end,
        }

    def answer(self, request: exchange.Message) -> None:
        """Raises OSError if the program has gone."""
        try:
            self._operations[request["do"]](request)
        except SandboxError as error:
            exchange.send(self._program, {"error": error.message, "hint": error.hint})

    def _start(self, request: exchange.Message) -> None:
        if os.geteuid() == 0 and (why_not := identity.why_not()):
            raise SandboxError(
                f"sessions would run as root: {why_not}", hint="give the container SETUID, SETGID and KILL"
            )
        self.close()
        clock = datetime.fromisoformat(request["clock"])
        self._terms = SessionTerms(clock, request["seed"], Limits(**request["limits"]), request["group"])
        self._zygote = Zygote(self._terms)
        exchange.send(self._program, {})

    def _open(self, request: exchange.Message) -> None:
        packages = request["packages"]
        number, end = self._running_zygote().open(Path(request["data"]), Path(packages) if packages else None)
        with end:
            exchange.send(self._program, {"session": number}, end.fileno())

    def _kill(self, request: exchange.Message) -> None:
        if self._zygote is not None:
            self._zygote.kill(request["session"])
        exchange.send(self._program, {})

    def _last_words(self, _: exchange.Message) -> None:
        exchange.send(self._program, {"words": self._zygote.last_words() if self._zygote else "it has ended"})

    def _end(self, _: exchange.Message) -> None:
        self.close()
        exchange.send(self._program, {})

    def _running_zygote(self) -> Zygote:
        if self._zygote is None or self._terms is None:
            raise SandboxError("a session was asked for before the sandbox was started")
        if self._zygote.lost:
            self._zygote.close()
            self._zygote = Zygote(self._terms)
        return self._zygote

    def close(self) -> None:
        """Ends the zygote with all its sessions. May be called twice."""
        zygote, self._zygote = self._zygote, None
        if zygote is not None:
            zygote.close()
