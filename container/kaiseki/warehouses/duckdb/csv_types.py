"""The type of each column of a CSV, found from all of its values: the first type that fits them every one.

Digits with a leading zero stay text (postal codes), and so do dates that could be read two ways (01/02/2024)."""

from dataclasses import dataclass

import duckdb

from kaiseki.warehouses.identifiers import quoted

_SAMPLES = (20, 2_000)  # rows that rule out most types before all rows are looked at
_MISSING = "('', 'na', 'n/a', 'nan', 'null', 'none', '#n/a')"  # in a column whose other values are all of one type
_INTEGER = r"[+-]?(0|[1-9][0-9]*)"
_DECIMAL = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_ZERO_PADDED = r"[+-]?0[0-9].*"


@dataclass(frozen=True)
class _Candidate:
    """`fits` and `value` are SQL over {v}, the trimmed text of a value that is there."""

    name: str
    fits: str
    value: str


def _dated(day: str) -> _Candidate:
    parsed = f"TRY_STRPTIME({{v}}, '{day}')"
    return _Candidate(day, f"{parsed} IS NOT NULL", f"CAST({parsed} AS DATE)")


def _timed(day: str) -> _Candidate:
    """Days with times; some rows may have seconds or fractions of them where others have none."""
    listed = ", ".join(f"'{day}{separator}{clock}'" for separator in " T" for clock in _CLOCKS)
    parsed = f"TRY_STRPTIME({{v}}, [{listed}])"
    return _Candidate(f"{day} with time", f"{parsed} IS NOT NULL", f"CAST({parsed} AS TIMESTAMP)")


def _whole(to: str) -> _Candidate:
    fits = f"regexp_full_match({{v}}, '{_INTEGER}') AND TRY_CAST({{v}} AS {to}) IS NOT NULL"
    return _Candidate(to, fits, f"CAST({{v}} AS {to})")


_DATE_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%d.%m.%Y", "%d-%b-%Y", "%d %b %Y", "%b %d, %Y")
_CLOCKS = ("%H:%M:%S.%f", "%H:%M:%S", "%H:%M")
_MONTH_FIRST, _DAY_FIRST = "%m/%d/%Y", "%d/%m/%Y"

_ZONED = _Candidate(
    "timestamptz",
    r"regexp_full_match({v}, '\d{{4}}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)? ?(Z|[+-]\d\d(:?\d\d)?)') "
    "AND TRY_CAST({v} AS TIMESTAMPTZ) IS NOT NULL",
    "CAST({v} AS TIMESTAMPTZ)",
)
_PLAIN = (
    _Candidate("boolean", "lower({v}) IN ('true', 'false')", "lower({v}) = 'true'"),
    _whole("INTEGER"),
    _whole("BIGINT"),
    _Candidate(
        "double",
        f"regexp_full_match({{v}}, '{_DECIMAL}') AND NOT regexp_full_match({{v}}, '[+-]?(0[0-9]|[0-9]{{{{16}}}}).*') "
        "AND TRY_CAST({v} AS DOUBLE) IS NOT NULL",
        "CAST({v} AS DOUBLE)",
    ),
    *(_dated(f) for f in _DATE_FORMATS),
    *(_timed(f) for f in _DATE_FORMATS),
    _ZONED,
)
_AMBIGUOUS = ((_dated(_MONTH_FIRST), _dated(_DAY_FIRST)), (_timed(_MONTH_FIRST), _timed(_DAY_FIRST)))


def typed_expressions(connection: duckdb.DuckDBPyConnection, table: str, names: list[str]) -> list[str]:
    """For each text column of `raw text of <table>` the SQL that types it, under its name."""
    source = quoted(f"raw text of {table}")
    return [f"{_typed(connection, source, quoted(name))} AS {quoted(name)}" for name in names]


def _typed(connection: duckdb.DuckDBPyConnection, source: str, column: str) -> str:
    trimmed = f"trim({column})"
    present = f"{column} IS NOT NULL AND lower({trimmed}) NOT IN {_MISSING}"

    def fitting(candidates: list[_Candidate], rows: str) -> list[_Candidate]:
        tests = ", ".join(f"bool_and({c.fits.format(v=trimmed)}) FILTER ({present})" for c in candidates)
        row = connection.execute(f"SELECT {tests} FROM {rows}").fetchone() if candidates else ()  # noqa: S608
        assert row is not None
        return [c for c, fits in zip(candidates, row, strict=True) if fits or (fits is None and rows != source)]

    likely = [*_PLAIN, *(c for pair in _AMBIGUOUS for c in pair)]
    for rows in _SAMPLES:
        likely = fitting(likely, f"(SELECT {column} FROM {source} LIMIT {rows})")  # noqa: S608
    found = next((c for c in likely if c in _PLAIN and fitting([c], source)), None)
    for pair in _AMBIGUOUS if found is None else ():
        both = fitting([c for c in pair if c in likely], source)
        found = both[0] if len(both) == 1 else found
    return f"CASE WHEN {present} THEN {found.value.format(v=trimmed)} END" if found else f"nullif({column}, '')"
