"""Values as a reader of either language sees them. Nothing here changes a figure of the answer: those come as shown."""

import json
import re
from datetime import UTC, datetime

from pydantic import JsonValue

from kaiseki.cells import CELL_CHARACTERS, clipped, rounded
from kaiseki.report.wording import Wording

_ANCHOR_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


def anchor(kind: str, name: str) -> str:
    """An id that is safe in HTML and different for different names."""
    return f"{kind}-{_ANCHOR_UNSAFE.sub(lambda match: f'.{ord(match.group()):x}.', name)}"


def line_anchor(step: int, line: int) -> str:
    return f"step-{step:02d}-line-{line}"


def value_text(value: JsonValue) -> str:
    """A fact's value in full, as `run.json` has it; a string without its quotes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def first_line(text: str) -> str:
    return clipped(text.strip().partition("\n")[0], CELL_CHARACTERS)


def count(number: int) -> str:
    return f"{number:,}"


def dollars(amount: float) -> str:
    return f"${amount:,.2f}" if amount >= 1 or amount == 0 else f"${amount:.4f}"


def duration(seconds: float, t: Wording) -> str:
    if seconds < 10:
        return t.seconds.format(seconds=f"{seconds:.1f}")
    minutes, rest = divmod(round(seconds), 60)
    return t.minutes.format(minutes=minutes, seconds=rest) if minutes else t.seconds.format(seconds=rest)


def moment(when: datetime) -> str:
    if when.tzinfo is not None:
        when = when.astimezone(UTC)
    return when.strftime("%Y-%m-%d %H:%M UTC")


def size(number: int) -> str:
    amount = float(number)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def words(name: str) -> str:
    """`roc_auc` as `roc auc`."""
    return name.replace("_", " ")


def reading(value: JsonValue) -> str:
    """A measure for reading: decimals rounded, lists joined, small mappings written out."""
    match value:
        case None:
            return "–"
        case bool():
            return "✓" if value else "✗"
        case float():
            return rounded(value)
        case int():
            return count(value)
        case list():
            return ", ".join(reading(item) for item in value)
        case dict():
            return ", ".join(f"{words(key)} {reading(item)}" for key, item in value.items())
        case _:
            return str(value)
