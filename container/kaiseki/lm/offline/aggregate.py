"""One statistic over all rows, by groups, over time, or both."""

from kaiseki.lm.offline import wording
from kaiseki.lm.offline.intent import Intent
from kaiseki.lm.offline.program import Program, fill, shown
from kaiseki.lm.offline.reading import Briefing, Column
from kaiseki.lm.offline.source import Source, literal

_MOST_GROUPS = 50
_BINS = 10
_SQL_STATISTICS = {
    "average": "AVG({0}::FLOAT)",
    "median": "MEDIAN({0}::FLOAT)",
    "deviation": "STDDEV_SAMP({0}::FLOAT)",
    "maximum": "MAX({0})",
    "minimum": "MIN({0})",
}
_PANDAS_STATISTICS = {"average": "mean", "median": "median", "deviation": "std", "maximum": "max", "minimum": "min"}
_PANDAS_STATISTICS |= {"total": "sum", "distinct": "nunique", "value_share": "mean"}
_WEEKDAYS = (
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
    ["日曜", "月曜", "火曜", "水曜", "木曜", "金曜", "土曜"],
)
_PERIOD_LABELS = {
    "hour": 'rows["period"].map("{:02.0f}".format)',
    "weekday": 'rows["period"].map(dict(enumerate($weekdays)))',
    "quarter": 'pd.to_datetime(rows["period"]).dt.to_period("Q").astype(str)',
    "year": 'pd.to_datetime(rows["period"]).dt.strftime("%Y")',
    "month": 'pd.to_datetime(rows["period"]).dt.strftime("%Y-%m")',
    "week": 'pd.to_datetime(rows["period"]).dt.strftime("%Y-%m-%d")',
    "day": 'pd.to_datetime(rows["period"]).dt.strftime("%Y-%m-%d")',
}
_RAW = """
raw = load($query)
if raw.empty:
    raise ValueError("no rows match")
$period
rows = raw.groupby($keys, dropna=False).agg(row_count=("measure", "size"), value=("measure", $how)).reset_index()
$share
rows["all_rows"] = len(raw)
rows["all_groups"] = len(rows)
rows = rows.sort_values($order, ascending=$ascending).head($limit).reset_index(drop=True)
"""
_LOAD = """
rows = load($query)
rows = rows.dropna(subset=$needed)
if rows.empty:
    raise ValueError("no rows match")
"""
_GROUPED = """
$labels
rows["label"] = $label
fact("rows_used", int(rows["all_rows"].iloc[0]))
fact("groups", int(rows["all_groups"].iloc[0]))
fact("groups_shown", len(rows))
highest = rows.loc[rows["value"].idxmax()]
lowest = rows.loc[rows["value"].idxmin()]
fact("highest_name", highest["label"])
fact("highest_value", $number(highest["value"]))
fact("lowest_name", lowest["label"])
fact("lowest_value", $number(lowest["value"]))
table("result", rows[$columns].rename(columns=$names), $title)
$chart
"""
_SCALAR = """
fact("rows_used", int(rows["row_count"].iloc[0]))
fact("result", $number(rows["value"].iloc[0]))
"""
_SCALAR_RAW = """
raw = load($query)
if raw.empty:
    raise ValueError("no rows match")
rows = pd.DataFrame({"row_count": [len(raw)], "value": [$value]})
"""
_BARS = """
import altair as alt
shown = rows.head(40)
chart("by_group", alt.Chart(shown).mark_bar().encode(
    x=alt.X("value:Q", title=$value), y=alt.Y("$axis:N", sort=None, title=$group)$color), $title)
"""
_LINE = """
import altair as alt
chart("over_time", alt.Chart(rows).mark_line(point=len(rows) <= 60).encode(
    x=alt.X("period_label:N", sort=None, title=$group), y=alt.Y("value:Q", title=$value)$color), $title)
"""
_ANSWER = {
    "scalar": (
        "$read_as\n\n**$what: {result$spec}** ({rows_used:,} rows).",
        "$read_as\n\n**$what: {result$spec}**（{rows_used:,} 行）。",
    ),
    "grouped": (
        "$read_as\n\n**{highest_name}** has the highest $what: {highest_value$spec}; of the {groups_shown:,} shown (of {groups:,} in "
        "all), {lowest_name} has the lowest: {lowest_value$spec}. {rows_used:,} rows were used. Differences between groups were "
        "not tested here.\n\n{table:result}",
        "$read_as\n\n$whatが最も大きいのは **{highest_name}**（{highest_value$spec}）、表示した {groups_shown:,} 件（全 {groups:,} 件）の中で最も小さいのは "
        "{lowest_name}（{lowest_value$spec}）です。{rows_used:,} 行を使いました。グループ間の差の検定はしていません。\n\n{table:result}",
    ),
    "lowest": (
        "$read_as\n\n**{lowest_name}** has the lowest $what: {lowest_value$spec}; of the {groups_shown:,} shown (of {groups:,} in "
        "all), {highest_name} has the highest: {highest_value$spec}. {rows_used:,} rows were used. Differences between groups "
        "were not tested here.\n\n{table:result}",
        "$read_as\n\n$whatが最も小さいのは **{lowest_name}**（{lowest_value$spec}）、表示した {groups_shown:,} 件（全 {groups:,} 件）の中で最も大きいのは "
        "{highest_name}（{highest_value$spec}）です。{rows_used:,} 行を使いました。グループ間の差の検定はしていません。\n\n{table:result}",
    ),
}  # fmt: skip
_BY = (
    ("$what by $by", "$by 別の$what"),
    ("the $count lowest", "下位"),
    ("rows", "行数"),
    ("bins of $column", "$column の階級"),
)


