"""Makes two runs of the same code give the same values: one moment, and the same random numbers."""

import random
from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import time_machine


def freeze(clock: datetime, seed: int) -> None:
    """Holds the wall clock of this process at `clock`, and seeds its generators.

    time.monotonic and perf_counter go on, so timeouts and waits work. Not covered: numpy.datetime64("now"), which
    asks the kernel; programs that are started; os.urandom, and what draws from it (uuid4, secrets, random.Random()).
    The order of sets comes from PYTHONHASHSEED, which the zygote was started with.
    """
    time_machine.travel(clock, tick=False).start()
    random.seed(seed)
    np.random.seed(seed)
    np.random.default_rng = _seeded_default_rng(np.random.default_rng, seed)


def _seeded_default_rng(default_rng: Callable[..., Any], seed: int) -> Callable[..., Any]:
    """numpy's default_rng() takes fresh entropy; here the first call without a seed, the second, ... each have one."""
    seeds = np.random.SeedSequence(seed)

    def seeded(seed: Any = None) -> Any:
        return default_rng(seeds.spawn(1)[0] if seed is None else seed)

    seeded.__name__ = seeded.__qualname__ = "default_rng"
    seeded.__doc__ = default_rng.__doc__
    return seeded
