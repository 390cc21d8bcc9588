"""An analysis, to be run in the folder of its bundle: neither Kaiseki nor the warehouse is needed.

    pip install -r requirements.txt
    PYTHONHASHSEED=0 python analysis.py
"""

# %% [markdown]
# Which age groups buy most often? Compare the purchase rate per interaction between age groups, after removing exact duplicate rows, with the uncertainty of each rate, and say how users without an age compare.
#
# Run 20261121-090000-age-groups-erdk7dgm5mtk. During the run the clock stood still at 2026-11-21T09:00:00+00:00; code that asks for the time gets the present one here.

# %%
def _prepare():
    """Takes the bundle's own kit, and seeds random numbers as the run did."""
    import os
    import random
    import sys
    from pathlib import Path

    import numpy as np

    os.environ.setdefault("MPLBACKEND", "Agg")
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    random.seed(0)
    np.random.seed(0)
    fresh, seeds = np.random.default_rng, np.random.SeedSequence(0)
    np.random.default_rng = lambda seed=None: fresh(seeds.spawn(1)[0] if seed is None else seed)


_prepare()
from kaiseki_kit import *
import numpy as np
import pandas as pd

# %% [markdown]
# Step 1: Check duplicates, the two purchase fields, the join and the ages before computing rates
#
# dup_check: 1 rows
#
# SELECT
#   (SELECT COUNT(*) FROM interactions) AS rows_raw,
#   (SELECT COUNT(*) FROM (SELECT DISTINCT * FROM interactions) AS d) AS rows_distinct,
#   (SELECT COUNT(*) FROM users) AS users_raw,
#   (SELECT COUNT(*) FROM (SELECT DISTINCT * FROM users) AS u) AS users_distinct
#
# type_by_flag: 5 rows
#
# SELECT i.interactiontype AS interactiontype,
#        COUNT(*) AS interactions,
#        SUM(i.purchase) AS purchase_flags
# FROM (SELECT DISTINCT * FROM interactions) AS i
# GROUP BY i.interactiontype
# ORDER BY interactions DESC
#
# age_counts: 63 rows
#
# SELECT u.age AS age,
#        COUNT(DISTINCT u.userid) AS users,
#        COUNT(i.userid) AS interactions,
#        SUM(i.purchase) AS purchase_flags,
#        SUM(CASE WHEN i.interactiontype = 'purchase' THEN 1 ELSE 0 END) AS purchase_events
# FROM users AS u
# LEFT JOIN (SELECT DISTINCT * FROM interactions) AS i ON i.userid = u.userid
# GROUP BY u.age
# ORDER BY u.age
#
# orphan_check: 1 rows
#
# SELECT COUNT(*) AS orphan_interactions
# FROM (SELECT DISTINCT * FROM interactions) AS i
# LEFT JOIN users AS u ON u.userid = i.userid
# WHERE u.userid IS NULL

# %%
dup_row = load("dup_check").iloc[0]
fact("rows_raw", int(dup_row["rows_raw"]))
fact("rows_distinct", int(dup_row["rows_distinct"]))
fact("duplicates_removed", int(dup_row["rows_raw"] - dup_row["rows_distinct"]))
fact("users_raw", int(dup_row["users_raw"]))
fact("users_distinct", int(dup_row["users_distinct"]))

types = load("type_by_flag")
print(types.to_string())
is_purchase = types["interactiontype"] == "purchase"
fact("purchase_events", int(types.loc[is_purchase, "interactions"].sum()))
fact("purchase_flags", int(types["purchase_flags"].sum()))
fact("flags_on_other_types", int(types.loc[~is_purchase, "purchase_flags"].sum()))

fact("orphan_interactions", int(load("orphan_check").iloc[0]["orphan_interactions"]))

ages = load("age_counts")
ages["age"] = pd.to_numeric(ages["age"], errors="coerce")
fact("users_without_age", int(ages.loc[ages["age"].isna(), "users"].sum()))
bands = pd.cut(ages["age"], [17, 24, 34, 44, 54, 64, 200],
               labels=["18-24", "25-34", "35-44", "45-54", "55-64", "65+"]).astype(object)
ages["band"] = bands.where(ages["age"].notna(), "No age")
cols = ["users", "interactions", "purchase_flags", "purchase_events"]
print(ages.groupby("band")[cols].sum().to_string())

# %% [markdown]
# Step 2: Purchase rate per age group with user-level bootstrap intervals, and the comparisons that the question needs
#
# per_user: 1,000 rows
#
# SELECT u.userid AS userid,
#        u.age AS age,
#        COUNT(*) AS interactions,
#        SUM(i.purchase) AS purchases,
#        SUM(CASE WHEN i.interactiontype = 'purchase' THEN 1 ELSE 0 END) AS purchase_events
# FROM (SELECT DISTINCT * FROM interactions) AS i
# JOIN users AS u ON u.userid = i.userid
# GROUP BY u.userid, u.age
# ORDER BY u.userid

# %%
import altair as alt

