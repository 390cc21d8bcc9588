"""What the question asks for, read from its words and from what of the catalog it names."""

import re
from dataclasses import dataclass
from typing import Literal

from kaiseki.lm.offline import vocabulary as words
from kaiseki.lm.offline.conditions import Condition, find_conditions
from kaiseki.lm.offline.mentions import Mention, find_mentions, folded
from kaiseki.lm.offline.reading import Briefing, Column, Table, bare

Language = Literal["en", "ja"]
Ask = Literal["overview", "aggregate", "relation", "prediction", "beyond"]

_MASK = "\ufffc"  # stands where a name stood, so that a column called "total" is no request for a sum


@dataclass(frozen=True)
class Intent:
    ask: Ask
    language: Language
    tables: tuple[Table, ...]  # named in the question, or all
    named: bool  # whether the question names any of them
    columns: tuple[Column, ...] = ()  # named, and neither groups nor conditions nor the target
    statistic: str = ""
    measure: Column | None = None
    groups: tuple[Column, ...] = ()
    grain: str = ""
    conditions: tuple[Condition, ...] = ()
    top: int | None = None
    ranked: bool = False
    ascending: bool = False
    target: Column | None = None
    estimator: str = "linear"
    regression: bool = False
    left_out: tuple[str, ...] = ()
    matched: frozenset[str] = frozenset()  # what the question calls the tables and columns that were found
    correlation: bool = False
    compared: Column | None = None  # of which the question names a value as the thing to take the share of
    value: str = ""


@dataclass(frozen=True)
class _Names:
    """The names of a question, each resolved to one thing, with the text around them."""

    text: str
    masked: str
    tables: tuple[tuple[Mention, Table], ...]
    columns: tuple[tuple[Mention, Column], ...]
    values: tuple[tuple[Mention, Column, str], ...]

    def before(self, mention: Mention) -> str:
        return self.masked[: mention.start]

    def after(self, mention: Mention) -> str:
        return self.masked[mention.end :]


def read_intent(briefing: Briefing) -> Intent:
    text = _renamed(folded(briefing.question), briefing.renamed)
    mentions = find_mentions(text, briefing.tables)
    names = _resolve(text, mentions, briefing.tables)
    language = language_of(names.masked)
    conditions, spans = find_conditions(names.masked, names.columns, names.values, briefing)
    free = "".join(_MASK if any(a <= i < b for a, b in spans) else c for i, c in enumerate(names.masked))
    tables = tuple(dict.fromkeys(table for _, table in names.tables))
    common = {
        "language": language,
        "tables": tables
        or tuple(t for t in briefing.tables if t.sql in {c.table for _, c in names.columns})
        or briefing.tables,
        "named": bool(tables),
        "left_out": _left_out(free),
        "matched": frozenset(text[m.start : m.end] for m in mentions),
    }
    if words.BEYOND.search(names.masked):
        return Intent("beyond", **common)
    filtered = {id(m) for m, _ in names.columns if any(a <= m.start < b for a, b in spans)}
    columns = [(m, c) for m, c in names.columns if id(m) not in filtered]
    if _wants_prediction(names, columns):
        return _prediction(names, columns, conditions, common)
    return _other(names, columns, conditions, free, common)


def _renamed(text: str, renamed: tuple[tuple[str, str], ...]) -> str:
    """The question with the names that there are in place of those that are nearly right."""
    for asked, found in renamed:
        name = bare(found.rpartition(".")[2] if not found.endswith('"') else found)
        text = re.sub(rf"(?<![a-z0-9]){re.escape(folded(asked))}(?![a-z0-9])", lambda _: folded(name), text)  # noqa: B023
    return text


def language_of(text: str) -> Language:
    """Of the words that are no names of the catalog."""
    if re.search(r"[\u3041-\u3096]", text):
        return "ja"
    return "ja" if re.search(r"[\u30a1-\u30fa\u4e00-\u9fff]", text) and not re.search(r"[a-z]{3,}", text) else "en"


def _resolve(text: str, mentions: tuple[Mention, ...], tables: tuple[Table, ...]) -> _Names:
    """Chooses, where a name is of several tables, the one whose table the question names or needs anyway."""
    sure = {t.sql for m in mentions if len(m.tables) == 1 for t in m.tables}
    sure |= {m.columns[0].table for m in mentions if len(m.columns) == 1 and not m.tables}
    size = {t.sql: t.rows for t in tables}

    def best(columns: tuple[Column, ...]) -> Column:
        return max(columns, key=lambda c: (c.table in sure, bool(c.references), size[c.table]))

    masked = text
    found_tables, found_columns, found_values = [], [], []
    for mention in mentions:
        masked = masked[: mention.start] + _MASK * (mention.end - mention.start) + masked[mention.end :]
        is_column = re.match(r"['\"`」』]? ?(?:column|field|列|カラム)", text[mention.end :])
        if mention.tables and not (mention.columns and (is_column or not _table_word(text, mention))):
            found_tables.append((mention, mention.tables[0]))
        elif mention.columns:
            found_columns.append((mention, best(mention.columns)))
        else:
            column = best(tuple(c for c, _ in mention.values))
            found_values.append((mention, column, next(v for c, v in mention.values if c is column)))
    return _Names(text, masked, tuple(found_tables), tuple(found_columns), tuple(found_values))


