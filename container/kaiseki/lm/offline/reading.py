"""What the request says: the question, and the tables of the catalog card, as values."""

import json
import re
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["number", "flag", "category", "text", "time", "id"]

_NAME = r'(?:"(?:[^"]|"")+"|[^\s";,.]+)'
_TABLE = re.compile(rf"table ((?:{_NAME}\.){{0,2}}{_NAME}) -- (?:about )?([\d,]+|\?)? ?rows?(.*)")
_COLUMN = re.compile(rf"- ({_NAME}) ([A-Z][A-Z ]*(?:\([\d, ]+\))?)(?:; (.*))?$")
_QUESTION = re.compile(r"Question:\n(.*?)\n\(end of question\)\n*(.*)", re.DOTALL)
_RENAMED = re.compile(r'note: the question says "(.+)"; there is no such (?:table|column); the nearest is (.+)\.$')
_UNKNOWN = re.compile(r'note: the question names "(.+)"; no table or column is near it; the nearest are (.+)\.$')
_NUMERIC = ("INT", "BIGINT", "SMALLINT", "DOUBLE", "REAL", "FLOAT", "NUMERIC", "DECIMAL")
_MANY = 20  # an identifier takes more values than this; a word that merely ends in "id" rarely does
_FEW = 12  # whole numbers with at most so many values are treated as classes when a target is one


@dataclass(frozen=True)
class Column:
    """One line of the card. `sql` is the name as SQL must write it; `values` are those that the card shows."""

    name: str
    sql: str
    type: str
    table: str  # the SQL name of its table
    kind: Kind
    low: str = ""
    high: str = ""
    distinct: int | None = None
    nulls: int = 0
    values: tuple[str, ...] = ()
    complete: bool = False  # whether `values` are all there are
    references: str = ""  # SQL name of the table that it points to
    referenced: str = ""  # and of the column there
    comment: str = ""
    key: bool = False  # whether each row of its table has a value of its own

    @property
    def numeric(self) -> bool:
        return self.kind in ("number", "flag")

    @property
    def whole(self) -> bool:
        return self.type.startswith(("INT", "BIGINT", "SMALLINT"))

    @property
    def classes(self) -> bool:
        """Whether its values are few enough to tell groups apart."""
        if self.kind in ("category", "flag"):
            return True
        return self.numeric and self.whole and self.distinct is not None and self.distinct <= _FEW


@dataclass(frozen=True)
class Table:
    name: str
    sql: str
    rows: int
    columns: tuple[Column, ...]

    def column(self, sql: str) -> Column | None:
        return next((c for c in self.columns if c.sql == sql), None)


@dataclass(frozen=True)
class Briefing:
    question: str
    today: str
    row_cap: int
    renamed: tuple[tuple[str, str], ...]  # (as the question says, the SQL name that there is)
    unknown: tuple[tuple[str, str], ...]  # (as the question says, the nearest names)
    tables: tuple[Table, ...]

    def table(self, sql: str) -> Table:
        return next(t for t in self.tables if t.sql == sql)


def read_briefing(text: str) -> Briefing:
    """The first message of a request. Raises ValueError if it is no briefing."""
    parts = _QUESTION.search(text)
    if parts is None:
        raise ValueError('the briefing has no "Question:" that ends with "(end of question)"')
    question, card = parts[1].strip(), parts[2]
    lines = card.splitlines()
    today = re.search(r"Today is (\d{4}-\d{2}-\d{2})", card)
    cap = re.search(r"at most ([\d,]+) rows", card)
    return Briefing(
        question,
        today[1] if today else "",
        int(cap[1].replace(",", "")) if cap else 200_000,
        tuple((m[1], m[2]) for line in lines if (m := _RENAMED.match(line))),
        tuple((m[1], m[2]) for line in lines if (m := _UNKNOWN.match(line))),
        _tables(lines),
    )


def bare(sql: str) -> str:
    """A name without the quotes that SQL needs around it."""
    return sql[1:-1].replace('""', '"') if sql.startswith('"') else sql


def _tables(lines: list[str]) -> tuple[Table, ...]:
    found: list[Table] = []
    for line in lines:
        if heading := _TABLE.match(line):
            parts = re.findall(_NAME, heading[1])
            rows = int((heading[2] or "0").replace(",", "").replace("?", "") or 0)
            found.append(Table(bare(parts[-1]), heading[1], rows, ()))
        elif found and (column := _COLUMN.match(line)):
            table = found.pop()
            found.append(Table(table.name, table.sql, table.rows, (*table.columns, _column(column, table))))
    return tuple(found)


def _column(line: re.Match[str], table: Table) -> Column:
    sql, kind, rest = line[1], line[2].strip(), line[3] or ""
    rest, _, comment = rest.partition("[comment: ")
    rest = rest.strip()
    distinct = re.search(r"(?:^|; )(?:about |at least )?([\d,]+) distinct", rest)
    count = int(distinct[1].replace(",", "")) if distinct else None
    nulls = re.search(r"(?:^|; )([\d,]+) nulls?", rest)
    span = re.match(r"(.+?) to (.+?)(?:; |$)", rest) if not rest.startswith(distinct[0] if distinct else "\0") else None
    shown = re.search(r" distinct(: |, such as )(.*?)(?=; |$)", rest)
    values = tuple(shown[2].strip().split(" | ")) if shown else ()
    complete = bool(shown and shown[1] == ": " and len(values) == count)
    if shown and shown[1] == ": ":
        values = tuple(re.sub(r" (?:[\d,]+|(?:under )?[\d.]+%)$", "", value) for value in values)
    values = tuple(json.loads(v) if v.startswith('"') and v.endswith('"') else v for v in values)
    target = re.search(rf"references ((?:{_NAME}\.)*{_NAME})\.({_NAME})", rest)
    column = Column(
        name=bare(sql),
        sql=sql,
        type=kind,
        table=table.sql,
        kind="text",
        low=span[1] if span else "",
        high=span[2] if span else "",
        distinct=count,
        nulls=int(nulls[1].replace(",", "")) if nulls else 0,
        values=tuple(v for v in values if not v.endswith("…")),  # cut, so no value of the data
        complete=complete,
        references=target[1] if target else "",
        referenced=target[2] if target else "",
        comment=comment.removesuffix("]"),
    )
    primary = "; primary key" in f"; {rest}"
    return replace(
        column, kind=_kind(column, primary, table.rows), key=primary or (bool(count) and count == table.rows)
    )


def _kind(column: Column, primary: bool, rows: int) -> Kind:
    """What a column is good for, judged from its type, name and counts alone."""
    distinct = column.distinct
    if column.type.startswith(("TIMESTAMP", "DATE")):
        return "time"
    if column.references or primary:
        return "id"
    numeric = column.type.startswith(_NUMERIC)
    named = re.search(
        r"(?:[a-z]{3,}|[_ .-]|[^\x00-\x7f])id$|[a-z]ID$|^id$|uuid|番号$|コード$", column.name, re.IGNORECASE
    )
    unsure = not numeric or column.whole
    if named and unsure and (distinct is None or distinct > _MANY):
        return "id"
    if numeric or column.type.startswith("BOOL"):
        bounds = {column.low, column.high} if column.low else set(column.values)
        flag = column.type.startswith("BOOL") or (column.whole and distinct == 2 and bounds == {"0", "1"})
        return "flag" if flag else "number"
    if distinct is not None and (distinct <= 50 or distinct * 5 <= rows):
        return "category"
    return "text"
