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
