"""The process between the host and one interpreter: it enforces the limits, takes the output, and ends the tree.

It runs nothing of the generated code, and it is the subreaper of all that the interpreter starts. What it tells the
host is what it saw itself, apart from exit code and failure of a step, which the interpreter reports.
"""

import contextlib
import fcntl
import os
import select
import signal
import socket
import sys
import time
import traceback
from dataclasses import dataclass
from typing import NoReturn

from kaiseki.sandbox import wire
from kaiseki.sandbox.child import errand, interpreter, processes, quarters
from kaiseki.sandbox.child.confinement.errors import Unconfined
from kaiseki.sandbox.child.output import HeadAndTail
from kaiseki.sandbox.child.watchdog import INTERVAL, Watchdog

_IDLE_INTERVAL = 0.5  # seconds between two looks while no step runs
_CHUNK = 256 * 1024
_ROOM_FOR_WORDS = 1024 * 1024  # of an answer, beside what it displays
_MOST_VALUES = 500_000  # in an answer; commas of its texts count too
_MOST_LEFT_IN_A_PIPE = 1024 * 1024  # bytes; more only comes from a process that keeps writing
_DUMP_SECONDS = 0.2
_DUMP_PAUSE = 0.02  # seconds of silence after which a dump is whole
_EXIT_SECONDS = 0.5  # from the end of the channel to the exit of the process; a living one that closed it is killed
_END_SECONDS = 10.0
_LONGEST_DUMP = 64 * 1024
_TICKET_BYTES = 16


class _HostGone(Exception):
    """The host has hung up: the session is over."""


@dataclass(frozen=True)
class _Pipe:
    read: int
    write: int

    @classmethod
    def new(cls) -> "_Pipe":
        read, write = os.pipe()
        os.set_blocking(read, False)
        return cls(read, write)


def run(host: socket.socket, setting: interpreter.Setting, terms: quarters.Terms, zygote: int) -> NoReturn:
    """Serves one session until the host hangs up or the zygote ends; then nothing of it is left."""
    try:
        os.setsid()
        processes.become_subreaper()
        place = quarters.take(terms)
        supervisor = Supervisor(host, setting, place, zygote)
        try:
            supervisor.serve()
        finally:
            place.kill_all()
            processes.end_descendants(_END_SECONDS)
            place.leave(supervisor.interpreter)
    except (Unconfined, OSError) as error:
        print(error, file=sys.stderr, flush=True)
    except Exception:  # noqa: BLE001 - there is no caller; the host reads what the zygote's stderr says
        traceback.print_exc()
    finally:
        os._exit(0)


