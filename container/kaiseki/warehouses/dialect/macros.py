"""What Redshift computes and DuckDB has no function for, as macros of the DuckDB session."""

from kaiseki.warehouses.dialect.zones import PLAIN_ZONES

MACROS = (
    # A month's last day moves to a month's last day.
    """CREATE OR REPLACE MACRO kaiseki_add_months(ts, n) AS
       CASE WHEN CAST(ts AS DATE) = last_day(ts)
            THEN CAST(last_day(ts + to_months(n)) AS TIMESTAMP) + (ts - date_trunc('day', ts))
            ELSE ts + to_months(n) END""",
    # Whole months between equal days or two month ends; otherwise the rest counts in months of 31 days.
    """CREATE OR REPLACE MACRO kaiseki_months_between(a, b) AS
       CAST((year(a) - year(b)) * 12 + (month(a) - month(b)) AS DOUBLE) +
       CASE WHEN day(a) = day(b) OR (CAST(a AS DATE) = last_day(a) AND CAST(b AS DATE) = last_day(b)) THEN 0.0
            ELSE ((epoch(a) - epoch(date_trunc('month', a))) - (epoch(b) - epoch(date_trunc('month', b))))
                 / 86400.0 / 31.0 END""",
    """CREATE OR REPLACE MACRO kaiseki_next_day(ts, dow) AS
       CAST(ts AS DATE) + CAST((dow - date_part('dow', ts) + 6) % 7 + 1 AS INTEGER)""",
    "CREATE OR REPLACE MACRO kaiseki_compare(a, b) AS CASE WHEN a < b THEN -1 WHEN a > b THEN 1 WHEN a = b THEN 0 END",
    # VARCHAR(n) is n bytes; a character that does not fit whole is dropped.
    """CREATE OR REPLACE MACRO kaiseki_truncate(t, n) AS
       CASE WHEN strlen(t) <= n THEN t
            WHEN strlen(t) = length(t) THEN left(t, n)
            ELSE left(t, len(list_filter(range(1, length(t) + 1), lambda i: strlen(left(t, i)) <= n))) END""",
    "CREATE OR REPLACE MACRO kaiseki_substring(t, s, n) AS "
    "substring(t, greatest(s, 1), greatest(n + least(s, 1) - 1, 0))",
    "CREATE OR REPLACE MACRO kaiseki_substring_from(t, s) AS substring(t, greatest(s, 1))",
    r"""CREATE OR REPLACE MACRO kaiseki_initcap(t) AS
       array_to_string(list_transform(regexp_extract_all(lower(t), '[^!-/:-@\[-`{-~\s]+|[!-/:-@\[-`{-~\s]+'),
                                      lambda w: upper(left(w, 1)) || substring(w, 2)), '')""",
    """CREATE OR REPLACE MACRO kaiseki_finite(x, what) AS
       CASE WHEN x IS NULL OR isfinite(x) THEN x ELSE error('kaiseki: not a number: ' || what || '(value)') END""",
    # A step into a SUPER value; what is not there, and what is null there, is null.
    "CREATE OR REPLACE MACRO kaiseki_at(j, path) AS nullif(json_extract(to_json(j), path), 'null')",
    # ILIKE folds ASCII letters only.
    """CREATE OR REPLACE MACRO kaiseki_folded(t) AS
       translate(t, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')""",
    # 1 and 1.5, not 1.0 and 1.5.
    r"CREATE OR REPLACE MACRO kaiseki_float_text(x) AS regexp_replace(CAST(x AS VARCHAR), '\.0$', '')",
    r"CREATE OR REPLACE MACRO kaiseki_unpadded(t) AS regexp_replace(t, '^0+(\d)', '\1')",
    # Only digits are an integer; DuckDB would round '12.7'.
    r"""CREATE OR REPLACE MACRO kaiseki_integer(t) AS
       CASE WHEN t IS NULL OR regexp_full_match(trim(t), '[+-]?[0-9]+') THEN CAST(t AS HUGEINT)
            ELSE error('kaiseki: not an integer: ' || left(t, 40)) END""",
    r"""CREATE OR REPLACE MACRO kaiseki_try_integer(t) AS
       CASE WHEN regexp_full_match(trim(t), '[+-]?[0-9]+') THEN TRY_CAST(t AS HUGEINT) END""",
    r"""CREATE OR REPLACE MACRO kaiseki_number(t) AS
       CASE WHEN t IS NULL OR NOT contains(t, '_') THEN t ELSE error('kaiseki: not a number: ' || left(t, 40)) END""",
    "CREATE OR REPLACE MACRO kaiseki_try_number(t) AS CASE WHEN NOT contains(t, '_') THEN t END",
    # A year has four digits; 20240105 is a date, too.
    r"""CREATE OR REPLACE MACRO kaiseki_try_moment(t) AS
       CASE WHEN regexp_matches(t, '^\s*\d{4}[-/]\d{1,2}[-/]\d') THEN t
            WHEN regexp_full_match(t, '\s*\d{8}([ T].*)?\s*') THEN regexp_replace(t, '(\d{4})(\d\d)(\d\d)', '\1-\2-\3')
            END""",
    """CREATE OR REPLACE MACRO kaiseki_moment(t) AS
       CASE WHEN t IS NULL THEN NULL ELSE
            coalesce(kaiseki_try_moment(t), error('kaiseki: not a date or time: ' || left(t, 40))) END""",
    f"""CREATE OR REPLACE MACRO kaiseki_zone(z) AS
       CASE WHEN z IS NULL OR contains(z, '/') OR lower(z) IN {PLAIN_ZONES} THEN z
            ELSE error('kaiseki: not a time zone by its name: ' || left(z, 40)) END""",
    # DuckDB counts a negative number from the other end.
    """CREATE OR REPLACE MACRO kaiseki_at_least(n, least, what) AS
       CASE WHEN n IS NULL OR n >= least THEN n ELSE error('kaiseki: not a ' || what || ': ' || n) END""",
    """CREATE OR REPLACE MACRO kaiseki_is_json(t, kind) AS
       CASE WHEN t IS NULL THEN NULL WHEN json_valid(t) THEN json_type(t) = kind ELSE false END""",
    """CREATE OR REPLACE MACRO kaiseki_json_length(t) AS
       CASE WHEN t IS NULL THEN NULL WHEN kaiseki_is_json(t, 'ARRAY') THEN CAST(json_array_length(t) AS INTEGER)
            ELSE error('kaiseki: not a JSON array: ' || left(t, 40)) END""",
)