class _Plan:
    """The pieces that all variants of the program share."""

    def __init__(self, intent: Intent, source: Source, time: Column | None, grain: str) -> None:
        self.intent, self.source, self.time, self.grain = intent, source, time, grain
        self.language = intent.language
        self.statistic = "value_share" if intent.compared else intent.statistic
        self.dimensions = [("period", self._period())] if time else []
        self.dimensions += [(f"group_{i + 1}", self._group(c)) for i, c in enumerate(intent.groups)]
        column = intent.compared or intent.measure
        name = shown(f"{column.sql} = {literal(intent.value)}" if intent.compared else column.sql) if column else ""
        self.what = wording.choose(self.language, wording.STATISTICS[self.statistic], column=name)
        by = [wording.GRAINS[grain][self.language == "ja"]] if time else []
        by += [shown(c.sql) for c in intent.groups]
        self.by = wording.listed(self.language, by)
        described = wording.choose(self.language, _BY[0], what=self.what, by=self.by) if by else self.what
        self.read_as = wording.read_as(intent, source, described)
        self.title = described.replace("`", "").replace("{{", "{").replace("}}", "}")

    def _group(self, column: Column) -> str:
        name = self.source.name(column)
        if column.kind != "number" or column.classes:
            return name
        width = _width(column)
        return f"FLOOR({name}::FLOAT / {width}) * {width}"

    def _period(self) -> str:
        assert self.time is not None
        name = self.source.name(self.time)
        if self.grain in ("hour", "weekday"):
            return f"EXTRACT({'dow' if self.grain == 'weekday' else 'hour'} FROM {name})"
        return f"DATE_TRUNC('{self.grain}', {name})"

    @property
    def measured(self) -> str:
        """The SQL of what the statistic is taken of; flags count as 0 and 1."""
        if self.intent.compared:
            return f"CASE WHEN {self.source.name(self.intent.compared)} = {literal(self.intent.value)} THEN 1.0 ELSE 0.0 END"
        column = self.intent.measure
        if column is None:
            return "1"
        name = self.source.name(column)
        return (
            f"CASE WHEN {name} THEN 1 ELSE 0 END"
            if column.type.startswith("BOOL") and self.statistic != "distinct"
            else name
        )

    @property
    def value(self) -> str:
        measured = self.measured
        if self.statistic == "distinct":
            return f"COUNT(DISTINCT {measured})"
        if self.statistic == "value_share":
            return f"AVG({measured})"
        if self.statistic == "total":
            return f"SUM({measured}::{'BIGINT' if self.whole else 'FLOAT'})::{'BIGINT' if self.whole else 'FLOAT'}"
        if self.statistic == "share":
            return "COUNT(*)::FLOAT / SUM(COUNT(*)) OVER ()" if self.dimensions else "1.0"
        return _SQL_STATISTICS.get(self.statistic, "COUNT(*)").format(measured)

    @property
    def whole(self) -> bool:
        column = self.intent.measure
        if self.statistic == "total":
            return column is not None and (column.whole or column.type.startswith("BOOL"))
        return self.statistic in ("count", "distinct") or (
            self.statistic in ("maximum", "minimum") and column is not None and column.whole
        )

    @property
    def number(self) -> str:
        timed = self.intent.measure is not None and not self.intent.measure.numeric
        if timed and self.statistic in ("maximum", "minimum"):
            return "str"
        return "int" if self.whole else "float"

    @property
    def spec(self) -> str:
        column = self.intent.measure
        if self.number == "str":
            return ""
        if self.whole:
            return ":,"
        if self.statistic in ("share", "value_share") or (
            column and column.kind == "flag" and self.statistic == "average"
        ):
            return ":.1%"
        return ":,.2f" if column and _size(column) >= 10 else ":.4g"

    @property
    def where(self) -> str:
        conditions = [c.sql(self.source.name(c.column)) for c in self.intent.conditions]
        needs_value = self.intent.measure is not None and self.statistic not in ("count", "share")
        conditions += (
            [f"{self.source.name(self.intent.measure)} IS NOT NULL"] if needs_value and self.intent.measure else []
        )
        return f"WHERE {' AND '.join(conditions)}" if conditions else ""

    @property
    def limit(self) -> int:
        return self.intent.top or (_MOST_GROUPS if not self.time else 5000)

    @property
    def by_value(self) -> bool:
        """Whether rows come in the order of the statistic; periods and classes of numbers have one of their own."""
        natural = self.time is not None or (len(self.intent.groups) == 1 and self.intent.groups[0].kind == "number")
        return bool(self.intent.top) or not natural

    def sql(self) -> str:
        keys = [expression for _, expression in self.dimensions]
        parts = [f"{expression} AS {name}" for name, expression in self.dimensions]
        parts += ["COUNT(*) AS row_count", f"{self.value} AS value"]
        if not keys:
            return _lines("SELECT " + ",\n  ".join(parts), self.source.clause, self.where)
        parts += ["SUM(COUNT(*)) OVER () AS all_rows", "COUNT(*) OVER () AS all_groups"]
        names = [name for name, _ in self.dimensions]
        order = [f"value {'ASC' if self.intent.ascending else 'DESC'}", *names] if self.by_value else names
        return _lines(
            "SELECT\n  " + ",\n  ".join(parts),
            self.source.clause,
            self.where,
            "GROUP BY " + ", ".join(keys),
            "ORDER BY " + ", ".join(order),
            f"LIMIT {self.limit}",
        )

    def raw_sql(self) -> str:
        """Rows as they are, for the variant that leaves the statistic to pandas."""
        parts = [f"{expression} AS {name}" for name, expression in self.dimensions if name != "period"]
        parts += [f"{self.source.name(self.time)} AS moment"] if self.time else []
        return _lines("SELECT " + ", ".join([*parts, f"{self.measured} AS measure"]), self.source.clause, self.where)

    def labels(self) -> tuple[str, str]:
        """Python that makes labels of the dimensions, and the expression of a row's whole label."""
        missing = "(欠損)" if self.language == "ja" else "(missing)"
        lines, names = [], []
        for name, _ in self.dimensions:
            if name == "period":
                weekdays = repr(_WEEKDAYS[self.language == "ja"])
                lines.append(f'rows["period_label"] = {_PERIOD_LABELS[self.grain].replace("$weekdays", weekdays)}')
                names.append("period_label")
            else:
                lines.append(
                    f'rows["{name}"] = rows["{name}"].map(lambda v: {missing!r} if pd.isna(v) else f"{{v:g}}" if isinstance(v, float) else str(v))'
                )
                names.append(name)
        return "\n".join(lines), ' + " / " + '.join(f'rows["{name}"]' for name in names)


