"""What Redshift says about a statement, as the failure that goes back to the model that wrote it."""

import re

from kaiseki.warehouses.redshift.connection import ServerError
from kaiseki.warehouses.refusal import Refusal

CANCELLED = "57014"
_TYPES = {
    "42601": ("SyntaxError", ""),
    "42703": ("UnknownColumn", "See the columns in the catalog."),
    "42P01": ("UnknownTable", "See the tables in the catalog."),
    "3F000": ("UnknownTable", "See the schemas in the catalog."),
    "42883": ("UnknownFunction", "Cast the arguments to the types it takes, or use another function."),
    "42702": ("AmbiguousColumn", "Write table.column."),
    "42803": ("GroupBy", "Add it to GROUP BY, or take MIN, MAX or ANY_VALUE of it."),
    "42804": ("TypeMismatch", "Cast one of them."),
    "42846": ("TypeMismatch", "Cast by way of VARCHAR, or use TO_DATE, TO_CHAR or TO_NUMBER."),
    "42501": ("NotAllowed", "This user may not read it: use other tables."),
    "22012": ("DivisionByZero", "Divide by NULLIF(value, 0)."),
    "22003": ("NumericOverflow", "Cast to BIGINT, NUMERIC(38,s) or DOUBLE PRECISION before computing."),
    "22P02": ("InvalidValue", "Filter such values out first, or use TRY_CAST."),
    "22007": ("InvalidValue", "Use TO_DATE(text, 'format') or TO_TIMESTAMP(text, 'format')."),
    "22008": ("InvalidValue", "Filter such values out first, or use TRY_CAST."),
    "21000": ("SubqueryRows", "Aggregate it, or use IN."),
    "25006": ("NotAllowed", "Only queries are run. Write one SELECT."),
    "0A000": ("Unsupported", "Write it another way, or load the rows and compute it in Python."),
    "53200": ("OutOfMemory", "Aggregate or filter earlier."),
    "53100": ("OutOfMemory", "Aggregate or filter earlier: the disk of the cluster is full."),
}
# Redshift reports much that goes wrong on its nodes by no SQLSTATE of its own.
_WORDS = (
    (r"divide by zero", "22012"),
    (r"overflow|out of range", "22003"),
    (r"invalid digit|invalid input|could not convert|invalid value", "22P02"),
    (r"out of memory", "53200"),
    (r"disk full", "53100"),
    (r"permission denied", "42501"),
)


def explained(error: ServerError, seconds: float, deadline: bool) -> Refusal:
    """The failure. `seconds`: what a query may take; `deadline`: they were over when it was ended."""
    if error.sqlstate == CANCELLED:
        if deadline or "timeout" in error.message.lower():
            hint = "Aggregate earlier, filter more, or look at fewer rows."
            return Refusal("Timeout", f"the query was stopped after {seconds:g} seconds", hint=hint)
        hint = "A rule of the warehouse or its administrator stopped it: look at fewer rows."
        return Refusal("Cancelled", f"Redshift stopped the query: {error.message}", hint=hint)
    type_, hint = _TYPES.get(_sqlstate(error), ("QueryError", "Simplify the query, or split it by WITH."))
    return Refusal(type_, error.message or f"SQLSTATE {error.sqlstate}", hint=error.hint or hint)


def _sqlstate(error: ServerError) -> str:
    if error.sqlstate in _TYPES:
        return error.sqlstate
    return next((state for pattern, state in _WORDS if re.search(pattern, error.message, re.IGNORECASE)), "")
