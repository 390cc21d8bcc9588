"""The process that runs generated code: one namespace, one request at a time.

Everything here lies within reach of the generated code; nothing it says may be trusted.
"""

import __future__

import ast
import builtins
import contextlib
import ctypes
import faulthandler
import gc
import os
import resource
import signal
import socket
import sys
import traceback
import types
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from kaiseki.sandbox import wire, workdir
from kaiseki.sandbox.child import determinism, processes, tracebacks
from kaiseki.sandbox.limits import Limits

STREAMS = (1, 2)
DUMPS = 3  # where faulthandler tells in which line the process was killed
CHANNEL = 4  # to the supervisor
FIRST_FREE = 5
DUMP_SIGNAL = signal.SIGUSR1
_PRELUDE = "from kaiseki_kit import *\nimport numpy as np\nimport pandas as pd\n"
_LONGEST_ECHO = 8_000  # characters
_MOST_FILES = 1 << 20
_UNTOUCHED = 1 << 30  # bytes of writable memory that libraries ask for and never use: stacks, V8's heaps
_FUTURES = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
_libc = ctypes.CDLL(None)
# Looked up before any fork: to walk through sys.modules in a session would copy megabytes that it shares.
_HOST_MODULES = tuple(name for name in sys.modules if name.startswith("kaiseki."))


@dataclass(frozen=True)
class Setting:
    """What a session is opened with."""

    folder: Path
    data: Path
    kit: Path
    clock: datetime
    seed: int
    limits: Limits


def run(setting: Setting, supervisor: int) -> None:
    """Confines this process and answers requests until the supervisor hangs up. Never returns."""
    code = 1
    try:
        _confine(setting, supervisor)
        channel = wire.Channel(socket.socket(fileno=CHANNEL))
        interpreter = Interpreter(setting)
        channel.send(interpreter.prelude())
        while True:
            try:
                request = channel.receive()
            except KeyboardInterrupt:  # from a thread or an alarm that a step left behind
                continue
            channel.send(interpreter.execute(request))
    except EOFError:
        code = 0
    except Exception:  # noqa: BLE001 - told to the supervisor, with all else that comes on stderr
        traceback.print_exc()
    finally:
        os._exit(code)


def _confine(setting: Setting, supervisor: int) -> None:
    os.setsid()
    processes.die_with_parent(supervisor)
    os.closerange(FIRST_FREE, _MOST_FILES)
    with contextlib.suppress(OSError):  # where /proc may not be written to
        Path("/proc/self/oom_score_adj").write_text("1000")
    limits = setting.limits
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, limits.file)
    _limit(resource.RLIMIT_NOFILE, limits.open_files)
    _limit(resource.RLIMIT_CPU, int(limits.cpu) + 1)
    # The data segment, not the address space, of which JavaScript engines and allocators reserve many times what they
    # use. It makes a MemoryError of a request that is far too large; what is really used, the watchdog sees.
    # RLIMIT_NPROC counts all processes of the user, those outside too: the watchdog counts those of the session.
    _limit(resource.RLIMIT_DATA, _data_segment() + limits.memory + _UNTOUCHED)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    faulthandler.enable(DUMPS, all_threads=False)
    faulthandler.register(DUMP_SIGNAL, DUMPS, all_threads=False)
    os.environ |= {
        "HOME": str(setting.folder / workdir.HOME),
        "TMPDIR": str(setting.folder / workdir.TEMPORARY),
        "JOBLIB_TEMP_FOLDER": str(setting.folder / workdir.TEMPORARY),
        "PYTHONDONTWRITEBYTECODE": "1",
        "KAISEKI_DATA": str(setting.data),
        "KAISEKI_OUTBOX": str(setting.folder / workdir.OUTBOX),
    }
    sys.dont_write_bytecode = True
    os.chdir(setting.folder)


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def _data_segment() -> int:
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmData:"))


