"""The outbox: each call of the kit becomes one line of `records.jsonl`, signed with the step and line that made it."""

import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from kaiseki_kit.values import Json

Kind = Literal["load", "fact", "setting", "table", "chart", "model", "check"]

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
LONGEST_TEXT = 200
_STEP_FILE = re.compile(r"step-(\d+)\.py")
# Facts and settings are filled into the same placeholders, so they share one set of names.
_NAMESPACE: dict[Kind, str] = {"fact": "fact", "setting": "fact", "table": "table", "chart": "chart", "model": "model"}
_taken: set[tuple[str, int, str, str]] = set()


def outbox() -> Path | None:
    """The folder that records and files go to; None in a notebook, where nothing is written."""
    configured = os.environ.get("KAISEKI_OUTBOX")
    return Path(configured) if configured else None


def calling_place() -> tuple[int, int]:
    """Step and line of the innermost generated code on the stack; step 0 outside of a run."""
    frame = sys._getframe()
    caller_line = 0
    while frame is not None:
        step = _STEP_FILE.fullmatch(Path(frame.f_code.co_filename).name)
        if step:
            return int(step.group(1)), frame.f_lineno
        if not caller_line and not frame.f_globals.get("__name__", "").startswith("kaiseki_kit"):
            caller_line = frame.f_lineno
        if frame.f_back is None:
            break
        frame = frame.f_back
    return 0, caller_line


def check_names(kind: Kind, *names: str) -> None:
    """Raises ValueError unless each name is well-formed and new in this step. Call it before anything is written."""
    for name in names:
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise ValueError(
                f"{kind} name {name!r}: a name is at most 63 lower-case letters, digits and underscores, "
                f"and starts with a letter"
            )
        if _key(kind, name) in _taken:
            raise ValueError(f"{kind} {name!r} is already recorded in this step: choose another name")


def _key(kind: Kind, name: str) -> tuple[str, int, str, str]:
    return str(outbox()), calling_place()[0], _NAMESPACE.get(kind, kind), name


def check_text(kind: Kind, name: str, what: str, text: str | None) -> None:
    """Raises for a note, unit or title that is no short text."""
    if text is None:
        return
    if not isinstance(text, str):
        raise TypeError(f"{kind} {name!r}: the {what} must be text, not {type(text).__name__}")
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"{kind} {name!r}: the {what} has {len(text)} characters, at most {LONGEST_TEXT} are kept")


def record(
    kind: Kind,
    name: str,
    value: Json = None,
    *,
    unit: str | None = None,
    note: str | None = None,
    title: str | None = None,
    files: Sequence[str] = (),
) -> None:
    """Appends one record; does nothing in a notebook. `files` are relative to the outbox."""
    folder = outbox()
    if folder is None:
        return
    step, line = calling_place()
    entry = {
        "kind": kind,
        "name": name,
        "step": step,
        "line": line,
        "value": value,
        "unit": unit,
        "note": note,
        "title": title,
        "files": list(files),
    }
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "records.jsonl").open("a", encoding="utf-8") as records:
        records.write(json.dumps(entry, ensure_ascii=False, allow_nan=False) + "\n")
    if kind in _NAMESPACE:  # loads and checks may repeat
        _taken.add(_key(kind, name))


def file_in(folder: Path, relative: str) -> Path:
    """The path to write to, with its folder made."""
    path = folder / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
