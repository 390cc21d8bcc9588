"""Which statistic of which column, and by what: the parts of a question for an aggregate get their roles."""

from dataclasses import dataclass, replace

from kaiseki.lm.offline import vocabulary as words
from kaiseki.lm.offline.conditions import Condition
from kaiseki.lm.offline.grouping import key_of
from kaiseki.lm.offline.intent import Intent
from kaiseki.lm.offline.mentions import folded
from kaiseki.lm.offline.reading import Column

_SEPARATE = ("median", "deviation", "average", "maximum", "minimum")  # each a wish of its own
_MOST_GROUPS = 2


@dataclass(frozen=True)
class Asked:
    """The parts of a question for an aggregate, before they are given their roles."""

    statistics: list[str]
    named_values: bool  # "how many regions": of their values, not of rows
    counted: bool  # a table is named whose rows are to be counted
    grouped: list[Column]
    rest: list[Column]  # neither groups nor times
    negated: list[Column]  # flags, of the rest, that must not hold
    also: list[Column]  # of the rest, to be counted beside a table
    times: list[Column]
    grain: str
    top: int | None
    ranked: bool
    extreme_word: str  # by which it is said that something is ranked
    extreme: bool  # "highest cost by department": of the values, rather than of the groups
    ascending: bool
    often: bool  # how often or how likely, rather than how many
    spread: bool  # a distribution or breakdown is asked for
    contrast: str  # the word that sets things against one another, if there is one


def read_aggregate(
    plain: Intent, asked: Asked, conditions: tuple[Condition, ...], contrasted: tuple[Column, ...]
) -> Intent:
    groups, measures = _roles(asked, contrasted)
    intent = replace(
        plain,
        ask="aggregate",
        grain=asked.grain,
        columns=tuple(asked.times),
        top=asked.top,
        ranked=asked.ranked,
        ascending=asked.ascending,
        conditions=conditions,
    )
    intent, measures = _with_flags(intent, asked, measures)
    intent = _measured(replace(intent, groups=tuple(groups[:_MOST_GROUPS])), asked, measures)
    further = [name for name in asked.statistics if name in _SEPARATE and not _covers(intent, name)]
    placed = [intent.measure, *intent.groups, *(c.column for c in intent.conditions)]
    unused = [c.name for c in (*measures, *groups[_MOST_GROUPS:]) if c not in placed]
    if asked.ranked and not _divided(intent) and intent.statistic not in ("", "maximum", "minimum", "per_key"):
        further.append(asked.extreme_word)
    contrast = [asked.contrast] if asked.contrast and not (intent.groups or intent.grain) else []
    return replace(intent, left_out=(*intent.left_out, *further, *unused, *contrast))


def _roles(asked: Asked, contrasted: tuple[Column, ...]) -> tuple[list[Column], list[Column]]:
    """Which columns are grouped by, and which may be measured."""
    groups, rest = list(asked.grouped), list(asked.rest)
    if not groups and not asked.grain and rest and (asked.spread or _share_of_it(asked)):
        groups, rest = rest[:1], rest[1:]
    if asked.ranked and len(groups) > 1 and groups[-1].numeric and not any(c.numeric for c in rest):
        groups, rest = groups[:-1], [groups[-1], *rest]  # "top five products by revenue"
    if not groups and "distinct" not in asked.statistics and not asked.named_values:
        groups, rest = [c for c in rest if not c.numeric], [c for c in rest if c.numeric]
    by_numbers = all(c.kind == "number" and not c.classes for c in groups)
    if groups and rest and by_numbers and all(c.kind == "category" for c in rest):
        groups, rest = rest, groups  # "compare channels by amount"
    # "smokers and non-smokers", "web and store compared": both sides, each for itself.
    groups += [c for c in rest if c.kind == "flag" and rest.count(c) > 1 and (asked.contrast or c in asked.negated)]
    groups += contrasted if asked.contrast else ()
    return list(dict.fromkeys(groups)), list(dict.fromkeys(c for c in rest if c not in groups))


def _share_of_it(asked: Asked) -> bool:
    """ "Share of each channel": rather than of the rows for which a column holds."""
    return "share" in asked.statistics and bool(asked.rest) and not asked.rest[0].numeric


def _with_flags(intent: Intent, asked: Asked, measures: list[Column]) -> tuple[Intent, list[Column]]:
    """ "How many users purchased": a flag that is neither measured nor grouped by says which rows are meant."""
    number = next((c for c in measures if c.kind == "number"), None)
    counted = asked.counted and "share" not in asked.statistics
    beside = bool(number) or counted or (_share_of_it(asked) and not asked.grouped)
    flags = [c for c in measures if c.kind == "flag" and (beside or c in asked.negated)]
    told = tuple(Condition(c, "=", (_truth(c, c not in asked.negated),)) for c in flags if c not in asked.also)
    # That one row of many does not hold is no sign that none holds.
    home = intent.tables[0].sql if intent.named else ""
    unsure = tuple(c.name for c in flags if c in asked.also or (c in asked.negated and home not in ("", c.table)))
    intent = replace(intent, conditions=(*intent.conditions, *told), left_out=(*intent.left_out, *unsure))
    return intent, [c for c in measures if c not in flags]


