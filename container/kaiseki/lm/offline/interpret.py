"""From the words of a question, and what of the catalog it names, to what it asks for."""

import re
from dataclasses import replace

from kaiseki.lm.offline import vocabulary as words
from kaiseki.lm.offline.conditions import Condition, find_conditions
from kaiseki.lm.offline.grouping import Grouping, find_groups
from kaiseki.lm.offline.intent import Intent, Language
from kaiseki.lm.offline.measuring import Asked, read_aggregate
from kaiseki.lm.offline.mentions import Mention, find_mentions, folded
from kaiseki.lm.offline.names import MASK, Names, resolve
from kaiseki.lm.offline.reading import Briefing, Column, Table, bare

_MOST_LEFT_OUT = 3  # words without a meaning; with more of them a question is not understood
Columns = list[tuple[Mention, Column]]


def read_intent(briefing: Briefing) -> Intent:
    text = _renamed(re.sub(r"^\d{1,2}[.)] ", "", folded(briefing.question)), briefing.renamed)
    mentions = find_mentions(text, briefing.tables)
    names = resolve(text, mentions, briefing.tables)
    conditions, spans = find_conditions(names, briefing)
    free = "".join(MASK if any(a <= i < b for a, b in spans) else c for i, c in enumerate(names.masked))
    columns = [(m, c) for m, c in names.columns if not any(a <= m.start < b for a, b in spans)]
    negated = [c for m, c in columns if c.kind == "flag" and words.NOT_BEFORE.search(names.before(m))]
    groups = find_groups(names, columns, words.TOP.search(free))
    subjects = _subjects(names, groups)
    also = [t.name for m, t in names.tables if t in subjects[1:] and words.ALSO_COUNTED.search(names.before(m))]
    touched = tuple(t for t in briefing.tables if t.sql in {c.table for _, c in names.columns})
    plain = Intent(
        "beyond",
        language_of(names.masked),
        tables=subjects or touched or briefing.tables,
        named=bool(subjects),
        left_out=(*_left_out(free, placed_negation=bool(negated) or any(c.negated for c in conditions)), *also),
        renamed=tuple(pair for pair in briefing.renamed if not _says(folded(briefing.question), pair[1])),
        matched=frozenset(text[m.start : m.end] for m in mentions),
    )
    if words.BEYOND.search(names.masked):
        return plain
    if words.PREDICTION.search(names.masked) or (columns and words.DRIVERS.search(names.masked)):
        return _prediction(plain, names, columns, conditions)
    if len(plain.left_out) > _MOST_LEFT_OUT or (plain.left_out and not mentions):
        return plain
    return _other(plain, names, columns, groups, conditions, free, negated)


def language_of(text: str) -> Language:
    """Of the words that are no names of the catalog."""
    if re.search(r"[\u3041-\u3096]", text):
        return "ja"
    return "ja" if re.search(r"[\u30a1-\u30fa\u4e00-\u9fff]", text) and not re.search(r"[a-z]{3,}", text) else "en"


def _renamed(text: str, renamed: tuple[tuple[str, str], ...]) -> str:
    """The question with the names that there are in place of those that are nearly right."""
    for asked, found in renamed:
        if _says(text, found):
            continue
        name = bare(found.rpartition(".")[2] if not found.endswith('"') else found)
        text = re.sub(rf"(?<![a-z0-9]){re.escape(folded(asked))}(?![a-z0-9])", lambda _: folded(name), text)  # noqa: B023
    return text


def _says(text: str, name: str) -> bool:
    """Whether `text` has the name, however its words are joined."""
    return "".join(filter(str.isalnum, folded(name))) in "".join(filter(str.isalnum, text))


def _subjects(names: Names, groups: Grouping) -> tuple[Table, ...]:
    """The tables that the question is about: not those that it groups by, and first those whose rows are counted."""
    subjects = [*names.counted, *(t for _, t in names.tables)]
    return tuple(dict.fromkeys([t for t in subjects if t not in groups.tables] or subjects))


def _prediction(plain: Intent, names: Names, columns: Columns, conditions: tuple[Condition, ...]) -> Intent:
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
        regression=bool(words.REGRESSION.search(names.masked)),
    )