reps = 5000
setting("bootstrap_reps", reps, "resamples of users per age group, and permutations of the overall test")
level = 0.95
setting("confidence_level", level, "level of every interval")
order = ["18-24", "25-34", "35-44", "45-54", "55-64", "65+", "No age"]
known = order[:-1]

pu = load("per_user")
for c in ["interactions", "purchases", "purchase_events"]:
    pu[c] = pd.to_numeric(pu[c]).astype(int)
pu["age"] = pd.to_numeric(pu["age"], errors="coerce")
cut = pd.cut(pu["age"], [17, 24, 34, 44, 54, 64, 200], labels=known).astype(object)
pu["band"] = cut.where(pu["age"].notna(), "No age")

fact("users_used", len(pu))
fact("interactions_used", int(pu["interactions"].sum()))
overall = float(pu["purchases"].sum() / pu["interactions"].sum())
fact("overall_rate", overall)

# Bootstrap of whole users within each group: interactions of one person are not independent.
rng = np.random.default_rng(0)
tail = (1 - level) / 2
boot_p, boot_n, out = {}, {}, []
for band in order:
    g = pu[pu["band"] == band]
    n = g["interactions"].to_numpy()
    k = g["purchases"].to_numpy()
    pick = rng.integers(0, len(g), size=(reps, len(g)))
    boot_p[band] = k[pick].sum(axis=1)
    boot_n[band] = n[pick].sum(axis=1)
    low, high = np.quantile(boot_p[band] / boot_n[band], [tail, 1 - tail])
    out.append({"band": band, "users": len(g), "interactions": int(n.sum()), "purchases": int(k.sum()),
                "rate": k.sum() / n.sum(), "low": low, "high": high,
                "event_rate": g["purchase_events"].sum() / n.sum(), "largest_user": n.max() / n.sum()})
res = pd.DataFrame(out).set_index("band")
print(res.round(4).to_string())

ranked = res.loc[known].sort_values("rate", ascending=False)
top, second, bottom = ranked.index[0], ranked.index[1], ranked.index[-1]
for label, band in [("top", top), ("second", second), ("bottom", bottom), ("noage", "No age")]:
    fact(label + "_group", band)
    fact(label + "_rate", float(res.loc[band, "rate"]))
    fact(label + "_low", float(res.loc[band, "low"]))
    fact(label + "_high", float(res.loc[band, "high"]))
fact("noage_users", int(res.loc["No age", "users"]))
fact("noage_interactions", int(res.loc["No age", "interactions"]))


def pooled(bands, size):
    g = res.loc[bands]
    if size is None:
        return g["purchases"].sum() / g["interactions"].sum()
    return sum(boot_p[b] for b in bands) / sum(boot_n[b] for b in bands)


comparisons = [("top_second", f"{top} minus {second}", [top], [second]),
               ("top_bottom", f"{top} minus {bottom}", [top], [bottom]),
               ("noage_known", "No age minus all known ages", ["No age"], known),
               ("noage_top", f"No age minus {top}", ["No age"], [top]),
               ("noage_bottom", f"No age minus {bottom}", ["No age"], [bottom])]
diffs = []
for key, text, a, b in comparisons:
    d = float(pooled(a, None) - pooled(b, None))
    low, high = np.quantile(pooled(a, reps) - pooled(b, reps), [tail, 1 - tail])
    fact(key + "_diff", d)
    fact(key + "_diff_low", float(low))
    fact(key + "_diff_high", float(high))
    verdict = "higher" if low > 0 else "lower" if high < 0 else "not distinguishable"
    fact(key + "_verdict", verdict)
    diffs.append({"Comparison": text, "Difference (pp)": round(100 * d, 1), "95% low": round(100 * low, 1),
                  "95% high": round(100 * high, 1), "Verdict": verdict})
fact("known_rate", float(pooled(known, None)))

# One overall test among the known ages: shuffle the age groups over the users.
ku = pu[pu["band"] != "No age"]
codes = ku["band"].map({b: j for j, b in enumerate(known)}).to_numpy().astype(int)
kn = ku["interactions"].to_numpy().astype(float)
kk = ku["purchases"].to_numpy().astype(float)


def spread(c):
    n = np.bincount(c, weights=kn, minlength=len(known))
    k = np.bincount(c, weights=kk, minlength=len(known))
    return float((n * (k / n - kk.sum() / kn.sum()) ** 2).sum())


observed = spread(codes)
hits = sum(spread(rng.permutation(codes)) >= observed for _ in range(reps))
fact("overall_p", float((hits + 1) / (reps + 1)), note="permutation of age groups over users")

# Does the other reading of a purchase give the same ranking?
event_ranked = list(res.loc[known].sort_values("event_rate", ascending=False).index)
fact("ranking_by_event", "the same order" if event_ranked == list(ranked.index) else "a different order")
fact("top_by_event", event_ranked[0])
print("by flag:", list(ranked.index), "by event:", event_ranked)

