import altair as alt

reps = 2000
setting("reps", reps, "bootstrap resamples of users, and permutations")
level = 0.95
setting("level", level, "level of the intervals and of the test for single hours")
year = 2025
tail = (1 - level) / 2
month_names = ["January", "February", "March", "April", "May", "June", "July", "August", "September",
               "October", "November", "December"]

d = load("row_counts").iloc[0]
fact("rows_raw", int(d["rows_raw"]))
fact("duplicates_removed", int(d["rows_raw"] - d["rows_distinct"]))

ev = load("events")
for c in ["event_year", "event_month", "hour_of_day", "purchase", "is_purchase_event", "at_midnight"]:
    ev[c] = pd.to_numeric(ev[c]).astype(int)
ev = ev.sort_values(["userid", "event_year", "event_month", "hour_of_day", "purchase"]).reset_index(drop=True)
cur = ev[ev["event_year"] == year].reset_index(drop=True)
prev = ev[ev["event_year"] == year - 1]
fact("rows_used", len(cur))
fact("users_used", int(cur["userid"].nunique()))
overall = float(cur["purchase"].mean())
fact("overall_rate", overall)
fact("prev_rate", float(prev["purchase"].mean()))
fact("midnight_share", float(cur["at_midnight"].mean()))
other = cur["is_purchase_event"] == 0
fact("flags_on_other_types", int(cur.loc[other, "purchase"].sum()))

rng = np.random.default_rng(0)
user_code = cur["userid"].astype("category").cat.codes.to_numpy()
users = int(user_code.max()) + 1
weights = rng.multinomial(users, np.full(users, 1 / users), size=reps)
y = cur["purchase"].to_numpy().astype(float)


def cells(code, size):
    n = np.zeros((users, size))
    k = np.zeros((users, size))
    np.add.at(n, (user_code, code), 1)
    np.add.at(k, (user_code, code), y)
    return n, k


def summary(code, size):
    n, k = cells(code, size)
    with np.errstate(invalid="ignore", divide="ignore"):
        boot = (weights @ k) / (weights @ n)
        rate = k.sum(axis=0) / n.sum(axis=0)
    low, high = np.nanquantile(boot, [tail, 1 - tail], axis=0)
    return pd.DataFrame({"interactions": n.sum(axis=0).astype(int), "purchases": k.sum(axis=0).astype(int),
                         "rate": rate, "low": low, "high": high}), boot


