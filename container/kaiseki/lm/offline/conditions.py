"""Which rows the question speaks of: values, comparisons, dates."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from kaiseki.lm.offline import vocabulary as words
from kaiseki.lm.offline.mentions import Mention
from kaiseki.lm.offline.names import Names
from kaiseki.lm.offline.reading import Briefing, Column
from kaiseki.lm.offline.source import literal

_NUM = r"(-?\d+(?:\.\d+)?)"
_LINK = r"['\"`」』]? ?(?:is|are|was|of|that is|列|が|は|の値が|の|を)? ?(?:equals? |equal to )?"
_COMPARISONS = tuple(
    (operator, re.compile(f"{_LINK}(?:{pattern})"))
    for operator, pattern in (
        ("BETWEEN", rf"(?:between )?{_NUM} ?(?:and|to|から|〜|~|-) ?{_NUM}"),
        (">=", rf"(?:at least|>=|no less than) ?{_NUM}|{_NUM}[^\d\s,、。]{{0,2}}?以上"),
        ("<=", rf"(?:at most|<=|no more than|up to) ?{_NUM}|{_NUM}[^\d\s,、。]{{0,2}}?以下"),
        (
            ">",
            rf"(?:over|above|more than|greater than|higher than|larger than|exceed\w*|>) ?{_NUM}|{_NUM}[^\d\s,、。"
            rf"]{{0,2}}?(?:超|より大き|より高|より多)",
        ),
        (
            "<",
            rf"(?:under|below|less than|lower than|smaller than|fewer than|<) ?{_NUM}|{_NUM}[^\d\s,、。"
            rf"]{{0,2}}?(?:未満|より小さ|より低|より少な)",
        ),
        ("=", rf"(?:==?|equals|equal to) ?'?{_NUM}'?|(?<=is ){_NUM}|(?<=は){_NUM}|(?<=が){_NUM}"),
    )
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_PERIOD = re.compile(
    rf"(?P<y1>\d{{4}})[-/](?P<m1>\d{{1,2}})[-/](?P<d1>\d{{1,2}})|"
    rf"(?P<y2>\d{{4}})年(?P<m2>\d{{1,2}})月(?:(?P<d2>\d{{1,2}})日)?|"
    rf"\b{_MONTH},? (?P<y3>\d{{4}})\b|(?P<y5>\d{{4}})-(?P<m5>0[1-9]|1[0-2])\b|\bq(?P<q>[1-4]) (?:of "
    rf")?(?P<y6>\d{{4}})\b|"
    r"(?<!\d)(?P<y4>(?:19|20)\d{2})(?:年度?)?(?!\d)"
)
_RELATIVE = (
    (re.compile(r"\blast year\b|昨年|去年"), "year", -1),
    (re.compile(r"\bthis year\b|今年"), "year", 0),
    (re.compile(r"\blast month\b|先月"), "month", -1),
    (re.compile(r"\bthis month\b|今月"), "month", 0),
)
_RANGE = re.compile(r" ?(?:to|until|till|through|-|–|〜|~|から) ?")
_RANGE_START = re.compile(r"\bbetween ?$")
_SINCE = re.compile(r"\b(?:since|from|starting)(?: the)? ?$")
_AFTER = re.compile(r"\bafter ?$")
_BEFORE = re.compile(r"\b(?:before|until|prior to) ?$")


@dataclass(frozen=True)
class Condition:
    """`column operator values`; for a time column the bounds are a date and the date that follows the last."""

    column: Column
    operator: str  # "IN", "BETWEEN", "PERIOD", "=", "<", "<=", ">", ">="
    values: tuple[str, ...]
    negated: bool = False

    def sql(self, name: str) -> str:
        numeric = self.column.kind == "number" or (self.column.kind == "flag" and self.column.whole)
        values = [v if numeric else literal(v) for v in self.values]
        if self.operator == "PERIOD":
            bounds = zip((">=", "<"), self.values, strict=True)
            return " AND ".join(f"{name} {sign} {literal(day)}" for sign, day in bounds if day)
        if self.operator == "BETWEEN":
            return f"{name} BETWEEN {values[0]} AND {values[1]}"
        if self.operator != "IN":
            return f"{name} {self.operator} {values[0]}"
        if len(values) == 1:
            return f"{name} {'<>' if self.negated else '='} {values[0]}"
        return f"{name} {'NOT IN' if self.negated else 'IN'} ({', '.join(values)})"


def find_conditions(names: Names, briefing: Briefing) -> tuple[tuple[Condition, ...], tuple[tuple[int, int], ...]]:
    """The conditions, and the stretches of the question that they were read from."""
    text, columns = names.masked, names.columns
    found: list[Condition] = []
    spans: list[tuple[int, int]] = []
    for mention, column in columns:
        if column.numeric and (match := _comparison(text, mention)):
            operator, numbers, end = match
            found.append(Condition(column, operator, numbers))
            spans.append((mention.start, end))
    found += _of_values(names, spans)
    time, stretch = _period(names, briefing, spans)
    return (*found, *time), (*spans, *stretch)


def _comparison(text: str, mention: Mention) -> tuple[str, tuple[str, ...], int] | None:
    for operator, pattern in _COMPARISONS:
        if match := pattern.match(text, mention.end):
            return operator, tuple(g for g in match.groups() if g is not None), match.end()
    return None


def _of_values(names: Names, spans: list[tuple[int, int]]) -> list[Condition]:
    text = names.masked
    wanted: dict[tuple[str, str, bool], tuple[Column, list[str]]] = {}
    for mention, column, value in names.values:
        before, after = text[: mention.start], text[mention.end :]
        negated = bool(words.NOT_BEFORE.search(before) or words.NOT_AFTER.match(after))
        wanted.setdefault((column.table, column.sql, negated), (column, []))[1].append(value)
        for spot, other in names.columns:
            if other is column and re.fullmatch(
                r"['\"`」』]? ?(?:=|is|are|equals|が|は|:|の)? ?['\"`「『]?", text[spot.end : mention.start]
            ):
                spans.append((spot.start, mention.end))
    return [
        Condition(column, "IN", tuple(dict.fromkeys(chosen)), negated)
        for (_, _, negated), (column, chosen) in wanted.items()
    ]


def _period(
    names: Names, briefing: Briefing, spans: list[tuple[int, int]]
) -> tuple[list[Condition], list[tuple[int, int]]]:
    free = "".join(" " if any(a <= i < b for a, b in spans) else c for i, c in enumerate(names.masked))
    periods = [(m.start(), m.end(), *_bounds(m)) for m in _PERIOD.finditer(free) if _bounds(m) != ("", "")]
    periods += _relative(free, briefing.today)
    column = _time_column(names, briefing)
    if not periods or column is None or not _joined(free, periods):
        return [], []
    first, last = periods[0], periods[-1]
    start, end = min(p[2] for p in periods), max(p[3] for p in periods)
    if len(periods) == 1:
        before, after = free[: first[0]], free[first[1] :]
        if _SINCE.search(before) or re.match(r" ?(?:以降|以後|から)", after):
            end = ""
        elif _AFTER.search(before) or re.match(r" ?より後", after):
            start, end = end, ""
        elif _BEFORE.search(before) or re.match(r" ?(?:以前|より前|まで)", after):
            start, end = "", end if re.match(r" ?(?:以前|まで)", after) else start
    stretch = [(p[0], p[1]) for p in periods]
    if column.kind == "time":
        return [Condition(column, "PERIOD", (start, end))], stretch
    years = (start[:4] or "0", str(int(end[:4]) - (end[4:] == "-01-01")) if end else "9999")
    return [Condition(column, "BETWEEN", years)], [*stretch, (first[0], last[1])]


def _joined(text: str, periods: list[tuple[int, int, str, str]]) -> bool:
    """Whether the periods make one: a range, or years that follow each other ("2023 and 2025" are two)."""
    pairs = list(pairwise(periods))
    return all(
        a[3] == b[2] or _RANGE.fullmatch(text[a[1] : b[0]]) or _RANGE_START.search(text[: a[0]]) for a, b in pairs
    )


def _bounds(match: re.Match[str]) -> tuple[str, str]:
    """First day, and the day after the last; two empty texts if there is no such date."""
    part = {k: int(v) for k, v in match.groupdict().items() if v}
    year = next(v for k, v in part.items() if k.startswith("y"))
    month = next((v for k, v in part.items() if k.startswith("m")), 0)
    day = next((v for k, v in part.items() if k.startswith("d")), 0)
    named = next((g for g in match.groups() if g in _MONTHS), None)
    try:
        if day:
            return date(year, month, day).isoformat(), (date(year, month, day) + timedelta(days=1)).isoformat()
        if "q" in part:
            return _months(year, part["q"] * 3 - 2, 3)
        if month or named:
            return _months(year, month or _MONTHS.index(str(named)) + 1, 1)
        return date(year, 1, 1).isoformat(), date(year + 1, 1, 1).isoformat()
    except ValueError:
        return "", ""


def _months(year: int, month: int, count: int) -> tuple[str, str]:
    later = year * 12 + month - 1 + count
    return date(year, month, 1).isoformat(), date(later // 12, later % 12 + 1, 1).isoformat()


def _relative(text: str, today: str) -> list[tuple[int, int, str, str]]:
    if not today:
        return []
    now = date.fromisoformat(today)
    found = []
    for pattern, unit, shift in _RELATIVE:
        if match := pattern.search(text):
            if unit == "year":
                bounds = date(now.year + shift, 1, 1).isoformat(), date(now.year + shift + 1, 1, 1).isoformat()
            else:
                at = now.year * 12 + now.month - 1 + shift
                bounds = _months(at // 12, at % 12 + 1, 1)
            found.append((*match.span(), *bounds))
    return found


def _time_column(names: Names, briefing: Briefing) -> Column | None:
    """The time column named, else of the tables named, of those touched, or of any; without one a year's number."""
    columns = [c for _, c in names.columns]
    every = [c for t in briefing.tables for c in t.columns]
    times = [c for c in every if c.kind == "time"]
    times += [c for c in every if c.numeric and c.name.casefold() in ("year", "年", "年度")]
    ways = [[c for c in columns if c.kind == "time"]]
    for tables in ({t.sql for _, t in names.tables}, {c.table for c in columns}):
        # Of a customer and an order, the order is what happens at a time.
        parents = {c.references for c in every if c.table in tables}
        ways += [[c for c in times if c.table in some] for some in (tables - parents, tables)]
    return next((c for way in (*ways, times) for c in way), None)