class Supervisor:
    def __init__(
        self, host: socket.socket, setting: interpreter.Setting, place: quarters.Quarters, zygote: int
    ) -> None:
        self._host = host
        self._requests = wire.Decoder()
        self._setting = setting
        self._place = place
        self._limits = place.bounds.limits
        self._zygote = zygote
        self._watchdog = Watchdog(self._limits, place.bounds.folder, self._shared_memory)
        self._ended = ""  # the limit that ended the interpreter, or "exit"
        self._errand: errand.Errand | None = None  # the one that is under way
        self._woken, wake = os.pipe()
        for end in (self._woken, wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._start_interpreter()

    def serve(self) -> None:
        try:
            ready = self._run_to_answer(interpreter.READY, self._limits.boot) | {"id": 0}
            self._watchdog.allow_for(self.interpreter)
            user = self._place.user
            self._tell_host({**ready, "folder": str(self._place.bounds.folder), "user": user.uid if user else None})
            while True:
                request = self._next_request()
                self._tell_host(self._carry_out(request) | {"id": request["id"]})
        except (_HostGone, ConnectionError, wire.BadFrame):
            return

    def _carry_out(self, request: wire.Message) -> wire.Message:
        match request["do"]:
            case "restart":
                return self._restart()
            case "command" | "files":
                return self._run_errand(request)
        return {"killed": self._ended, "gone": True} if self._ended else self._execute(request)

    def _restart(self) -> wire.Message:
        """A fresh interpreter in the same folder; nothing that ran before lives on."""
        self._place.kill_all()
        processes.end_descendants(_END_SECONDS)
        for end in (*self._streams, self._dumps):
            os.close(end)
        self._channel.close()
        self._start_interpreter()
        ready = self._run_to_answer(interpreter.READY, self._limits.boot)
        self._watchdog.allow_for(self.interpreter)
        return ready

    def _run_errand(self, request: wire.Message) -> wire.Message:
        """Carries out what the host asks for beside the interpreter. What takes too long ends alone.

        Passing another limit of the session, or killing the process that holds it together, ends the interpreter too.
        """
        started = time.monotonic()
        self._watchdog.begin()
        self._errand = task = self._start_errand(request)
        killed = ""
        while task.answer is None and not killed:
            left = started + request["timeout"] - time.monotonic()
            self._wait(min(INTERVAL, max(left, 0)))
            killed = self._end_of_errand(request, task, left)
        if killed in ("", "time") and not task.end_tree(_END_SECONDS):
            killed = "processes"
        if killed not in ("", "time"):
            self._ended = self._ended or killed
            self._end_interpreter()
        with contextlib.suppress(wire.BadFrame):
            task.pump(_MOST_LEFT_IN_A_PIPE)
        while task.exit is None and processes.is_child(task.pid):
            self._note(processes.reap()[0])
        task.close()
        self._errand = None
        answer = task.answer or {}
        exit_code = answer.get("exit_code")
        return {
            **task.output(),
            "exit_code": exit_code if not killed and isinstance(exit_code, int) else -signal.SIGKILL,
            "answer": answer,
            "failure": None,
            "dump": "",
            "killed": killed,
            "ended": self._ended,
            "seconds": time.monotonic() - started,
            "peak_memory": self._watchdog.peak_memory,
        }

    def _end_of_errand(self, request: wire.Message, task: errand.Errand, left: float) -> str:
        try:
            task.pump()
        except wire.BadFrame:
            return "exit"
        if task.answer is not None:
            return ""
        if task.exit:
            return "exit"
        watched = request["do"] == "command"  # files must be removable where there are too many
        return "time" if left <= 0 else self._watchdog.exceeded() if watched else ""

    def _start_errand(self, request: wire.Message) -> errand.Errand:
        pipes = [_Pipe.new() for _ in range(3)]
        supervisor = os.getpid()
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            _arrange([pipe.write for pipe in pipes])
            interpreter.set_environment(self._setting, self._place.bounds.folder)
            errand.run(request, self._place.bounds, supervisor)
        for pipe in pipes:
            os.close(pipe.write)
        stdout, stderr, answer = (pipe.read for pipe in pipes)
        return errand.Errand(pid, stdout, stderr, answer, self._place.bounds)

    def _start_interpreter(self) -> None:
        self._ended = ""
        self._exit: processes.Exit | None = None
        self._answers = wire.Decoder(self._limits.displays // 3 * 4 + _ROOM_FOR_WORDS, _MOST_VALUES)
        self._unsent = b""
        self._hung_up: float | None = None  # when the interpreter closed its channel
        self._closed: set[int] = set()
        stdout, stderr, dumps = _Pipe.new(), _Pipe.new(), _Pipe.new()
        ours, theirs = socket.socketpair()
        supervisor = os.getpid()
        self.interpreter = os.fork()
        if self.interpreter == 0:
            signal.set_wakeup_fd(-1)
            _arrange([stdout.write, stderr.write, dumps.write, theirs.detach()])
            interpreter.run(self._setting, self._place.bounds, supervisor)
        for end in (stdout.write, stderr.write, dumps.write):
            os.close(end)
        theirs.close()
        ours.setblocking(False)
        self._channel, self._stdout, self._stderr, self._dumps = ours, stdout.read, stderr.read, dumps.read
        self._clear_output()

    def _execute(self, request: wire.Message) -> wire.Message:
        self._pump_output(_MOST_LEFT_IN_A_PIPE)  # of threads that an earlier step left running
        self._clear_output()
        processes.reset_peak_memory(self.interpreter)
        self._watchdog.begin()
        ticket = os.urandom(_TICKET_BYTES).hex()
        self._unsent = wire.encode(
            {"id": ticket, "code": request["code"], "step": request["step"], "show": request["show"]}
        )
        return self._run_to_answer(ticket, request["timeout"])

    def _run_to_answer(self, ticket: str, timeout: float) -> wire.Message:
        """Watches the interpreter until it answers the request that bears `ticket`, or has to be ended.

        A ticket cannot be guessed, and is good for one answer: no answer can be forged ahead, or by processes and
        threads that earlier steps left behind, unless they search the interpreter's memory for it.
        """
        started = time.monotonic()
        answer: wire.Message | None = None
        while answer is None and not self._ended:
            left = started + timeout - time.monotonic()
            self._wait(min(INTERVAL, max(left, 0)))
            answer = self._answer(ticket)
            if answer is None and not self._ended:
                self._ended = self._end_of_itself() or ("time" if left <= 0 else self._watchdog.exceeded())
        seconds = time.monotonic() - started
        peak = max(self._watchdog.peak_memory, processes.peak_memory(self.interpreter))
        if self._ended:
            dump = self._end_interpreter()
            peak = max(peak, self._exit.peak_memory if self._exit else 0)
            answer = {"exit_code": self._exit.code if self._exit else -signal.SIGKILL, "failure": None, "dump": dump}
        self._pump_output(_MOST_LEFT_IN_A_PIPE)
        return {
            **(answer or {}),
            "killed": self._ended,
            "stdout": self._streams[self._stdout].text(),
            "stderr": self._streams[self._stderr].text(),
            "seconds": seconds,
            "peak_memory": peak,
        }

    def _answer(self, ticket: str) -> wire.Message | None:
        """The interpreter's answer to the request, if it has come; frames for others are dropped."""
        try:
            while message := self._answers.next():
                if message.get("id") == ticket and isinstance(message.get("exit_code"), int):
                    return {key: message.get(key) for key in ("exit_code", "failure", "layers", "displays")}
        except wire.BadFrame:
            self._ended = "exit"
        return None

    def _end_of_itself(self) -> str:
        silent = self._hung_up is not None and time.monotonic() - self._hung_up > _EXIT_SECONDS
        return "exit" if self._exit or silent else ""

    def _end_interpreter(self) -> str:
        """Kills the tree. Returns what faulthandler said of the place where the interpreter was, or died."""
        dump = b""
        if self._ended != "processes":  # a fork bomb leaves no time to ask
            if not self._exit:
                processes.kill(self.interpreter, interpreter.DUMP_SIGNAL)
            dump = self._read_dump()
        self._place.kill_all()
        self._note(processes.end_descendants(_END_SECONDS))
        return dump.decode("utf-8", "replace")

    def _read_dump(self) -> bytes:
        dump = b""
        patience = 0.0 if self._exit else _DUMP_SECONDS
        while len(dump) < _LONGEST_DUMP and select.select([self._dumps], [], [], patience)[0]:
            data = os.read(self._dumps, _CHUNK)
            if not data:
                break
            dump += data
            patience = _DUMP_PAUSE
        return dump

    def _next_request(self) -> wire.Message:
        while (request := self._requests.next()) is None:
            self._wait(_IDLE_INTERVAL)
            self._clear_output()
            if not self._ended:
                self._ended = self._end_of_itself() or self._watchdog.exceeded()
                if self._ended:
                    self._end_interpreter()
        return request

    def _wait(self, seconds: float) -> None:
        """Waits for anything to happen, for at most `seconds`, and takes in whatever did."""
        poll = select.poll()
        for end in (self._host.fileno(), self._woken):
            poll.register(end, select.POLLIN)
        for end in self._errand.ends if self._errand else ():
            poll.register(end, select.POLLIN)
        if not self._ended:
            for end in self._streams.keys() - self._closed:
                poll.register(end, select.POLLIN)
            if self._hung_up is None:
                poll.register(self._channel, select.POLLIN | (select.POLLOUT if self._unsent else 0))
        happened = dict(poll.poll(seconds * 1000))
        if self._host.fileno() in happened:
            self._hear_host()
        if self._woken in happened:
            os.read(self._woken, _CHUNK)
            self._note(processes.reap()[0])
        if self._channel.fileno() in happened:
            self._exchange()
        self._pump_output(_CHUNK)
        if os.getppid() != self._zygote:
            raise _HostGone

    def _hear_host(self) -> None:
        data = self._host.recv(_CHUNK)
        if not data:
            raise _HostGone
        self._requests.feed(data)

    def _exchange(self) -> None:
        """Sends and receives what can be without blocking. The interpreter may not be listening any more."""
        try:
            if self._unsent:
                self._unsent = self._unsent[self._channel.send(self._unsent) :]
        except BlockingIOError:
            pass
        except OSError:
            self._unsent = b""
        try:
            data = self._channel.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._answers.feed(data)
        else:
            self._hung_up = time.monotonic()

    def _pump_output(self, most: int) -> None:
        for end, kept in self._streams.items():
            taken = 0
            while taken < most:
                try:
                    data = os.read(end, _CHUNK)
                except BlockingIOError:
                    break
                if not data:  # nobody can write to it any more
                    self._closed.add(end)
                    break
                kept.add(data)
                taken += len(data)

    def _clear_output(self) -> None:
        limit = self._limits.output
        self._streams: dict[int, HeadAndTail] = {end: HeadAndTail(limit) for end in (self._stdout, self._stderr)}

    def _shared_memory(self) -> int:
        return self._place.shared_memory(self.interpreter)

    def _note(self, ended: dict[int, processes.Exit]) -> None:
        self._exit = self._exit or ended.get(self.interpreter)
        if self._errand:
            self._errand.exit = self._errand.exit or ended.get(self._errand.pid)

    def _tell_host(self, message: wire.Message) -> None:
        self._host.sendall(wire.encode(message))


def _arrange(ends: list[int]) -> None:
    """Puts the interpreter's files where it looks for them: 0 is empty, 1 to 4 are `ends`."""
    # Out of the way first: no target may be one that is still to be moved.
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, interpreter.FIRST_FREE) for end in ends]
    for target, end in enumerate(high, start=1):
        os.dup2(end, target, inheritable=target <= interpreter.STREAMS[-1])
