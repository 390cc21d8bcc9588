"""analysis.py: the accepted steps as one script, in cells for editors that know `# %%`."""

from collections.abc import Iterator
from pathlib import Path

from kaiseki.models import Run, Step
from kaiseki.report.program import PRELUDE, RESEED, about_the_clock, future_imports, plain_text
from kaiseki.report.verdict import verdict

SCRIPT = "analysis.py"

_HEAD = '''\
"""An analysis, to be run in the folder of its bundle: neither Kaiseki nor the warehouse is needed.

    pip install -r requirements.txt
    PYTHONHASHSEED=0 python analysis.py
"""
'''
_SETUP = f'''\
def _prepare():
    """Takes the bundle's own kit, and seeds random numbers as the run did."""
    import os
    import random
    import sys
    from pathlib import Path

    import numpy as np

    os.environ.setdefault("MPLBACKEND", "Agg")
    sys.path.insert(0, str(Path(__file__).resolve().parent))
{RESEED}

_prepare()
{PRELUDE}'''


def write_script(run: Run, bundle: Path) -> None:
    """Writes the script of `run` into `bundle`."""
    steps = [(step, *future_imports(step.code)) for step in run.accepted_steps]
    futures = sorted({name for _, _, names in steps for name in names})
    parts = [_HEAD, f"from __future__ import {', '.join(futures)}\n" if futures else ""]
    parts += [_words(_about_the_run(run)), _cell(_SETUP)]
    for step, code, _ in steps:
        parts.append(_words("\n".join(_about(step))))
        if code.strip():
            parts.append(_cell(code))
    parts.append(_words(_answer(run)))
    text = "\n".join(part for part in parts if part)
    (bundle / SCRIPT).write_text(text, encoding="utf-8")


def _about_the_run(run: Run) -> str:
    return f"{run.prompt.strip()}\n\nRun {run.id}. {about_the_clock(run)}"


def _about(step: Step) -> Iterator[str]:
    yield f"Step {step.number}: {step.purpose}" if step.purpose else f"Step {step.number}"
    for query in step.queries:
        cut = ", cut at the row cap" if query.truncated else ""
        yield f"\n{query.name}: {query.rows:,} rows{cut}\n"
        yield query.sql.strip()


def _answer(run: Run) -> str:
    ended = verdict(run, run.language)
    return run.answer.strip() or f"{ended.sentence} {ended.advice}".strip()


def _words(text: str) -> str:
    """Comments: whatever the text holds, each of its lines starts with a hash."""
    lines = (f"# {line}".rstrip() for line in plain_text(text).splitlines())
    return "\n".join(("# %% [markdown]", *lines, ""))


def _cell(code: str) -> str:
    return f"# %%\n{code.rstrip()}\n"
