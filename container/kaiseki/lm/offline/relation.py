"""How two columns go together: correlation, group means, or a cross table, each with its test."""

from kaiseki.lm.offline import wording
from kaiseki.lm.offline.intent import Intent
from kaiseki.lm.offline.program import Program, fill, shown
from kaiseki.lm.offline.reading import Briefing, Column
from kaiseki.lm.offline.source import Source

_MOST_CATEGORIES = 20
_LEVEL = 'level = 0.05\nsetting("level", level, "significance level of the tests")'
_START = """
from scipy import stats
rows = load("pairs").dropna(subset=["first", "second"])
if len(rows) < 3:
    raise ValueError("no rows match")
$level
"""
_NUMBERS = """
if rows["first"].nunique() < 2 or rows["second"].nunique() < 2:
    raise ValueError("no rows match: a column holds a single value")
pearson = stats.pearsonr(rows["first"], rows["second"])
spearman = stats.spearmanr(rows["first"], rows["second"])
fact("rows_used", len(rows))
fact("correlation", float(pearson.statistic))
fact("correlation_p", float(pearson.pvalue))
fact("rank_correlation", float(spearman.statistic))
fact("rank_correlation_p", float(spearman.pvalue))
strength = abs(pearson.statistic)
fact("strength", $strong if strength >= 0.5 else $moderate if strength >= 0.3 else $weak if strength >= 0.1 else $none)
fact("verdict", $yes if pearson.pvalue < level else $no)
$chart
"""
_GROUPS = """
counts = rows["first"].astype(str).value_counts()
kept = counts[counts >= 3].head($most).index
rows = rows.assign(first=rows["first"].astype(str))
rows = rows[rows["first"].isin(kept)]
samples = [group["second"].to_numpy(dtype=float) for _, group in rows.groupby("first")]
if len(samples) < 2 or rows["second"].nunique() < 2:
    raise ValueError("no rows match: there are not two groups to compare")
summary = rows.groupby("first")["second"].agg(["size", "mean", "median", "std"]).sort_values("mean", ascending=False).reset_index()
anova = stats.f_oneway(*samples)
kruskal = stats.kruskal(*samples)
overall = rows["second"].mean()
between = float((summary["size"] * (summary["mean"] - overall) ** 2).sum())
total = float(((rows["second"] - overall) ** 2).sum())
fact("rows_used", len(rows))
fact("groups", len(summary))
fact("highest_name", summary["first"].iloc[0])
fact("highest_mean", float(summary["mean"].iloc[0]))
fact("lowest_name", summary["first"].iloc[-1])
fact("lowest_mean", float(summary["mean"].iloc[-1]))
fact("anova_p", float(anova.pvalue))
fact("kruskal_p", float(kruskal.pvalue))
fact("explained", between / total, note="eta squared: share of the variance that lies between the groups")
fact("verdict", $yes if kruskal.pvalue < level else $no)
table("groups", summary.rename(columns=$labels), $title)
$chart
"""
_CROSS = """
$level
from scipy import stats
rows = load("pairs").dropna(subset=["first", "second"])
if rows.empty:
    raise ValueError("no rows match")
rows = rows.assign(first=rows["first"].astype(str), second=rows["second"].astype(str))
kept = [rows.groupby(side)["row_count"].sum().nlargest($most).index for side in ("first", "second")]
rows = rows[rows["first"].isin(kept[0]) & rows["second"].isin(kept[1])]
cross = rows.pivot_table(index="first", columns="second", values="row_count", aggfunc="sum", fill_value=0)
if min(cross.shape) < 2:
    raise ValueError("no rows match: a column holds a single value")
test = stats.chi2_contingency(cross)
used = int(cross.to_numpy().sum())
fact("rows_used", used)
fact("chi_squared", float(test.statistic))
fact("chi_squared_p", float(test.pvalue))
fact("cramers_v", float(np.sqrt(test.statistic / used / (min(cross.shape) - 1))))
fact("small_cells", float((test.expected_freq < 5).mean()), note="share of cells that expect fewer than five rows")
fact("verdict", $yes if test.pvalue < level else $no)
table("cross", cross.rename_axis(columns=None).reset_index().rename(columns={"first": $first}), $title)
$chart
"""
_SCATTER = """
import altair as alt
if len(rows) <= 2000:
    figure = alt.Chart(rows[["first", "second"]]).mark_circle(opacity=0.4).encode(
        x=alt.X("first:Q", title=$x, scale=alt.Scale(zero=False)), y=alt.Y("second:Q", title=$y, scale=alt.Scale(zero=False)))
else:
    edges = rows.assign(bin=pd.qcut(rows["first"], 20, duplicates="drop")).groupby("bin", observed=True)[["first", "second"]].mean()
    figure = alt.Chart(edges.reset_index(drop=True)).mark_line(point=True).encode(
        x=alt.X("first:Q", title=$x, scale=alt.Scale(zero=False)), y=alt.Y("second:Q", title=$y, scale=alt.Scale(zero=False)))
chart("relation", figure, $title)
"""
_MEANS = """
import altair as alt
chart("relation", alt.Chart(summary).mark_bar().encode(
    x=alt.X("mean:Q", title=$y), y=alt.Y("first:N", sort=None, title=$x)), $title)
"""
_HEAT = """
import altair as alt
shares = rows.assign(share=rows["row_count"] / rows.groupby("first")["row_count"].transform("sum"))
chart("relation", alt.Chart(shares).mark_bar().encode(
    x=alt.X("sum(share):Q", title=None, axis=alt.Axis(format="%")), y=alt.Y("first:N", title=$x),
    color=alt.Color("second:N", title=$y)), $title)
"""
_ANSWERS = {
    "numbers": (
        "$read_as\n\n{verdict} The correlation is {strength}: r = {correlation:+.3f} (p {correlation_p:p}); by ranks (Spearman) "
        "{rank_correlation:+.3f} (p {rank_correlation_p:p}), over {rows_used:,} rows. The level was {level:.2f}. A correlation is not a cause.",
        "$read_as\n\n{verdict} 相関は{strength}: r = {correlation:+.3f}（p {correlation_p:p}）、順位相関（Spearman）は {rank_correlation:+.3f}"
        "（p {rank_correlation_p:p}）。{rows_used:,} 行、有意水準 {level:.2f}。相関は因果関係を意味しません。",
    ),
    "groups": (
        "$read_as\n\n{verdict} The mean of $second is highest for {highest_name} ({highest_mean:.4g}) and lowest for {lowest_name} "
        "({lowest_mean:.4g}) of {groups:,} groups; the groups explain {explained:.1%} of its variance. Kruskal-Wallis p "
        "{kruskal_p:p}, ANOVA p {anova_p:p}; {rows_used:,} rows, level {level:.2f}. A difference is not a cause.\n\n{table:groups}",
        "$read_as\n\n{verdict} $second の平均は {highest_name}（{highest_mean:.4g}）が最も高く、{lowest_name}（{lowest_mean:.4g}）が最も低い"
        "（{groups:,} グループ）。グループが説明する分散の割合は {explained:.1%}。Kruskal-Wallis 検定 p {kruskal_p:p}、分散分析 p {anova_p:p}。"
        "{rows_used:,} 行、有意水準 {level:.2f}。差は因果関係を意味しません。\n\n{table:groups}",
    ),
    "cross": (
        "$read_as\n\n{verdict} Chi-squared p {chi_squared_p:p}; Cramér's V = {cramers_v:.3f} (none at zero, complete at one); "
        "{rows_used:,} rows, level {level:.2f}; {small_cells:.0%} of the cells expect too few rows for the test's approximation. "
        "An association is not a cause.\n\n{table:cross}",
        "$read_as\n\n{verdict} カイ二乗検定 p {chi_squared_p:p}、クラメールの V = {cramers_v:.3f}。{rows_used:,} 行、有意水準 {level:.2f}。"
        "期待度数が小さすぎるセルの割合は {small_cells:.0%}。関連は因果関係を意味しません。\n\n{table:cross}",
    ),
}  # fmt: skip
_WORDS = {
    "yes": ("The two go together beyond what chance would do.", "2つの列の関係は統計的に有意です。"),
    "no": ("There is no relation that chance could not make.", "統計的に有意な関係は見られません。"),
    "strong": ("strong", "強い"),
    "moderate": ("moderate", "中程度"),
    "weak": ("weak", "弱い"),
    "none": ("next to none", "ほとんどない"),
    "what": ("the relation of $first and $second", "$first と $second の関係"),
}
_LABELS = ("rows", "行数"), ("mean", "平均"), ("median", "中央値"), ("standard deviation", "標準偏差")


