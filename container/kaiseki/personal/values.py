"""Values of people's data: known by their shape, and shown by it."""

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Sequence

from kaiseki.personal import english
from kaiseki.personal.kinds import Kind

SHAPE_CHARACTERS = 40
_ENOUGH = 0.5  # of the values looked at
_LONGEST = 200  # characters; what is longer is prose
_AT_LEAST = 3  # values of a kind whose check digit one number in ten has by chance

_EMAIL = re.compile(r"[^@\s,;<>\"']+@[^@\s,;<>\"']+\.[A-Za-z]{2,}")
_PHONE = re.compile(
    r"0\d{1,4}-\d{1,4}-\d{3,4}|0\d{1,3}\(\d{1,4}\)\d{3,4}|0[5789]0\d{8}|"
    r"\+\d{1,3}[ .-]?(?:\(?\d{1,4}\)?[ .-]?){2,5}\d{2,4}|"
    r"\(\d{3}\) ?\d{3}-\d{4}|(?:1-)?\d{3}-\d{3}-\d{4}"
)
_POSTAL = re.compile(
    r"(?:〒?\d{3}-?\d{4}\s*)?(?:北海道|東京都|大阪府|京都府|\w{2,3}県)\w{1,10}[市区町村郡].*[\d０-９一二三四五六七八九十].*|"
    r"\d{1,6} [\w .'-]{2,40} (?:St|Street|Ave|Avenue|Rd|Road|Blvd|Boulevard|Ln|Lane|Dr|Drive|Ct|Court|Way|Pl|Place)\b.*"
)
_CARD = re.compile(r"[3-6]\d{3}(?P<gap>[ -]?)(?:\d{4}(?P=gap)\d{4}(?P=gap)\d{1,7}|\d{6}(?P=gap)\d{4,5})")
_JAPANESE = "\u3041-\u30ff\u4e00-\u9fff\u3005"
_NAME = re.compile(
    rf"[A-Z][\w'’-]*\.?(?:,? [A-Z][\w'’-]*\.?){{1,4}}|"
    rf"[{_JAPANESE}]{{1,4}}[ \u3000][{_JAPANESE}]{{1,5}}|[{_JAPANESE}]{{3,5}}"
)
_SOCIAL_SECURITY = re.compile(r"(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}")
_MY_NUMBER = re.compile(r"\d{4}([ -]?)\d{4}\1\d{4}")
_ADDRESS_OF_HOST = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*")


def kind_by_values(values: Sequence[str], column: str = "") -> Kind | None:
    """What the values of one column tell of people, if half of them have the shape of it.

    `column` is its name: what looks like a name is one only where the column is called `customer` or the like.
    """
    seen = [value.strip() for value in values if value.strip()]
    names = _SHAPES_OF_PERSONS if english.is_person(english.content(column)) else ()
    for kind, has_shape, least in (*_SHAPES, *names):
        found = sum(1 for value in seen if len(value) <= _LONGEST and has_shape(value))
        if found >= least and found >= _ENOUGH * len(seen):
            return kind
    return None


def shape_of(value: str) -> str:
    """The value with each letter and digit as one that stands for all of its sort: `Taro-12` is `Aaaa-99`."""
    clipped = value if len(value) <= SHAPE_CHARACTERS else value[: SHAPE_CHARACTERS - 1]
    shape = "".join(map(_stand_in, clipped))
    return shape if len(value) <= SHAPE_CHARACTERS else shape + "…"


def _stand_in(character: str) -> str:
    if character.isascii():
        if character.isalpha():
            return "A" if character.isupper() else "a"
        return "9" if character.isdigit() else character if character.isprintable() else " "
    name = unicodedata.name(character, "")
    if name.startswith("CJK UNIFIED"):
        return "漢"
    if name.startswith("HIRAGANA"):
        return "あ"
    if "KATAKANA" in name:
        return "ア"
    category = unicodedata.category(character)
    return {"L": "A" if category == "Lu" else "a", "N": "9", "M": "a"}.get(category[0], "?")


def _is_card(value: str) -> bool:
    digits = [int(c) for c in value if c.isdecimal()]  # ² and ① are digits to isdigit(), and none to int()
    if not _CARD.fullmatch(value) or not 13 <= len(digits) <= 19:
        return False
    doubled = [d if n % 2 == 0 else d * 2 - 9 * (d > 4) for n, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def _is_my_number(value: str) -> bool:
    """個人番号: twelve digits, the last of which checks the others."""
    if not _MY_NUMBER.fullmatch(value):
        return False
    *digits, last = (int(c) for c in value if c.isdecimal())
    weights = (*range(2, 8), *range(2, 7))
    rest = sum(d * w for d, w in zip(reversed(digits), weights, strict=True)) % 11
    return last == (0 if rest <= 1 else 11 - rest)


def _is_address_of_host(value: str) -> bool:
    if not _ADDRESS_OF_HOST.fullmatch(value):
        return False
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda value: pattern.fullmatch(value) is not None


_Shape = tuple[Kind, Callable[[str], bool], int]  # of a kind: the test of a value, and how many must pass it
_SHAPES: tuple[_Shape, ...] = (
    (Kind.EMAIL, _matches(_EMAIL), 1),
    (Kind.PHONE, _matches(_PHONE), 1),
    (Kind.ADDRESS, _matches(_POSTAL), 1),
    (Kind.IDENTITY, _matches(_SOCIAL_SECURITY), 1),
    (Kind.ACCOUNT, _is_card, _AT_LEAST),
    (Kind.IDENTITY, _is_my_number, _AT_LEAST),
    (Kind.NETWORK, _is_address_of_host, 1),
)
_SHAPES_OF_PERSONS: tuple[_Shape, ...] = ((Kind.NAME, _matches(_NAME), 1),)
