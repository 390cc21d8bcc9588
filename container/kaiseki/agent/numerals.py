"""Numerals as they stand in English and Japanese text: each with its value, its unit, and the word beside it."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_SIGN = r"(?:(?<![\w)\]）])[-−+±])?"
_NUMBER = r"\d(?:[\d,，]*\d)?(?:[.．]\d+)?"
_SCALED = rf"(?:{_NUMBER}\s?[兆億万千百])+(?:{_NUMBER})?|{_NUMBER}"
# A range, date, time or fraction is one numeral: 2024-01-05, 18〜25, 10:30, 1/3.
_NUMERAL = re.compile(rf"{_SIGN}(?:{_SCALED})(?:\s?[-–—−〜～~:：/／]\s?(?:{_SCALED}))*")
_BEFORE = re.compile(r"([A-Za-z_]+|[一-鿿々ァ-ヶー]+)[\s=:#＝：]{0,3}$")
_LONGEST_BEFORE = 120  # characters looked at: a prompt may hold a pasted table of thousands of numerals
_LONGEST_CURRENCY = 3
_CURRENCY = re.compile(r"([$¥￥€£])\s?$")
_AFTER = re.compile(r"[\s-]?(%|％|‰|°|[A-Za-z]+|[ァ-ヶー]+|[一-鿿々]|[ぁ-ん])")
_MONTHS = re.compile(r"\s?[ヶケヵカか箇][月年国所]")

_UNITS = {
    **dict.fromkeys(("%", "％", "percent", "percentage", "pct", "パーセント"), "%"),
    **dict.fromkeys(("pp", "pps", "point", "points", "pt", "pts", "ポイント"), "point"),
    **dict.fromkeys(("k", "thousand"), "thousand"),
    **dict.fromkeys(("m", "mn", "million", "millions"), "million"),
    **dict.fromkeys(("bn", "b", "billion", "billions"), "billion"),
    **dict.fromkeys(("x", "times", "fold", "倍"), "times"),
    "割": "割",
    "‰": "‰",
}
_MEASURES = frozenset(_UNITS.values())  # a figure with one of these is another figure without it
_PARTICLES = frozenset("はがをにのとでもへやか")
_STOPWORDS = frozenset(
    "a about an and are around as at by for from have has in into is it of on or over than that the to under was were "
    "with 約 計 合計 平均".split()
)
_YEAR_WORDS = frozenset("in during since until from to through of by for between and year years before after".split())
_DETERMINERS = frozenset("the this that whole full entire all".split())
_YEAR = re.compile(r"(19|20)\d\d")
_SYMBOLS = str.maketrans({"，": ",", "．": ".", "：": ":", "／": "/", "￥": "¥"} | dict.fromkeys("–—−〜～~", "-"))


@dataclass(frozen=True)
class Numeral:
    """One figure of a text; `digits` is its value in ASCII without thousands separators, `shown` has its unit too."""

    shown: str
    start: int
    end: int
    digits: str
    currency: str
    before: str  # the word in front of it
    after: str  # its unit, counter, or the word behind it

    def same_as(self, other: "Numeral") -> bool:
        """Whether both say the same: equal digits and unit, and equal words on one side at least."""
        if (self.digits, self.currency) != (other.digits, other.currency):
            return False
        if self.after != other.after and {self.after, other.after} & _MEASURES:
            return False
        if self._composite or (self._reads_as_year and other._year):
            return True
        if self.after == other.after and (self.after or self.currency or self.before == other.before):
            return True
        return self._described and self.before == other.before

    @property
    def _described(self) -> bool:
        return bool(self.before) and self.before not in _STOPWORDS | _YEAR_WORDS

    @property
    def _composite(self) -> bool:
        return bool(re.search(r"\d[-:/]", self.digits))

    @property
    def _year(self) -> bool:
        return bool(_YEAR.fullmatch(self.digits)) and (self.after == "年" or self.before in _YEAR_WORDS)

    @property
    def _reads_as_year(self) -> bool:
        """Weaker, for a year that the question named: "the 2025 rate", "2025 was", but not "2025 items"."""
        bare = not self.after and not self.currency
        return self._year or (bool(_YEAR.fullmatch(self.digits)) and (bare or self.before in _DETERMINERS))


def numerals(text: str) -> Iterator[Numeral]:
    """The figures of `text` in decimal digits of any script; superscripts are none."""
    for match in _NUMERAL.finditer(text):
        currency = _CURRENCY.search(text, max(0, match.start() - _LONGEST_CURRENCY), match.start())
        begin = currency.start() if currency else match.start()
        after, end = _after(text, match.end())
        yield Numeral(
            shown=text[begin:end],
            start=match.start(),
            end=match.end(),
            digits=_ascii(match[0]),
            currency=currency[1].translate(_SYMBOLS) if currency else "",
            before=_before(text, begin),
            after=after,
        )


def _ascii(numeral: str) -> str:
    plain = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in numeral)
    return re.sub(r"[,\s]", "", plain.translate(_SYMBOLS)).removeprefix("+")


def _before(text: str, begin: int) -> str:
    """The word in the same line that ends at `begin`, but for a sign or two between them."""
    match = _BEFORE.search(text[max(0, begin - _LONGEST_BEFORE) : begin].rpartition("\n")[2])
    if not match:
        return ""
    return match[1].casefold() if match[1].isascii() else match[1][-2:]


def _after(text: str, end: int) -> tuple[str, int]:
    """The unit or the word behind a numeral that ends at `end`, and where its unit ends."""
    if months := _MONTHS.match(text, end):
        return f"か{months[0][-1]}", months.end()
    match = _AFTER.match(text, end)
    if not match:
        return "", end
    word = match[1].casefold()
    if unit := _UNITS.get(word):
        return unit, match.end()
    if word in _PARTICLES or word in _STOPWORDS:
        return "", end
    if word.isascii():
        return word.removesuffix("s"), end
    return word, match.end()
