"""The process that has made the expensive imports, and forks a session from them in milliseconds.

What every session needs is imported before the first, the rest while there is nothing else to do; then it makes a spare
session, see spare.py.

It is started with nothing of the host's environment or open files, and it ends, with all below it, when the host does.
"""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from kaiseki.sandbox import workdir
from kaiseki.sandbox.child import interpreter, processes, quarters, spare, supervisor
from kaiseki.sandbox.child.confinement import identity, paths, privileges, view
from kaiseki.sandbox.layers import Layers
from kaiseki.sandbox.limits import Limits

_NEEDED = ("numpy", "pandas", "kaiseki_kit")
_INTERVAL = 0.5  # seconds without anything to do; between two looks whether the host still lives
_BETWEEN_IMPORTS = 0.01  # seconds in which a host that has waited for the zygote can ask for a session
_END_SECONDS = 10.0
_GRACE_SECONDS = 10.0
_GRACE_STEP = 0.01
_LARGEST_ORDER = 64 * 1024


def main() -> None:
    """Arguments: the descriptor of the control socket, and a JSON object, see launcher.Zygote."""
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    order = json.loads(sys.argv[2])
    sys.argv = [""]
    processes.become_subreaper()
    privileges.close_to_others()
    layers = Layers(**order["layers"])
    no_view = view.why_not() if layers.private_view else "left out"
    identity.users_of_the_system()
    paths.of_python()
    kit = Path(order["kit"])
    sys.path.insert(0, str(kit.parent))
    gc.disable()  # what is imported stays
    for name in _NEEDED:
        importlib.import_module(name)
    sys.path.remove(str(kit.parent))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        Zygote(control, order, kit, layers, no_view).serve()
    finally:
        workdir.remove(Path(order["home"]))


class Zygote:
    def __init__(self, control: socket.socket, order: dict[str, Any], kit: Path, layers: Layers, no_view: str) -> None:
        self._control = control
        self._host: int = order["host"]
        self._host_process_group: int = order["host_process_group"]
        self._kit = kit
        self._layers = layers
        self._no_view = no_view
        self._to_import: list[str] = order["preload"]
        self._sessions: dict[int, int | None] = {}  # pid of the supervisor -> session; None before it has a host
        self._spare: spare.Spare | None = None
        self._wish: spare.Wish | None = None  # how the spare is to be; None: there is to be none
        self._turn = 0
        self._importing = self._told_to_end = False
        self._woken, wake = os.pipe()
        for end in (self._woken, wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: self._end_soon())

    def serve(self) -> None:
        self._control.send(json.dumps({"ready": True}).encode())
        try:
            self._serve()
        finally:
            self._end()

    def _serve(self) -> None:
        while os.getppid() == self._host and not self._told_to_end:
            patience = _BETWEEN_IMPORTS if self._to_import else _INTERVAL
            ready, _, _ = select.select([self._control.fileno(), self._woken], [], [], patience)
            if not ready:
                self._use_the_time()
            if self._woken in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._woken, 1024)
                self._bury()
            if self._control.fileno() in ready and not self._obey():
                return

    def _end_soon(self) -> None:
        """An import may be left at any point; but who has just been forked must first be known, to be ended as well."""
        self._told_to_end = True
        if self._importing:
            sys.exit()

    def _use_the_time(self) -> None:
        if self._to_import:
            self._importing = True
            with contextlib.suppress(ImportError):
                importlib.import_module(self._to_import.pop(0))
            self._importing = False
        elif self._wish and self._spare is None:
            line, theirs = socket.socketpair()
            with theirs:
                self._spare = spare.Spare(self._fork(self._wish.order, theirs, line), line, self._wish)

    def _obey(self) -> bool:
        """Carries out one order of the host. False when the host has hung up."""
        data, ends, _, _ = socket.recv_fds(self._control, _LARGEST_ORDER, 1)
        if not data:
            return False
        order = json.loads(data)
        if order["do"] == "open":
            self._open(order, socket.socket(fileno=ends[0]))
        else:
            self._kill(order["session"])
        return True

    def _open(self, order: dict[str, Any], host: socket.socket) -> None:
        wish = spare.Wish.of(order)
        with host:
            pid = self._from_spare(wish, host) or self._from_scratch(order, host)
        if pid:  # else the host sees the end of the channel
            self._sessions[pid] = order["session"]
        self._wish = wish if spare.can_be_kept(self._layers) else None

    def _from_spare(self, wish: spare.Wish, host: socket.socket) -> int:
        """The pid of the supervisor; 0 if there is no spare that is as this session is to be."""
        kept, pid = self._spare, 0
        if kept and kept.wish == wish:
            with contextlib.suppress(OSError):
                spare.give(kept.line, host)
                pid = kept.pid
        self._give_up_spare()
        return pid

    def _give_up_spare(self) -> None:
        """If it has no host, it ends."""
        if self._spare:
            self._spare.line.close()
        self._spare = None

    def _from_scratch(self, order: dict[str, Any], host: socket.socket) -> int:
        line, theirs = socket.socketpair()
        with line, theirs:
            spare.give(line, host)
            line.close()
            return self._fork(order, theirs, host)

    def _fork(self, order: dict[str, Any], line: socket.socket, *to_close: socket.socket) -> int:
        """The pid of the supervisor; 0 if there can be no more processes."""
        data = Path(order["data"])
        packages = Path(order["packages"]) if order["packages"] else None
        setting = interpreter.Setting(data, self._kit, datetime.fromisoformat(order["clock"]), order["seed"], packages)
        zygote = os.getpid()
        self._turn += 1
        terms = quarters.Terms(
            turn=self._turn,
            temporary=Path(order["temporary"]),
            data=data,
            kit=self._kit,
            packages=packages,
            limits=Limits(**order["limits"]),
            layers=self._layers,
            host_group=order["host_group"],
            no_view=self._no_view,
            spared=(self._host, zygote),
            spared_groups=(self._host_process_group, os.getpgrp()),
        )
        gc.freeze()  # the collector of a session does not look at these objects: their pages stay shared
        try:
            pid = os.fork()
        except OSError:
            return 0
        if pid == 0:
            signal.set_wakeup_fd(-1)
            for end in (self._control, *to_close):
                end.close()
            supervisor.run(line, setting, terms, zygote)
        self._sessions[pid] = None
        return pid

    def _kill(self, session: int) -> None:
        """For a supervisor that does not answer."""
        for supervisor_pid, number in self._sessions.items():
            if number == session:
                for pid in (supervisor_pid, *processes.descendants(supervisor_pid)):
                    processes.kill(pid)

    def _bury(self) -> None:
        """Reaps supervisors. Other children are orphans of a supervisor that was killed: they are killed too."""
        ended, _ = processes.reap()
        for pid in ended:
            self._sessions.pop(pid, None)
        if self._spare and self._spare.pid not in self._sessions:
            self._give_up_spare()
            self._wish = None  # it could not start: the next session that is asked for shows whether that has changed
        for stray in processes.children_of(os.getpid()):
            if stray not in self._sessions:
                for pid in (stray, *processes.descendants(stray)):
                    processes.kill(pid)

    def _end(self) -> None:
        """Supervisors hear too that the host has gone, and remove their folders: they get the time for it."""
        self._give_up_spare()
        until = time.monotonic() + _GRACE_SECONDS
        while processes.reap()[1] and time.monotonic() < until:
            time.sleep(_GRACE_STEP)
        processes.end_descendants(_END_SECONDS)
