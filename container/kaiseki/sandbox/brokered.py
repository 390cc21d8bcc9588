"""The sandbox that a broker holds for this process: see broker.py."""

import contextlib
import os
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from kaiseki.errors import SandboxError
from kaiseki.models import Execution
from kaiseki.sandbox import exchange, workdir
from kaiseki.sandbox.collector import Refused
from kaiseki.sandbox.displays import Display
from kaiseki.sandbox.layers import Layer
from kaiseki.sandbox.limits import Limits


class BrokeredSandbox:
    """Like LocalSandbox, over the socket `descriptor`. Adapter of `ports.Sandbox`; a context manager."""

    def __init__(self, descriptor: int, clock: datetime, limits: Limits | None = None, seed: int = 0) -> None:
        """Raises SandboxError."""
        try:
            # Of its own, so that one program may open a sandbox again after it has closed one.
            self._broker = _Broker(socket.socket(fileno=os.dup(descriptor)))
        except OSError as error:
            raise SandboxError(
                f"there is no broker at descriptor {descriptor}: {error.strerror}",
                hint="KAISEKI_BROKER is for the image's entry point to set: unset it",
            ) from error
        self._start = {
            "do": "start",
            "clock": clock.astimezone(UTC).isoformat(),
            "limits": asdict(limits or Limits()),
            "seed": seed,
        }
        self._started = False

    def warm(self) -> None:
        """Starts the imports and returns at once. Raises SandboxError."""
        if not self._started:
            self._broker.ask(self._start)
            self._started = True

    def open(self, data: Path) -> "BrokeredSession":
        """A fresh session that reads the Parquet files in `data` by name. Raises SandboxError."""
        self.warm()
        workdir.let_read(data)
        answer = self._broker.ask({"do": "open", "data": str(data.resolve())})
        layers = tuple(Layer(**layer) for layer in answer["layers"])
        return BrokeredSession(self._broker, answer["session"], data, answer["user"], layers)

    def close(self) -> None:
        """Ends all sessions. May be called twice."""
        with contextlib.suppress(SandboxError):
            if self._started:
                self._broker.ask({"do": "end"})
        self._started = False
        self._broker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class BrokeredSession:
    """One session by its number. Adapter of `ports.Session`; a context manager. Made by BrokeredSandbox.open."""

    def __init__(self, broker: "_Broker", number: int, data: Path, user: int | None, layers: tuple[Layer, ...]) -> None:
        self._broker = broker
        self._number = number
        self._data = data
        self.user = user  # of its own; None: the one that the broker has
        self.layers = layers  # that hold it
        self.refused: tuple[Refused, ...] = ()  # what the last `collect` left behind
        self.displayed: tuple[Display, ...] = ()  # by the last execution that was to show it
        self.closed = False

    def execute(self, code: str, step: int, timeout: float, show: bool = False) -> Execution:
        """As LocalSession.execute. Raises SandboxError if the broker is gone."""
        workdir.let_read(self._data)
        request = {"do": "execute", "session": self._number, "code": code, "step": step, "timeout": timeout}
        answer = self._broker.ask(request | {"show": show})
        self.displayed = tuple(Display(**each) for each in answer["displayed"])
        return Execution.model_validate(answer["execution"])

    def collect(self, into: Path) -> tuple[str, ...]:
        """As LocalSession.collect. Raises SandboxError if the broker is gone."""
        taken = []
        for answer, file in self._broker.ask_for_files({"do": "collect", "session": self._number}):
            if file is None:
                self.refused = tuple(Refused(**each) for each in answer["refused"])
            else:
                _copy(file, into / answer["file"])
                taken.append(answer["file"])
        return tuple(taken)

    def close(self) -> None:
        """Ends the session and everything it started. May be called twice."""
        if not self.closed:
            self.closed = True
            with contextlib.suppress(SandboxError):  # the sessions of a broker that is gone are gone too
                self._broker.ask({"do": "close", "session": self._number})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Broker:
    """The program's end of the socket."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._one_at_a_time = threading.Lock()

    def ask(self, request: exchange.Message) -> exchange.Message:
        """Raises SandboxError."""
        (answer, _), *_ = self.ask_for_files(request)
        return answer

    def ask_for_files(self, request: exchange.Message) -> Iterator[tuple[exchange.Message, int | None]]:
        """The answers: each that comes with a descriptor, and the one that ends them. Raises SandboxError."""
        with self._one_at_a_time:
            descriptor: int | None = None
            try:
                exchange.send(self._end, request)
                while True:
                    answer, descriptor = exchange.receive(self._end)
                    if "error" in answer:
                        raise SandboxError(answer["error"], hint=answer["hint"])
                    yield answer, descriptor
                    if descriptor is None:
                        return
            except (OSError, EOFError) as error:
                raise SandboxError("the process that holds the sandbox has ended") from error
            except SandboxError:
                raise
            except BaseException:  # the answer that was not waited for must not be taken for the next one's
                self._end.shutdown(socket.SHUT_RDWR)
                raise

    def close(self) -> None:
        self._end.close()


def _copy(file: int, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".part-{target.name}")
    try:
        with os.fdopen(file, "rb") as source, partial.open("wb") as copy:
            shutil.copyfileobj(source, copy)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
