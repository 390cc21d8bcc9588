"""Containers that are processes: started, signalled, waited for, read."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docker.roles import define, write_credentials
from docker.settings import Settings

POLL_SECONDS = 0.1
DEFAULT_STOP_SECONDS = 30.0  # of ECS


class Containers:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._by_id: dict[str, Container] = {}

    def run(
        self, image: str, command: list[str], environment: dict[str, str], labels: dict[str, str], **_: Any
    ) -> "Container":
        """Starts the entry point with `command`, in the task definition's environment and nothing of this machine's."""
        task = labels["com.amazonaws.ecs.task-arn"].rsplit("/", 1)[-1]
        while any((self.settings.hold / name).exists() for name in ("all", task)):
            time.sleep(POLL_SECONDS)
        folder = self.settings.tasks / task
        (folder / "tmp").mkdir(parents=True)
        definition = define(labels)
        write_credentials(definition["taskRoleArn"], task, folder)
        called = labels["com.amazonaws.ecs.container-name"]
        container = next(c for c in definition["containerDefinitions"] if c["name"] == called)
        given = {name: text for name, text in environment.items() if not name.startswith("AWS_")}
        own = {
            "HOME": str(folder),
            "TMPDIR": str(folder / "tmp"),
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{self.settings.credentials}/{task}",
        }
        started = Container(
            image,
            folder,
            [*self.settings.command, *command],
            {**self.settings.environment, **_mounted(given, container, folder), **own},
            float(container.get("stopTimeout", DEFAULT_STOP_SECONDS)),
        )
        self._by_id[started.id] = started
        return started

    def get(self, name: str) -> "Container":
        return self._by_id[name]

    def list(self, **_: Any) -> list["Container"]:
        return list(self._by_id.values())


class Container:
    def __init__(
        self, image: str, folder: Path, command: list[str], environment: dict[str, str], stop_seconds: float
    ) -> None:
        self.image = image
        self.id = self.name = folder.name.replace("-", "")
        self.attrs: dict[str, Any] = {"NetworkSettings": {"Networks": {}}}
        self._folder = folder
        self._stop_seconds = stop_seconds
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                command,
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        (folder / "pid").write_text(str(self._process.pid))
        threading.Thread(target=self._collect, name=f"task-{self.id}", daemon=True).start()

    def _collect(self) -> None:
        code = self._process.wait()
        finished = self._folder / "exit.part"
        finished.write_text(str(code if code >= 0 else 128 - code))
        finished.rename(self._folder / "exit")
        _signal(-self._process.pid, signal.SIGKILL)  # what it left running

    @property
    def status(self) -> str:
        return "exited" if (self._folder / "exit").exists() else "running"

    def reload(self) -> None:
        """The status is always fresh."""

    def wait(self, **_: Any) -> dict[str, int]:
        while self.status != "exited":
            time.sleep(POLL_SECONDS)
        return {"StatusCode": int((self._folder / "exit").read_text())}

    def logs(self, stream: bool = False, follow: bool = False, tail: int = 0, **_: Any) -> bytes | Iterator[bytes]:
        return self._follow() if stream and follow else (self._folder / "log").read_bytes()

    def _follow(self) -> Iterator[bytes]:
        with (self._folder / "log").open("rb") as log:
            line = b""
            while True:
                ended = self.status == "exited"
                line += log.readline()
                if line.endswith(b"\n") or (ended and line):
                    yield line
                    line = b""
                elif ended:
                    return
                else:
                    time.sleep(POLL_SECONDS)

    def stop(self, timeout: float = 0) -> None:
        """Returns at once, as StopTask does, and kills after the task definition's time instead of the caller's."""
        if self.status == "exited":
            return
        _signal(self._process.pid, signal.SIGTERM)
        killer = threading.Timer(self._stop_seconds, self.kill)
        killer.daemon = True
        killer.start()

    def kill(self) -> None:
        if self.status != "exited":
            _signal(-self._process.pid, signal.SIGKILL)

    def remove(self, **_: Any) -> None:
        """Its folder stays, for the tests to read; the temporary folder of all of them goes at the end."""


def _mounted(environment: dict[str, str], container: dict[str, Any], folder: Path) -> dict[str, str]:
    """Variables that name a place on a volume name one in the task's folder, where the volume is."""
    mounted = dict(environment)
    for point in container.get("mountPoints", []):
        volume = folder / "volumes" / point["sourceVolume"]
        volume.mkdir(parents=True, exist_ok=True)
        for name, text in environment.items():
            if text == point["containerPath"] or text.startswith(f"{point['containerPath']}/"):
                mounted[name] = str(volume) + text.removeprefix(point["containerPath"])
    return mounted


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        if pid < 0:
            os.killpg(-pid, number)
        else:
            os.kill(pid, number)
    except ProcessLookupError:
        pass
