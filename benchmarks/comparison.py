"""Ways to run code, measured in turn: each round times every one of them, so that a slow moment slows all."""

import re
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass

Run = Callable[[str], float]  # runs code, and returns the seconds until its result was there
Start = Callable[[], AbstractContextManager[Run]]
Place = Callable[[], AbstractContextManager[Callable[[str], object]]]  # gives what runs code there, and raises
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Contender:
    """`start` readies it, outside of what is measured. `target` is a bound for `figure`, if it has one."""

    name: str
    start: Start
    target: "Target | None" = None
    may_be_missing: bool = False  # others' software, which may not be there or not work


@dataclass(frozen=True)
class Target:
    """At most `factor` times what contender `than` takes in the same round, and `milliseconds`."""

    than: str
    factor: float = 1.0
    milliseconds: float = 0.0

    def __str__(self) -> str:
        factor = "" if self.factor == 1 else f"{self.factor:g} x "
        return f"{factor}{self.than}" + (f" + {self.milliseconds:g} ms" if self.milliseconds else "")


@dataclass(frozen=True)
class Table:
    """`lines` are rows of Markdown; `left_out` tells who is missing, and why."""

    title: str
    lines: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    def __str__(self) -> str:
        missing = [f"\nNot measured: {', '.join(self.left_out)}."] if self.left_out else []
        return "\n".join((f"### {self.title}", "", *self.lines, *missing))


def warm(place: Place) -> Start:
    """Times the code alone."""

    @contextmanager
    def start() -> Iterator[Run]:
        with place() as execute:

            def run(code: str) -> float:
                started = time.perf_counter()
                execute(code)
                return time.perf_counter() - started

            yield run

    return start


def fresh(place: Place, pause: float = 0.0) -> Start:
    """Times the way to a new place and the code; leaving it does not count. Before it, `pause` seconds of idleness."""

    @contextmanager
    def start() -> Iterator[Run]:
        def run(code: str) -> float:
            time.sleep(pause)
            started = time.perf_counter()
            with place() as execute:
                execute(code)
                return time.perf_counter() - started

        yield run

    return start


def compare(title: str, contenders: Iterable[Contender], code: str, rounds: int) -> Table:
    """The first contender is the base of all ratios, which are taken round by round."""
    with ExitStack() as started:
        present: dict[Contender, Run] = {}
        left_out = []
        for contender in contenders:
            try:
                run = started.enter_context(contender.start())
                run(code)  # warms caches
            except Exception as error:
                if not contender.may_be_missing:
                    raise
                left_out.append(f"{contender.name} ({_first_line(error)})")
            else:
                present[contender] = run
        seconds: dict[str, list[float]] = {contender.name: [] for contender in present}
        for _ in range(rounds):
            for contender, run in present.items():
                seconds[contender.name].append(run(code))
    lines = ["| | min ms | median ms | of the first | target | kept |", "|---|---:|---:|---:|---|---|"]
    lines += [_line(contender, seconds) for contender in present]
    return Table(f"{title} ({rounds} rounds)", tuple(lines), tuple(left_out))


def _line(contender: Contender, seconds: dict[str, list[float]]) -> str:
    taken = seconds[contender.name]
    base = next(iter(seconds.values()))
    ratio = statistics.median(own / first for own, first in zip(taken, base, strict=True))
    target, kept = "", ""
    if contender.target and contender.target.than in seconds:
        target = f"at most {contender.target}"
        bound = statistics.median(
            own - contender.target.factor * other
            for own, other in zip(taken, seconds[contender.target.than], strict=True)
        )
        kept = "yes" if bound * 1000 <= contender.target.milliseconds else "**no**"
    cells = (contender.name, f"{min(taken) * 1000:.2f}", f"{statistics.median(taken) * 1000:.2f}", f"{ratio:.2f}")
    return f"| {' | '.join((*cells, target, kept))} |"


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in _COLOURS.sub("", str(error)).splitlines() if line.strip()]
    return lines[0][:120] if lines else type(error).__name__
