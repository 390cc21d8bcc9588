"""The image, run as ECS runs it: the engine's own seccomp profile, three capabilities, read-only, without network.

`make test-image` builds it and names it here; without that, nothing in this folder is collected.
"""

import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest

REPOSITORY = Path(__file__).parents[2]
PYTHON = "/opt/venv/bin/python"
LIFE = 1_000  # seconds that the step of a container may take which is looked at
CAPABILITIES = {
    "three": ("SETUID", "SETGID", "KILL"),
    # What an engine gives unless it is told otherwise, and so does ECS.
    "default": (
        *("CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP"),
        *("NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE"),
    ),
    "none": (),
}

_CALL_SECONDS = 300  # for the engine to answer; on a busy machine it takes its time to enter a container

collect_ignore_glob = [] if "KAISEKI_IMAGE" in os.environ else ["test_*.py"]


@dataclass(frozen=True)
class Container:
    """One that is running."""

    engine: str
    name: str

    def execute(self, *command: str) -> subprocess.CompletedProcess[str]:
        return self._call("exec", self.name, *command)

    def signal(self, name: str) -> None:
        self._call("kill", f"--signal={name}", self.name).check_returncode()

    def wait(self) -> int:
        """Its exit code."""
        return int(self._call("wait", self.name).stdout)

    def output(self) -> str:
        shown = self._call("logs", self.name)
        return shown.stdout + shown.stderr

    def _call(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([self.engine, *command], capture_output=True, text=True, timeout=_CALL_SECONDS)


@dataclass
class Engine:
    """Docker or podman; every container is read-only and without network."""

    command: str
    image: str
    seccomp: str
    repository: Path = REPOSITORY
    started: list[str] = field(default_factory=list)

    def run(
        self,
        *command: str,
        options: Sequence[str] = (),
        capabilities: str = "three",
        image: str = "",
        text: str | None = None,
        seconds: float = 600,
    ) -> subprocess.CompletedProcess[str]:
        """Runs `command` in a container of its own; `options` are the engine's, `text` is its standard input."""
        confined = self._confined(capabilities)
        whole = [self.command, "run", "--rm", "--interactive", *confined, *options, image or self.image, *command]
        return subprocess.run(whole, input=text or "", capture_output=True, text=True, timeout=seconds)

    def python(self, script: str, *options: str) -> str:
        """What a script prints that runs in place of the entry point, as root unless the options say otherwise."""
        ran = self.run("-", options=[f"--entrypoint={PYTHON}", *options], text=script)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def start(self, code: str, folder: Path, *options: str) -> Container:
        """A container whose program executes `code` as a step; `folder` is to hold the file."""
        step = folder / "step.py"
        step.write_text(code, encoding="utf-8")
        step.chmod(0o644)
        self.started.append(f"kaiseki-test-{uuid4().hex[:8]}")
        named = [f"--name={self.started[-1]}", f"--volume={step}:/workspace/step.py:ro"]
        whole = [self.command, "run", "--detach", *self._confined("three"), *named, *options, self.image]
        program = ("sandbox", "run", "/workspace/step.py", "--timeout", str(LIFE))
        subprocess.run([*whole, *program], check=True, capture_output=True, timeout=_CALL_SECONDS)
        return Container(self.command, self.started[-1])

    def _confined(self, capabilities: str) -> list[str]:
        return [
            "--cap-drop=all",
            *(f"--cap-add={name}" for name in CAPABILITIES[capabilities]),
            "--read-only",
            *(["--read-only-tmpfs=false"] if "podman" in self.command else []),
            "--tmpfs=/tmp:mode=1777",
            "--network=none",
            "--no-healthcheck",  # podman leaves it to systemd, which not every machine has
            *([f"--security-opt=seccomp={self.seccomp}"] if self.seccomp else []),
        ]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Containers start slowly where much else runs."""
    for item in items:
        if item.path.parent == Path(__file__).parent and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    engine = Engine(os.environ["KAISEKI_ENGINE"], os.environ["KAISEKI_IMAGE"], os.environ.get("KAISEKI_SECCOMP", ""))
    yield engine
    for name in engine.started:
        subprocess.run([engine.command, "rm", "--force", "--volumes", name], capture_output=True, timeout=_CALL_SECONDS)
