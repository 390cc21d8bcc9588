"""Sessions with the semantics of AgentCore's Code Interpreter, over a sandbox of this machine."""

import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kaiseki.errors import InputError, SandboxError
from kaiseki.models import Execution
from kaiseki.sandbox import session_files
from kaiseki.sandbox.displays import Display
from kaiseki.sandbox.result import as_content
from kaiseki.sandbox.session import CLOSED, Session
from kaiseki.sandbox.zygote_sandbox import ZygoteSandbox

DEFAULT_LIFE, LONGEST_LIFE = 900, 28_800  # seconds
_FILE_SECONDS = 60.0
_MOST_REMEMBERED = 1_000  # sessions that have ended
_FRESH = "The interpreter was ended ({}): its variables are gone, the files stay, and the next code starts afresh."

Result = dict[str, Any]


@dataclass(frozen=True)
class SessionSummary:
    """One open session; `seconds_left` of its time to live."""

    id: str
    ttl_seconds: float
    seconds_left: float


@dataclass
class _Open:
    session: Session
    ttl: float
    ends_at: float
    expiry: threading.Timer
    calls: int = 0
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)


class CodeInterpreter:
    """Starts, uses and stops sessions by their ids; from several threads, if need be. A context manager.

    A call that goes wrong inside the session is a result with `isError`. InputError is raised for a session that is
    not there (any more) and for arguments that cannot be meant; SandboxError if no session can be had at all.

    Code that fails leaves its variables behind, as in AgentCore and a notebook. Code that is killed, for its timeout or
    another limit, takes the variables with it; the session goes on with a fresh interpreter, on the same files.
    """

    def __init__(self, sandbox: ZygoteSandbox, timeout: float = 120.0) -> None:
        """`timeout` is that of a call that names none, in seconds."""
        self._sandbox = sandbox
        self._timeout = timeout
        self._lock = threading.Lock()
        self._open: dict[str, _Open] = {}
        self._past: dict[str, str] = {}  # id -> why it has ended
        self._no_data = tempfile.TemporaryDirectory(prefix="kaiseki-data-")

    def start(self, ttl_seconds: float = DEFAULT_LIFE, data: Path | None = None) -> str:
        """Opens a session that lives for `ttl_seconds` and can load the Parquet files in `data`. Returns its id."""
        if not 0 < ttl_seconds <= LONGEST_LIFE:
            raise InputError(
                f"a session cannot live for {ttl_seconds:g} s", hint=f"ask for more than 0 and at most {LONGEST_LIFE:,}"
            )
        name = uuid.uuid4().hex
        session = self._sandbox.open(data or Path(self._no_data.name))
        expiry = threading.Timer(ttl_seconds, self._end, (name, f"its time to live, {ttl_seconds:g} s, is over"))
        expiry.daemon = True
        with self._lock:
            self._open[name] = _Open(session, ttl_seconds, time.monotonic() + ttl_seconds, expiry)
        expiry.start()
        return name

    def stop(self, session_id: str) -> None:
        """Ends a session with all that it runs and its files, at once; a call that is under way says so."""
        self._find(session_id)
        self._end(session_id, "it was stopped")

    def list(self) -> tuple[SessionSummary, ...]:
        """The open sessions, oldest first."""
        now = time.monotonic()
        with self._lock:
            return tuple(SessionSummary(name, each.ttl, each.ends_at - now) for name, each in self._open.items())

    def execute_code(
        self,
        session_id: str,
        code: str,
        language: str = "python",
        clear_context: bool = False,
        timeout: float | None = None,
    ) -> Result:
        """Runs Python where the earlier calls' variables are, or, with `clear_context`, where there are none."""
        if language != "python":
            raise InputError(f"code in {language!r} cannot be run", hint="the language is python")
        with self._using(session_id) as held:
            if clear_context or held.session.ended:
                held.session.restart()
            held.calls += 1
            execution = held.session.execute(code, held.calls, self._seconds(held, timeout), show=True)
            return self._result(session_id, execution, held.session, held.session.displayed)

    def execute_command(self, session_id: str, command: str, timeout: float | None = None) -> Result:
        """Runs a shell command in the session's folder; what it leaves running is ended with it."""
        if "\0" in command:
            raise InputError("a command cannot contain null bytes")
        with self._using(session_id) as held:
            execution = held.session.command(command, self._seconds(held, timeout))
            return self._result(session_id, execution, held.session)

    def read_files(self, session_id: str, paths: Sequence[str], timeout: float | None = None) -> Result:
        """The content of regular files, all or none of them."""
        operation = {"operation": "read", "paths": [*paths]}
        return self._files(session_id, operation, lambda answer: session_files.read(answer, paths), timeout)

    def write_files(
        self, session_id: str, files: Sequence[Mapping[str, str | bytes]], timeout: float | None = None
    ) -> Result:
        """Writes `{"path": ..., "text": ...}` or `{"path": ..., "blob": bytes}`; folders are made where they miss."""
        try:
            sent = session_files.to_write(files)
        except ValueError as error:
            raise InputError(str(error)) from error
        most = self._find(session_id).session.limits.transfer
        if sum(len(file["data"]) for file in sent) // 4 * 3 > most:
            raise InputError(f"more than {most:,} bytes cannot be written in one call", hint="write fewer at a time")
        done = [{"type": "text", "text": f"{len(sent)} files were written."}]
        return self._files(session_id, {"operation": "write", "files": sent}, lambda _: done, timeout)

    def list_files(self, session_id: str, directory: str = "", timeout: float | None = None) -> Result:
        """Links to what lies in a folder."""
        operation = {"operation": "list", "directory": directory}
        return self._files(session_id, operation, lambda answer: session_files.listed(answer, directory), timeout)

    def remove_files(self, session_id: str, paths: Sequence[str], timeout: float | None = None) -> Result:
        """Removes files, links (not what they lead to), and folders with all that is in them."""
        done = [{"type": "text", "text": f"{len(paths)} files were removed."}]
        return self._files(session_id, {"operation": "remove", "paths": [*paths]}, lambda _: done, timeout)

    def close(self) -> None:
        """Ends all sessions. May be called twice."""
        for session in self.list():
            self._end(session.id, "it was stopped")
        self._no_data.cleanup()

    def _files(
        self,
        session_id: str,
        operation: dict[str, Any],
        shown: Callable[[dict[str, Any]], Sequence[Result]],
        timeout: float | None,
    ) -> Result:
        with self._using(session_id) as held:
            try:
                answer = held.session.files(
                    operation, self._seconds(held, _FILE_SECONDS if timeout is None else timeout)
                )
                if not answer.get("error"):
                    return {"content": [*shown(answer)], "isError": False}
                problem = str(answer["error"]).encode("utf-8", "backslashreplace").decode()
            except (SandboxError, ValueError) as error:
                problem = str(error)
            return {"content": [{"type": "text", "text": problem}], "isError": True}

    def _seconds(self, held: _Open, timeout: float | None) -> float:
        """No call outlives its session."""
        wanted = self._timeout if timeout is None else timeout
        if not wanted > 0:
            raise InputError(f"a timeout of {wanted:g} s", hint="leave it out, or give more than 0 seconds")
        return min(wanted, max(held.ends_at - time.monotonic(), 0.0))

    def _find(self, session_id: str) -> _Open:
        with self._lock:
            held, past = self._open.get(session_id), self._past.get(session_id)
        if held is not None:
            return held
        raise InputError(
            f"session {session_id} has ended: {past}" if past else f"there is no session {session_id}",
            hint="start a new one",
            code="session.ended" if past else "session.unknown",
        )

    @contextmanager
    def _using(self, session_id: str) -> Iterator[_Open]:
        with self._find(session_id).one_at_a_time:
            held = self._find(session_id)  # it may have ended while others used it
            try:
                yield held
            except SandboxError:
                if held.session.closed:  # that is why
                    self._find(session_id)
                raise

    def _result(
        self, session_id: str, execution: Execution, session: Session, displayed: Sequence[Display] = ()
    ) -> Result:
        result = as_content(execution, displayed)
        if session.ended == CLOSED:
            with self._lock:
                why = self._past.get(session_id, CLOSED)
            result["content"].append({"type": "text", "text": f"The session has ended: {why}."})
        elif session.ended:
            result["content"].append({"type": "text", "text": _FRESH.format(session.ended)})
        return result

    def _end(self, session_id: str, why: str) -> None:
        with self._lock:
            held = self._open.pop(session_id, None)
            if held is None:
                return
            self._past[session_id] = why
            while len(self._past) > _MOST_REMEMBERED:
                del self._past[next(iter(self._past))]
        held.expiry.cancel()
        held.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
