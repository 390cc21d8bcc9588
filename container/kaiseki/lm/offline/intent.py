"""What the question asks for, read from its words and from what of the catalog it names."""

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Literal

from kaiseki.lm.offline import vocabulary as words
from kaiseki.lm.offline.conditions import Condition, find_conditions
from kaiseki.lm.offline.mentions import Mention, find_mentions, folded
from kaiseki.lm.offline.reading import Briefing, Column, Table, bare

Language = Literal["en", "ja"]
Ask = Literal["overview", "aggregate", "relation", "prediction", "beyond"]

_SEPARATE = ("median", "deviation", "average", "maximum", "minimum")  # each a wish of its own
_MOST_LEFT_OUT = 3  # words without a meaning; with more of them a question is not understood
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
    ascending: bool = False
    target: Column | None = None
    estimator: str = "linear"
    regression: bool = False
    left_out: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()  # names that are nearly right: as asked, as found
    matched: frozenset[str] = frozenset()  # what the question calls the tables and columns that were found
    correlation: bool = False
    compared: Condition | None = None  # what to take the share of, rather than to look at nothing else


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
    text = _renamed(re.sub(r"^\d{1,2}[.)] ", "", folded(briefing.question)), briefing.renamed)
    mentions = find_mentions(text, briefing.tables)
    names = _resolve(text, mentions, briefing.tables)
    conditions, spans = find_conditions(names.masked, names.columns, names.values, briefing)
    free = "".join(_MASK if any(a <= i < b for a, b in spans) else c for i, c in enumerate(names.masked))
    subject = _subjects(names)
    touched = tuple(t for t in briefing.tables if t.sql in {c.table for _, c in names.columns})
    plain = Intent(
        "beyond",
        language_of(names.masked),
        tables=subject or touched or briefing.tables,
        named=bool(subject),
        left_out=_left_out(free),
        renamed=tuple(pair for pair in briefing.renamed if not _says(folded(briefing.question), pair[1])),
        matched=frozenset(text[m.start : m.end] for m in mentions),
    )
    if words.BEYOND.search(names.masked):
        return plain
    filtered = {id(m) for m, _ in names.columns if any(a <= m.start < b for a, b in spans)}
    columns = [(m, c) for m, c in names.columns if id(m) not in filtered]
    if _wants_prediction(names, columns):
        return _prediction(plain, names, columns, conditions)
    lost = len(plain.left_out) > _MOST_LEFT_OUT or (plain.left_out and not mentions)
    return plain if lost else _other(plain, names, columns, conditions, free)


def _renamed(text: str, renamed: tuple[tuple[str, str], ...]) -> str:
    """The question with the names that there are in place of those that are nearly right."""
    for asked, found in renamed:
        if _says(text, found):
            continue
        name = bare(found.rpartition(".")[2] if not found.endswith('"') else found)
        text = re.sub(rf"(?<![a-z0-9]){re.escape(folded(asked))}(?![a-z0-9])", lambda _: folded(name), text)  # noqa: B023
    return text


def _subjects(names: _Names) -> tuple[Table, ...]:
    """The tables that the question names, without those that it groups by."""
    groups = (
        bool(words.BY_BEFORE.search(names.before(m)) or words.BY_AFTER.match(names.after(m))) for m, _ in names.tables
    )
    subjects = [t for (_, t), group in zip(names.tables, groups, strict=True) if not group]
    return tuple(dict.fromkeys(subjects or [t for _, t in names.tables]))


def _says(text: str, name: str) -> bool:
    """Whether `text` has the name, however its words are joined."""
    return "".join(filter(str.isalnum, folded(name))) in "".join(filter(str.isalnum, text))


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
    hits = Counter(name for m in mentions for name in {c.table for c in m.columns})
    mentions = _connected(text, mentions, tables)

    def best(columns: tuple[Column, ...]) -> Column:
        return max(columns, key=lambda c: (c.table in sure, bool(c.references), hits[c.table], size[c.table]))

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


