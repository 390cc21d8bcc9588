"""The error of generated code as plain Python would show it to whoever wrote it."""

import linecache
import re
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

STEP_FILE = re.compile(r"step-\d{2,}\.py")
_LONGEST_MESSAGE = 4_000  # characters
_LONGEST_TRACEBACK = 16_000  # characters
_LIBRARY_FRAMES = 8  # shown of a row of library frames; the middle of a longer one says little
_GAP = ""  # the file name of a mark
_OUR_FOLDER = str(Path(__file__).parent)


def step_file(step: int) -> str:
    """The file name that generated code is compiled under; the kit reads the step's number from it."""
    return f"step-{step:02d}.py"


def register_source(file: str, code: str) -> None:
    """Lets tracebacks show the lines of `code`. Without a time stamp linecache does not look for the file on disk."""
    linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)


def describe(error: BaseException, file: str, hidden: tuple[str, ...]) -> dict[str, Any]:
    """Type, message, line and traceback of `error`, which the step in `file` raised.

    The line is the innermost one in `file`: where a function of an earlier step fails, the line that called it.
    `hidden` are the folders whose frames are left out.
    """
    shown = traceback.TracebackException.from_exception(error, compact=True)
    _hide(shown, (*hidden, _OUR_FOLDER), set())
    message = str(error.msg) if isinstance(error, SyntaxError) else _message(error)
    return {
        "type": type(error).__name__,
        "message": _clean(_cut(message, _LONGEST_MESSAGE)),
        "line": _line(error, file),
        "traceback": _clean(_cut("".join(shown.format()), _LONGEST_TRACEBACK)),
    }


class _Stack(traceback.StackSummary):
    """Frames, and marks where frames were left out."""

    def format_frame_summary(self, frame_summary: traceback.FrameSummary, **options: Any) -> str:
        if frame_summary.filename == _GAP:
            return f"  ... {frame_summary.lineno} frames of libraries ...\n"
        return super().format_frame_summary(frame_summary, **options)


def _hide(shown: traceback.TracebackException, hidden: tuple[str, ...], seen: set[int]) -> None:
    if id(shown) in seen:
        return
    seen.add(id(shown))
    frames = [frame for frame in shown.stack if not frame.filename.startswith(hidden)]
    for frame in frames:
        frame.filename = _short_path(frame.filename)
    shown.stack = _Stack(_shorten(frames))
    for other in (shown.__cause__, shown.__context__, *(getattr(shown, "exceptions", None) or ())):
        if other is not None:
            _hide(other, hidden, seen)


def _shorten(frames: list[traceback.FrameSummary]) -> list[traceback.FrameSummary]:
    """Cuts the middle out of long rows of library frames."""
    kept: list[traceback.FrameSummary] = []
    row: list[traceback.FrameSummary] = []
    for frame in [*frames, None]:
        if frame is not None and not STEP_FILE.fullmatch(frame.filename):
            row.append(frame)
            continue
        if len(row) > _LIBRARY_FRAMES:
            half = _LIBRARY_FRAMES // 2
            gap = traceback.FrameSummary(_GAP, len(row) - 2 * half, "", lookup_line=False)
            row = [*row[:half], gap, *row[-half:]]
        kept += row
        row = []
        if frame is not None:
            kept.append(frame)
    return kept


def _short_path(file: str) -> str:
    """As seen from where Python looks for packages: where that is on this machine helps nobody to mend the code."""
    root = max((root for root in sys.path if root and file.startswith(f"{root}/")), key=len, default="")
    return file[len(root) + 1 :] if root else file


def _line(error: BaseException, file: str) -> int | None:
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno
    innermost = None
    step: TracebackType | None = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == file:
            innermost = step.tb_lineno
        step = step.tb_next
    return innermost


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - the class is the generated code's own
        return "<its message could not be shown>"


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n... [{len(text) - 2 * half:,} characters left out] ...\n{text[-half:]}"


def _clean(text: str) -> str:
    """Lone surrogates cannot be stored as UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()
