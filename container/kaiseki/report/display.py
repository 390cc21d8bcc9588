"""Values as a reader of either language sees them. Nothing here changes a figure of the answer: those come as shown."""

import json
import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import JsonValue

from kaiseki.report.wording import Wording

_ANCHOR_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")
_DECIMAL = re.compile(r"[-+]?[0-9]+\.[0-9]+(?:[eE][-+]?[0-9]+)?")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_SIGNIFICANT_DIGITS = 6
_CELL_CHARACTERS = 240
_CELL_DIGITS = 4
_MOST_PLACES = 6


def anchor(kind: str, name: str) -> str:
    """An id that is safe in HTML and different for different names."""
    return f"{kind}-{_ANCHOR_UNSAFE.sub(lambda match: f'.{ord(match.group()):x}.', name)}"


def line_anchor(step: int, line: int) -> str:
    return f"step-{step:02d}-line-{line}"


def value_text(value: JsonValue) -> str:
    """A fact's value in full, as `run.json` has it; a string without its quotes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text.strip()))


def column(texts: Sequence[str]) -> list[str]:
    """The cells of one column for reading: decimals of one length, long text cut.

    As many decimals as give the number closest to zero four significant digits; where that would take too many, each
    number is rounded by itself.
    """
    numbers = [text.strip() for text in texts if text.strip()]
    if not numbers or not all(map(is_number, numbers)):
        return [clipped(text, _CELL_CHARACTERS) for text in texts]
    places = max(map(_places, numbers))
    return [_with_places(text.strip(), places) if text.strip() else "" for text in texts]


def _places(text: str) -> int:
    """Decimals that `text` needs, of those it has."""
    if not _DECIMAL.fullmatch(text) or float(text) == 0:
        return 0
    mantissa, _, exponent = repr(float(text)).partition("e")
    there = len(mantissa.partition(".")[2].rstrip("0")) - int(exponent or 0)
    return max(0, min(there, _CELL_DIGITS - 1 - math.floor(math.log10(abs(float(text))))))


def _with_places(text: str, places: int) -> str:
    if places > _MOST_PLACES:
        return rounded(float(text)) if _DECIMAL.fullmatch(text) else text
    return f"{float(text):.{places}f}" if _DECIMAL.fullmatch(text) or places else text


def rounded(number: float) -> str:
    """At most six significant digits; digits before the decimal point are all kept."""
    if number == 0 or number != number or number in (float("inf"), float("-inf")):
        return f"{number:g}"
    if abs(number) >= 10 ** (_SIGNIFICANT_DIGITS - 1):
        return f"{number:.1f}".removesuffix(".0")
    return f"{number:.{_SIGNIFICANT_DIGITS}g}"


def clipped(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def first_line(text: str) -> str:
    return clipped(text.strip().partition("\n")[0], _CELL_CHARACTERS)


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
