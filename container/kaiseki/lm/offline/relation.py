"""How two columns go together: correlation, group means, or a cross table, each with its test."""

from kaiseki.lm.offline.draft import Draft
from kaiseki.lm.offline.program import Program, fill, lines, shown, unmarked
from kaiseki.lm.offline.reading import Column

_MOST_CATEGORIES = 20
_LEVEL = 'level = 0.05\nsetting("level", level, "significance level of the tests")'
_START = """
from scipy import stats
rows = load("pairs").dropna()
if len(rows) < 3:
    raise ValueError("no rows match")
$level
"""
_NUMBERS = """
if rows["side_1"].nunique() < 2 or rows["side_2"].nunique() < 2:
    raise ValueError("no rows match: a column holds a single value")
pearson = stats.pearsonr(rows["side_1"], rows["side_2"])
spearman = stats.spearmanr(rows["side_1"], rows["side_2"])
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
rows = rows.assign(side_1=rows["side_1"].astype(str))
counts = rows["side_1"].value_counts()
kept = counts[counts >= 3].head($most).index
rows = rows[rows["side_1"].isin(kept)]
samples = [group["side_2"].to_numpy(dtype=float) for _, group in rows.groupby("side_1")]
if len(samples) < 2 or rows["side_2"].nunique() < 2:
    raise ValueError("no rows match: there are not two groups to compare")
summary = rows.groupby("side_1")["side_2"].agg(["size", "mean", "median", "std"])
summary = summary.sort_values("mean", ascending=False).reset_index()
anova = stats.f_oneway(*samples)
kruskal = stats.kruskal(*samples)
overall = rows["side_2"].mean()
between = float((summary["size"] * (summary["mean"] - overall) ** 2).sum())
total = float(((rows["side_2"] - overall) ** 2).sum())
fact("rows_used", len(rows))
fact("groups", len(summary))
fact("highest_name", summary["side_1"].iloc[0])
fact("highest_mean", float(summary["mean"].iloc[0]))
fact("lowest_name", summary["side_1"].iloc[-1])
fact("lowest_mean", float(summary["mean"].iloc[-1]))
fact("anova_p", float(anova.pvalue))
fact("kruskal_p", float(kruskal.pvalue))
fact("explained", between / total, note="eta squared: share of the variance that lies between the groups")
fact("verdict", $yes if kruskal.pvalue < level else $no)
table("groups", summary.round(4).rename(columns=$labels), $title)
$chart
"""
_CROSS = """
$level
from scipy import stats
rows = load("pairs").dropna()
if rows.empty:
    raise ValueError("no rows match")
rows = rows.assign(side_1=rows["side_1"].astype(str), side_2=rows["side_2"].astype(str))
kept = [rows.groupby(side)["row_count"].sum().nlargest($most).index for side in ("side_1", "side_2")]
rows = rows[rows["side_1"].isin(kept[0]) & rows["side_2"].isin(kept[1])]
cross = rows.pivot_table(index="side_1", columns="side_2", values="row_count", aggfunc="sum", fill_value=0)
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
table("cross", cross.rename_axis(columns=None).reset_index().rename(columns={"side_1": $x}), $title)
$chart
"""
_SCATTER = """
import altair as alt
drawn, mark = rows[["side_1", "side_2"]], {"type": "circle", "opacity": 0.4}
if len(rows) > 2000:
    bins = pd.qcut(rows["side_1"], 20, duplicates="drop")
    drawn, mark = drawn.groupby(bins, observed=True).mean().reset_index(drop=True), {"type": "line", "point": True}
axis = alt.Scale(zero=False)
chart("relation", alt.Chart(drawn, mark=mark).encode(
    x=alt.X("side_1:Q", title=$x, scale=axis), y=alt.Y("side_2:Q", title=$y, scale=axis)), $title)
"""
_MEANS = """
import altair as alt
chart("relation", alt.Chart(summary).mark_bar().encode(
    x=alt.X("mean:Q", title=$y), y=alt.Y("side_1:N", sort=None, title=$x)), $title)
"""
_HEAT = """
import altair as alt
shares = rows.assign(share=rows["row_count"] / rows.groupby("side_1")["row_count"].transform("sum"))
chart("relation", alt.Chart(shares).mark_bar().encode(
    x=alt.X("sum(share):Q", title=None, axis=alt.Axis(format="%")), y=alt.Y("side_1:N", title=$x),
    color=alt.Color("side_2:N", title=$y)), $title)
"""
_ANSWERS = {
    "numbers": (
        "{verdict} The correlation is {strength}: r = {correlation:+.3f} (p {correlation_p:p}); by ranks (Spearman) "
        "{rank_correlation:+.3f} (p {rank_correlation_p:p}), over {rows_used:,} rows. The level was {level:.2f}. A "
        "correlation is not a cause.",
        "{verdict}相関は{strength}: r = {correlation:+.3f}（p {correlation_p:p}）、順位相関（Spearman）は "
        "{rank_correlation:+.3f}"
        "（p {rank_correlation_p:p}）。{rows_used:,} 行、有意水準 {level:.2f}。相関は因果関係を意味しません。",
    ),
    "groups": (
        "{verdict} The mean of $second is highest for {highest_name} ({highest_mean:.4g}) and lowest for {lowest_name} "
        "({lowest_mean:.4g}) of {groups:,} groups; the groups explain {explained:.1%} of its variance. "
        "Kruskal-Wallis p "
        "{kruskal_p:p}, ANOVA p {anova_p:p}; {rows_used:,} rows, level {level:.2f}. A difference is not a "
        "cause.\n\n{table:groups}",
        "{verdict}$second の平均は {highest_name}（{highest_mean:.4g}）が最も高く、{lowest_name}（"
        "{lowest_mean:.4g}）が最も低い"
        "（{groups:,} グループ）。グループが説明する分散の割合は {explained:.1%}。Kruskal-Wallis 検定 p "
        "{kruskal_p:p}、分散分析 p {anova_p:p}。"
        "{rows_used:,} 行、有意水準 {level:.2f}。差は因果関係を意味しません。\n\n{table:groups}",
    ),
    "cross": (
        "{verdict} Chi-squared p {chi_squared_p:p}; Cramér's V = {cramers_v:.3f} (none at zero, complete at one); "
        "{rows_used:,} rows, level {level:.2f}; {small_cells:.0%} of the cells expect too few rows for the test's "
        "approximation. "
        "An association is not a cause.\n\n{table:cross}",
        "{verdict}カイ二乗検定 p {chi_squared_p:p}、クラメールの V = {cramers_v:.3f}。{rows_used:,} 行、有意水準 "
        "{level:.2f}。"
        "期待度数が小さすぎるセルの割合は {small_cells:.0%}。関連は因果関係を意味しません。\n\n{table:cross}",
    ),
}
_WORDS = {
    "yes": ("The two are related: chance alone would hardly do this.", "統計的に有意な関係があります。"),
    "no": ("No relation was found that chance could not explain.", "統計的に有意な関係は見られません。"),
    "strong": ("strong", "強い"),
    "moderate": ("moderate", "中程度"),
    "weak": ("weak", "弱い"),
    "none": ("next to none", "ほとんどない"),
    "what": ("the relation of $first and $second", "$first と $second の関係"),
}
_LABELS = {
    "size": ("rows", "行数"),
    "mean": ("mean", "平均"),
    "median": ("median", "中央値"),
    "std": ("standard deviation", "標準偏差"),
}
_TEMPLATES = {"numbers": (_START + _NUMBERS, _SCATTER), "groups": (_START + _GROUPS, _MEANS), "cross": (_CROSS, _HEAT)}


