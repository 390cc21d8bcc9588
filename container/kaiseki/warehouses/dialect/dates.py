"""Dates and times: date parts, differences by boundaries, ends of months, and the run's clock."""

import re
from collections.abc import Callable
from datetime import datetime

from sqlglot import exp

from kaiseki.warehouses.dialect.zones import PLAIN_ZONES
from kaiseki.warehouses.duckdb.expressions import (
    Rule,
    as_timestamp,
    call,
    cast,
    literal_text,
    number,
    paren,
    text,
    unsupported,
)
from kaiseki.warehouses.refusal import Refusal
from kaiseki.warehouses.sql import types
from kaiseki.warehouses.sql.inference import type_of
from kaiseki.warehouses.sql.shape import line_of

# "Date parts for date or timestamp functions"; note that `m` is minutes.
_SPELLINGS = {
    "millennium": "millennia mil mils",
    "century": "centuries c cent cents",
    "decade": "decades dec decs",
    "epoch": "",
    "year": "years y yr yrs",
    "quarter": "quarters qtr qtrs",
    "month": "months mon mons",
    "week": "weeks w",
    "dow": "dayofweek dw weekday",
    "doy": "dayofyear dy yearday",
    "day": "days d",
    "hour": "hours h hr hrs",
    "minute": "minutes m min mins",
    "second": "seconds s sec secs",
    "millisecond": "milliseconds ms msec msecs msecond mseconds millisec millisecs millisecon",
    "microsecond": "microseconds microsec microsecs usecond useconds us usec usecs",
}
_PARTS = {spelling: part for part, others in _SPELLINGS.items() for spelling in (part, *others.split())}
_STEPS = ("year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond", "microsecond")
_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_OFFSET = re.compile(r"(?!Etc/).*[+-]\d|\d")
_WRITTEN = re.compile(r"\s*(?:epoch|\d{4}[-/]\d\d?[-/]\d\d?(?!\d).*)", re.IGNORECASE | re.DOTALL)
_ENDS_IN_ZONE = re.compile(r"[:\d]\s*([A-Za-z]{2,})\s*")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)((?:[ T].*)?)")


def part_name(node: exp.Expr, of: exp.Expr, allowed: tuple[str, ...] = ()) -> str:
    """The date part that `node` spells. Raises Refusal for one that Redshift, or this place, does not have."""
    spelled = node.name.lower()
    part = _PARTS.get(spelled)
    if part is None:
        hint = "Use year, quarter, month, week, day, hour, minute or second."
        raise Refusal("UnknownDatePart", f"{spelled} is not a date part", line_of(of), hint)
    if allowed and part not in allowed:
        raise unsupported(of, f"the date part {part} here", f"Use {', '.join(allowed)}.")
    return part


def iso_date(written: exp.Literal) -> exp.Literal:
    """A date as DuckDB must read it: 20220502 as 2022-05-02. Raises Refusal for what it would read otherwise.

    DuckDB takes 24-01-05 for a day of the year 24."""
    match = _COMPACT.fullmatch(written.name.strip())
    iso = f"{match[1]}-{match[2]}-{match[3]}{match[4]}" if match else str(written.name)
    zone = _ENDS_IN_ZONE.search(iso)
    if not _WRITTEN.fullmatch(iso) or (zone and zone.end() == len(iso) and zone[1].lower() not in PLAIN_ZONES):
        hint = "Write 'YYYY-MM-DD HH:MI:SS', or TO_DATE(text, 'format')."
        raise Refusal("InvalidValue", f"the text '{written.name}' is not a date or time", line_of(written), hint)
    return text(iso)


def _moment(value: exp.Expr) -> exp.Expr:
    if isinstance(value, exp.Literal) and value.is_string:
        return cast(iso_date(value), "TIMESTAMP")
    return as_timestamp(value)


def _date_or_moment(value: exp.Expr) -> exp.Expr:
    return value if type_of(value) in (types.TIMESTAMPTZ, types.TIME) else _moment(value)


def extract(node: exp.Extract) -> exp.Expr:
    """EXTRACT gives the part alone, as an integer; of a TIMESTAMPTZ as DOUBLE PRECISION."""
    found = _part(part_name(node.this, node), node.expression, whole=True)
    return cast(found, "DOUBLE") if type_of(node) == types.DOUBLE else found


def _date_part(node: exp.Anonymous) -> exp.Expr:
    return cast(_part(part_name(node.expressions[0], node), node.expressions[1], whole=False), "DOUBLE")


def _part(part: str, of: exp.Expr, whole: bool) -> exp.Expr:
    value = of if type_of(of) in (types.INTERVAL, types.DATE) else _date_or_moment(of)
    name = {"millisecond": "milliseconds", "microsecond": "microseconds"}.get(part, part)
    found: exp.Expr = call("date_part", text(name), value)
    if part == "decade":
        return exp.Add(this=found, expression=number(1))
    if part == "millisecond":
        return exp.Mod(this=cast(found, "BIGINT"), expression=number(1000))
    if part == "microsecond":
        return exp.Mod(this=cast(found, "BIGINT"), expression=number(1_000_000))
    if part == "epoch" and whole:
        return cast(call("floor", found), "BIGINT")
    if part == "second" and not whole:
        return exp.Div(this=call("date_part", text("microseconds"), value.copy()), expression=number(1e6))
    return found


