"""Tables of the bundle as an answer shows them."""

import csv
from collections.abc import Sequence
from pathlib import Path

from kaiseki.cells import column

SHOWN_ROWS = 20


def markdown_tables(bundle: Path) -> dict[str, str]:
    """Name -> Markdown, for each CSV in the bundle's `tables/`; at most SHOWN_ROWS rows, the rest counted."""
    return {path.stem: _markdown(path) for path in sorted((bundle / "tables").glob("*.csv"))}


def _markdown(path: Path) -> str:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        rows = [row for row in reader if len(row) == len(header)]
    shown = [column(cells) for cells in zip(*rows[:SHOWN_ROWS], strict=True)]
    lines = [_line(header), _line(["---"] * len(header)), *map(_line, zip(*shown, strict=True))]
    if len(rows) > SHOWN_ROWS:
        lines.append(_line([f"… {len(rows) - SHOWN_ROWS:,} more", *[""] * (len(header) - 1)]))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
