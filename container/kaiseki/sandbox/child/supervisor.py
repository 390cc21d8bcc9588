"""The process between the host and one interpreter: it enforces the limits, takes the output, and ends the tree.

It runs nothing of the generated code, and it is the subreaper of all that the interpreter starts. What it tells the
host is what it saw itself, apart from exit code and failure of a step, which the interpreter reports.
"""

import os
import select
import signal
import socket
import sys
import time
import traceback
from typing import NoReturn

from kaiseki.sandbox import wire
from kaiseki.sandbox.child import interpreter, processes, quarters, spare
from kaiseki.sandbox.child.confinement.errors import Unconfined
from kaiseki.sandbox.child.errand import Errand
from kaiseki.sandbox.child.interpreter_process import InterpreterProcess
from kaiseki.sandbox.child.streams import CHUNK
from kaiseki.sandbox.child.watchdog import INTERVAL, Watchdog

_IDLE_INTERVAL = 0.5  # seconds between two looks while no step runs
_END_SECONDS = 10.0


class _HostGone(Exception):
    """The host has hung up: the session is over."""


def run(line: socket.socket, setting: interpreter.Setting, terms: quarters.Terms, zygote: int) -> NoReturn:
    """Serves one session, for the host that comes over `line`, until that hangs up or the zygote ends.

    Then nothing of it is left.
    """
    try:
        os.setsid()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        processes.become_subreaper()
        place = quarters.take(terms)
        supervisor = Supervisor(line, setting, place, zygote)
        try:
            supervisor.serve()
        finally:
            place.kill_all()
            processes.end_descendants(_END_SECONDS)
            place.leave(supervisor.interpreter.pid)
    except (Unconfined, OSError) as error:
        print(error, file=sys.stderr, flush=True)
    except Exception:  # noqa: BLE001 - there is no caller; the host reads what the zygote's stderr says
        traceback.print_exc()
    finally:
        os._exit(0)


