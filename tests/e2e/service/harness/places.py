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


def listener() -> socket.socket:
    """On a port of its own, taken from now on: one that was looked up and left free may be anybody's a moment later."""
    return socket.create_server(("127.0.0.1", 0), backlog=128)
