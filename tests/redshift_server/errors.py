"""Errors as Redshift words them, with its SQLSTATE."""

import re

from kaiseki.warehouses.refusal import Refusal


class ServerError(Exception):
    def __init__(self, sqlstate: str, said: str, hint: str = "") -> None:
        super().__init__(said)
        self.sqlstate, self.said, self.hint = sqlstate, said, hint


CANCELLED = ServerError("57014", "Query (1) cancelled on user's request")
TIMED_OUT = ServerError("57014", "Query cancelled due to statement timeout")
READ_ONLY = ServerError("25006", "transaction is read-only")
FAILED_TRANSACTION = ServerError(
    "25P02", "current transaction is aborted, commands ignored until end of transaction block"
)

_REFUSED = {"SyntaxError": "42601", "UnknownColumn": "42703", "UnknownTable": "42P01", "UnknownFunction": "42883"}
_DUCKDB = (
    (r"division by zero", "22012", "division by zero"),
    (r"read-only", "25006", "transaction is read-only"),
    (r"not an integer: (.*)", "22P02", 'invalid input syntax for integer: "{0}"'),
    (r"could not convert string '([^']*)' to \w+", "22P02", 'invalid input syntax for type numeric: "{0}"'),
    (r"GROUP BY", "42803", 'column "x" must appear in the GROUP BY clause or be used in an aggregate function'),
    (r"more than one row returned", "21000", "single-row subquery returns more than one row"),
    (r"out of range|overflow", "22003", "numeric value out of range"),
    (r"table with name (\w+) does not exist", "42P01", 'relation "{0}" does not exist'),
)


def of_refusal(refusal: Refusal) -> ServerError:
    return ServerError(_REFUSED.get(refusal.type, "0A000"), refusal.message, refusal.hint)


def of_duckdb(said: str) -> ServerError:
    for pattern, sqlstate, wording in _DUCKDB:
        if found := re.search(pattern, said, re.IGNORECASE):
            return ServerError(sqlstate, wording.format(*found.groups()))
    return ServerError("XX000", said.split("\n")[0])
