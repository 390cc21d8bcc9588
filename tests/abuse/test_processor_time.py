"""Code that takes more time of the processor than it was granted, in one process or in many."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from kaiseki.sandbox.limits import Limits

Attack = Callable[..., Any]  # of conftest.py
SECONDS = 20  # nothing below lasts longer, even without limits


@pytest.fixture(scope="module")
def limits() -> Limits:
    return replace(Limits(), cpu=1.0)


CPU = {
    "one-loop": "while time.monotonic() < until: pass",
    "threads-in-c": (
        "import hashlib, threading\n"
        "def burn():\n"
        "    while time.monotonic() < until: hashlib.sha256(bytes(1 << 20))\n"
        "for _ in range(4): threading.Thread(target=burn, daemon=True).start()\nburn()"
    ),
    "children": ("for _ in range(3):\n    if os.fork() == 0: break\nwhile time.monotonic() < until: pass"),
    "children-that-end-soon": (
        "while time.monotonic() < until:\n"
        "    if os.fork() == 0:\n"
        "        for _ in range(3_000_000): pass\n"
        "        os._exit(0)\n"
        "    os.wait()"
    ),
    "a-regular-expression": "import re\nre.match(r'(a+)+$', 'a' * 32 + 'b')",
    "a-power": "pow(3, 10 ** 9)",
    "programs": "subprocess.run(['sh', '-c', 'timeout 20 sh -c \"while :; do :; done\"'])",
}


@pytest.mark.parametrize("code", CPU.values(), ids=CPU.keys())
def test_time_of_the_processor_ends(attack: Attack, code: str) -> None:
    attempt = attack(f"until = time.monotonic() + {SECONDS}\n{code}", timeout=3)
    assert attempt.execution.killed in ("cpu", "time", "exit")
    assert attempt.in_time