def programs(intent: Intent, source: Source, briefing: Briefing) -> tuple[Program, ...]:
    kind, first, second = _kind(*intent.columns[:2], numbers=intent.correlation)
    ja = intent.language == "ja"
    what = wording.choose(intent.language, _WORDS["what"], first=shown(first.sql), second=shown(second.sql))
    read_as = wording.read_as(intent, source, what)
    answer = wording.choose(intent.language, _ANSWERS[kind], read_as=read_as, second=shown(second.sql))
    sampled = kind != "cross" and source.base.rows > briefing.row_cap
    note = wording.say(intent.language, "truncated") if sampled else ""
    answer = "\n\n".join(filter(None, (answer, wording.remarks(intent, briefing), note)))
    sql = _sql(intent, source, first, second, kind, briefing.row_cap if sampled else 0)
    words = {key: repr(texts[ja]) for key, texts in _WORDS.items() if key != "what"}
    title = repr(what.replace("`", ""))
    names = {
        "x": repr(first.name),
        "y": repr(second.name),
        "first": repr(first.name),
        "title": title,
        "most": str(_MOST_CATEGORIES),
    }
    labels = dict(zip(("size", "mean", "median", "std"), (pair[ja] for pair in _LABELS), strict=True))
    names["labels"] = repr({"first": first.name, **labels})
    template, drawing = {
        "numbers": (_START + _NUMBERS, _SCATTER),
        "groups": (_START + _GROUPS, _MEANS),
        "cross": (_CROSS, _HEAT),
    }[kind]

    def program(query: str, charted: bool) -> Program:
        chart = fill(drawing, **names) if charted else ""
        code = fill(template, level=_LEVEL, chart=chart, **names, **words).replace('load("pairs")', f"load({query!r})")
        return Program(f"The relation of {first.name} and {second.name}", answer, "answered", ((query, sql),), code)

    return program("pairs", True), program("pairs", False), program("pairs_again", False)


