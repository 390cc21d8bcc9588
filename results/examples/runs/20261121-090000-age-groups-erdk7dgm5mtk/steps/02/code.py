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