def programs(draft: Draft) -> tuple[Program, Program]:
    """With a chart, and without."""
    kind, first, second = _kind(draft.intent.columns[0], draft.intent.columns[1], draft.intent.correlation)
    what = draft.say(_WORDS["what"], first=shown(first.sql), second=shown(second.sql))
    words = {key: repr(draft.say(texts)) for key, texts in _WORDS.items() if key != "what"}
    labels = {"side_1": first.name} | {key: draft.say(texts) for key, texts in _LABELS.items()}
    names = {
        "x": repr(first.name),
        "y": repr(second.name),
        "title": repr(unmarked(what)),
        "most": str(_MOST_CATEGORIES),
        "labels": repr(labels),
        "level": _LEVEL,
    }
    template, drawing = _TEMPLATES[kind]

    def program(charted: bool) -> Program:
        chart = fill(drawing, **names) if charted else ""
        code = fill(template, chart=chart, **names, **words)
        answer = draft.say(_ANSWERS[kind], second=shown(second.sql))
        purpose = f"The relation of {first.name} and {second.name}"
        return draft.program(purpose, what, answer, "pairs", _sql(draft, first, second, kind), code, kind != "cross")

    return program(charted=True), program(charted=False)


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


def _sql(draft: Draft, first: Column, second: Column, kind: str) -> str:
    names = [draft.name(first), draft.name(second)]
    tail = lines(draft.source.clause, draft.where(*(f"{name} IS NOT NULL" for name in names)))
    if kind == "cross":
        keys = ", ".join(names)
        counted = f"SELECT {names[0]} AS side_1, {names[1]} AS side_2, COUNT(*) AS row_count"
        return lines(counted, tail, f"GROUP BY {keys}", f"ORDER BY {keys}")
    values = [f"{n}::FLOAT" if c.kind == "number" else n for n, c in zip(names, (first, second), strict=True)]
    cap = draft.most_rows
    sample = f"ORDER BY MD5({names[0]}::VARCHAR || {names[1]}::VARCHAR)\nLIMIT {cap}" if draft.oversized else ""
    return lines(f"SELECT {values[0]} AS side_1, {values[1]} AS side_2", tail, sample)
