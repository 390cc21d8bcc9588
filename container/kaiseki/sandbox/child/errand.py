"""A process beside the interpreter, confined like it: for one shell command, or one operation on files.

It answers for the supervisor's eyes only in what it is trusted with: that the command has ended, or a file's content.
"""

import os
import signal
import time
from pathlib import Path
from typing import Any

from kaiseki.sandbox import wire
from kaiseki.sandbox.child import files, processes
from kaiseki.sandbox.child.confinement import privileges
from kaiseki.sandbox.child.confinement.confine import Bounds, confine
from kaiseki.sandbox.child.interpreter import Setting, set_environment
from kaiseki.sandbox.child.streams import CHUNK, MOST_LEFT_IN_A_PIPE, Pipe, Streams, arrange

ANSWER = 3  # beside stdout and stderr
_FIRST_FREE = 4
_SHELLS = ("/bin/bash", "/bin/sh")
_ROOM_FOR_NAMES = 4 * 1024 * 1024
_ROOM_FOR_EXIT_CODE = 4096
_PAUSE = 0.002


def run(request: dict[str, Any], bounds: Bounds, supervisor: int) -> None:
    """Confines this process, carries out the request and stays until it is killed. Never returns."""
    try:
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        processes.become_subreaper()
        confine(bounds, supervisor, _FIRST_FREE)
        if request["do"] == "command":
            answer = {"exit_code": _run_command(request["command"])}
        else:
            privileges.close_to_others()
            answer = files.perform(request, bounds.limits)
        with os.fdopen(ANSWER, "wb") as stream:
            stream.write(wire.encode(answer))
        while True:  # what the command left behind stays below this process, where the supervisor finds it
            _reap()
            time.sleep(_PAUSE)
    finally:
        os._exit(1)


def _run_command(command: str) -> int:
    shell = os.fork()
    if shell == 0:
        try:
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            program = next((path for path in _SHELLS if Path(path).exists()), _SHELLS[-1])
            os.execv(program, (Path(program).name, "-c", command))  # noqa: S606 - what this process is for
        finally:
            os._exit(127)
    while True:
        pid, status = os.wait()
        if pid == shell:
            return os.waitstatus_to_exitcode(status)


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue
    except ChildProcessError:
        return


class Errand:
    """The supervisor's hold on such a process. `killed` is the limit that ended it, or "exit"; else empty."""

    def __init__(self, request: wire.Message, setting: Setting, bounds: Bounds) -> None:
        """Forks it. Raises OSError."""
        self.killed = ""
        self.answer: wire.Message | None = None
        self._started = time.monotonic()
        self._until: float = self._started + request["timeout"]
        self._exit: processes.Exit | None = None
        # Of an operation on files, time is the only limit: they must be removable where there are too many.
        self.is_watched = request["do"] == "command"
        files = bounds.limits.transfer // 3 * 4 + _ROOM_FOR_NAMES
        self._answers = wire.Decoder(_ROOM_FOR_EXIT_CODE if self.is_watched else files, wire.MOST_VALUES)
        self._answer_open = True
        stdout, stderr, answer = Pipe.new(), Pipe.new(), Pipe.new()
        supervisor = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            signal.set_wakeup_fd(-1)
            arrange([stdout.write, stderr.write, answer.write])
            set_environment(setting, bounds.folder)
            run(request, bounds, supervisor)
        for pipe in (stdout, stderr, answer):
            os.close(pipe.write)
        self._answer_end = answer.read
        self._streams = Streams(stdout.read, stderr.read, bounds.limits.output)

    @property
    def ends(self) -> set[int]:
        """What to wait for."""
        return self._streams.open_ends | ({self._answer_end} if self._answer_open else set())

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    @property
    def seconds_left(self) -> float:
        return max(self._until - time.monotonic(), 0.0)

    @property
    def is_done(self) -> bool:
        """Whether it has answered, or had to be given up."""
        return self.answer is not None or bool(self.killed)

    def take_in(self) -> None:
        """What was written, and whether it has ended."""
        self._streams.pump()
        try:
            while self._answer_open and (data := self._read_answer()):
                self._answers.feed(data)
            self.answer = self.answer or self._answers.next()
        except wire.BadFrame:
            self.killed = "exit"
        if not self.is_done and self._exit:
            self.killed = "exit"
        elif not self.is_done and not self.seconds_left:
            self.killed = "time"

    def note(self, ended: dict[int, processes.Exit]) -> None:
        """Tells which processes were reaped."""
        self._exit = self._exit or ended.get(self.pid)

    @property
    def is_reaped(self) -> bool:
        return self._exit is not None or not processes.is_child(self.pid)

    def end_tree(self, seconds: float) -> bool:
        """Kills what it started, then itself: in this order, nothing of it finds another parent. False if it cannot."""
        until = time.monotonic() + seconds
        while below := processes.descendants(self.pid):
            for pid in below:
                processes.kill(pid)
            if time.monotonic() > until:
                return False
            time.sleep(_PAUSE)
        processes.kill(self.pid)
        return True

    def result(self) -> wire.Message:
        """What the host is told; the process must have ended."""
        self._streams.pump(MOST_LEFT_IN_A_PIPE)
        answer = self.answer or {}
        exit_code = answer.get("exit_code")
        return {
            **self._streams.texts(),
            "exit_code": (
                processes.exit_code(exit_code) if not self.killed and isinstance(exit_code, int) else -signal.SIGKILL
            ),
            "answer": answer,
            "failure": None,
            "dump": "",
            "killed": self.killed,
            "seconds": self.seconds,
        }

    def close(self) -> None:
        self._streams.close()
        os.close(self._answer_end)

    def _read_answer(self) -> bytes:
        try:
            data = os.read(self._answer_end, CHUNK)
        except BlockingIOError:
            return b""
        self._answer_open = bool(data)
        return data