def _kind(first: Column, second: Column, numbers: bool) -> tuple[str, Column, Column]:
    """What to compute, and the columns in the order in which the program takes them: a category first."""

    def groups(column: Column) -> bool:
        return (
            not column.numeric
            or column.kind == "flag"
            or (column.classes and not numbers and (column.distinct or 0) <= 5)
        )

    if groups(first) and groups(second):
        return "cross", first, second
    if groups(second):
        return "groups", second, first
    return ("groups" if groups(first) else "numbers"), first, second


def _sql(intent: Intent, source: Source, first: Column, second: Column, kind: str, sample: int) -> str:
    names = [source.name(first), source.name(second)]
    conditions = [f"{name} IS NOT NULL" for name in names]
    conditions += [c.sql(source.name(c.column)) for c in intent.conditions]
    tail = f"{source.clause}\nWHERE {' AND '.join(conditions)}"
    if kind == "cross":
        return f"SELECT {names[0]} AS first, {names[1]} AS second, COUNT(*) AS row_count\n{tail}\nGROUP BY {', '.join(names)}\nORDER BY {', '.join(names)}"
    numbers = [
        f"{name}::FLOAT" if column.kind == "number" else name
        for name, column in zip(names, (first, second), strict=True)
    ]
    picked = f"\nORDER BY MD5({names[0]}::VARCHAR || {names[1]}::VARCHAR)\nLIMIT {sample}" if sample else ""
    return f"SELECT {numbers[0]} AS first, {numbers[1]} AS second\n{tail}{picked}"
