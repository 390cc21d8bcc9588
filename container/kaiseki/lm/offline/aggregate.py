"""One statistic over all rows, by groups, over time, or both."""

from dataclasses import dataclass

from kaiseki.lm.offline.draft import Draft
from kaiseki.lm.offline.program import Program, fill, lines, shown, unmarked
from kaiseki.lm.offline.reading import Column
from kaiseki.lm.offline.wording import GRAINS, STATISTICS, listed

_MOST_GROUPS = 50
_MOST_PERIODS = 5000
_CLASSES = 10  # of a number that is grouped by
_SQL = {
    "average": "AVG(CAST({} AS FLOAT))",
    "median": "MEDIAN(CAST({} AS FLOAT))",
    "deviation": "STDDEV_SAMP(CAST({} AS FLOAT))",
    "maximum": "MAX({})",
    "minimum": "MIN({})",
    "distinct": "COUNT(DISTINCT {})",
    "value_share": "AVG(CAST({} AS FLOAT))",
}
_WEEKDAYS = (
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
    ["日曜", "月曜", "火曜", "水曜", "木曜", "金曜", "土曜"],
)
_PERIODS = {  # label of rows["period"]
    "hour": 'rows["period"].map("{:02.0f}".format)',
    "weekday": 'rows["period"].map(dict(enumerate(weekdays)))',
    "day": 'pd.to_datetime(rows["period"]).dt.strftime("%Y-%m-%d")',
    "week": 'pd.to_datetime(rows["period"]).dt.strftime("%Y-%m-%d")',
    "month": 'pd.to_datetime(rows["period"]).dt.strftime("%Y-%m")',
    "quarter": 'pd.to_datetime(rows["period"]).dt.to_period("Q").astype(str)',
    "year": 'pd.to_datetime(rows["period"]).dt.strftime("%Y")',
}
_LOAD = """
rows = load("totals").dropna(subset=$needed)
if rows.empty:
    raise ValueError("no rows match")
"""
_GROUPED = """
$labels
rows["label"] = $label
fact("rows_used", int(rows["all_rows"].iloc[0]), note=$rows_used)
fact("groups", int(rows["all_groups"].iloc[0]), note=$groups)
fact("groups_shown", len(rows), note=$groups_shown)
highest = rows.loc[rows["value"].idxmax()]
lowest = rows.loc[rows["value"].idxmin()]
fact("highest_name", highest["label"])
fact("highest_value", $number(highest["value"]), note=$highest_value)
fact("lowest_name", lowest["label"])
fact("lowest_value", $number(lowest["value"]), note=$lowest_value)
table("result", rows[$columns]$rounded.rename(columns=$names), $title)
$chart
"""
_SCALAR = """
fact("rows_used", int(rows["row_count"].iloc[0]), note=$rows_used)
fact("result", $number(rows["value"].iloc[0]), note=$what)
"""
_BARS = """
import altair as alt
chart("by_group", alt.Chart(rows.head(40)).mark_bar().encode(
    x=alt.X("value:Q", title=$value$format), y=alt.Y("$axis:N", sort=None, title=$group)$color), $title)
"""
_LINE = """
import altair as alt
chart("over_time", alt.Chart(rows).mark_line(point=len(rows) <= 60).encode(
    x=alt.X("$axis:N", sort=None, title=$group), y=alt.Y("value:Q", title=$value$format)$color), $title)
"""
_SCALAR_ANSWER = ("**$what: {result$spec}** ({rows_used:,} rows).", "**$what: {result$spec}**（{rows_used:,} 行）。")
_GROUPED_ANSWER = (
    "**{${one}_name}** has the $one $what: {${one}_value$spec}; of the {groups_shown:,} shown (of {groups:,} in all), "
    "{${other}_name} has the $other: {${other}_value$spec}. {rows_used:,} rows were used. Differences between groups "
    "were not tested here.\n\n{table:result}",
    "$whatが最も$one_jaのは **{${one}_name}**（{${one}_value$spec}）、表示した {groups_shown:,} 件（全 {groups:,} "
    "件）の中で"
    "最も$other_jaのは {${other}_name}（{${other}_value$spec}）です。{rows_used:,} 行を使いました。"
    "グループ間の差の検定はしていません。\n\n{table:result}",
)
_BY = ("$what by $by", "$by別の$what")
_NOTES = {
    "rows_used": ("rows used", "使った行数"),
    "groups": ("groups in all", "全体の件数"),
    "groups_shown": ("groups shown", "表示した件数"),
    "highest_value": ("highest value", "最大値"),
    "lowest_value": ("lowest value", "最小値"),
}
_PERCENT = ":.1%"
_DEGREE = ("大きい", "小さい")
_HOW_MANY, _HOW_HIGH = ("多い", "少ない"), ("高い", "低い")
_DEGREES = {
    **dict.fromkeys(("count", "distinct", "per_key"), _HOW_MANY),
    **dict.fromkeys(("average", "median", "share", "sum_share", "value_share"), _HOW_HIGH),
}
_ROWS = ("rows", "行数")
_MISSING = ("(missing)", "(欠損)")


