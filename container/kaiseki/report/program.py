"""What the notebook and the script have in common: the analysis as a program that needs no Kaiseki."""

import ast
import re

from kaiseki.models import Run

SEED = 0  # the sandbox's
RESEED = f"""\
    random.seed({SEED})
    np.random.seed({SEED})
    fresh, seeds = np.random.default_rng, np.random.SeedSequence({SEED})
    np.random.default_rng = lambda seed=None: fresh(seeds.spawn(1)[0] if seed is None else seed)
"""
PRELUDE = """\
from kaiseki_kit import *
import numpy as np
import pandas as pd
"""
ABOUT_THE_CLOCK = (
    "During the run the clock stood still at {moment}; code that asks for the time gets the present one here."
)
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def plain_text(text: str) -> str:
    """Without control characters, which neither source code nor a notebook may hold."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n"))


def about_the_clock(run: Run) -> str:
    return ABOUT_THE_CLOCK.format(moment=run.created_at.isoformat(timespec="seconds"))


def future_imports(code: str) -> tuple[str, list[str]]:
    """`code` with its `from __future__` lines emptied, and the names they import.

    A step may start with them, a script only as a whole.
    """
    lines, names = code.splitlines(), []
    for node in ast.parse(code).body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            names += [alias.name for alias in node.names]
            for number in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                lines[number - 1] = ""
    return "\n".join(lines), names
