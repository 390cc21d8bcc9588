"""The process that runs generated code: one namespace, one request at a time.

Everything here lies within reach of the generated code; nothing it says may be trusted.
"""

import __future__

import ast
import builtins
import ctypes
import faulthandler
import gc
import os
import signal
import socket
import sys
import traceback
import types
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from kaiseki.sandbox import wire, workdir
from kaiseki.sandbox.child import determinism, tracebacks
from kaiseki.sandbox.child.confinement.confine import Bounds, confine
from kaiseki.sandbox.child.confinement.errors import Unconfined
from kaiseki.sandbox.child.displays import Displays

STREAMS = (1, 2)
DUMPS = 3  # where faulthandler tells in which line the process was killed
CHANNEL = 4  # to the supervisor
FIRST_FREE = 5
READY = "ready"  # what the first answer bears, to no request
DUMP_SIGNAL = signal.SIGUSR1
_PRELUDE = "from kaiseki_kit import *\nimport numpy as np\nimport pandas as pd\n"
_LONGEST_ECHO = 8_000  # characters
_FUTURES = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
_libc = ctypes.CDLL(None)
# Looked up before any fork: to walk through sys.modules in a session would copy megabytes that it shares.
_HOST_MODULES = tuple(name for name in sys.modules if name.startswith("kaiseki."))


@dataclass(frozen=True)
class Setting:
    """What a session is opened with."""

    data: Path
    kit: Path
    clock: datetime
    seed: int
    packages: Path | None  # to import from, beside what is installed


def run(setting: Setting, bounds: Bounds, supervisor: int) -> None:
    """Confines this process and answers requests until the supervisor hangs up. Never returns."""
    code = 1
    try:
        _arrange(setting, bounds.folder)
        layers = confine(bounds, supervisor, FIRST_FREE)
        channel = wire.Channel(socket.socket(fileno=CHANNEL))
        interpreter = Interpreter(setting, bounds.limits.displays)
        channel.send({**interpreter.prelude(), "layers": [asdict(layer) for layer in layers]})
        while True:
            try:
                request = channel.receive()
            except KeyboardInterrupt:  # from a thread or an alarm that a step left behind
                continue
            channel.send(interpreter.execute(request))
    except EOFError:
        code = 0
    except Unconfined as error:  # no sandbox, no run
        print(error, file=sys.stderr, flush=True)
    except Exception:  # noqa: BLE001 - told to the supervisor, with all else that comes on stderr
        traceback.print_exc()
    finally:
        os._exit(code)


def _arrange(setting: Setting, folder: Path) -> None:
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    faulthandler.enable(DUMPS, all_threads=False)
    faulthandler.register(DUMP_SIGNAL, DUMPS, all_threads=False)
    set_environment(setting, folder)
    if setting.packages:
        sys.path.append(str(setting.packages))


def set_environment(setting: Setting, folder: Path) -> None:
    """What generated code, and the commands of its session, find beside what the zygote was started with."""
    os.environ |= {
        "HOME": str(folder / workdir.HOME),
        "TMPDIR": str(folder / workdir.TEMPORARY),
        "JOBLIB_TEMP_FOLDER": str(folder / workdir.TEMPORARY),
        "PYTHONDONTWRITEBYTECODE": "1",
        "KAISEKI_DATA": str(setting.data),
        "KAISEKI_OUTBOX": str(folder / workdir.OUTBOX),
    }
    sys.dont_write_bytecode = True


class Interpreter:
    """The namespace in which the steps of one session run."""

    def __init__(self, setting: Setting, displays: int) -> None:
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
        self._displays = Displays(displays)
        _hide_the_host()
        determinism.freeze(setting.clock, setting.seed)
        gc.enable()

    def prelude(self) -> wire.Message:
        return self._answer(READY, _PRELUDE, "prelude")

    def execute(self, request: wire.Message) -> wire.Message:
        file = tracebacks.step_file(request["step"])
        tracebacks.register_source(file, request["code"])
        self._displays.begin(request["show"])
        if request["show"]:  # elsewhere the code must run without it, as a program of its own
            self._namespace.setdefault("display", self._display)
        return self._answer(request["id"], request["code"], file)

    def _answer(self, ticket: str, code: str, file: str) -> wire.Message:
        self._restore_streams()
        exit_code, failure = 0, None
        try:
            self._run(code, file)
            self._displays.end()
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
        return {"id": ticket, "exit_code": exit_code, "failure": failure, "displays": self._displays.shown}

    def _run(self, code: str, file: str) -> None:
        # Not ast.parse: its frame would stand in the traceback of a syntax error.
        tree = compile(code, file, "exec", flags=ast.PyCF_ONLY_AST, dont_inherit=True)
        assert isinstance(tree, ast.Module)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        body = compile(tree, file, "exec", dont_inherit=True)
        exec(body, self._namespace)  # noqa: S102 - what this process is for
        if last is not None:
            sys.displayhook = self._display
            shown = ast.Interactive([last])
            exec(compile(shown, file, "single", body.co_flags & _FUTURES, dont_inherit=True), self._namespace)  # noqa: S102

    def _display(self, *values: object) -> None:
        for value in values:
            _echo(value)
            self._displays.add(value)

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