def programs(
    intent: Intent, source: Source, briefing: Briefing, time: Column | None, grain: str
) -> tuple[Program, ...]:
    plan = _Plan(intent, source, time, grain)
    key = "scalar" if not plan.dimensions else "lowest" if intent.ascending and intent.ranked else "grouped"
    answer = wording.choose(intent.language, _ANSWER[key], read_as=plan.read_as, what=plan.what, spec=plan.spec)
    answer = "\n\n".join(filter(None, (answer, wording.remarks(intent, briefing))))
    outcome = "partial" if _unplaced(intent) else "answered"
    cut = source.base.rows > briefing.row_cap
    raw_answer = f"{answer}\n\n{wording.say(intent.language, 'truncated')}" if cut else answer
    queries = (("totals", plan.sql()),)
    load = fill(_LOAD, query='"totals"', needed=repr(["period", "value"] if time else ["value"]))
    purpose = f"{intent.statistic} by group" if plan.dimensions else f"{intent.statistic} over all rows"
    return (
        Program(purpose, answer, outcome, queries, load + "\n" + _tail(plan, chart=True)),
        Program(purpose, answer, outcome, queries, load + "\n" + _tail(plan, chart=False)),
        Program(
            f"{purpose}, from the rows themselves",
            raw_answer,
            "partial" if cut else outcome,
            (("single_rows", plan.raw_sql()),),
            _raw(plan) + "\n" + _tail(plan, chart=False),
        ),
    )


