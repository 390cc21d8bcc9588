"""The task of a run: its size, and the image it starts. Prices as in settings.py."""

import re
from dataclasses import dataclass
from typing import Literal

from infra.settings import require

# Memory in MiB that Fargate sells with so many units of CPU (1,024 units: one vCPU): first, last, step.
FARGATE_SIZES: dict[int, tuple[int, int, int]] = {
    1_024: (2_048, 8_192, 1_024),
    2_048: (4_096, 16_384, 1_024),
    4_096: (8_192, 30_720, 1_024),
    8_192: (16_384, 61_440, 4_096),
    16_384: (32_768, 122_880, 8_192),
}
PROGRAM_MB = 2_048  # the program, its rows on their way to Parquet, and the sandbox's preloaded packages


@dataclass(frozen=True)
class Runner:
    """The task of a run. One vCPU with 8 GB for five minutes costs about $0.005 (ARM64), $0.006 (X86_64).

    cpu         1,024 is one vCPU; less is too slow to start
    memory_mb   for the program (2 GB), /tmp, which is memory too, and a session of generated code, which gets the rest
    scratch_mb  of /tmp, where sessions live
    disk_gib    for the bundle that is being built; 20 is free
    capacity    `spot` costs a third and may be taken away within two minutes; `spot-first` falls back on `on-demand`
    """

    architecture: Literal["ARM64", "X86_64"] = "ARM64"
    cpu: int = 1_024
    memory_mb: int = 8_192
    scratch_mb: int = 3_072
    disk_gib: int = 21
    capacity: Literal["on-demand", "spot", "spot-first"] = "on-demand"
    container_insights: bool = (
        False  # metrics per task, about $0.35 each and month; the run's own metrics are always there
    )

    def __post_init__(self) -> None:
        require(
            self.architecture in ("ARM64", "X86_64"), f"no architecture {self.architecture}", "choose ARM64 or X86_64"
        )
        require(
            self.cpu in FARGATE_SIZES, f"Fargate has no size of {self.cpu} CPU units", f"choose of {[*FARGATE_SIZES]}"
        )
        first, last, step = FARGATE_SIZES[self.cpu]
        require(
            first <= self.memory_mb <= last and self.memory_mb % step == 0,
            f"Fargate has no {self.memory_mb} MB with {self.cpu} CPU units",
            f"choose {first} to {last} in steps of {step}",
        )
        require(
            self.scratch_mb >= 512 and self.session_mb >= 512,
            f"{self.memory_mb} MB of memory leave {self.session_mb} MB for generated code beside /tmp and the program",
            "raise memory_mb, or let scratch_mb be less, but 512 at least",
        )
        require(21 <= self.disk_gib <= 200, f"Fargate has no disk of {self.disk_gib} GiB", "choose 21 to 200")
        require(
            self.capacity in ("on-demand", "spot", "spot-first"),
            f"there is no capacity '{self.capacity}'",
            "choose on-demand, spot or spot-first",
        )

    @property
    def session_mb(self) -> int:
        return self.memory_mb - self.scratch_mb - PROGRAM_MB


@dataclass(frozen=True)
class ToolchainImage:
    """The image that the toolchain built and promoted to this environment: its digest stands in a parameter."""

    repository: str = "kaiseki"


@dataclass(frozen=True)
class ImageUri:
    """An image of another registry, best by digest. `repository_arn` where it is in ECR, so that it may be pulled."""

    uri: str
    repository_arn: str | None = None

    def __post_init__(self) -> None:
        require(
            bool(re.fullmatch(r"[\w.:/@-]+", self.uri)), f"'{self.uri}' is no image", "write registry/name@sha256:..."
        )
