"""Tables of the bundle as an answer shows them."""

import csv
from collections.abc import Sequence
from pathlib import Path

from kaiseki.cells import column, long_cells
from kaiseki.language import Language

SHOWN_ROWS = 20
_MORE = {"en": "… {:,} more", "ja": "… ほか {:,} 行"}


def markdown_tables(bundle: Path, rows: int = SHOWN_ROWS, language: Language = "en") -> dict[str, str]:
    """Name -> Markdown, for each CSV in the bundle's `tables/`; at most `rows` rows, the rest counted."""
    return {path.stem: _markdown(path, rows, _MORE[language]) for path in sorted((bundle / "tables").glob("*.csv"))}


def _markdown(path: Path, most: int, more: str) -> str:
    with long_cells(), path.open(encoding="utf-8", errors="replace", newline="") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        rows = [row for row in reader if len(row) == len(header)]
    shown = [column(cells) for cells in zip(*rows[:most], strict=True)]
    lines = [_line(header), _line(["---"] * len(header)), *map(_line, zip(*shown, strict=True))]
    if len(rows) > most:
        lines.append(_line([more.format(len(rows) - most), *[""] * (len(header) - 1)]))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
