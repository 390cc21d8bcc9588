"""Where the parts lie that the harness puts together."""

import socket
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]
SERVICE = Path(__file__).parents[1]
EMULATOR_PYTHON = ROOT / ".tools" / "ministack" / "bin" / "python"
PROJECT_PYTHON = Path(sys.executable)
CDK = ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"
ACCOUNT, REGION = "000000000000", "us-east-1"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
