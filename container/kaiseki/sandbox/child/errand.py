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
from kaiseki.sandbox.child.output import HeadAndTail

ANSWER = 3  # beside stdout and stderr
_FIRST_FREE = 4
_SHELLS = ("/bin/bash", "/bin/sh")
_ROOM_FOR_NAMES = 4 * 1024 * 1024
_CHUNK = 256 * 1024
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
    """The supervisor's hold on such a process."""

    def __init__(self, pid: int, stdout: int, stderr: int, answer: int, bounds: Bounds) -> None:
        limit = bounds.limits.output
        self.pid = pid
        self.exit: processes.Exit | None = None
        self.answer: wire.Message | None = None
        self._answers = wire.Decoder(bounds.limits.transfer // 3 * 4 + _ROOM_FOR_NAMES)
        self._answer_end = answer
        self._streams = {stdout: HeadAndTail(limit), stderr: HeadAndTail(limit)}
        self._closed: set[int] = set()

    @property
    def ends(self) -> set[int]:
        """What to wait for."""
        return {*self._streams, self._answer_end} - self._closed

    def pump(self, most: int = _CHUNK) -> None:
        """Takes in what was written, at most `most` bytes of each stream. Raises wire.BadFrame."""
        for end, kept in self._streams.items():
            taken = 0
            while taken < most and (data := self._read(end)):
                kept.add(data)
                taken += len(data)
        while data := self._read(self._answer_end):
            self._answers.feed(data)
        self.answer = self.answer or self._answers.next()

    def output(self) -> dict[str, str]:
        stdout, stderr = (kept.text() for kept in self._streams.values())
        return {"stdout": stdout, "stderr": stderr}

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

    def close(self) -> None:
        for end in (*self._streams, self._answer_end):
            os.close(end)

    def _read(self, end: int) -> bytes:
        if end in self._closed:
            return b""
        try:
            data = os.read(end, _CHUNK)
        except BlockingIOError:
            return b""
        if not data:
            self._closed.add(end)
        return data
