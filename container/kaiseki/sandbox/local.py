"""The sandbox on this machine: each session is a process apart, forked from a zygote that this program has started."""

import os
from datetime import UTC, datetime

from kaiseki.sandbox.launcher import PRELOAD, SessionTerms, Zygote
from kaiseki.sandbox.layers import Layers
from kaiseki.sandbox.limits import Limits
from kaiseki.sandbox.zygote_sandbox import ZygoteSandbox


class LocalSandbox(ZygoteSandbox):
    """`clock` is the moment at which generated code sees the wall clock stand (in UTC), `preload` the modules that the
    zygote imports in idle moments, so that later sessions need not.
    """

    def __init__(
        self,
        clock: datetime,
        limits: Limits | None = None,
        seed: int = 0,
        preload: tuple[str, ...] = PRELOAD,
        layers: Layers | None = None,
    ) -> None:
        terms = SessionTerms(clock.astimezone(UTC), seed, limits or Limits(), os.getegid())
        super().__init__(lambda: Zygote(terms, preload, layers), terms.limits)
