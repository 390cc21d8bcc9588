"""Waiting for what happens elsewhere: the end is for what never comes, so it may be far away."""

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


def wait_for(happened: Callable[[], Value], within: float = 120.0, every: float = 0.1) -> Value:
    """What `happened` gives, as soon as that is true."""
    deadline = time.monotonic() + within
    while not (value := happened()):
        assert time.monotonic() < deadline, f"not after {within:.0f} s"
        time.sleep(every)
    return value