def _connected(text: str, mentions: tuple[Mention, ...], tables: tuple[Table, ...]) -> tuple[Mention, ...]:
    """Without common words, and parts of names, whose columns are in tables that the question is not about."""

    def ordinary(mention: Mention) -> bool:
        common = mention.partial or text[mention.start : mention.end] in words.HARMLESS
        return common and not mention.quoted and not mention.tables

    about = {t.sql for m in mentions for t in m.tables}
    about |= {c.table for m in mentions if not ordinary(m) for c in (*m.columns, *(c for c, _ in m.values))}
    links = [(c.table, c.references) for t in tables for c in t.columns if c.references]
    for _ in tables:
        about |= {name for link in links if set(link) & about for name in link}
    return tuple(m for m in mentions if not (about and ordinary(m) and all(c.table not in about for c in m.columns)))


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
    plain: Intent, names: _Names, columns: list[tuple[Mention, Column]], conditions: tuple[Condition, ...]
) -> Intent:
    pointed = [
        c for m, c in columns if words.TARGET_BEFORE.search(names.before(m)) or words.TARGET_AFTER.match(names.after(m))
    ]
    of_value = [c for m, c, _ in names.values if words.TARGET_BEFORE.search(names.before(m))]
    usable = [c for _, c in columns if c.kind not in ("id", "time")]
    target = next(iter((*pointed, *of_value, *usable)), None)
    others = tuple(dict.fromkeys(c for _, c in columns if c is not target))
    return replace(
        plain,
        ask="prediction",
        columns=others if words.FEATURES.search(names.masked) else (),
        target=target,
        conditions=tuple(c for c in conditions if c.column is not target),
        estimator=next((name for name, pattern in words.ESTIMATORS if pattern.search(names.masked)), "linear"),
        regression=bool(words.REGRESSION.search(names.masked)),
    )


def _other(
    plain: Intent, names: _Names, columns: list[tuple[Mention, Column]], conditions: tuple[Condition, ...], free: str
) -> Intent:
    """An overview, a relation or an aggregate; `free` is the text without names and conditions."""
    statistics = [name for name, pattern in words.STATISTICS if pattern.search(free)]
    if not {*statistics} & {*_SEPARATE} and any(
        not c.numeric and words.COUNT_BEFORE.search(names.before(m)) for m, c in columns
    ):
        statistics.insert(0, "distinct")  # "how many regions": of their values, not of rows
    top = words.TOP.search(free)
    grouped = _groups(names, columns, top)
    grain = next((name for name, pattern in words.GRAINS if pattern.search(free)), "")
    if not grain and (words.TREND.search(free) or any(c.kind == "time" for c in grouped)):
        grain = "auto"
    asked = Asked(
        statistics=statistics,
        grouped=[c for c in grouped if c.kind != "time"],
        rest=[c for _, c in columns if c not in grouped and c.kind != "time"],
        times=[c for _, c in columns if c.kind == "time"],
        grain=grain,
        top=words.number(next(filter(None, top.groups()))) if top else None,
        ranked=bool(top or words.EXTREME.search(free)),
        spread=bool(words.DISTRIBUTION.search(free)),
    )
    pair = tuple(dict.fromkeys((*asked.rest, *asked.grouped, *_compared(names), *asked.times)))
    related = words.RELATION.search(free) or (words.DIFFERENCE.search(free) and not statistics)
    if related and len(pair) >= 2:
        kept = tuple(c for c in conditions if c.column not in pair[:2])
        correlation = bool(words.CORRELATION.search(free))
        return replace(plain, ask="relation", columns=pair, conditions=kept, correlation=correlation)
    asks = (
        asked.grouped
        or grain
        or asked.ranked
        or asked.spread
        or statistics
        or (conditions and (asked.rest or plain.named))
    )
    precise = asked.grouped or grain or top or any(c.numeric for c in asked.rest)
    if words.OVERVIEW.search(free) and not precise:
        return replace(plain, ask="overview")
    if asks:
        return _aggregate(plain, asked, conditions, ascending=bool(words.ASCENDING.search(free)))
    bare_name = plain.named and not columns and not plain.left_out
    return replace(plain, ask="overview") if bare_name or words.OVERVIEW.search(free) else plain


@dataclass(frozen=True)
class Asked:
    """The parts of a question for an aggregate, before they are given their roles."""

    statistics: list[str]
    grouped: list[Column]
    rest: list[Column]  # neither groups nor times
    times: list[Column]
    grain: str
    top: int | None
    ranked: bool
    spread: bool  # a distribution or breakdown is asked for


def _aggregate(plain: Intent, asked: Asked, conditions: tuple[Condition, ...], ascending: bool) -> Intent:
    groups, measures = _roles(asked)
    statistic = next(iter(asked.statistics), "")
    measure = next((c for c in measures if c.numeric), None)
    compared: Condition | None = None
    if statistic == "distinct":
        keys = [c for t in plain.tables for c in t.columns if c.kind == "id" and not c.references]
        measure = next(iter((*measures, *keys)), None)
    elif statistic == "share" and measure is None:
        compared = next((c for c in conditions if c.operator != "PERIOD" and c.column not in groups), None)
        conditions = tuple(c for c in conditions if c is not compared)
    elif measure is not None and statistic in ("", "share", "count", "total"):
        statistic = _statistic_of(measure, statistic)
        measure = None if statistic == "count" else measure
    if measure is None and (statistic == "" or (statistic == "total" and not plain.left_out)):
        statistic = "count"
    further = [name for name in asked.statistics if name in _SEPARATE and name != statistic]
    unused = [c for c in measures if c is not measure]
    # "who purchased": a flag that is neither measured nor grouped by says which rows are meant.
    conditions += tuple(Condition(c, "=", ("1" if c.whole else "true",)) for c in unused if c.kind == "flag")
    return replace(
        plain,
        ask="aggregate",
        statistic=statistic,
        measure=measure,
        groups=tuple(dict.fromkeys(groups))[:2],
        grain=asked.grain,
        columns=tuple(asked.times),
        conditions=conditions,
        top=asked.top,
        ascending=ascending,
        compared=compared,
        left_out=(*plain.left_out, *further, *(c.name for c in unused if c.kind != "flag")),
    )