class Interpreter:
    """The namespace in which the steps of one session run."""

    def __init__(self, setting: Setting) -> None:
        self._pid = os.getpid()
        self._hidden = (str(setting.kit),)
        self._saved_streams = [os.dup(stream) for stream in STREAMS]
        self._recursion_limit = sys.getrecursionlimit()
        # A module of its own, registered as the main one, so that pickle and joblib find what the code defines.
        main = types.ModuleType("__main__")
        main.__dict__["__builtins__"] = builtins
        sys.modules["__main__"] = main
        self._namespace = main.__dict__
        sys.argv = [""]
        _hide_the_host()
        determinism.freeze(setting.clock, setting.seed)
        gc.enable()

    def prelude(self) -> wire.Message:
        return self._answer(0, _PRELUDE, "prelude")

    def execute(self, request: wire.Message) -> wire.Message:
        file = tracebacks.step_file(request["step"])
        tracebacks.register_source(file, request["code"])
        return self._answer(request["id"], request["code"], file)

    def _answer(self, number: int, code: str, file: str) -> wire.Message:
        self._restore_streams()
        exit_code, failure = 0, None
        try:
            self._run(code, file)
        except SystemExit as end:
            if end.code is not None and end.code != 0:
                exit_code = end.code if isinstance(end.code, int) else 1
                failure = self._describe(end, file)
        except BaseException as error:  # noqa: BLE001 - whatever it raises is told, and the session lives on
            exit_code, failure = 1, self._describe(error, file)
        finally:
            sys.settrace(None)
            sys.setprofile(None)
        _flush()
        if os.getpid() != self._pid:  # a child that the code forked, and that ran off the end of the step
            os._exit(exit_code & 0xFF)
        return {"id": number, "exit_code": exit_code, "failure": failure}

    def _run(self, code: str, file: str) -> None:
        # Not ast.parse: its frame would stand in the traceback of a syntax error.
        tree = compile(code, file, "exec", flags=ast.PyCF_ONLY_AST, dont_inherit=True)
        assert isinstance(tree, ast.Module)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        body = compile(tree, file, "exec", dont_inherit=True)
        exec(body, self._namespace)  # noqa: S102 - what this process is for
        if last is not None:
            sys.displayhook = _echo
            shown = ast.Interactive([last])
            exec(compile(shown, file, "single", body.co_flags & _FUTURES, dont_inherit=True), self._namespace)  # noqa: S102

    def _describe(self, error: BaseException, file: str) -> dict[str, Any]:
        sys.setrecursionlimit(max(sys.getrecursionlimit(), self._recursion_limit))
        try:
            return tracebacks.describe(error, file, self._hidden)
        except BaseException:  # noqa: BLE001 - no memory left to format with, or an error that is made to resist
            return {"type": type(error).__name__, "message": "", "line": None, "traceback": ""}

    def _restore_streams(self) -> None:
        """Undoes what an earlier step did to stdout and stderr, closing them included."""
        for saved, stream, name in zip(self._saved_streams, STREAMS, ("stdout", "stderr"), strict=True):
            try:
                os.dup2(saved, stream)
            except OSError:
                continue
            # Line by line, so that a step that has to be killed has shown what it printed.
            text = open(  # noqa: SIM115 - stays open
                stream, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False
            )
            setattr(sys, name, text)
            setattr(sys, f"__{name}__", text)


def _echo(value: object) -> None:
    """Shows the value of a step's last expression, as a notebook does."""
    if value is None:
        return
    text = repr(value)
    if len(text) > _LONGEST_ECHO:
        text = f"{text[:_LONGEST_ECHO]}... [{len(text) - _LONGEST_ECHO:,} characters left out]"
    print(text)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # noqa: BLE001, S112 - the code may have put anything there
            continue
    _libc.fflush(None)


def _hide_the_host() -> None:
    """The program itself is no library for generated code, even where both are installed side by side."""
    for name in _HOST_MODULES:
        sys.modules.pop(name, None)
    sys.modules["kaiseki"] = None  # type: ignore[assignment]  # Python's own mark of what cannot be imported
