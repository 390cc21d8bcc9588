"""Datetime format strings, for TO_CHAR, TO_DATE and TO_TIMESTAMP.

Redshift's patterns have case ('Mon', 'MON'), padding ('Month' is nine wide) and parts that strftime lacks, so TO_CHAR
becomes a concatenation, one piece per part."""

import re

from sqlglot import exp

from kaiseki.warehouses.duckdb.expressions import (
    Rule,
    as_timestamp,
    call,
    cast,
    literal_text,
    number,
    text,
    unsupported,
)
from kaiseki.warehouses.refusal import Refusal
from kaiseki.warehouses.sql import types
from kaiseki.warehouses.sql.inference import type_of
from kaiseki.warehouses.sql.shape import line_of

_PLAIN = {
    "YYYY": "%Y",
    "YY": "%y",
    "MM": "%m",
    "DDD": "%j",
    "DD": "%d",
    "HH24": "%H",
    "HH12": "%I",
    "HH": "%I",
    "MI": "%M",
    "SS": "%S",
    "MS": "%g",
    "US": "%f",
    "IYYY": "%G",
    "IW": "%V",
}
_NAMES = {"MONTH": ("%B", 9), "MON": ("%b", 3), "DAY": ("%A", 9), "DY": ("%a", 3)}
_COMPUTED = ("Q", "D", "ID", "WW", "W", "AM", "PM", "YYY", "Y", "CC", "J")
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|(?P<fm>FM)?(?P<part>'
    + "|".join(sorted({*_PLAIN, *_NAMES, *_COMPUTED}, key=len, reverse=True))
    + r")(?P<suffix>TH)?",
    re.IGNORECASE,
)
_LONGER = re.compile("SSSS|IDDD|Y,YYY", re.IGNORECASE)  # parts that would be taken for two others
_PARSED = {**{k: v for k, v in _PLAIN.items() if k not in ("DDD", "IYYY", "IW")}, "MONTH": "%B", "MON": "%b"}
_PARSED |= {"AM": "%p", "PM": "%p", "DAY": "%A", "DY": "%a"}


def _to_char(node: exp.Anonymous) -> exp.Expr:
    value, pattern = node.expressions
    of = type_of(value)
    if of.is_number:
        hint = "Use ROUND(value, 2)::VARCHAR, or format the number in the answer."
        raise unsupported(node, "TO_CHAR of a number", hint)
    written = literal_text(pattern, "the format", node)
    moment = value if of == types.TIMESTAMPTZ else as_timestamp(value)
    pieces = [_piece(part, moment) for part in _split(written, node)]
    if not pieces:
        return text("")
    result = pieces[0]
    for piece in pieces[1:]:
        result = exp.DPipe(this=result, expression=piece, safe=True)
    return exp.Paren(this=result) if len(pieces) > 1 else result


def _split(pattern: str, node: exp.Anonymous) -> list[re.Match[str] | str]:
    """The parts of a format, and between them the literal text. Letters that are no part must be quoted."""
    found: list[re.Match[str] | str] = []
    if longer := _LONGER.search(pattern):
        raise unsupported(node, f"{longer[0]} in a format")
    position = 0
    while position < len(pattern):
        match = _TOKEN.match(pattern, position)
        if match is None:
            if pattern[position].isascii() and pattern[position].isalpha():
                hint = f'Text in a format is quoted: "{pattern[position]}".'
                message = f"the format '{pattern}' is not supported at '{pattern[position:]}'"
                raise Refusal("Unsupported", message, line_of(node), hint)
            found.append(pattern[position])
            position += 1
            continue
        if match["suffix"]:
            hint = 'Write a literal T in double quotes: YYYY-MM-DD"T"HH24:MI:SS.'
            raise Refusal("Unsupported", f"the ordinal TH in '{pattern}' is not supported", line_of(node), hint)
        found.append(match["quoted"] if match["quoted"] is not None else match)
        position = match.end()
    return found


def _piece(part: re.Match[str] | str, moment: exp.Expr) -> exp.Expr:
    if isinstance(part, str):
        return text(part)
    written, name = part["part"], part["part"].upper()
    value = moment.copy()
    if name in _NAMES:
        return _name(written, name, bool(part["fm"]), value)
    if name in _PLAIN:
        shown: exp.Expr = call("strftime", value, text(_PLAIN[name]))
        return call("kaiseki_unpadded", shown) if part["fm"] else shown
    if name in ("AM", "PM"):
        shown = call("strftime", value, text("%p"))
        return shown if written.isupper() else call("lower", shown)
    if name in ("YYY", "Y"):
        return call("right", call("strftime", value, text("%Y")), number(len(name)))
    if name == "J":
        return cast(cast(call("julian", cast(value, "DATE")), "BIGINT"), "VARCHAR")
    return _computed(name, value)


def _name(written: str, name: str, bare: bool, value: exp.Expr) -> exp.Expr:
    pattern, width = _NAMES[name]
    shown: exp.Expr = call("strftime", value, text(pattern))
    if written.isupper():
        shown = call("upper", shown)
    elif written.islower():
        shown = call("lower", shown)
    return shown if bare else call("rpad", shown, number(width), text(" "))


def _computed(name: str, value: exp.Expr) -> exp.Expr:
    def part(of: str) -> exp.Expr:
        return call("date_part", text(of), value.copy())

    def week_of(of: str) -> exp.Expr:
        days = exp.Paren(this=exp.Sub(this=part(of), expression=number(1)))
        return exp.Add(this=exp.IntDiv(this=days, expression=number(7)), expression=number(1))

    made: dict[str, exp.Expr] = {
        "Q": part("quarter"),
        "D": exp.Add(this=part("dow"), expression=number(1)),
        "ID": part("isodow"),
        "CC": part("century"),
        "WW": week_of("doy"),
        "W": week_of("day"),
    }
    shown = made[name]
    as_text = cast(shown, "VARCHAR")
    return call("lpad", as_text, number(2), text("0")) if name in ("WW", "CC") else as_text


def _parse_format(node: exp.Anonymous) -> str:
    made = ""
    for part in _split(literal_text(node.expressions[1], "the format", node), node):
        if isinstance(part, str):
            made += part.replace("%", "%%")
        elif part["part"].upper() in _PARSED:
            made += _PARSED[part["part"].upper()]
        else:
            raise unsupported(node, f"{part['part']} in the format of {node.name.upper()}")
    return made


def _to_date(node: exp.Anonymous) -> exp.Expr:
    return cast(_parsed(node), "DATE")


def _to_timestamp(node: exp.Anonymous) -> exp.Expr:
    return call("timezone", text("UTC"), _parsed(node))


def _parsed(node: exp.Anonymous) -> exp.Expr:
    value = node.expressions[0]
    if len(node.expressions) > 2:
        raise unsupported(node, f"the third argument of {node.name.upper()}", "Leave it out.")
    written = value if type_of(value) == types.VARCHAR else cast(value, "VARCHAR")
    return call("strptime", written, text(_parse_format(node)))


FORMATS: dict[str, Rule] = {"to_char": _to_char, "to_date": _to_date, "to_timestamp": _to_timestamp}