def _roles(asked: Asked) -> tuple[list[Column], list[Column]]:
    """Which columns are grouped by, and which may be measured."""
    groups, rest = list(asked.grouped), list(asked.rest)
    share_of_it = "share" in asked.statistics and rest and rest[0].kind != "flag"
    if not groups and not asked.grain and rest and (asked.spread or share_of_it):
        groups, rest = rest[:1], rest[1:]
    by_number = len(groups) > 1 and groups[-1].kind == "number" and not groups[-1].classes
    if asked.ranked and by_number and not any(c.numeric for c in rest):
        groups, rest = groups[:-1], [groups[-1], *rest]  # "top five products by revenue"
    if not groups and "distinct" not in asked.statistics:
        groups, rest = [c for c in rest if not c.numeric], [c for c in rest if c.numeric]
    return groups, rest


def _statistic_of(measure: Column, asked: str) -> str:
    """What is taken of a number when the question leaves it open: sums of amounts and flags, averages of others."""
    if measure.kind == "flag":
        return "total" if asked in ("count", "total") else "average"
    if asked in ("count", "total"):
        return asked
    return "total" if words.AMOUNT.search(folded(measure.name)) and asked == "" else "average"


def _groups(names: _Names, columns: list[tuple[Mention, Column]], top: re.Match[str] | None) -> tuple[Column, ...]:
    """Columns that stand as groups ("by x and y", "x別"), and tables that do ("per customer"), as their key."""
    found: list[Column] = []
    previous: Mention | None = None
    spots: list[tuple[Mention, Column | Table]] = sorted((*columns, *names.tables), key=lambda spot: spot[0].start)
    for mention, thing in spots:
        before, after = names.before(mention), names.after(mention)
        by = words.BY_BEFORE.search(before) and not words.SORT_BEFORE.search(before)
        after_top = before[top.end() :] if top and top.end() <= mention.start else None
        top_of = after_top is not None and len(after_top) <= 12 and _MASK not in after_top
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
            key = _key_of(thing)
            if key is None or (top_of and not by and _is_subject(thing, columns)):
                continue
            thing = key
        found.append(thing)
        previous = mention
    return tuple(dict.fromkeys(found))


def _is_subject(table: Table, columns: list[tuple[Mention, Column]]) -> bool:
    """Whether "top five orders" is about groups that another column names."""
    return any(c.classes and c.table == table.sql for _, c in columns)


def _key_of(table: Table) -> Column | None:
    """What tells the rows of `table` apart: a name if it has one, else its key."""
    named = re.compile(r"(?:^|[_ ])(?:name|title)$|名$|名前|氏名", re.IGNORECASE)
    for column in table.columns:
        if named.search(column.name) and column.distinct == table.rows:
            return column
    return next((c for c in table.columns if c.kind == "id" and not c.references), None)


def _compared(names: _Names) -> tuple[Column, ...]:
    """Columns of which the question names two values or more."""
    found = [c for _, c, _ in names.values]
    return tuple(dict.fromkeys(c for c in found if found.count(c) > 1))


def _left_out(text: str) -> tuple[str, ...]:
    """Words of the question that played no part: they may have mattered."""
    named = (pattern for _, pattern in (*words.STATISTICS, *words.GRAINS, *words.ESTIMATORS))
    for pattern in (*named, *words.KEYWORDS):
        text = pattern.sub(" ", text)
    english = [
        w for w in re.findall(r"[a-z][a-z'-]*[a-z]|\d+(?:\.\d+)?", text) if w.removesuffix("'s") not in words.HARMLESS
    ]
    runs = re.findall(r"[\u30a1-\u30fa\u30fc\u4e00-\u9fff々]+", text)
    japanese = [
        run for run in runs if len(run) > 1 and not re.fullmatch(f"(?:{words.HARMLESS_JAPANESE.pattern})*", run)
    ]
    return tuple(dict.fromkeys((*english, *japanese)))[:6]
