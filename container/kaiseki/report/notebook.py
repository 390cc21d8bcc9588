"""analysis.ipynb: the accepted steps, to be run top to bottom on the bundle's own rows."""

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat

from kaiseki.models import Query, Run, Step
from kaiseki.report.answer import harmless_markdown
from kaiseki.report.program import PRELUDE, RESEED, about_the_clock, plain_text
from kaiseki.report.verdict import verdict

NOTEBOOK = "analysis.ipynb"

_SETUP = f'''\
def _prepare():
    """Finds the bundle, and seeds random numbers as the run did."""
    import random
    import sys
    from pathlib import Path

    import numpy as np

    here = Path.cwd()
    bundle = next((folder for folder in (here, *here.parents) if (folder / "kaiseki_kit").is_dir()), None)
    if bundle is None:
        raise FileNotFoundError(f"no kaiseki_kit in {{here}} or above: start the notebook in the folder of its bundle")
    sys.path.insert(0, str(bundle))
{RESEED}

_prepare()
{PRELUDE}'''
_MARKDOWN = re.compile(r"([\\`*_\[\]<>!&$|#~])")


def write_notebook(run: Run, bundle: Path) -> None:
    """Writes the notebook of `run` into `bundle`: nbformat 4.5, the same bytes for the same run."""
    notebook = nbformat.v4.new_notebook(
        cells=list(_cells(run)),
        metadata={
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
    )
    nbformat.validate(notebook)
    (bundle / NOTEBOOK).write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


def _cells(run: Run) -> Iterator[nbformat.NotebookNode]:
    yield _words("question", _head(run))
    yield _code("setup", _SETUP)
    for step in run.accepted_steps:
        yield _words(f"step-{step.number:02d}-purpose", _about(step))
        if step.code.strip():
            yield _code(f"step-{step.number:02d}", step.code)
    yield _words("answer", f"## Answer\n\n{_answer(run)}")


def _head(run: Run) -> str:
    return f"""\
# Analysis

{_fenced(run.prompt)}

Run `{run.id}`. The rows that its queries brought are in `data/`; neither Kaiseki nor the warehouse is needed:

```
pip install -r requirements.txt jupyterlab
PYTHONHASHSEED=0 jupyter lab analysis.ipynb
```

{about_the_clock(run)}"""


def _about(step: Step) -> str:
    heading = f"## Step {step.number}: {_escaped(step.purpose)}" if step.purpose else f"## Step {step.number}"
    return "\n\n".join((heading, *map(_query, step.queries)))


def _query(query: Query) -> str:
    cut = ", cut at the row cap" if query.truncated else ""
    return f"`{query.name}`: {query.rows:,} rows{cut}\n\n{_fenced(query.sql, 'sql')}"


def _answer(run: Run) -> str:
    """Jupyter would load images and set `$...$` as a formula."""
    if not run.answer.strip():
        ended = verdict(run, run.language)
        return f"{_escaped(ended.sentence)} {_escaped(ended.advice)}".strip()
    return harmless_markdown(run.answer.strip()).replace("$", r"\$")


def _fenced(text: str, language: str = "") -> str:
    longest = max((len(ticks) for ticks in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", text)


def _words(identifier: str, source: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_markdown_cell(plain_text(source), id=identifier)


def _code(identifier: str, source: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell(source.rstrip("\n"), id=identifier)
