"""Waiting for what other threads do: the end is for what never comes, so it may be far away."""

import time
from collections.abc import Callable


def eventually(true: Callable[[], bool], seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return False
