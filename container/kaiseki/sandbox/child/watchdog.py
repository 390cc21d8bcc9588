"""Measures a session's processes and folder against the limits that no rlimit can express."""

import math
import os
import time
from collections.abc import Callable
from pathlib import Path

from kaiseki.sandbox import workdir
from kaiseki.sandbox.child import processes, shared_memory, unnamed_files
from kaiseki.sandbox.limits import Limits

INTERVAL = 0.1  # seconds between two looks at the processes
_DISK_SHARE = 10  # the walk through the folder may take one part in so many of the time


class Watchdog:
    """Watches everything below this process."""

    def __init__(
        self, limits: Limits, folder: Path, shared_memory_used: Callable[[], int], beside: Callable[[], list[Path]]
    ) -> None:
        """`beside` tells what the session has put elsewhere than into its folder."""
        self._limits = limits
        self._folder = folder
        self._devices = shared_memory.devices() | {folder.stat().st_dev}
        self._shared_memory = shared_memory_used
        self._beside = beside
        self._buffers = 0  # bytes of pipes and sockets, as of the last walk
        self._next_look = self._next_walk = 0.0
        self._memory: float = math.inf  # until `allow_for`: what boots is not generated code
        self.peak_memory = 0

    def allow_for(self, interpreter: int) -> None:
        """Takes what this process has resident now as what sessions start with."""
        self._memory = self._limits.memory + processes.load([interpreter]).memory

    def begin(self) -> None:
        """Starts the count of the peak anew."""
        self.peak_memory = 0
        self._next_look = time.monotonic() + INTERVAL

    def exceeded(self) -> str:
        """The limit that was passed: "memory", "cpu", "processes" or "disk"; empty while all hold."""
        now = time.monotonic()
        if now < self._next_look:
            return ""
        self._next_look = now + INTERVAL
        return self._processes() or self._disk(now)

    def exceeded_at_last(self) -> str:
        """Like `exceeded`, without the folder: what a step has left running when it answers before a look was due."""
        return self._processes()

    def _processes(self) -> str:
        pids = processes.descendants(os.getpid())
        load = processes.load(pids)
        if load.processes > self._limits.processes or load.threads > self._limits.threads:
            return "processes"
        # Resident memory counts what a fork shares once per process: quick to read, and never too little.
        others = self._shared_memory() + self._buffers
        self.peak_memory = max(self.peak_memory, load.memory + others)
        if load.memory + others > self._memory and processes.proportional_memory(pids) + others > self._memory:
            return "memory"
        reaped = os.times()
        if load.cpu + reaped.children_user + reaped.children_system > self._limits.cpu:
            return "cpu"
        return ""

    def _disk(self, now: float) -> str:
        if now < self._next_walk:
            return ""
        unnamed = unnamed_files.held(processes.descendants(os.getpid()), self._devices)
        self._buffers = unnamed.buffers
        room = self._limits.disk - unnamed.disk
        too_much = workdir.exceeds(self._folder, room, self._limits.disk_entries, self._beside())
        done = time.monotonic()
        self._next_walk = done + max(INTERVAL, (done - now) * _DISK_SHARE)
        return "disk" if too_much else ""
