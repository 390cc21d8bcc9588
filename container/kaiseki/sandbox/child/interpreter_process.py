"""The supervisor's hold on the process of interpreter.py: what goes to it, what comes from it, and how it ends."""

import os
import select
import signal
import socket
import time

from kaiseki.sandbox import wire
from kaiseki.sandbox.child import interpreter, processes
from kaiseki.sandbox.child.confinement.confine import Bounds
from kaiseki.sandbox.child.streams import CHUNK, MOST_LEFT_IN_A_PIPE, Pipe, Streams, arrange

_ROOM_FOR_WORDS = 1024 * 1024  # of an answer, beside what it displays
_DUMP_SECONDS = 0.2  # of silence, while it could have answered
_DUMP_MOST_SECONDS = 3.0  # for one that the machine gives no turn
_DUMP_PAUSE = 0.02
_DUMP_ENDS = (b" in <module>\n", b"  ...\n")  # the outermost frame, or too many
_LONGEST_DUMP = 64 * 1024
_EXIT_SECONDS = 0.5  # from the end of the channel to the exit of the process; a living one that closed it is killed
_TICKET_BYTES = 16


class InterpreterProcess:
    """`ended` is empty while it may run code; then the limit that ended it, or "exit"."""

    def __init__(self, setting: interpreter.Setting, bounds: Bounds) -> None:
        """Forks it. Its first answer is to interpreter.READY. Raises OSError."""
        self.ended = ""
        self._exit: processes.Exit | None = None
        self._answers = wire.Decoder(bounds.limits.displays // 3 * 4 + _ROOM_FOR_WORDS, wire.MOST_VALUES)
        self._unsent = b""
        self._hung_up: float | None = None  # when it closed its channel
        stdout, stderr, dumps = Pipe.new(), Pipe.new(), Pipe.new()
        ours, theirs = socket.socketpair()
        supervisor = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            signal.set_wakeup_fd(-1)
            arrange([stdout.write, stderr.write, dumps.write, theirs.detach()])
            interpreter.run(setting, bounds, supervisor)
        for pipe in (stdout, stderr, dumps):
            os.close(pipe.write)
        theirs.close()
        ours.setblocking(False)
        self._channel, self._dumps = ours, dumps.read
        self._streams = Streams(stdout.read, stderr.read, bounds.limits.output)

    def ends(self) -> dict[int, int]:
        """What to wait for: descriptors, and the events of poll()."""
        if self.ended:
            return {}
        events = dict.fromkeys(self._streams.open_ends, select.POLLIN)
        if self._hung_up is None:
            events[self._channel.fileno()] = select.POLLIN | (select.POLLOUT if self._unsent else 0)
        return events

    def take_in(self, happened: dict[int, int]) -> None:
        """Sends and receives what can be without waiting."""
        if self._channel.fileno() in happened:
            self._exchange()
        self._streams.pump()

    def ask(self, code: str, step: int, show: bool) -> str:
        """Has it run `code`. Returns the ticket that the answer will bear.

        A ticket cannot be guessed, and is good for one answer: no answer can be forged ahead, or by processes and
        threads that earlier steps left behind, unless they search the interpreter's memory for it.
        """
        self._streams.pump(MOST_LEFT_IN_A_PIPE)  # of threads that an earlier step left running
        self.forget_output()
        processes.reset_peak_memory(self.pid)
        ticket = os.urandom(_TICKET_BYTES).hex()
        self._unsent = wire.encode({"id": ticket, "code": code, "step": step, "show": show})
        return ticket

    def answer(self, ticket: str) -> wire.Message | None:
        """The answer to the request, if it has come; frames for others are dropped."""
        try:
            while message := self._answers.next():
                code = message.get("exit_code")
                if message.get("id") == ticket and isinstance(code, int):
                    told = {key: message.get(key) for key in ("failure", "layers", "displays")}
                    return {**told, "exit_code": processes.exit_code(code)}
        except wire.BadFrame:
            self.ended = "exit"
        return None

    def output(self) -> dict[str, str]:
        self._streams.pump(MOST_LEFT_IN_A_PIPE)
        return self._streams.texts()

    def forget_output(self) -> None:
        self._streams.clear()

    def note(self, ended: dict[int, processes.Exit]) -> None:
        """Tells which processes were reaped."""
        self._exit = self._exit or ended.get(self.pid)

    def end_of_itself(self) -> str:
        """ "exit" if it has ended, or does not hear any more; else empty."""
        silent = self._hung_up is not None and time.monotonic() - self._hung_up > _EXIT_SECONDS
        return "exit" if self._exit or silent else ""

    @property
    def exit_code(self) -> int:
        return self._exit.code if self._exit else -signal.SIGKILL

    def peak_memory(self) -> int:
        """The most that it had resident since the last request, in bytes; over its life, once it has been reaped."""
        return self._exit.peak_memory if self._exit else processes.peak_memory(self.pid)

    def dump(self, patient: bool) -> bytes:
        """What faulthandler says of the place where it is, or died.

        If `patient`, one that the machine gives no turn is waited for; one that had its turn and said nothing is not.
        """
        if self._exit:
            return os.read(self._dumps, _LONGEST_DUMP) if select.select([self._dumps], [], [], 0)[0] else b""
        processes.kill(self.pid, interpreter.DUMP_SIGNAL)
        dump, ran = b"", processes.load([self.pid]).cpu
        last = time.monotonic() + (_DUMP_MOST_SECONDS if patient else _DUMP_SECONDS)
        silent_until = time.monotonic() + _DUMP_SECONDS
        while len(dump) < _LONGEST_DUMP and time.monotonic() < last:
            if select.select([self._dumps], [], [], _DUMP_PAUSE)[0]:
                data = os.read(self._dumps, CHUNK)
                if not data:
                    break
                dump += data
                silent_until = time.monotonic() + _DUMP_SECONDS
            elif dump.endswith(_DUMP_ENDS) or (
                time.monotonic() > silent_until and not processes.awaits_its_turn(self.pid, ran)
            ):
                break
        return dump

    def close(self) -> None:
        self._streams.close()
        os.close(self._dumps)
        self._channel.close()

    def _exchange(self) -> None:
        """It may not be listening any more."""
        try:
            if self._unsent:
                self._unsent = self._unsent[self._channel.send(self._unsent) :]
        except BlockingIOError:
            pass
        except OSError:
            self._unsent = b""
        try:
            data = self._channel.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._answers.feed(data)
        else:
            self._hung_up = time.monotonic()