def _table_word(text: str, mention: Mention) -> bool:
    """Whether a name that is of a table and of a column stands as the table's."""
    after, before = text[mention.end :], text[: mention.start]
    if re.match(r"['\"`」』]? ?(?:tables?\b|テーブル|表)", after) or re.search(
        r"(?:table|from|in|how many|number of) (?:the )?['\"`]?$", before
    ):
        return True
    return not words.BY_AFTER.match(after) and not words.BY_BEFORE.search(before)


def _wants_prediction(names: _Names, columns: list[tuple[Mention, Column]]) -> bool:
    if words.PREDICTION.search(names.masked):
        return True
    return bool(words.DRIVERS.search(names.masked)) and bool(columns)


def _prediction(
    names: _Names, columns: list[tuple[Mention, Column]], conditions: tuple[Condition, ...], common: dict[str, object]
) -> Intent:
    pointed = [
        c for m, c in columns if words.TARGET_BEFORE.search(names.before(m)) or words.TARGET_AFTER.match(names.after(m))
    ]
    usable = [c for c in (*pointed, *(c for _, c in columns)) if c.kind not in ("id", "time")]
    named_value = [c for m, c, _ in names.values if words.TARGET_BEFORE.search(names.before(m))]
    target = next(iter((*pointed, *named_value, *usable)), None)
    estimator = next((name for name, pattern in words.ESTIMATORS if pattern.search(names.masked)), "linear")
    chosen = tuple(dict.fromkeys(c for _, c in columns if c is not target))
    logistic = re.search(r"logistic|ロジスティック", names.masked)
    return Intent(
        "prediction",
        columns=chosen
        if re.search(r"\b(?:from|using|based on|with|on)\b|から|を使って|をもとに|に基づ", names.masked)
        else (),
        target=target,
        conditions=tuple(c for c in conditions if c.column is not target),
        estimator=estimator,
        regression=bool(words.REGRESSION.search(names.masked)) and not logistic,
        **common,  # type: ignore[arg-type]  # the same keys each time
    )


def _other(
    names: _Names,
    columns: list[tuple[Mention, Column]],
    conditions: tuple[Condition, ...],
    free: str,
    common: dict[str, object],
) -> Intent:
    text = names.masked
    statistics = [name for name, pattern in words.STATISTICS if pattern.search(free)]
    grain = next((name for name, pattern in words.GRAINS if pattern.search(free)), "")
    if not grain and words.TREND.search(text):
        grain = "auto"
    top = words.TOP.search(free)
    ranked = bool(top or words.EXTREME.search(text))
    grouped = _groups(names, columns, bool(top))
    rest = [c for _, c in columns if c not in grouped and c.kind != "time"]
    times = [c for _, c in columns if c.kind == "time"]
    grouped = tuple(c for c in grouped if c.kind != "time")
    compared = _compared_values(names)
    pair = tuple(dict.fromkeys((*rest, *grouped, *compared, *times)))
    related = words.RELATION.search(text) or (words.DIFFERENCE.search(text) and not statistics)
    if related and len(pair) >= 2:
        kept = tuple(c for c in conditions if c.column not in pair[:2])
        return Intent(
            "relation", columns=pair, conditions=kept, correlation=bool(re.search("correl|相関", text)), **common
        )  # type: ignore[arg-type]
    asks = bool(statistics or grain or ranked or grouped or words.DISTRIBUTION.search(text) or top)
    if words.OVERVIEW.search(text) and not (grouped or grain or top or [c for c in rest if c.numeric]):
        return Intent("overview", **common)  # type: ignore[arg-type]
    if not asks and not columns and common["named"] and not common["left_out"]:
        return Intent("overview", **common)  # type: ignore[arg-type]
    if not asks and not (rest and conditions):
        return Intent("overview" if words.OVERVIEW.search(text) else "beyond", **common)  # type: ignore[arg-type]
    return _aggregate(names, rest, times, grouped, grain, statistics, conditions, top, ranked, common)