@dataclass(frozen=True)
class Plan:
    """The statistic, in SQL and in words; `time` and `grain` are empty where no periods are asked for."""

    draft: Draft
    time: Column | None
    grain: str

    @property
    def statistic(self) -> str:
        return "value_share" if self.draft.intent.compared else self.draft.intent.statistic

    @property
    def dimensions(self) -> dict[str, str]:
        """Alias -> SQL expression."""
        periods = {"period": self._period(self.time)} if self.time else {}
        return periods | {f"group_{i + 1}": self._group(c) for i, c in enumerate(self.draft.intent.groups)}

    def _period(self, time: Column) -> str:
        name = self.draft.name(time)
        if self.grain in ("hour", "weekday"):
            return f"EXTRACT({'dow' if self.grain == 'weekday' else 'hour'} FROM {name})"
        return f"DATE_TRUNC('{self.grain}', {name})"

    def _group(self, column: Column) -> str:
        name = self.draft.name(column)
        if not _banded(column):
            return name
        width = _width(column)
        return f"FLOOR({name}::FLOAT / {width}) * {width}"

    @property
    def measured(self) -> str:
        """The SQL of what the statistic is taken of; truth values count as 0 and 1."""
        intent = self.draft.intent
        if intent.compared:
            return f"CASE WHEN {intent.compared.sql(self.draft.name(intent.compared.column))} THEN 1 ELSE 0 END"
        if intent.measure is None:
            return "1"
        name = self.draft.name(intent.measure)
        logical = intent.measure.type.startswith("BOOL") and self.statistic != "distinct"
        return f"CASE WHEN {name} THEN 1 ELSE 0 END" if logical else name

    @property
    def value(self) -> str:
        if self.statistic == "share":
            return "COUNT(*)::FLOAT / SUM(COUNT(*)) OVER ()" if self.dimensions else "1.0"
        if self.statistic == "per_key":
            return f"COUNT(*)::FLOAT / NULLIF(COUNT(DISTINCT {self.measured}), 0)"
        if self.statistic == "sum_share":
            return f"SUM({self.measured})::FLOAT / NULLIF(SUM(SUM({self.measured})) OVER (), 0)"
        if self.statistic == "total":
            kind = "BIGINT" if self.number == "int" else "FLOAT"
            return f"SUM(CAST({self.measured} AS {kind}))::{kind}"
        return _SQL.get(self.statistic, "COUNT(*)").format(self.measured)

    @property
    def number(self) -> str:
        """The Python type of the statistic."""
        measure = self.draft.intent.measure
        if self.statistic in ("count", "distinct"):
            return "int"
        if measure and self.statistic in ("total", "maximum", "minimum"):
            if not measure.numeric:
                return "str"
            return "int" if measure.whole or measure.kind == "flag" else "float"
        return "float"

    @property
    def spec(self) -> str:
        measure = self.draft.intent.measure
        rate = measure is not None and measure.kind == "flag" and self.statistic == "average"
        if self.number == "float" and (rate or self.statistic in ("share", "sum_share", "value_share")):
            return _PERCENT
        return {"int": ":,", "str": ""}.get(self.number, ":,.2f" if measure and _size(measure) >= 10 else ":.4g")

    @property
    def what(self) -> str:
        column = self.draft.intent.measure
        rate = column is not None and column.kind == "flag" and self.statistic == "average"
        return self.draft.say(
            STATISTICS["rate" if rate else self.statistic], column=shown(column.sql) if column else ""
        )

    @property
    def titles(self) -> list[str]:
        """Of the dimensions, in words."""
        periods = [self.draft.say(GRAINS[self.grain])] if self.time else []
        return periods + [column.name for column in self.draft.intent.groups]

    @property
    def described(self) -> str:
        by = [title if i < bool(self.time) else shown(title) for i, title in enumerate(self.titles)]
        code = " " * (self.draft.intent.language == "ja" and bool(self.draft.intent.groups))  # as around all names
        by_all = listed(self.draft.intent.language, by) + code
        return self.draft.say(_BY, what=self.what, by=by_all) if by else self.what

    @property
    def limit(self) -> int:
        return self.draft.intent.top or (_MOST_PERIODS if self.time else _MOST_GROUPS)

    @property
    def by_value(self) -> bool:
        """Whether rows come in the order of the statistic; periods and classes of numbers have one of their own."""
        groups = self.draft.intent.groups
        natural = self.time is not None or (len(groups) == 1 and groups[0].kind == "number")
        return self.draft.intent.ranked or not natural

    def where(self) -> str:
        compared = self.draft.intent.compared
        column = compared.column if compared else self.draft.intent.measure
        return self.draft.where(*([f"{self.draft.name(column)} IS NOT NULL"] if column else []))

    def plain(self, text: str) -> str:
        return unmarked(text.replace("{compared}", self.draft.compared))


