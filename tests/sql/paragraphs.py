"""Tables of SQL in files that are read like text: paragraphs, each a statement, under headings that begin with #.

What is expected of a statement stands after `-->`, to the end of its line, which ends the paragraph; ⟨U+0000⟩ stands
for a character that cannot be seen."""

import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
_UNSEEN = re.compile(r"⟨U\+([0-9A-F]{4,6})⟩")


@dataclass(frozen=True)
class Paragraph:
    """`expected` is empty where nothing follows the statement."""

    sql: str
    expected: str
    heading: str
    place: str

    def __str__(self) -> str:
        return f"{self.place}: {self.sql[:60]}"


def paragraphs(folder: str) -> list[Paragraph]:
    """All paragraphs of the files in `folder`, by file name."""
    return [p for file in sorted((HERE / folder).glob("*.sql")) for p in _read(file)]


def statements(folder: str) -> list[str]:
    return [p.sql for p in paragraphs(folder)]


def _read(file: Path) -> list[Paragraph]:
    found: list[Paragraph] = []
    heading, lines, start = "", [], 0
    for number, line in enumerate([*file.read_text(encoding="utf-8").splitlines(), ""], 1):
        if line.startswith("# ") and not lines:
            heading = line[2:]
        elif line.strip():
            start = start if lines else number
            lines.append(line)
        if lines and ("-->" in line or not line.strip()):
            sql, _, expected = "\n".join(lines).partition("-->")
            place = f"{file.stem}:{start}"
            found.append(Paragraph(_with_unseen(sql.strip()), _with_unseen(expected.strip()), heading, place))
            lines = []
    return found


def _with_unseen(text: str) -> str:
    return _UNSEEN.sub(lambda match: chr(int(match[1], 16)), text)
