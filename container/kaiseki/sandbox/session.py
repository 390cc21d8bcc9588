"""One session: what can be done with it, wherever its zygote is."""

import socket
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Self

from kaiseki.errors import SandboxError
from kaiseki.models import Execution, Failure
from kaiseki.sandbox import failures, wire, workdir
from kaiseki.sandbox.collector import Collector, Refused
from kaiseki.sandbox.conversation import Conversation, Zygote
from kaiseki.sandbox.displays import Display, checked
from kaiseki.sandbox.layers import Layer
from kaiseki.sandbox.limits import Limits
from kaiseki.sandbox.records import RecordsReader

CLOSED = "closed"  # why no more code can be run, where it was this program that ended the session


class Session:
    """One interpreter and its folder. Adapter of `ports.Session`; a context manager. Made by `ZygoteSandbox.open`.

    For one thread at a time, but for `close`, which any thread may call: it ends what is under way.
    """

    def __init__(self, zygote: Zygote, number: int, end: socket.socket, data: Path, limits: Limits) -> None:
        """Waits until the interpreter is ready. Raises SandboxError."""
        self._zygote = zygote
        self._supervisor = Conversation(zygote, number, end)
        self._data = data
        self.limits = limits
        self._ended = ""
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
        self.user: int | None = ready["user"]  # of its own; None: the one that the zygote has
        self.layers = tuple(Layer(**layer) for layer in ready["layers"])  # that hold it

    @property
    def ended(self) -> str:
        """Why the interpreter runs no more code; empty while it does."""
        return CLOSED if self._supervisor.ending else self._ended

    def execute(self, code: str, step: int, timeout: float, show: bool = False) -> Execution:
        """Runs `code` as step `step`, for at most `timeout` seconds of wall time. Raises nothing for what it does.

        A limit that ends the session is named in `Execution.killed`. A session that has ended answers with the
        failure `SessionGone`. With `show`, images and tables that the code displays are in `displayed` afterwards.
        """
        if self.ended:
            return self._gone()
        self._let_read()
        self.displayed = ()
        request = {"do": "execute", "code": code, "step": step, "timeout": timeout, "show": show}
        answer = self._supervisor.ask(request)
        if answer is None:
            return self._lost(timeout)
        self._ended = answer["killed"]
        self.displayed = checked(answer.get("displays"), self.limits.displays)
        return self._gone() if "gone" in answer else self._execution(answer, request)

    def command(self, command: str, timeout: float) -> Execution:
        """Runs a shell command in the session's folder, beside the interpreter and confined like it.

        Whatever it leaves running is ended with it. After `timeout` seconds the command is ended alone; passing another
        limit ends the interpreter too.
        """
        if self.closed:
            return self._gone()
        self._let_read()
        request = {"do": "command", "command": command, "step": 0, "code": "", "timeout": timeout}
        answer = self._supervisor.ask(request)
        if answer is None:
            return self._lost(timeout)
        self._ended = answer["ended"]
        return self._execution(answer, request)

    def files(self, operation: wire.Message, timeout: float) -> wire.Message:
        """Carries out an operation of `child.files`, as the session's user. The answer is not to be trusted.

        Raises SandboxError if the session has gone, or gives no answer in time.
        """
        answer = self._supervisor.ask({"do": "files", "timeout": timeout, **operation})
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
        answer = self._supervisor.ask({"do": "restart", "timeout": self.limits.boot})
        if answer is None or answer["killed"] or answer["failure"]:
            raise SandboxError(f"the session cannot start again: {self.ended or self._zygote.last_words()}")
        self._ended = ""

    def collect(self, into: Path, folders: Collection[str] | None = None) -> tuple[str, ...]:
        """Moves what the code left in its outbox to `into`; `refused` then tells what was left behind, and why.

        Of the outbox only `folders` are taken, if they are given.
        """
        collector = Collector(self.limits, into, folders)
        if self._folder and not self.closed:
            collector.collect(self._folder)
        self.refused = tuple(collector.refused)
        return tuple(collector.taken)

    def close(self) -> None:
        """Ends the session and everything it started, at once. May be called twice. Raises SandboxError."""
        if self.closed:
            return
        self.closed = True
        self._supervisor.end()
        if self._folder is None:
            return
        try:
            workdir.remove(self._folder)  # the supervisor does it, unless it was killed itself
        except OSError as error:
            raise SandboxError(f"the session's folder {self._folder} cannot be removed: {error}") from error

    def _expect_ready(self) -> wire.Message:
        answer = self._supervisor.first(self.limits.boot)
        failure = self._failure(answer, {"code": "", "step": 0, "timeout": self.limits.boot})
        if failure:
            said = answer["stderr"].strip().splitlines() or [f"{failure.type}: {failure.message}"]
            raise SandboxError(f"the session cannot start: {said[-1]}", hint="see `kaiseki sandbox doctor`")
        return answer

    def _let_read(self) -> None:
        if self.user is not None:
            workdir.let_read(self._data)

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
        return failures.of_limit(answer["killed"], request["timeout"], answer["exit_code"], self.limits, place)

    def _lost(self, timeout: float) -> Execution:
        """There was no answer: `close` was called meanwhile, or the supervisor has ended or is stuck."""
        if self.ended:
            return self._gone()
        self._ended = "exit"
        return Execution(exit_code=-9, killed="exit", failure=failures.of_limit("exit", timeout, -9, self.limits))

    def _gone(self) -> Execution:
        return Execution(exit_code=-9, killed=self.ended, failure=failures.of_dead_session(self.ended))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
