"""Text of the warehouse made safe for the card: it stays on its line and looks like nothing that a parser knows."""

import json
import re
import unicodedata

from kaiseki.catalog.identifiers import quoted

_LONGEST_VALUE = 40
_LONGEST_COMMENT = 120
_STRUCTURE = {ord("|"): "\\u007c", ord(";"): "\\u003b"}
_LINE_BREAKING = frozenset({"Cc", "Zl", "Zp"})
_INVISIBLE = _LINE_BREAKING | {"Cf", "Cs"}
_LONG_NUMBER = 12
_MIDNIGHT = re.compile(r"[ T]00:00:00(?:\.0+)?(?:Z|[+-]\d\d(?::?\d\d)?)?$")
_SUBSECONDS = re.compile(r"(?<=:\d\d)\.\d+")


def value(text: str) -> str:
    """A value as data have it; in double quotes with JSON escapes where it would break the line or be misread."""
    shown = text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
    if (
        shown
        and shown == shown.strip()
        and not shown.startswith('"')
        and all(map(_harmless, shown))
        and "```" not in shown
    ):
        return shown
    escaped = json.dumps(shown, ensure_ascii=False).translate(_STRUCTURE).replace("```", "\\u0060" * 3)
    return "".join(f"\\u{ord(c):04x}" if _is_invisible(c) else c for c in escaped)


def comment(text: str, longest: int = _LONGEST_COMMENT) -> str:
    """Prose on one line, without the marks that the card is built of."""
    plain = "".join(" " if _is_invisible(c) else c for c in text)
    plain = " ".join(plain.replace("```", "'''").split())
    plain = plain.replace(";", ",").replace("|", "/").replace("[", "(").replace("]", ")")
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def statement(sql: str) -> str:
    """SQL on one line; what could break the line is a space, in a literal too."""
    return "".join(" " if _is_invisible(c) else c for c in sql).replace("```", "'''")


def identifier(name: str) -> str:
    """A name as SQL must write it; a line break in it becomes its picture, since the card is read by lines."""
    shown = "".join("␤" if unicodedata.category(c) in _LINE_BREAKING and c != "\t" else c for c in quoted(name))
    return shown.replace("```", "'''")


def qualified(name: str) -> str:
    """`database.schema.table`, `schema.table` or `table`, each part as SQL must write it."""
    return ".".join(map(identifier, name.split(".")))


def shortened_number(text: str) -> str:
    """A number of at most six significant digits where it is long and has a fraction; others as they are."""
    if len(text) < _LONG_NUMBER or not re.fullmatch(r"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?", text):
        return value(text)
    number = float(text)
    return f"{number:.2f}" if abs(number) >= 1e6 else f"{number:.6g}"


def shortened_time(low: str, high: str) -> tuple[str, str]:
    """Two times without fractions of seconds, and without the hour if both are midnight."""
    if _MIDNIGHT.search(low) and _MIDNIGHT.search(high):
        return value(_MIDNIGHT.sub("", low)), value(_MIDNIGHT.sub("", high))
    return value(_SUBSECONDS.sub("", low)), value(_SUBSECONDS.sub("", high))


def _harmless(character: str) -> bool:
    return character not in "|;" and not _is_invisible(character)


def _is_invisible(character: str) -> bool:
    """Whether the character may break a line for some reader, or change how the line is shown."""
    return unicodedata.category(character) in _INVISIBLE
