"""The sandbox on this machine: each session is a process apart, forked from a zygote that has made the imports."""

import contextlib
import socket
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from kaiseki.errors import SandboxError
from kaiseki.models import Execution, Failure
from kaiseki.sandbox import failures, wire, workdir
from kaiseki.sandbox.collector import Collector, Refused
from kaiseki.sandbox.displays import Display, checked
from kaiseki.sandbox.launcher import Zygote
from kaiseki.sandbox.layers import Layer, Layers
from kaiseki.sandbox.limits import Limits
from kaiseki.sandbox.records import RecordsReader

PRELOAD = (
    "pyarrow.parquet",
    "altair",
    "sklearn.linear_model",
    "sklearn.ensemble",
    "sklearn.compose",
    "sklearn.pipeline",
    "sklearn.model_selection",
    "sklearn.inspection",
    "matplotlib.figure",
    "matplotlib.font_manager",
)
# The supervisor ends what takes too long; the host waits this much longer for its word before it loses patience.
_PATIENCE_SECONDS = 15.0


class LocalSandbox:
    """Sessions that share limits, clock and seed. Adapter of `ports.Sandbox`; a context manager.

    `clock` is the moment at which generated code sees the wall clock stand (in UTC), `preload` the modules that the
    zygote imports in idle moments, so that later sessions need not. Nothing starts before `warm` or the first `open`.
    """

    def __init__(
        self,
        clock: datetime,
        limits: Limits | None = None,
        seed: int = 0,
        preload: tuple[str, ...] = PRELOAD,
        layers: Layers | None = None,
    ) -> None:
        self._clock = clock.astimezone(UTC)
        self._limits = limits or Limits()
        self._seed = seed
        self._preload = preload
        self._layers = layers or Layers()
        self._zygote: Zygote | None = None
        self._starting = threading.Lock()
        self._open: list[LocalSession] = []

    def warm(self) -> None:
        """Starts the imports and returns at once. Raises SandboxError."""
        self._running_zygote()

    def open(self, data: Path) -> "LocalSession":
        """A fresh session that reads the Parquet files in `data` by name. Raises SandboxError."""
        zygote = self._running_zygote()
        number, channel = zygote.open(data.resolve(), self._clock, self._seed)
        session = LocalSession(zygote, number, channel, data, self._limits)
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

    def _running_zygote(self) -> Zygote:
        with self._starting:
            if self._zygote and self._zygote.lost:
                self._zygote.close()
                self._zygote = None
            self._zygote = self._zygote or Zygote(self._preload, self._limits, self._layers)
            return self._zygote

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class LocalSession:
    """One interpreter and its folder. Adapter of `ports.Session`; a context manager. Made by LocalSandbox.open."""

    def __init__(self, zygote: Zygote, number: int, end: socket.socket, data: Path, limits: Limits) -> None:
        """Waits until the interpreter is ready. Raises SandboxError."""
        self._zygote = zygote
        self._number = number
        self._channel = wire.Channel(end)
        self._data = data
        self._limits = limits
        self._requests = 0
        self._ended = ""  # why no more code can be run
        self._lost_contact = False  # with the supervisor: nothing can be done any more
        self._folder: Path | None = None
        self.refused: tuple[Refused, ...] = ()  # what the last `collect` left behind
        self.displayed: tuple[Display, ...] = ()  # by the last execution that was to show it
        self.closed = False
        try:
            ready = self._expect_ready()
        except BaseException:
            self.close()
            raise
        self._folder = Path(ready["folder"])
        self._records = RecordsReader(self._folder, limits.records)
        self.user: int | None = ready["user"]  # of its own; None: the one that this process has
        self.layers = tuple(Layer(**layer) for layer in ready["layers"])  # that hold it

    def execute(self, code: str, step: int, timeout: float, show: bool = False) -> Execution:
        """Runs `code` as step `step`, for at most `timeout` seconds of wall time. Raises nothing for what it does.

        A limit that ends the session is named in `Execution.killed`. A session that has ended answers with the
        failure `SessionGone`. With `show`, images and tables that the code displays are in `displayed` afterwards.
        """
        if self._ended or self.closed:
            return self._gone()
        self._prepare()
        request = {"do": "execute", "id": self._requests, "code": code, "step": step, "timeout": timeout, "show": show}
        self.displayed = ()
        answer = self._ask(request)
        if answer is None:
            return self._lost(timeout)
        self._ended = answer["killed"]
        self.displayed = checked(answer.get("displays"), self._limits.displays)
        return self._gone() if "gone" in answer else self._execution(answer, request)

    def command(self, command: str, timeout: float) -> Execution:
        """Runs a shell command in the session's folder, beside the interpreter and confined like it.

        Whatever it leaves running is ended with it. After `timeout` seconds the command is ended alone; passing another
        limit ends the interpreter too.
        """
        if self._lost_contact or self.closed:
            return self._gone()
        self._prepare()
        request = {"do": "command", "id": self._requests, "command": command, "step": 0, "code": "", "timeout": timeout}
        answer = self._ask(request)
        if answer is None:
            return self._lost(timeout)
        self._ended = answer["ended"]
        return self._execution(answer, request)

    def files(self, operation: wire.Message, timeout: float) -> wire.Message:
        """Carries out an operation of `child.files`, as the session's user. The answer is not to be trusted.

        Raises SandboxError if the session has gone, or gives no answer in time.
        """
        answer = None
        if not self._lost_contact and not self.closed:
            self._requests += 1
            answer = self._ask({"do": "files", "id": self._requests, "timeout": timeout, **operation})
        if answer is None or answer["killed"]:
            raise SandboxError(
                f"the session's files cannot be reached: {answer['killed'] if answer else 'it has ended'}"
            )
        reported = answer["answer"]
        if not isinstance(reported, dict):
            raise SandboxError("the session's files cannot be reached: the answer is none")
        return reported

    def restart(self) -> None:
        """A fresh interpreter; the files stay. Raises SandboxError."""
        self._requests += 1
        answer = None
        if not self._lost_contact and not self.closed:
            answer = self._ask({"do": "restart", "id": self._requests, "timeout": self._limits.boot})
        if answer is None or answer["killed"] or answer["failure"]:
            raise SandboxError(f"the session cannot start again: {self._zygote.last_words()}")
        self._ended = ""

    @property
    def limits(self) -> Limits:
        return self._limits

    @property
    def ended(self) -> str:
        """Why the interpreter runs no more code; empty while it does."""
        return "closed" if self.closed else self._ended

    def _prepare(self) -> None:
        if self.user is not None:
            workdir.let_read(self._data)
        self._requests += 1

    def _ask(self, request: wire.Message) -> wire.Message | None:
        """The supervisor's answer; None if there is none any more."""
        try:
            self._channel.send(request)
            return self._answer(request["timeout"] + _PATIENCE_SECONDS)
        except (OSError, EOFError, wire.BadFrame):  # TimeoutError is an OSError
            self._ended, self._lost_contact = "exit", True
            self._zygote.kill(self._number)
            return None
        except BaseException:  # the answer that was not waited for must not be taken for the next one's
            self._ended, self._lost_contact = "closed", True
            self._channel.hang_up()
            raise

    def _lost(self, timeout: float) -> Execution:
        return Execution(exit_code=-9, killed="exit", failure=failures.of_limit("exit", timeout, -9, self._limits))

    def collect(self, into: Path) -> tuple[str, ...]:
        """Moves what the code left in its outbox to `into`; `refused` then tells what was left behind, and why."""
        collector = Collector(self._limits, into)
        if self._folder and not self.closed:
            collector.collect(self._folder)
        self.refused = tuple(collector.refused)
        return tuple(collector.taken)

    def close(self) -> None:
        """Ends the session and everything it started. May be called twice."""
        if self.closed:
            return
        self.closed = True
        self._channel.hang_up()
        if not self._hears_the_end():
            self._zygote.kill(self._number)
            self._hears_the_end()
        self._channel.close()
        if self._folder is None:
            return
        try:
            workdir.remove(self._folder)  # the supervisor does it, unless it was killed itself
        except OSError as error:
            raise SandboxError(f"the session's folder {self._folder} cannot be removed: {error}") from error

    def _expect_ready(self) -> wire.Message:
        try:
            answer = self._channel.receive(self._limits.boot + _PATIENCE_SECONDS)
        except (OSError, EOFError, wire.BadFrame) as error:
            raise SandboxError(f"the session cannot start: {self._zygote.last_words()}") from error
        failure = self._failure(answer, {"code": "", "step": 0, "timeout": self._limits.boot})
        if failure:
            said = answer["stderr"].strip().splitlines() or [f"{failure.type}: {failure.message}"]
            raise SandboxError(f"the session cannot start: {said[-1]}", hint="see `kaiseki sandbox doctor`")
        return answer

    def _answer(self, seconds: float) -> wire.Message:
        while (answer := self._channel.receive(seconds)).get("id") != self._requests:
            continue
        return answer

    def _execution(self, answer: wire.Message, request: wire.Message) -> Execution:
        failure = self._failure(answer, request)
        records, bad_records = self._records.new(request["step"])
        return Execution(
            stdout=answer["stdout"],
            stderr=answer["stderr"],
            exit_code=answer["exit_code"],
            seconds=answer["seconds"],
            peak_memory_bytes=answer["peak_memory"],
            timed_out=answer["killed"] == "time",
            killed=answer["killed"],
            records=records,
            failure=failure or bad_records,
        )

    def _failure(self, answer: wire.Message, request: wire.Message) -> Failure | None:
        if not answer["killed"]:
            return failures.of_code(answer["failure"])
        place = failures.Place.from_dump(answer["dump"], f"step-{request['step']:02d}.py", request["code"])
        return failures.of_limit(answer["killed"], request["timeout"], answer["exit_code"], self._limits, place)

    def _gone(self) -> Execution:
        return Execution(exit_code=-9, killed=self._ended, failure=failures.of_dead_session(self._ended))

    def _hears_the_end(self) -> bool:
        """Waits until the supervisor has gone: by then nothing is left that it watched over."""
        with contextlib.suppress(EOFError, wire.BadFrame, ConnectionError):
            try:
                while True:
                    self._channel.receive(_PATIENCE_SECONDS)
            except TimeoutError:
                return False
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
