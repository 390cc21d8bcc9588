"""Whether the sandbox holds here: its layers, and what hostile code achieves when it really tries."""

import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kaiseki.errors import SandboxError
from kaiseki.sandbox.layers import ABSENT, ACTIVE, Layer
from kaiseki.sandbox.session import Session
from kaiseki.sandbox.zygote_sandbox import ZygoteSandbox

NOT_NEEDED = "not needed"
_SECONDS = 20.0
# What the code of an attempt prints where it came through.
_THROUGH = "came through"
# Each is run in a session; HOST, SECRET and FOLDER are a process, a private file and a folder of this program.
_ATTEMPTS = {
    "no network": "import socket; socket.socket()",
    "no socket of another program": "import socket; socket.socket(socket.AF_UNIX)",
    "no memory of the program": "open(f'/proc/{HOST}/mem', 'rb')",
    "no environment of the program": "open(f'/proc/{HOST}/environ', 'rb').read()",
    "no open file of the program": "import os; os.listdir(f'/proc/{HOST}/fd')",
    "no signal to the program": "import os; os.kill(HOST, 0)",
    "no private file": "open(SECRET).read()",
    "no file outside of its folder": "open(FOLDER + '/new', 'w')",
    "no tracing": "import ctypes, os; assert ctypes.CDLL(None).ptrace(0, 0, 0, 0) == 0",
    "no way to root": "import os; os.setuid(0); os.chroot('/')",
}


@dataclass(frozen=True)
class Check:
    """One thing that generated code must not achieve."""

    name: str
    held: bool


@dataclass(frozen=True)
class Diagnosis:
    """`problem` says why no session can be opened; empty if one can."""

    problem: str = ""
    layers: tuple[Layer, ...] = ()
    checks: tuple[Check, ...] = ()

    @property
    def safe(self) -> bool:
        return not self.problem and bool(self.checks) and all(check.held for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        return {
            "safe": self.safe,
            "problem": self.problem,
            "layers": [asdict(layer) for layer in self.layers],
            "checks": [asdict(check) for check in self.checks],
        }


def examine(sandbox: ZygoteSandbox) -> Diagnosis:
    """Opens a session and has it try to get out. Raises nothing."""
    with tempfile.TemporaryDirectory(prefix="kaiseki-doctor-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # other users may pass through to the data
        secret = folder / "secret"
        secret.write_text("secret")
        secret.chmod(0o600)
        data = folder / "data"
        data.mkdir()
        try:
            with sandbox.open(data) as session:
                layers = tuple(_as_needed(layer, session.layers) for layer in session.layers)
                return Diagnosis(layers=layers, checks=_attempt_all(session, folder, secret))
        except SandboxError as error:
            return Diagnosis(problem=error.message)


def _as_needed(layer: Layer, layers: tuple[Layer, ...]) -> Layer:
    """In a container no view can be had: there, users of their own and the modes of files do what it would do."""
    has_user = any(other.name == "user of its own" and other.state == ACTIVE for other in layers)
    if layer.name == "view of its own" and layer.state == ABSENT and has_user:
        return Layer(layer.name, NOT_NEEDED, f"a user of its own and the modes of files hold; {layer.detail}")
    return layer


def _attempt_all(session: Session, folder: Path, secret: Path) -> tuple[Check, ...]:
    known = f"HOST, SECRET, FOLDER = {os.getpid()}, {str(secret)!r}, {str(folder)!r}\n"
    checks = []
    for step, (name, code) in enumerate(_ATTEMPTS.items(), start=1):
        execution = session.execute(f"{known}{code}\nprint({_THROUGH!r})", step, _SECONDS)
        held = execution.failure is not None and not execution.killed and _THROUGH not in execution.stdout
        checks.append(Check(name, held))
    return tuple(checks)
