"""Tables of the bundle as an answer shows them."""

import csv
from pathlib import Path

SHOWN_ROWS = 20


def markdown_tables(bundle: Path) -> dict[str, str]:
    """Name -> Markdown, for each CSV in the bundle's `tables/`; at most SHOWN_ROWS rows, the rest counted."""
    return {path.stem: _markdown(path) for path in sorted((bundle / "tables").glob("*.csv"))}


def _markdown(path: Path) -> str:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        shown: list[list[str]] = []
        rest = 0
        for row in rows:
            if len(shown) < SHOWN_ROWS:
                shown.append(row)
            else:
                rest += 1
    lines = [_line(header), _line(["---"] * len(header)), *map(_line, shown)]
    if rest:
        lines.append(_line([f"… {rest:,} more", *[""] * (len(header) - 1)]))
    return "\n".join(lines)


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