def _aggregate(
    names: _Names,
    rest: list[Column],
    times: list[Column],
    grouped: tuple[Column, ...],
    grain: str,
    statistics: list[str],
    conditions: tuple[Condition, ...],
    top: re.Match[str] | None,
    ranked: bool,
    common: dict[str, object],
) -> Intent:
    text = names.masked
    spread = bool(words.DISTRIBUTION.search(text))
    if (
        not grouped
        and not grain
        and rest
        and (spread or (ranked and not rest[0].numeric) or "share" in statistics)
        and not (rest[0].kind == "flag" and statistics)
    ):
        grouped, rest = (rest[0],), rest[1:]
    if not grouped and times and not grain:
        grain = "auto"
    numeric = [c for c in rest if c.numeric]
    plain = [c for c in rest if not c.numeric]
    if not numeric and len(grouped) > 1 and grouped[-1].kind == "number" and not grouped[-1].classes and ranked:
        numeric, grouped = [grouped[-1]], grouped[:-1]
    if not grouped and plain and "distinct" not in statistics:
        grouped = tuple(plain)
    statistic = next(iter(statistics), "")
    measure = next(iter(numeric), None)
    compared = None
    value = ""
    if statistic == "distinct":
        measure = next(iter(rest), None)
        ids = [c for t in common["tables"] for c in t.columns if c.kind == "id" and not c.references]  # type: ignore[attr-defined]
        measure = measure or next(iter(ids), None)
    elif statistic == "share" and measure is None and (shared := _shared_value(names, conditions, grouped)):
        compared, value = shared.column, shared.values[0]
        conditions = tuple(c for c in conditions if c is not shared)
    elif statistic in ("count", "total") and measure is not None and measure.kind == "flag":
        statistic = "total"
    elif statistic in ("", "share") and measure is not None:
        amount = words.AMOUNT.search(folded(measure.name)) is not None
        statistic = ("total" if amount else "average") if statistic == "" or measure.kind != "flag" else "average"
    elif statistic == "count":
        measure = None
    if measure is None and statistic in ("", "total") and statistic != "distinct":
        statistic = "count"
    return Intent(
        "aggregate",
        statistic=statistic,
        measure=measure,
        groups=tuple(dict.fromkeys(grouped))[:2],
        grain=grain,
        columns=tuple(times),
        conditions=conditions,
        top=words.number(next(filter(None, top.groups()))) if top else None,
        ranked=ranked,
        ascending=bool(words.ASCENDING.search(text)),
        compared=compared,
        value=value,
        **common,  # type: ignore[arg-type]
    )


def _groups(names: _Names, columns: list[tuple[Mention, Column]], top: bool) -> tuple[Column, ...]:
    """Columns that stand as groups ("by x and y", "x別"), and tables that do ("per customer"), as their key."""
    found: list[Column] = []
    previous: Mention | None = None
    spots = sorted((*columns, *names.tables), key=lambda spot: spot[0].start)
    for mention, thing in spots:
        before, after = names.before(mention), names.after(mention)
        by = words.BY_BEFORE.search(before) and not words.SORT_BEFORE.search(before)
        top_of = top and re.search(rf"{words.TOP.pattern}[^{_MASK}]{{0,12}}$", before)
        also = previous is not None and words.ALSO_BEFORE.match(names.masked[previous.end : mention.start])
        both = any(
            words.ALSO_BEFORE.match(names.masked[mention.end : later.start])
            and words.BY_AFTER.match(names.after(later))
            for later, _ in spots
            if later.start > mention.end
        )
        if not (by or words.BY_AFTER.match(after) or top_of or also or both):
            previous = None
            continue
        if isinstance(thing, Table):
            key = _key_of(thing, names)
            if key is None or (top_of and not by and _is_subject(thing, columns)):
                continue
            thing = key
        found.append(thing)
        previous = mention
    return tuple(dict.fromkeys(found))


def _is_subject(table: Table, columns: list[tuple[Mention, Column]]) -> bool:
    """Whether "top five orders" is about groups that another column names."""
    return any(c.classes and c.table == table.sql for _, c in columns)


def _key_of(table: Table, names: _Names) -> Column | None:
    """What tells the rows of `table` apart: a name if it has one, else its key."""
    named = re.compile(r"(?:^|[_ ])(?:name|title)$|名$|名前|氏名", re.IGNORECASE)
    for column in table.columns:
        if named.search(column.name) and column.distinct == table.rows:
            return column
    return next((c for c in table.columns if c.kind == "id" and not c.references), None)


def _compared_values(names: _Names) -> tuple[Column, ...]:
    """Columns of which the question names two values or more."""
    found = [c for _, c, _ in names.values]
    return tuple(dict.fromkeys(c for c in found if found.count(c) > 1))


def _shared_value(names: _Names, conditions: tuple[Condition, ...], groups: tuple[Column, ...]) -> Condition | None:
    """The condition that the question asks the share of, rather than to look at nothing else."""
    return next((c for c in conditions if len(c.values) == 1 and c.column not in groups and not c.negated), None)


def _left_out(text: str) -> tuple[str, ...]:
    """Words of the question that played no part: they may have mattered."""
    patterns = (
        words.TOP, words.PREDICTION, words.DRIVERS, words.RELATION, words.DIFFERENCE, words.OVERVIEW, words.DISTRIBUTION,
        words.EXTREME, words.TREND, words.REGRESSION, *(p for _, p in (*words.STATISTICS, *words.GRAINS, *words.ESTIMATORS)),
    )  # fmt: skip
    for pattern in patterns:
        text = pattern.sub(" ", text)
    english = [
        w for w in re.findall(r"[a-z][a-z'-]*[a-z]|\d+(?:\.\d+)?", text) if w.removesuffix("'s") not in words.HARMLESS
    ]
    runs = re.findall(r"[\u30a1-\u30fa\u30fc\u4e00-\u9fff々]+", text)
    japanese = [rest for run in runs if len(rest := words.HARMLESS_JAPANESE.sub("", run)) > 1]
    return tuple(dict.fromkeys((*english, *japanese)))[:6]