def programs(draft: Draft, time: Column | None, grain: str) -> tuple[Program, Program]:
    """With a chart, and without."""
    plan = Plan(draft, time, grain)
    load = fill(_LOAD, needed=repr(["period", "value"] if time else ["value"]))
    purpose = unmarked(f"{plan.statistic} by group" if plan.dimensions else f"{plan.statistic} over all rows")

    def program(charted: bool) -> Program:
        code = lines(load, _facts(plan, charted))
        return draft.program(purpose, plan.described, _answer(plan), "totals", _sql(plan), code)

    return program(charted=True), program(charted=False)


def _answer(plan: Plan) -> str:
    if not plan.dimensions:
        return plan.draft.say(_SCALAR_ANSWER, what=plan.what, spec=plan.spec)
    order = list(zip(("highest", "lowest"), _DEGREES.get(plan.statistic, _DEGREE), strict=True))
    (one, one_ja), (other, other_ja) = reversed(order) if plan.draft.intent.ascending else order
    words = {"one": one, "one_ja": one_ja, "other": other, "other_ja": other_ja}
    return plan.draft.say(_GROUPED_ANSWER, what=plan.what, spec=plan.spec, **words)


def _sql(plan: Plan) -> str:
    parts = [f"{expression} AS {alias}" for alias, expression in plan.dimensions.items()]
    parts += ["COUNT(*) AS row_count", f"{plan.value} AS value"]
    if not plan.dimensions:
        return lines("SELECT " + ", ".join(parts), plan.draft.source.clause, plan.where())
    parts += ["SUM(COUNT(*)) OVER () AS all_rows", "COUNT(*) OVER () AS all_groups"]
    by_value = [f"value {'ASC' if plan.draft.intent.ascending else 'DESC'}"] if plan.by_value else []
    return lines(
        "SELECT\n  " + ",\n  ".join(parts),
        plan.draft.source.clause,
        plan.where(),
        "GROUP BY " + ", ".join(plan.dimensions.values()),
        "ORDER BY " + ", ".join([*by_value, *plan.dimensions]),
        f"LIMIT {plan.limit}",
    )


def _facts(plan: Plan, charted: bool) -> str:
    notes = {name: repr(plan.draft.say(texts)) for name, texts in _NOTES.items()}
    if not plan.dimensions:
        return fill(_SCALAR, number=plan.number, what=repr(plan.plain(plan.what)), **notes)
    percent = plan.spec == _PERCENT
    names = ["label_of_period" if alias == "period" else alias for alias in plan.dimensions]
    what, title = plan.plain(plan.what), repr(plan.plain(plan.described))
    counted = [] if plan.statistic == "count" else ["row_count"]
    color = f', color=alt.Color("{names[1]}:N", title={plan.titles[1]!r})' if names[1:] else ""
    drawing = fill(
        _LINE if plan.time else _BARS,
        value=repr(what),
        axis=names[0],
        group=repr(plan.titles[0]),
        color=color,
        title=title,
        format=', axis=alt.Axis(format="%")' if percent else "",
    )
    labels = dict(zip(names, plan.titles, strict=True)) | {
        "row_count": plan.draft.say(_ROWS),
        "value": f"{what} (%)" if percent else what,
    }
    return fill(
        _GROUPED,
        labels=_labels(plan),
        label=' + " / " + '.join(f'rows["{name}"]' for name in names),
        number=plan.number,
        columns=repr([*names, *counted, "value"]),
        rounded='.assign(value=(rows["value"] * 100).round(2))' if percent else ".round(4)",
        names=repr(labels),
        title=title,
        chart=drawing if charted and plan.number != "str" else "",
        **notes,
    )


def _labels(plan: Plan) -> str:
    """Python that turns periods and groups into text, gaps included."""
    code = []
    if plan.grain == "weekday":
        code.append(f"weekdays = {_WEEKDAYS[plan.draft.intent.language == 'ja']!r}")
    if plan.time:
        code.append(f'rows["label_of_period"] = {_PERIODS[plan.grain]}')
    groups = [alias for alias in plan.dimensions if alias != "period"]
    for alias, column in zip(groups, plan.draft.intent.groups, strict=True):
        text = 'f"{v:g}" if isinstance(v, float) else str(v)'
        if _banded(column):
            text = f'f"{{v:g}}–{{v + {float(_width(column)) - column.whole:g}:g}}"'
        code.append(f'texts = rows["{alias}"].map(lambda v: {text})')
        code.append(f'rows["{alias}"] = texts.where(rows["{alias}"].notna(), {plan.draft.say(_MISSING)!r})')
    return "\n".join(code)


def _banded(column: Column) -> bool:
    """Whether a number has too many values to be grouped by each of them."""
    return column.kind == "number" and not column.classes and column.low != ""


def _width(column: Column) -> str:
    """A round width that cuts a column's range into about ten bands."""
    rough = max(float(column.high) - float(column.low), 1e-9) / _CLASSES
    power = 10.0 ** int(f"{rough:e}".split("e")[1])
    width = next(step * power for step in (1, 2, 5, 10) if step * power >= rough * 0.99)
    return f"{width:.12f}".rstrip("0").rstrip(".")


def _size(column: Column) -> float:
    try:
        return max(abs(float(column.low)), abs(float(column.high)))
    except ValueError:
        return 100.0
