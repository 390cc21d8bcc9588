"""A process apart that holds the sandbox, for a program that runs as an ordinary user.

To give sessions users of their own takes root; the program, which holds credentials, should not have it. So the entry
point of the image starts this process as root, with nothing of the environment, and the program, as another user,
with a socket to it: see brokered.py. It serves one program and ends with it.
"""

import contextlib
import os
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from kaiseki.errors import SandboxError
from kaiseki.sandbox import exchange
from kaiseki.sandbox.limits import Limits
from kaiseki.sandbox.local import LocalSandbox, LocalSession


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
    """The sandbox that the program has started, and its open sessions by number."""

    def __init__(self, program: socket.socket) -> None:
        self._program = program
        self._sandbox: LocalSandbox | None = None
        self._sessions: dict[int, LocalSession] = {}
        self._opened = 0
        self._operations: dict[str, Callable[[exchange.Message], None]] = {
            "start": self._start,
            "open": self._open,
            "execute": self._execute,
            "collect": self._collect,
            "close": self._close,
            "end": self._end,
        }

    def answer(self, request: exchange.Message) -> None:
        """Raises OSError if the program has gone."""
        try:
            self._operations[request["do"]](request)
        except SandboxError as error:
            exchange.send(self._program, {"error": error.message, "hint": error.hint})

    def _start(self, request: exchange.Message) -> None:
        self.close()
        clock = datetime.fromisoformat(request["clock"])
        self._sandbox = LocalSandbox(clock, Limits(**request["limits"]), request["seed"])
        self._sandbox.warm()
        exchange.send(self._program, {})

    def _open(self, request: exchange.Message) -> None:
        if self._sandbox is None:
            raise SandboxError("a session was asked for before the sandbox was started")
        session = self._sandbox.open(Path(request["data"]))
        if session.user is None and os.geteuid() == 0:
            session.close()
            raise SandboxError(
                f"no user of a session's own can reach {request['data']} or {tempfile.gettempdir()}",
                hint="open the folders above them to others (chmod o+x)",
            )
        self._opened += 1
        self._sessions[self._opened] = session
        layers = [asdict(layer) for layer in session.layers]
        exchange.send(self._program, {"session": self._opened, "user": session.user, "layers": layers})

    def _execute(self, request: exchange.Message) -> None:
        session = self._sessions[request["session"]]
        execution = session.execute(request["code"], request["step"], request["timeout"], request["show"])
        displayed = [asdict(each) for each in session.displayed]
        exchange.send(self._program, {"execution": execution.model_dump(mode="json"), "displayed": displayed})

    def _collect(self, request: exchange.Message) -> None:
        """Hands over open files, one a message: neither side may write where the other one does."""
        session = self._sessions[request["session"]]
        with tempfile.TemporaryDirectory(prefix="kaiseki-collected-") as folder:
            for name in session.collect(Path(folder)):
                file = os.open(Path(folder, name), os.O_RDONLY | os.O_CLOEXEC)
                try:
                    exchange.send(self._program, {"file": name}, file)
                finally:
                    os.close(file)
        exchange.send(self._program, {"refused": [asdict(each) for each in session.refused]})

    def _close(self, request: exchange.Message) -> None:
        session = self._sessions.pop(request["session"], None)
        if session is not None:
            session.close()
        exchange.send(self._program, {})

    def _end(self, _: exchange.Message) -> None:
        self.close()
        exchange.send(self._program, {})

    def close(self) -> None:
        """Ends the sandbox with all its sessions. May be called twice."""
        sandbox, self._sandbox, self._sessions = self._sandbox, None, {}
        if sandbox is not None:
            sandbox.close()