def _unplaced(intent: Intent) -> bool:
    """A figure that was not understood was most likely a condition."""
    return any(word[0].isdigit() for word in intent.left_out)


def _tail(plan: _Plan, chart: bool) -> str:
    if not plan.dimensions:
        return fill(_SCALAR, number=plan.number)
    labels, label = plan.labels()
    names = ["period_label" if name == "period" else name for name, _ in plan.dimensions]
    ja = plan.language == "ja"
    titles = ([wording.GRAINS[plan.grain][ja]] if plan.time else []) + [c.name for c in plan.intent.groups]
    what = plan.what.replace("`", "").replace("{{", "{").replace("}}", "}")
    renamed = dict(zip([*names, "row_count", "value"], [*titles, _BY[2][ja], what], strict=True))
    color = f', color=alt.Color("{names[1]}:N", title={titles[1]!r})' if len(names) > 1 else ""
    drawing = fill(
        _LINE if plan.time else _BARS,
        value=repr(what),
        axis=names[0],
        group=repr(titles[0]),
        color=color,
        title=repr(plan.title),
    )
    return fill(
        _GROUPED,
        labels=labels,
        label=label,
        number=plan.number,
        columns=repr([*names, *(["row_count"] if plan.statistic != "count" else []), "value"]),
        names=repr(renamed),
        title=repr(plan.title),
        chart=drawing if chart and plan.number != "str" else "",
    )


def _raw(plan: _Plan) -> str:
    how = _PANDAS_STATISTICS.get(plan.statistic, "size")
    if not plan.dimensions:
        value = "len(raw)" if how == "size" else f'raw["measure"].{how}()'
        return fill(_SCALAR_RAW, query='"single_rows"', value=value)
    period = ""
    if plan.time:
        moment = 'pd.to_datetime(raw["moment"])'
        periods = {"hour": f"{moment}.dt.hour", "weekday": f"({moment}.dt.day_of_week + 1) % 7"}
        unit = {"day": "D", "week": "W", "month": "M", "quarter": "Q", "year": "Y"}.get(plan.grain)
        period = f'raw["period"] = {periods.get(plan.grain, f"{moment}.dt.to_period({unit!r}).dt.start_time")}'
    keys = [name for name, _ in plan.dimensions]
    return fill(
        _RAW,
        query='"single_rows"',
        period=period,
        keys=repr(keys),
        how=repr(how),
        share='rows["value"] = rows["row_count"] / len(raw)' if plan.statistic == "share" else "",
        order=repr(["value", *keys] if plan.by_value else keys),
        ascending=repr([plan.intent.ascending, *[True] * len(keys)] if plan.by_value else [True] * len(keys)),
        limit=str(plan.limit),
    )


def _width(column: Column) -> str:
    """A round width that cuts the column's range into about ten classes."""
    span = max(float(column.high or 1) - float(column.low or 0), 1e-9)
    rough = span / _BINS
    power = 10.0 ** int(f"{rough:e}".split("e")[1])
    width = next(step * power for step in (1, 2, 5, 10) if step * power >= rough * 0.99)
    return f"{width:g}" if "e" not in f"{width:g}" else f"{width:.12f}".rstrip("0").rstrip(".")


def _size(column: Column) -> float:
    try:
        return max(abs(float(column.low)), abs(float(column.high)))
    except ValueError:
        return 100.0


def _lines(*lines: str) -> str:
    return "\n".join(line for line in lines if line)