class Supervisor:
    def __init__(
        self, line: socket.socket, setting: interpreter.Setting, place: quarters.Quarters, zygote: int
    ) -> None:
        self._line = line
        self._host: socket.socket | None = None
        self._requests = wire.Decoder()
        self._setting = setting
        self._place = place
        self._limits = place.bounds.limits
        self._zygote = zygote
        self._watchdog = Watchdog(self._limits, place.bounds.folder, self._shared_memory, place.left_elsewhere)
        self._errand: Errand | None = None  # the one that is under way
        self._woken, wake = os.pipe()
        for end in (self._woken, wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.interpreter = InterpreterProcess(setting, place.bounds)

    def serve(self) -> None:
        try:
            ready = self._run_to_answer(interpreter.READY, self._limits.boot) | {"id": 0}
            self._watchdog.allow_for(self.interpreter.pid)
            host = self._wait_for_host()
            user = self._place.user
            folder = str(self._place.bounds.folder)
            host.sendall(wire.encode({**ready, "folder": folder, "user": user.uid if user else None}))
            while True:
                request = self._next_request()
                host.sendall(wire.encode(self._carry_out(request) | {"id": request["id"]}))
        except (_HostGone, ConnectionError, wire.BadFrame):
            return

    def _wait_for_host(self) -> socket.socket:
        while self._host is None:
            if self.interpreter.ended:  # there will be another one when a host comes
                raise _HostGone
            self._idle()
        return self._host

    def _next_request(self) -> wire.Message:
        while (request := self._requests.next()) is None:
            self._idle()
        return request

    def _idle(self) -> None:
        self._wait(_IDLE_INTERVAL)
        self.interpreter.forget_output()
        if not self.interpreter.ended:
            self._end_interpreter(self.interpreter.end_of_itself() or self._watchdog.exceeded())

    def _carry_out(self, request: wire.Message) -> wire.Message:
        match request["do"]:
            case "restart":
                return self._restart()
            case "command" | "files":
                return self._run_errand(request)
        if self.interpreter.ended:
            return {"killed": self.interpreter.ended, "gone": True}
        self._watchdog.begin()
        ticket = self.interpreter.ask(request["code"], request["step"], request["show"])
        return self._run_to_answer(ticket, request["timeout"])

    def _restart(self) -> wire.Message:
        """A fresh interpreter in the same folder; nothing that ran before lives on."""
        self._place.kill_all()
        processes.end_descendants(_END_SECONDS)
        self.interpreter.close()
        self.interpreter = InterpreterProcess(self._setting, self._place.bounds)
        ready = self._run_to_answer(interpreter.READY, self._limits.boot)
        self._watchdog.allow_for(self.interpreter.pid)
        return ready

    def _run_to_answer(self, ticket: str, timeout: float) -> wire.Message:
        """Watches the interpreter until it answers the request that bears `ticket`, or has to be ended."""
        started = time.monotonic()
        answer: wire.Message | None = None
        ended = dump = ""
        while answer is None and not ended:
            left = started + timeout - time.monotonic()
            self._wait(min(INTERVAL, max(left, 0)))
            answer = self.interpreter.answer(ticket)
            ended = self.interpreter.ended  # it may have answered what is no message
            if answer is not None and not ended:
                ended = self._watchdog.exceeded_at_last()
            elif not ended:
                ended = self.interpreter.end_of_itself() or ("time" if left <= 0 else self._watchdog.exceeded())
        seconds = time.monotonic() - started
        peak = max(self._watchdog.peak_memory, self.interpreter.peak_memory())
        if ended:
            dump = self._end_interpreter(ended)
            peak = max(peak, self.interpreter.peak_memory())
            answer = {"exit_code": self.interpreter.exit_code, "failure": None, "dump": dump}
        return {
            **(answer or {}),
            **self.interpreter.output(),
            "killed": ended,
            "seconds": seconds,
            "peak_memory": peak,
        }

    def _run_errand(self, request: wire.Message) -> wire.Message:
        """Carries out what the host asks for beside the interpreter. What takes too long ends alone.

        Passing another limit of the session, or killing the process that holds it together, ends the interpreter too.
        """
        self._watchdog.begin()
        self._errand = task = Errand(request, self._setting, self._place.bounds)
        while not task.is_done:
            self._wait(min(INTERVAL, task.seconds_left))
            task.take_in()
            if task.is_watched and not task.is_done:
                task.killed = self._watchdog.exceeded()
        if task.killed in ("", "time") and not task.end_tree(_END_SECONDS):
            task.killed = "processes"
        if task.killed not in ("", "time"):
            self._end_interpreter(self.interpreter.ended or task.killed)
        while not task.is_reaped:
            self._note(processes.reap()[0])
        answer = task.result()
        task.close()
        self._errand = None
        return {**answer, "ended": self.interpreter.ended, "peak_memory": self._watchdog.peak_memory}

    def _end_interpreter(self, why: str) -> str:
        """Kills the tree, if there is a reason. Returns what faulthandler said of the place where the code was."""
        if not why:
            return ""
        self.interpreter.ended = why
        # A fork bomb leaves no time to ask, and what takes memory little.
        dump = b"" if why == "processes" else self.interpreter.dump(patient=why != "memory")
        self._place.kill_all()
        self._note(processes.end_descendants(_END_SECONDS))
        return dump.decode("utf-8", "replace")

    def _wait(self, seconds: float) -> None:
        """Waits for anything to happen, for at most `seconds`, and takes in whatever did."""
        poll = select.poll()
        caller = self._host or self._line
        for end in (caller.fileno(), self._woken, *(self._errand.ends if self._errand else ())):
            poll.register(end, select.POLLIN)
        for end, events in self.interpreter.ends().items():
            poll.register(end, events)
        happened = dict(poll.poll(seconds * 1000))
        if caller.fileno() in happened:
            self._hear(self._host)
        if self._woken in happened:
            os.read(self._woken, CHUNK)
            self._note(processes.reap()[0])
        self.interpreter.take_in(happened)
        if os.getppid() != self._zygote:
            raise _HostGone

    def _hear(self, host: socket.socket | None) -> None:
        if host is None:
            self._host = spare.take(self._line)
            self._line.close()
            if self._host is None:
                raise _HostGone
            return
        data = host.recv(CHUNK)
        if not data:
            raise _HostGone
        self._requests.feed(data)

    def _shared_memory(self) -> int:
        return self._place.shared_memory(self.interpreter.pid)

    def _note(self, ended: dict[int, processes.Exit]) -> None:
        self.interpreter.note(ended)
        if self._errand:
            self._errand.note(ended)
