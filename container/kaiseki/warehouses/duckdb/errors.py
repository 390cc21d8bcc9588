"""What DuckDB says about a query that failed while it ran, told as Redshift's fault and Redshift's cure.

DuckDB's own text goes no further than here: it speaks of rewritten SQL and suggests what Redshift does not have."""

import re

from kaiseki.warehouses.refusal import Refusal

_QUOTED = r"[\"']([^\"']*)[\"']"


def explained(text: str, seconds: float) -> Refusal:
    """The failure for the model that wrote the query, from DuckDB's message. `seconds`: the time it was allowed."""
    if text.startswith("INTERRUPT"):
        hint = "Aggregate earlier, filter more, or look at fewer rows."
        return Refusal("Timeout", f"the query was stopped after {seconds:g} seconds", hint=hint)
    if text.startswith("Out of Memory"):
        return Refusal(
            "OutOfMemory", "the query needs more memory than it may use", hint="Aggregate or filter earlier."
        )
    for pattern, type_, message, hint in _KNOWN:
        if found := pattern.search(text):
            words = [_TYPES.get(g, g) for g in found.groups() if g is not None]
            return Refusal(type_, message.format(*words), hint=hint)
    return Refusal("QueryError", _first_line(text), hint="Simplify the query, or split it by WITH.")


_TYPES = {
    "INT8": "SMALLINT",
    "INT16": "SMALLINT",
    "INT32": "INTEGER",
    "INT64": "BIGINT",
    "INT128": "NUMERIC",
    "HUGEINT": "NUMERIC",
    "DOUBLE": "DOUBLE PRECISION",
    "FLOAT": "REAL",
    "BOOL": "BOOLEAN",
    "INTEGER_LITERAL": "INTEGER",
    "STRING_LITERAL": "VARCHAR",
}


def _rule(pattern: str, type_: str, message: str, hint: str) -> tuple[re.Pattern[str], str, str, str]:
    return re.compile(pattern, re.IGNORECASE | re.DOTALL), type_, message, hint


_CAST_HINT = "Filter such values out first, or use TRY_CAST."
_GROUP_HINT = "Add it to GROUP BY, or take MIN, MAX or ANY_VALUE of it."

_KNOWN = (
    _rule(r"division by zero", "DivisionByZero", "a division by zero", "Divide by NULLIF(value, 0)."),
    _rule(r"kaiseki: (not an? [^:]+): ?([^\n]*)", "InvalidValue", "'{1}' is {0}", _CAST_HINT),
    _rule(
        rf"could not convert string {_QUOTED} to (\w+)",
        "InvalidValue",
        "the text '{0}' cannot be read as {1}",
        _CAST_HINT,
    ),
    _rule(
        r"(?:invalid|malformed) (?:timestamp|date|time)[^:]*:? ?[\"']([^\"']*)[\"']",
        "InvalidValue",
        "the text '{0}' is not a date or time",
        "Use TO_DATE(text, 'format') or TO_TIMESTAMP(text, 'format').",
    ),
    _rule(
        r"field value out of range: [\"']([^\"']*)[\"']",
        "InvalidValue",
        "the text '{0}' is not a date or time",
        "Filter such values out first, or use TRY_CAST.",
    ),
    _rule(
        r"could not parse string [\"']([^\"']*)[\"'] according to format",
        "InvalidValue",
        "the text '{0}' does not fit the format",
        "Change the format, or filter such values out first.",
    ),
    _rule(r"unknown timezone '([^']*)'", "InvalidValue", "'{0}' is not a time zone", "Name it: 'Asia/Tokyo'."),
    _rule(
        r"unimplemented type for cast \((\w+)(?:\([\d,]*\))? -> (\w+)",
        "TypeMismatch",
        "{0} cannot be cast to {1}",
        "Use EXTRACT, TO_CHAR, TO_DATE or a comparison.",
    ),
    _rule(r"malformed json", "InvalidValue", "a text is not valid JSON", "Give true as the last argument for NULL."),
    _rule(
        rf"column {_QUOTED} must appear in the GROUP BY",
        "GroupBy",
        "{0} is neither grouped nor aggregated",
        _GROUP_HINT,
    ),
    _rule(r"must appear in the GROUP BY", "GroupBy", "a column is neither grouped nor aggregated", _GROUP_HINT),
    _rule(
        r"WHERE clause cannot contain (aggregates|window functions)",
        "GroupBy",
        "WHERE cannot contain {0}",
        "Use HAVING for aggregates, QUALIFY for window functions.",
    ),
    _rule(
        r"aggregate function calls cannot be nested",
        "GroupBy",
        "aggregates cannot be nested",
        "Aggregate twice, by a WITH query.",
    ),
    _rule(
        r"cannot (?:compare values of type|combine types of) ([\w(), ]+?) and (?:type |values of type )?"
        r"([\w(), ]+?)(?: -|$|\n|\.)",
        "TypeMismatch",
        "values of {0} and {1} do not fit together",
        "Cast one of them.",
    ),
    _rule(
        r"no function matches the given name and argument types '([^(]+)\((.*?)\)'\.",
        "TypeMismatch",
        "{0} does not take {1}",
        "Cast the arguments to the types it takes.",
    ),
    _rule(
        r"cannot mix values of type ([\w(), ]+?) and ([\w(), ]+?) in",
        "TypeMismatch",
        "values of {0} and {1} do not fit together",
        "Cast one of them.",
    ),
    _rule(
        r"could not choose a best candidate function for the function call \"([^(]+)\(",
        "TypeMismatch",
        "{0} does not take a text beside this value",
        "Cast the text: '5'::INTEGER.",
    ),
    _rule(
        r"more than one row returned by a subquery",
        "SubqueryRows",
        "a subquery gave more than one row",
        "Aggregate it, or use IN.",
    ),
    _rule(
        r"GROUP BY term out of range",
        "SyntaxError",
        "a position in GROUP BY is beyond the select list",
        "Name the column.",
    ),
    _rule(
        r"ORDER (?:BY )?term out of range",
        "SyntaxError",
        "a position in ORDER BY is beyond the select list",
        "Name the column.",
    ),
    _rule(
        r"(?:overflow|out of range|cannot be cast|could not cast value)",
        "NumericOverflow",
        "a number is too large for its type",
        "Cast to BIGINT, NUMERIC(38,s) or DOUBLE PRECISION before computing.",
    ),
)


def _first_line(text: str) -> str:
    line = text.split("\n")[0].partition(": ")[2] or text.split("\n")[0]
    line = re.split(r"\s*(?:Did you mean|Candidate|You might need|Use TRY|Try )", line)[0]
    return line.replace("DuckDB", "the warehouse").strip()[:200]