def _truth(flag: Column, holds: bool) -> str:
    return str(int(holds)) if flag.whole else str(holds).lower()


def _measured(intent: Intent, asked: Asked, measures: list[Column]) -> Intent:
    """The intent with its statistic and measure."""
    separate = {*asked.statistics} & {*_SEPARATE}
    statistic = next(iter(asked.statistics), "")
    number = next((c for c in measures if c.numeric), None)
    if not separate and (asked.named_values or statistic == "distinct"):
        keys = [key for t in intent.tables if (key := key_of(t))]
        return replace(intent, statistic="distinct", measure=next(iter((*measures, *keys)), None))
    if number is None:
        return _counted(intent, asked, statistic)
    per_key = {"average", "count"} <= {*asked.statistics} and any(g.kind == "id" or g.key for g in intent.groups)
    if per_key and number.kind == "flag":
        held = Condition(number, "=", (_truth(number, True),))
        return _counted(replace(intent, conditions=(*intent.conditions, held)), asked, statistic)
    if statistic == "share" and number.kind == "number":
        return _share_of_sum(intent, number)
    if asked.ranked and number.kind == "flag" and not _divided(intent):
        return replace(intent, measure=None)  # "who bought the most": of whom is not said
    if asked.ranked and number.kind == "number" and not statistic and (asked.extreme or not _divided(intent)):
        return replace(intent, statistic="minimum" if asked.ascending else "maximum", measure=number)
    if statistic in ("", "share", "count", "total"):
        statistic = _statistic_of(number, statistic, asked.often)
    own = [g for g in intent.groups if g.key and g.table == number.table]
    if own and not asked.ranked:  # "cost per visit", of visits
        rest = tuple(g for g in intent.groups if g not in own)
        intent, statistic = replace(intent, groups=rest), "average" if statistic == "total" else statistic
    return replace(intent, statistic=statistic, measure=None if statistic == "count" else number)


def _counted(intent: Intent, asked: Asked, statistic: str) -> Intent:
    """Rows are counted, or their share is taken, if it is plain that this is meant."""
    per = next((g for g in intent.groups if g.kind == "id" or g.key), None)
    if statistic == "average" and per and (asked.counted or "count" in asked.statistics):
        groups = tuple(g for g in intent.groups if g is not per)
        return replace(intent, statistic="per_key", measure=per, groups=groups, ranked=False)
    if statistic == "share":
        compared = [c for c in intent.conditions if c.operator != "PERIOD" and c.column not in intent.groups]
        kept = tuple(c for c in intent.conditions if c not in compared[:1])
        if compared and len(compared[0].values) > 1 and compared[0].operator == "IN" and not intent.groups:
            return replace(intent, statistic=statistic, groups=(compared[0].column,), conditions=kept)
        return replace(intent, statistic=statistic, compared=next(iter(compared), None), conditions=kept)
    sure = asked.counted or asked.spread or not (intent.left_out or asked.ranked)
    if statistic == "" or (statistic == "total" and not intent.left_out):
        statistic = "count" if sure or statistic == "total" else ""
    return replace(intent, statistic=statistic)


def _share_of_sum(intent: Intent, number: Column) -> Intent:
    """ "What share of the cost is of Surgery": that of every department, so that it can be seen among them."""
    compared = next((c for c in intent.conditions if c.operator == "IN"), None)
    if compared and not intent.groups:
        kept = tuple(c for c in intent.conditions if c is not compared)
        intent = replace(intent, groups=(compared.column,), conditions=kept)
    if not _divided(intent):
        return replace(intent, measure=None)  # all of it: of which part is not said
    return replace(intent, statistic="sum_share", measure=number)


def _statistic_of(measure: Column, asked: str, often: bool) -> str:
    """What is taken of a number when the question leaves it open: sums of amounts and flags, averages of others."""
    if measure.kind == "flag":
        return "average" if asked == "share" or often else "total"
    if asked in ("count", "total"):
        return asked
    return "total" if words.AMOUNT.search(folded(measure.name)) and asked == "" else "average"


def _divided(intent: Intent) -> bool:
    return bool(intent.groups or intent.grain)


def _covers(intent: Intent, statistic: str) -> bool:
    return statistic == intent.statistic or (statistic == "average" and intent.statistic == "per_key")