# Does the top group hang on its heaviest user?
g = pu[pu["band"] == top].sort_values(["interactions", "userid"], ascending=[False, True])
rest = g.iloc[1:]
fact("top_largest_user_share", float(g.iloc[0]["interactions"] / g["interactions"].sum()))
fact("top_rate_without_largest", float(rest["purchases"].sum() / rest["interactions"].sum()))

show = pd.DataFrame({
    "Age group": res.index, "Users": res["users"], "Interactions": res["interactions"],
    "Purchases": res["purchases"], "Rate (%)": (100 * res["rate"]).round(1),
    "95% low": (100 * res["low"]).round(1), "95% high": (100 * res["high"]).round(1),
    "Rate by event type (%)": (100 * res["event_rate"]).round(1)}).reset_index(drop=True)
table("rates", show, "Purchase rate per interaction by age group")
table("differences", pd.DataFrame(diffs), "Differences between groups, in percentage points")

plot = res.reset_index()
plot["kind"] = np.where(plot["band"] == "No age", "Age missing", "Age known")
plot["overall"] = overall
base = alt.Chart(plot).encode(x=alt.X("band:N", sort=order, title="Age group", axis=alt.Axis(labelAngle=0)))
color = alt.Color("kind:N", title=None, scale=alt.Scale(domain=["Age known", "Age missing"],
                                                        range=["#1f5fa8", "#8a8a8a"]))
bars = base.mark_rule(strokeWidth=2).encode(
    y=alt.Y("low:Q", title="Purchases per interaction", axis=alt.Axis(format=".0%"),
            scale=alt.Scale(zero=True)), y2="high:Q", color=color)
points = base.mark_point(filled=True, size=90, opacity=1).encode(
    y="rate:Q", color=color,
    tooltip=["band:N", "users:Q", "interactions:Q", alt.Tooltip("rate:Q", format=".1%"),
             alt.Tooltip("low:Q", format=".1%"), alt.Tooltip("high:Q", format=".1%")])
labels = base.mark_text(dx=8, align="left", fontSize=11).encode(y="rate:Q", text=alt.Text("rate:Q", format=".1%"))
mean_line = alt.Chart(plot.head(1)).mark_rule(strokeDash=[4, 4], color="#555555").encode(y="overall:Q")
figure = (mean_line + bars + points + labels).properties(width=520, height=300)
chart("rate_by_age", figure, "Purchase rate by age group with 95% intervals (dashed: all interactions)")

# %% [markdown]
# **The youngest users buy most often, and the rate falls with every older group.** Users aged 18-24 purchase in
# 20.7% of interactions (95% interval 19.8% to 21.7%), ahead of
# 25-34 at 19.1%; the oldest group, 65+, is lowest at 10.8%. The groups differ
# clearly overall (permutation p-value <0.001). The lead over 25-34 is small: 1.7 pp, interval
# 0.2 pp to 3.1 pp, not corrected for multiple comparisons. Treat it as likely
# rather than certain.
#
# | Age group | Users | Interactions | Purchases | Rate (%) | 95% low | 95% high | Rate by event type (%) |
# | --- | --- | --- | --- | --- | --- | --- | --- |
# | 18-24 | 278 | 6188 | 1283 | 20.7 | 19.8 | 21.7 | 16.2 |
# | 25-34 | 264 | 5083 | 970 | 19.1 | 18.0 | 20.1 | 15.0 |
# | 35-44 | 159 | 2954 | 479 | 16.2 | 15.0 | 17.4 | 13.4 |
# | 45-54 | 107 | 2277 | 358 | 15.7 | 14.0 | 17.8 | 12.3 |
# | 55-64 | 60 | 1079 | 151 | 14.0 | 11.8 | 16.2 | 10.8 |
# | 65+ | 92 | 1673 | 181 | 10.8 | 9.4 | 12.3 | 8.2 |
# | No age | 40 | 746 | 121 | 16.2 | 13.9 | 18.6 | 13.1 |
#
# **Users without an age** (40 users) buy at 16.2%, not distinguishable from all known ages together
# (17.8%): they lie below the youngest group and above the oldest.
#
# | Comparison | Difference (pp) | 95% low | 95% high | Verdict |
# | --- | --- | --- | --- | --- |
# | 18-24 minus 25-34 | 1.7 | 0.2 | 3.1 | higher |
# | 18-24 minus 65+ | 9.9 | 8.1 | 11.6 | higher |
# | No age minus all known ages | -1.6 | -4.0 | 0.9 | not distinguishable |
# | No age minus 18-24 | -4.5 | -7.0 | -1.9 | lower |
# | No age minus 65+ | 5.4 | 2.6 | 8.2 | higher |
#
# **Basis.** 120 exact duplicates were removed from `interactions`, leaving 20,000 rows of
# 1,000 users. A purchase is the `purchase` flag; the age bands are my choice. Intervals resample whole users,
# because one person's interactions are not independent.
#
# **Caveats.**
# - The flag is also set on 781 rows of other interaction types. Counting rows of type `purchase` instead
#   lowers the rates but keeps the same order of the groups.
# - This is an association: it does not show that age causes purchases. Other age bands could change the close comparison
#   at the top.
