"""The cells of a table for reading: decimals of one length in a column, long text cut."""

import csv
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

CELL_CHARACTERS = 240
_DECIMAL = re.compile(r"[-+]?[0-9]+\.[0-9]+(?:[eE][-+]?[0-9]+)?")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_SIGNIFICANT_DIGITS = 6
_CELL_DIGITS = 4
_MOST_PLACES = 6
_LONGEST_READ = 1 << 30  # characters of a cell


@contextmanager
def long_cells(most: int = _LONGEST_READ) -> Iterator[None]:
    """`most` characters are in a cell of CSV before Python raises csv.Error; the limit is one for the whole process."""
    before = csv.field_size_limit(most)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text.strip()))


def column(texts: Sequence[str]) -> list[str]:
    """The cells of one column for reading: decimals of one length, long text cut.

    As many decimals as give the number closest to zero four significant digits; where that would take too many, each
    number is rounded by itself.
    """
    numbers = [text.strip() for text in texts if text.strip()]
    if not numbers or not all(map(_is_finite_number, numbers)):
        return [clipped(text, CELL_CHARACTERS) for text in texts]
    places = max(map(_places, numbers))
    return [_with_places(text.strip(), places) if text.strip() else "" for text in texts]


def _is_finite_number(text: str) -> bool:
    return is_number(text) and math.isfinite(float(text))


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
    if not places and not _DECIMAL.fullmatch(text):
        return text
    shown = f"{float(text):.{places}f}"
    return shown if float(shown) else shown.removeprefix("-")


def rounded(number: float) -> str:
    """At most six significant digits; digits before the decimal point are all kept."""
    if number == 0 or number != number or number in (float("inf"), float("-inf")):
        return f"{number:g}"
    if abs(number) >= 10 ** (_SIGNIFICANT_DIGITS - 1):
        return f"{number:.1f}".removesuffix(".0")
    return f"{number:.{_SIGNIFICANT_DIGITS}g}"


def clipped(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