def zscores(code, size, values):
    n = np.bincount(code, minlength=size)
    k = np.bincount(code, weights=values, minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.nan_to_num((k / n - overall) / np.sqrt(overall * (1 - overall) / n))


month_code = cur["event_month"].to_numpy() - 1
hour_code = cur["hour_of_day"].to_numpy()
months, month_boot = summary(month_code, 12)
months.insert(0, "month", month_names)
hours, hour_boot = summary(hour_code, 24)
hours.insert(0, "hour", range(24))

# Shuffle the purchase flags within each user: users keep their own rates, time loses its meaning.
z_month, z_hour = zscores(month_code, 12, y), zscores(hour_code, 24, y)
chi_month, chi_hour, max_hour = [], [], []
for _ in range(reps):
    s = y[np.lexsort((rng.random(len(y)), user_code))]  # rows are sorted by user already
    zm, zh = zscores(month_code, 12, s), zscores(hour_code, 24, s)
    chi_month.append((zm ** 2).sum())
    chi_hour.append((zh ** 2).sum())
    max_hour.append(zh.max())
fact("month_p", float((1 + sum(v >= (z_month ** 2).sum() for v in chi_month)) / (reps + 1)))
fact("hour_p", float((1 + sum(v >= (z_hour ** 2).sum() for v in chi_hour)) / (reps + 1)))
threshold = float(np.quantile(max_hour, level))
hours["clear"] = z_hour > threshold

# Trend over the months: weighted straight line, with an interval from the resampled users.
x = np.arange(12)
w = months["interactions"].to_numpy().astype(float)


def slope(r):
    xc = x - (w * x).sum() / w.sum()
    return (r * (w * xc)).sum(axis=-1) / (w * xc ** 2).sum()


fact("slope", float(slope(months["rate"].to_numpy())))
slope_low, slope_high = np.quantile(slope(month_boot), [tail, 1 - tail])
fact("slope_low", float(slope_low))
fact("slope_high", float(slope_high))
fact("slope_verdict", "rising" if slope_low > 0 else "falling" if slope_high < 0 else "no clear trend")

best_m = months.loc[months["rate"].idxmax()]
worst_m = months.loc[months["rate"].idxmin()]
for key, row in [("best_month", best_m), ("worst_month", worst_m),
                 ("first_month", months.iloc[0]), ("last_month", months.iloc[-1])]:
    fact(key, row["month"])
    for c in ["rate", "low", "high"]:
        fact(f"{key}_{c}", float(row[c]))

prev_hour = prev.groupby("hour_of_day")["purchase"].mean().reindex(range(24))
hours["prev_rate"] = prev_hour.to_numpy()
ranked = hours.sort_values(["rate", "hour"], ascending=[False, True])
for key, row in [("top_hour", ranked.iloc[0]), ("second_hour", ranked.iloc[1]), ("third_hour", ranked.iloc[2]),
                 ("bottom_hour", ranked.iloc[-1])]:
    fact(key, int(row["hour"]))
    for c in ["rate", "low", "high", "prev_rate"]:
        fact(f"{key}_{c}", float(row[c]))
clear = [int(h) for h in hours.loc[hours["clear"], "hour"]]
fact("clear_hours_count", len(clear))
fact("clear_hours", clear)
fact("hour_years_correlation", float(hours["rate"].corr(hours["prev_rate"], method="spearman")))
print(hours.round(4).to_string())

table("months", pd.DataFrame({
    "Month": months["month"], "Interactions": months["interactions"], "Purchases": months["purchases"],
    "Rate (%)": (100 * months["rate"]).round(1), "95% low": (100 * months["low"]).round(1),
    "95% high": (100 * months["high"]).round(1)}), "Purchase rate by month, 2025")
top5 = ranked.head(5)
table("top_hours", pd.DataFrame({
    "Hour (start)": top5["hour"], "Interactions": top5["interactions"], "Rate (%)": (100 * top5["rate"]).round(1),
    "95% low": (100 * top5["low"]).round(1), "95% high": (100 * top5["high"]).round(1),
    "Clearly above average": np.where(top5["clear"], "yes", "no"),
    "Rate in 2024 (%)": (100 * top5["prev_rate"]).round(1)}).reset_index(drop=True),
    "The five hours with the highest purchase rate, 2025")


def panel(df, field, title, sort, mark_line):
    base = alt.Chart(df).encode(x=alt.X(field, title=title, sort=sort, axis=alt.Axis(labelAngle=0)))
    yy = alt.Y("low:Q", title="Purchases per interaction", axis=alt.Axis(format=".0%"), scale=alt.Scale(zero=True))
    tip = [field, "interactions:Q", alt.Tooltip("rate:Q", format=".1%"), alt.Tooltip("low:Q", format=".1%"),
           alt.Tooltip("high:Q", format=".1%")]
    mean = alt.Chart(df.head(1)).mark_rule(strokeDash=[4, 4], color="#777777").encode(y="overall:Q")
    parts = [mean, base.mark_rule(strokeWidth=2, color="#1f5fa8").encode(y=yy, y2="high:Q")]
    if mark_line:
        parts.append(base.mark_line(color="#1f5fa8", opacity=0.4).encode(y="rate:Q"))
    parts.append(base.mark_point(filled=True, size=60, opacity=1, color="#1f5fa8").encode(y="rate:Q", tooltip=tip))
    return alt.layer(*parts).properties(width=600, height=200)


mp = months.assign(overall=overall, label=[m[:3] for m in month_names])
hp = hours.drop(columns=["clear"]).assign(overall=overall)
figure = alt.vconcat(panel(mp, "label:N", "Month of 2025", [m[:3] for m in month_names], True),
                     panel(hp, "hour:O", "Hour of the day (start), 2025", list(range(24)), False))
chart("rate_by_time", figure, "Purchase rate by month and by hour, with 95% intervals (dashed: whole year)")
