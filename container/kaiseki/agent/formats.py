"""How one recorded value is shown: the specs of a placeholder, with rounding half up, as readers round."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from math import isfinite

from pydantic import JsonValue

SPECS = "`,` `.2f` `,.2f` `.1%` `.1pp` `.3g`, each with `+` before it to show the sign, and `p` for a p-value"
RATIO_UNITS = frozenset({"ratio", "growth", "change", "比", "比率", "倍率", "成長率", "増減率", "増加率", "変化率"})
PERCENT_UNITS = frozenset({"%", "％", "percent", "percentage", "pct", "pp", "パーセント", "ポイント"})
MISSING_TEXTS = frozenset({"nan", "NaN", "NaT", "<NA>"})

_SPEC = re.compile(r"(?P<sign>\+?)(?P<comma>,?)(?:\.(?P<places>\d{1,2})(?P<type>f|%|pp|g))?", re.ASCII)
_MOST_PLACES = 12
_DEFAULT_DIGITS = 6  # significant ones, of a float without a spec
_EXPONENT_BELOW, _EXPONENT_FROM = -6, 15  # powers of ten between which numbers are written out
_LARGEST = 1000  # digits of an integer
_WIDE = Context(prec=2 * _LARGEST)  # wide enough that nothing is rounded but by a spec


@dataclass(frozen=True)
class Unshowable:
    """Why a value cannot be shown so; `type` is the name of the failure."""

    type: str
    message: str
    hint: str


@dataclass(frozen=True)
class Format:
    """A parsed spec. `type` is "" for the default, else one of , f % pp g p."""

    type: str = ""
    places: int = 0
    comma: bool = False
    sign: bool = False


def parse_spec(spec: str) -> Format | None:
    """The format that `spec` asks for; None if there is no such spec. Empty text asks for the default."""
    if spec == "p":
        return Format("p")
    match = _SPEC.fullmatch(spec)
    if not match:
        return None
    kind, places = match["type"] or ("," if match["comma"] else ""), int(match["places"] or 0)
    if places > _MOST_PLACES or (kind == "g" and places == 0) or (match["comma"] and kind not in (",", "f")):
        return None
    return Format(kind, places, bool(match["comma"]), bool(match["sign"]))


def show(value: JsonValue, spec: Format, unit: str | None) -> str | Unshowable:
    """The text of one value that is neither list nor object. `.N%` and `.Npp` append `%` and ` pp`."""
    if value is None:
        return Unshowable("NoValue", "it is None", "record a value, or say in words that there is none")
    if isinstance(value, bool | str):
        return _show_word(value, spec)
    if isinstance(value, int | float):
        if isinstance(value, float) and not isfinite(value):
            return Unshowable("NoValue", f"it is {value}", "record a finite value, or say in words that there is none")
        return _show_number(value, spec, unit)
    return Unshowable("WrongType", "it is no single value", "choose one of its values by [key]")


def _show_word(value: bool | str, spec: Format) -> str | Unshowable:
    text = str(value).lower() if isinstance(value, bool) else " ".join(value.split())
    if not text or text in MISSING_TEXTS:
        return Unshowable(
            "NoValue", f"it is {text or 'empty text'}", "record a value, or say in words that there is none"
        )
    if spec != Format():
        return Unshowable("WrongType", f"it is the text {text[:40]!r}, not a number", "cite it without a spec")
    return text


def _show_number(value: int | float, spec: Format, unit: str | None) -> str | Unshowable:
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if number.adjusted() > _LARGEST:
        return Unshowable("WrongType", "it is too long a number to show", "record it in a larger unit")
    if spec.type in ("%", "pp"):
        if refusal := _refused_fraction(number, spec, unit):
            return refusal
        number = number.scaleb(2, _WIDE)
    if spec.type == "p":
        return _show_p(number)
    shown = _NOTATIONS.get(spec.type, _default)(number, spec, isinstance(value, int))
    if spec.sign and number > 0 and any(digit in shown for digit in "123456789"):
        shown = f"+{shown}"
    return shown + {"%": "%", "pp": " pp"}.get(spec.type, "")


def _refused_fraction(number: Decimal, spec: Format, unit: str | None) -> Unshowable | None:
    name = (unit or "").strip().casefold()
    if name in PERCENT_UNITS:
        return Unshowable(
            "NotAFraction",
            f"its unit is {unit!r}, and .N{spec.type} takes fractions",
            "record the fraction (0.234 for 23.4 percent), or show it with .Nf and write the unit behind it",
        )
    if abs(number) > 1 and name not in RATIO_UNITS:
        return Unshowable(
            "NotAFraction",
            f"{_default(number, spec, whole=False)} is no fraction, and .N{spec.type} takes fractions",
            "record the fraction (0.234 for 23.4 percent); for growth beyond one record it with unit='ratio'",
        )
    return None


def _show_p(number: Decimal) -> str | Unshowable:
    if not 0 <= number <= 1:
        message = f"{_default(number, Format(), whole=False)} is no p-value: those lie between 0 and 1"
        return Unshowable("NotAProbability", message, "use another spec")
    if number < Decimal("0.001"):
        return "<0.001"
    if number > Decimal("0.999"):
        return ">0.999"
    return _fixed(number, 3)


def _fixed(number: Decimal, places: int, comma: bool = False) -> str:
    with localcontext(_WIDE):
        rounded = number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
        rounded = abs(rounded) if rounded.is_zero() else rounded  # no "-0.00"
        return format(rounded, ",f" if comma else "f")


def _significant(number: Decimal, digits: int, keep_integer: bool) -> str:
    """Rounded to `digits` significant digits, without trailing zeros; `keep_integer` spares those before the point."""
    if number.is_zero():
        return "0"
    with localcontext(_WIDE):
        places = digits - 1 - number.adjusted()
        if keep_integer and number.adjusted() < _EXPONENT_FROM:
            places = max(places, 0)
        rounded = number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP).normalize()
        if _EXPONENT_BELOW <= rounded.adjusted() < _EXPONENT_FROM:
            return format(rounded, "f")
        mantissa = rounded.scaleb(-rounded.adjusted()).normalize()
        return f"{mantissa:f}e{rounded.adjusted():+03d}"


def _default(number: Decimal, _: Format, whole: bool) -> str:
    return _fixed(number, 0) if whole else _significant(number, _DEFAULT_DIGITS, keep_integer=True)


def _grouped(number: Decimal, spec: Format, whole: bool) -> str:
    """Thousands separators; a float keeps its default digits."""
    if whole:
        return _fixed(number, 0, comma=True)
    plain = _default(number, spec, whole=False)
    return plain if "e" in plain else format(Decimal(plain), ",f")


_NOTATIONS: dict[str, Callable[[Decimal, Format, bool], str]] = {
    ",": _grouped,
    "f": lambda number, spec, _: _fixed(number, spec.places, spec.comma),
    "%": lambda number, spec, _: _fixed(number, spec.places),
    "pp": lambda number, spec, _: _fixed(number, spec.places),
    "g": lambda number, spec, _: _significant(number, spec.places, keep_integer=False),
}
