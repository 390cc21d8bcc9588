"""Names of time zones without a slash that mean the same everywhere.

PST, CST, BST, CET and the like do not: on Redshift they stand still, in DuckDB they have a summer time, or lie in
Bangladesh."""

PLAIN_ZONES = (
    *("utc", "gmt", "uct", "zulu", "est", "mst", "hst", "jst", "est5edt", "cst6cdt", "mst7mdt", "pst8pdt"),
    *("japan", "rok", "prc", "hongkong", "singapore", "israel", "turkey", "egypt", "iran", "gb", "eire", "nz"),
)
