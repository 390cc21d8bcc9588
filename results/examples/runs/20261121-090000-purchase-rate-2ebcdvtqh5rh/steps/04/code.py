block = sorted(int(h) for h in ranked.head(4)["hour"])
fact("block_first", block[0])
fact("block_last", block[-1])
fact("block_shape", "one unbroken block" if block[-1] - block[0] == len(block) - 1 else "not one unbroken block")


def contrast(frame, target):
    f = frame.assign(inside=frame["hour_of_day"].isin(block).astype(int), hit=frame[target])
    g = f.groupby(["userid", "inside"])["hit"].agg(["size", "sum"]).unstack(fill_value=0)
    n = g["size"].to_numpy().astype(float)
    k = g["sum"].to_numpy().astype(float)
    w = np.random.default_rng(1).multinomial(len(g), np.full(len(g), 1 / len(g)), size=reps)
    boot = (w @ k) / (w @ n)
    rate = k.sum(axis=0) / n.sum(axis=0)
    low, high = np.quantile(boot[:, 1] - boot[:, 0], [tail, 1 - tail])
    return {"n": int(n.sum()), "inside": float(rate[1]), "outside": float(rate[0]),
            "diff": float(rate[1] - rate[0]), "low": float(low), "high": float(high)}


now, before = contrast(cur, "purchase"), contrast(prev, "purchase")
for key, c in [("block", now), ("block_prev", before)]:
    for part in ["inside", "outside", "diff", "low", "high"]:
        fact(f"{key}_{part}", c[part])
fact("rows_prev", before["n"])
event = contrast(cur, "is_purchase_event")
fact("event_reading", "also clearly higher" if event["low"] > 0 else "not clearly higher")

labels = [("2025, purchase flag", now), ("2024, purchase flag", before), ("2025, type purchase", event)]
table("evening", pd.DataFrame([{
    "Year and measure": text, "Evening (%)": round(100 * c["inside"], 1),
    "Other hours (%)": round(100 * c["outside"], 1), "Difference (pp)": round(100 * c["diff"], 1),
    "95% low": round(100 * c["low"], 1), "95% high": round(100 * c["high"], 1)} for text, c in labels]),
    "Evening block against all other hours")
