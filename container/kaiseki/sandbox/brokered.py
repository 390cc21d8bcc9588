"""The sandbox whose zygote a broker holds for this process: see broker.py."""

import os
import socket
import threading
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from kaiseki.errors import SandboxError
from kaiseki.sandbox import exchange, workdir
from kaiseki.sandbox.child.confinement.privileges import close_to_others
from kaiseki.sandbox.limits import Limits
from kaiseki.sandbox.zygote_sandbox import ZygoteSandbox


class BrokeredSandbox(ZygoteSandbox):
    """Like LocalSandbox, with the zygote of the broker at the other end of the socket `descriptor`."""

    def __init__(self, descriptor: int, clock: datetime, limits: Limits | None = None, seed: int = 0) -> None:
        """Raises SandboxError."""
        try:
            # Of its own, so that one program may open a sandbox again after it has closed one.
            self._broker = socket.socket(fileno=os.dup(descriptor))
        except OSError as error:
            raise SandboxError(
                f"there is no broker at descriptor {descriptor}: {error.strerror}",
                hint="KAISEKI_BROKER is for the image's entry point to set: unset it",
            ) from error
        limits = limits or Limits()
        order = {
            "do": "start",
            "clock": clock.astimezone(UTC).isoformat(),
            "seed": seed,
            "limits": asdict(limits),
            "group": os.getegid(),
        }
        super().__init__(lambda: _BrokersZygote(self._broker, order), limits)

    def close(self) -> None:
        """Ends all sessions and the zygote. May be called twice."""
        super().close()
        self._broker.close()


class _BrokersZygote:
    """The zygote over the socket. Of a session, it gives the socket to its supervisor: the broker is out of the way."""

    lost = False  # the broker starts it again by itself

    def __init__(self, broker: socket.socket, order: exchange.Message) -> None:
        """Starts it. Raises SandboxError."""
        close_to_others()  # what this process holds, generated code must not read
        self._broker = broker
        self._one_at_a_time = threading.Lock()
        self._ask(order)

    def open(self, data: Path, packages: Path | None = None) -> tuple[int, socket.socket]:
        workdir.let_read(data)
        order = {"do": "open", "data": str(data), "packages": str(packages) if packages else None}
        answer, end = self._ask(order)
        if end is None:
            raise SandboxError("the process that holds the sandbox gave no session")
        return answer["session"], socket.socket(fileno=end)

    def kill(self, session: int) -> None:
        self._ask_if_there({"do": "kill", "session": session})

    def last_words(self) -> str:
        return str(
            self._ask_if_there({"do": "last words"}).get("words", "the process that holds the sandbox has ended")
        )

    def close(self) -> None:
        self._ask_if_there({"do": "end"})

    def _ask_if_there(self, request: exchange.Message) -> exchange.Message:
        try:
            return self._ask(request)[0]
        except SandboxError:  # with the broker all that it held has ended
            return {}

    def _ask(self, request: exchange.Message) -> tuple[exchange.Message, int | None]:
        """The answer, and the descriptor that came with it. Raises SandboxError."""
        with self._one_at_a_time:
            try:
                exchange.send(self._broker, request)
                answer, descriptor = exchange.receive(self._broker)
            except (OSError, EOFError) as error:
                raise SandboxError("the process that holds the sandbox has ended") from error
            except BaseException:  # the answer that was not waited for must not be taken for the next one's
                self._broker.shutdown(socket.SHUT_RDWR)
                raise
        if "error" in answer:
            raise SandboxError(answer["error"], hint=answer["hint"])
        return answer, descriptor