def _other(
    plain: Intent,
    names: Names,
    columns: Columns,
    groups: Grouping,
    conditions: tuple[Condition, ...],
    free: str,
    negated: list[Column],
) -> Intent:
    """An overview, a relation or an aggregate; `free` is the text without names and conditions."""
    asked = _asked(names, columns, groups, free, negated)
    contrasted = tuple(c.column for c in conditions if c.operator == "IN" and len(c.values) > 1)
    pair = tuple(dict.fromkeys((*asked.rest, *asked.grouped, *contrasted, *asked.times)))
    related = words.RELATION.search(free) or (words.DIFFERENCE.search(free) and not asked.statistics)
    if related and len(pair) >= 2:
        kept = tuple(c for c in conditions if c.column not in pair[:2])
        correlation = bool(words.CORRELATION.search(free))
        left_out = (*plain.left_out, *(c.name for c in pair[2:]))
        return replace(plain, ask="relation", columns=pair, conditions=kept, correlation=correlation, left_out=left_out)
    shaped = asked.grouped or asked.grain or asked.ranked or asked.spread
    precise = asked.grouped or asked.grain or asked.top or any(c.numeric for c in asked.rest)
    if words.OVERVIEW.search(free) and not precise:
        return replace(plain, ask="overview")
    if shaped or asked.statistics or (conditions and (asked.rest or plain.named)):
        return read_aggregate(plain, asked, conditions, contrasted)
    bare_name = plain.named and not columns and not plain.left_out
    return replace(plain, ask="overview") if bare_name or words.OVERVIEW.search(free) else plain


def _asked(names: Names, columns: Columns, groups: Grouping, free: str, negated: list[Column]) -> Asked:
    top = words.TOP.search(free)
    extreme = words.EXTREME.search(free)
    grain = next((name for name, pattern in words.GRAINS if pattern.search(free)), "")
    if not grain and (words.TREND.search(free) or any(c.kind == "time" for c in groups.columns)):
        grain = "auto"
    by_extreme = any(
        c not in groups.columns
        and words.MOST_BEFORE.search(names.before(m))
        and words.GROUPS_FOLLOW.match(names.after(m))
        for m, c in columns
    )
    return Asked(
        statistics=[name for name, pattern in words.STATISTICS if pattern.search(free)],
        named_values=any(not c.numeric and words.COUNT_BEFORE.search(names.before(m)) for m, c in columns),
        counted=bool(names.counted),
        grouped=[c for c in groups.columns if c.kind != "time"],
        rest=[c for _, c in columns if c not in groups.columns and c.kind != "time"],
        negated=negated,
        also=[c for m, c in columns if names.counted and words.ALSO_COUNTED.search(names.before(m))],
        times=[c for _, c in columns if c.kind == "time"],
        grain=grain,
        top=words.number(next(filter(None, top.groups()))) if top else None,
        ranked=bool(top or extreme),
        extreme_word=extreme[0] if extreme else "",
        extreme=by_extreme,
        ascending=bool(words.ASCENDING.search(free)),
        often=bool(words.OFTEN.search(free)),
        spread=bool(words.DISTRIBUTION.search(free)),
        contrast=next(iter(words.CONTRAST.findall(free)), ""),
    )


def _left_out(text: str, placed_negation: bool) -> tuple[str, ...]:
    """Words of the question that played no part: they may have mattered."""
    negation = words.NEGATION_JAPANESE.search(text)
    text = words.NEGATION.sub(" ", text) if placed_negation else text
    named = (pattern for _, pattern in (*words.GRAINS, *words.STATISTICS))
    for pattern in (*named, *words.KEYWORDS):
        text = pattern.sub(" ", text)
    english = [
        w for w in re.findall(r"[a-z][a-z'-]*[a-z]|\d+(?:\.\d+)?", text) if w.removesuffix("'s") not in words.HARMLESS
    ]
    runs = re.findall(r"[\u30a1-\u30fa\u30fc\u4e00-\u9fff々]+", text)
    japanese = [
        run for run in runs if len(run) > 1 and not re.fullmatch(f"(?:{words.HARMLESS_JAPANESE.pattern})*", run)
    ]
    japanese += [negation[0]] if negation and not placed_negation else []
    return tuple(dict.fromkeys((*english, *japanese)))[:6]
