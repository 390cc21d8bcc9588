"""A real `cdk bootstrap` and `cdk deploy` into the emulated AWS."""

import json
import subprocess
from pathlib import Path

from harness.emulator import Emulator
from harness.places import ACCOUNT, CDK, REGION, ROOT


def cdk(emulator: Emulator, *arguments: str, cwd: Path = ROOT, **environment: str) -> None:
    """Raises RuntimeError with the end of what the CDK wrote."""
    finished = subprocess.run(
        ["node", str(CDK), *arguments],
        cwd=cwd,
        env=emulator.environment | {"CDK_DEFAULT_ACCOUNT": ACCOUNT, "CDK_DEFAULT_REGION": REGION} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if finished.returncode:
        raise RuntimeError(f"cdk {' '.join(arguments)} failed:\n{finished.stdout[-4_000:]}")


def bootstrap(emulator: Emulator) -> None:
    cdk(emulator, "bootstrap", f"aws://{ACCOUNT}/{REGION}", cwd=emulator.folder)


def deploy(emulator: Emulator, app: str, stack: str) -> dict[str, str]:
    """The outputs of `stack` of the app that the command `app` synthesizes."""
    outputs = emulator.folder / "outputs.json"
    folders = ("--output", str(emulator.folder / "cdk.out"), "--outputs-file", str(outputs))
    cdk(emulator, "deploy", stack, "--app", app, "--require-approval", "never", *folders)
    (given,) = json.loads(outputs.read_text()).values()
    return given
