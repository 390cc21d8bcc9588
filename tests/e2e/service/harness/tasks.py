"""The tasks as processes of this machine: found, signalled, held back, read."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.ecs_front import EcsFront
from harness.emulator import Emulator
from harness.waiting import wait_for


class Tasks:
    def __init__(self, emulator: Emulator, front: EcsFront) -> None:
        self._emulator = emulator
        self._front = front

    def folder(self, run_id: str) -> Path:
        return self._emulator.tasks / self._front.task_of(run_id)

    def signal(self, run_id: str, number: signal.Signals) -> None:
        os.kill(int((self.folder(run_id) / "pid").read_text()), number)

    def exit_code(self, run_id: str) -> int:
        path = self.folder(run_id) / "exit"
        wait_for(path.exists)
        return int(path.read_text())

    def log(self, run_id: str) -> str:
        return (self.folder(run_id) / "log").read_text()

    @contextmanager
    def held(self) -> Iterator[None]:
        """No container starts meanwhile, as while images are pulled."""
        everything = self._emulator.hold / "all"
        everything.touch()
        try:
            yield
        finally:
            everything.unlink()

    def hold(self, run_id: str) -> None:
        """This one never starts; to be called while all are held."""
        (self._emulator.hold / self._front.task_of(run_id)).touch()
