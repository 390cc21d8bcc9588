"""The part of a bundle that follows from the run alone, written at its end."""

from pathlib import Path

from kaiseki.errors import StoreError
from kaiseki.models import Run
from kaiseki.report.answer import harmless_markdown
from kaiseki.report.exhibits import accepted_records
from kaiseki.report.files import copy_kit, inventory
from kaiseki.report.html import render
from kaiseki.report.requirements import write_requirements
from kaiseki.report.script import write_script
from kaiseki.report.verdict import verdict

ANSWER = "answer.md"
REPORT = "report.html"
_TITLED = {"chart": "figure", "table": "table", "model": "model"}  # kind of record -> kind of its files


def publish(run: Run, bundle: Path) -> Run:
    """Writes the answer, the report, the notebook, the script and what they need; returns `run` with all its files.

    Raises StoreError.
    """
    from kaiseki.report.notebook import write_notebook  # its schemas load slowly: not on the way to the first call

    try:
        write_answer(run, bundle)
        copy_kit(bundle)
        write_notebook(run, bundle)
        write_script(run, bundle)
        write_requirements(run, bundle)
        (bundle / REPORT).write_text(render(run, bundle), encoding="utf-8", errors="replace")
    except OSError as error:
        reason = error.strerror or str(error)
        raise StoreError(
            f"the report could not be written in {bundle}: {reason}", hint="see whether the disk is full"
        ) from None
    return run.model_copy(update={"artifacts": inventory(bundle, _titles(run))})


def write_answer(run: Run, bundle: Path) -> None:
    """answer.md: the answer as it stands, or how the run ended; harmless in viewers that render HTML or load images."""
    ended = verdict(run, run.language)
    text = run.answer.strip() or f"{ended.sentence}\n\n{ended.advice}".strip()
    (bundle / ANSWER).write_text(harmless_markdown(text) + "\n", encoding="utf-8", errors="replace")


def _titles(run: Run) -> dict[tuple[str, str], str]:
    """(kind of file, name) -> the title that the code gave it."""
    return {
        (file_kind, name): record.title
        for record_kind, file_kind in _TITLED.items()
        for name, record in accepted_records(run, record_kind).items()
        if record.title
    }
