"""The host's hold on the zygote: starting it, asking it for sessions, ending it."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import kaiseki
from kaiseki.errors import SandboxError
from kaiseki.sandbox import workdir
from kaiseki.sandbox.child.confinement.privileges import close_to_others
from kaiseki.sandbox.layers import Layers
from kaiseki.sandbox.limits import Limits

_END_SECONDS = 15.0
# -P and -s keep the current folder and the user's packages off the path. Not -I: it would also ignore PYTHONHASHSEED.
_COMMAND = (
    sys.executable,
    "-P",
    "-s",
    "-c",
    "import sys; sys.path.append(sys.argv.pop(1)); from kaiseki.sandbox.child.zygote import main; main()",
)
_HINT = "install the locked requirements with `make setup`, on Linux or WSL2"
# All that generated code gets to see, apart from its own folders: nothing of the host's environment.
_ENVIRONMENT = {
    "PATH": os.pathsep.join((str(Path(sys.executable).parent), "/usr/bin", "/bin")),
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "Agg",
    # One thread each: a second thread pool per process brings nothing here, and does not survive a fork.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # The pools that come with Arrow reserve memory by the gigabyte, and one of them starts a thread at import.
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
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


@dataclass(frozen=True)
class SessionTerms:
    """What all sessions of a zygote have in common; `group` is the one by which the program reaches their folders."""

    clock: datetime
    seed: int
    limits: Limits
    group: int


class Zygote:
    """A running zygote. Constructing it does not wait for its imports. Raises SandboxError."""

    def __init__(self, terms: SessionTerms, preload: tuple[str, ...] = PRELOAD, layers: Layers | None = None) -> None:
        close_to_others()  # what this process holds, generated code must not read
        self._terms = terms
        self._lock = threading.Lock()
        self._ready = False
        self._sessions = 0
        if sys.platform != "linux":
            raise SandboxError("generated code can only be run on Linux", hint="use Linux, WSL2 or the container")
        kit = find_spec("kaiseki_kit")
        if kit is None or not kit.submodule_search_locations:
            raise SandboxError("the package kaiseki_kit is not installed", hint=_HINT)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the zygote
        # Some libraries read and write settings and caches below HOME when they are imported.
        self._home = Path(tempfile.mkdtemp(prefix="kaiseki-home-"))
        order = {
            "host": os.getpid(),
            "host_process_group": os.getpgrp(),
            "layers": asdict(layers or Layers()),
            "kit": kit.submodule_search_locations[0],
            "preload": preload,
            "home": str(self._home),
        }
        program = str(Path(kaiseki.__file__).parent.parent)
        try:
            self._process = subprocess.Popen(  # noqa: S603
                [*_COMMAND, program, str(theirs.fileno()), json.dumps(order)],
                env=_ENVIRONMENT | {"HOME": str(self._home)},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # Ctrl-C in the terminal is for the host alone
            )
        except OSError as error:
            self._control.close()
            workdir.remove(self._home)
            raise SandboxError(f"the sandbox cannot start: {error}", hint=_HINT) from error
        finally:
            theirs.close()

    @property
    def lost(self) -> bool:
        """Whether it has ended although it had been ready."""
        return self._ready and self._process.poll() is not None

    def open(self, data: Path, packages: Path | None = None) -> tuple[int, socket.socket]:
        """The session's number and the host's end of the channel to its supervisor. Raises SandboxError."""
        if os.geteuid() == 0:
            workdir.let_read(data)
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            self._sessions += 1
            order = {
                "do": "open",
                "session": self._sessions,
                "temporary": str(Path(tempfile.gettempdir()).resolve()),
                "data": str(data),
                "packages": str(packages) if packages else None,
                "host_group": self._terms.group,
                "clock": self._terms.clock.isoformat(),
                "seed": self._terms.seed,
                "limits": asdict(self._terms.limits),
            }
            try:
                self._wait_until_ready()
                socket.send_fds(self._control, [json.dumps(order).encode()], [theirs.fileno()])
            except BaseException as error:
                ours.close()
                if isinstance(error, OSError):
                    raise self._failed_to_start() from error
                raise
            return self._sessions, ours

    def kill(self, session: int) -> None:
        """Ends a session whose supervisor does not answer."""
        self._send({"do": "kill", "session": session})

    def last_words(self) -> str:
        """The last line that the zygote or a supervisor wrote to stderr."""
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "its process ended"

    def close(self) -> None:
        """Ends the zygote and all its sessions."""
        self._control.close()
        with contextlib.suppress(PermissionError):  # of another user; it notices the end of the channel
            self._process.terminate()  # it may be in the middle of an import
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(PermissionError):
                self._process.kill()
                self._process.wait()
        self._errors.close()
        workdir.remove(self._home)

    def _send(self, order: dict[str, Any]) -> None:
        try:
            self._control.send(json.dumps(order).encode())
        except OSError:
            return

    def _wait_until_ready(self) -> None:
        if self._ready:
            return
        self._control.settimeout(self._terms.limits.boot)
        try:
            said = self._control.recv(1024)
        except TimeoutError as error:
            raise SandboxError(
                f"the sandbox was not ready after {self._terms.limits.boot:g} s", hint="raise the limit `boot`"
            ) from error
        self._control.settimeout(None)
        if not said:
            raise self._failed_to_start()
        self._ready = True

    def _failed_to_start(self) -> SandboxError:
        return SandboxError(f"the sandbox cannot start: {self.last_words()}", hint=_HINT)