def _date_part_year(node: exp.Anonymous) -> exp.Expr:
    return cast(call("date_part", text("year"), _moment(node.expressions[0])), "INTEGER")


def _date_trunc(node: exp.Anonymous) -> exp.Expr:
    part = part_name(node.expressions[0], node, _STEPS)
    return call("date_trunc", text(part), _date_or_moment(node.expressions[1]))


def _date_add(node: exp.Anonymous) -> exp.Expr:
    part = part_name(node.expressions[0], node, _STEPS)
    factor, unit = {"quarter": (3, "month"), "week": (7, "day")}.get(part, (1, part))
    count = cast(node.expressions[1], "BIGINT")
    if factor > 1:
        count = cast(exp.Mul(this=count, expression=number(factor)), "BIGINT")
    if unit in ("year", "month", "day"):
        count = cast(count, "INTEGER")
    return exp.Add(this=_date_or_moment(node.expressions[2]), expression=call(f"to_{unit}s", count))


def _date_diff(node: exp.Anonymous) -> exp.Expr:
    part = part_name(node.expressions[0], node, _STEPS)
    start, end = (_time_or_moment(e) for e in node.expressions[1:])
    if part == "week":
        start, end = (call("date_trunc", text("week"), e) for e in (start, end))
        return exp.IntDiv(this=call("date_diff", text("day"), start, end), expression=number(7))
    return call("date_diff", text(part), start, end)


def _time_or_moment(value: exp.Expr) -> exp.Expr:
    return value if type_of(value) == types.TIME else _moment(value)


def _add_months(node: exp.Anonymous) -> exp.Expr:
    return call("kaiseki_add_months", _moment(node.expressions[0]), cast(node.expressions[1], "INTEGER"))


def _months_between(node: exp.Anonymous) -> exp.Expr:
    return call("kaiseki_months_between", *(_moment(e) for e in node.expressions))


def _last_day(node: exp.Anonymous) -> exp.Expr:
    return call("last_day", _moment(node.expressions[0]))


def _next_day(node: exp.Anonymous) -> exp.Expr:
    written = literal_text(node.expressions[1], "the day", node).lower()
    found = [n for n, day in enumerate(_WEEKDAYS) if len(written) >= 2 and day.startswith(written)]
    if not found:
        raise Refusal("WrongArguments", f"{written} is not a day of the week", line_of(node), "Write 'Monday'.")
    return call("kaiseki_next_day", _moment(node.expressions[0]), number(found[0]))


def _compare(node: exp.Anonymous) -> exp.Expr:
    kind = "DATE" if node.name.lower() == "date_cmp" else "TIMESTAMP"
    return call("kaiseki_compare", *(cast(e, kind) for e in node.expressions))


def _truncate_number_or_moment(node: exp.Anonymous) -> exp.Expr:
    value = node.expressions[0]
    if type_of(value).is_datetime:
        return cast(value, "DATE")
    if type_of(value) in (types.VARCHAR, types.REAL):
        value = cast(value, "DOUBLE")
    return call("trunc", value, *node.expressions[1:])


def _convert_timezone(node: exp.Anonymous) -> exp.Expr:
    zones, value = node.expressions[:-1], node.expressions[-1]
    zones = [_zone(zone, node) for zone in zones]
    source = zones[0] if len(zones) == 2 else text("UTC")
    moment = value if type_of(value) == types.TIMESTAMPTZ else call("timezone", source, _moment(value))
    return call("timezone", zones[-1], moment)


def _zone(zone: exp.Expr, of: exp.Expr) -> exp.Expr:
    """The zone, if it means one thing: GMT+9 lies west of Greenwich by POSIX and east of it in DuckDB."""
    if not isinstance(zone, exp.Literal):
        return call("kaiseki_zone", zone)
    if _OFFSET.match(zone.name) or ("/" not in zone.name and zone.name.lower() not in PLAIN_ZONES):
        raise unsupported(of, f"the time zone {zone.name}", "Name the zone: 'Asia/Tokyo'.")
    return zone


def _getdate(now: datetime) -> exp.Expr:
    return cast(text(f"{now:%Y-%m-%d %H:%M:%S}"), "TIMESTAMP")


def _sysdate(now: datetime) -> exp.Expr:
    return cast(text(f"{now:%Y-%m-%d %H:%M:%S.%f}"), "TIMESTAMP")


def _current_date(now: datetime) -> exp.Expr:
    return cast(text(f"{now:%Y-%m-%d}"), "DATE")


def at_time_zone(node: exp.AtTimeZone) -> exp.Expr:
    value = node.this
    zone = _zone(node.args["zone"], node)
    if type_of(value) != types.TIMESTAMPTZ:
        value = _moment(value)
    return call("timezone", zone, paren(value))


CLOCK: dict[str, Callable[[datetime], exp.Expr]] = {
    "getdate": _getdate,
    "sysdate": _sysdate,
    "current_date": _current_date,
}
DATES: dict[str, Rule] = {
    "date_part": _date_part,
    "date_part_year": _date_part_year,
    "date_trunc": _date_trunc,
    "dateadd": _date_add,
    "date_add": _date_add,
    "datediff": _date_diff,
    "date_diff": _date_diff,
    "add_months": _add_months,
    "months_between": _months_between,
    "last_day": _last_day,
    "next_day": _next_day,
    "date_cmp": _compare,
    "timestamp_cmp": _compare,
    "trunc": _truncate_number_or_moment,
    "convert_timezone": _convert_timezone,
}
