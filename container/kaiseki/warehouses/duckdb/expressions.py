"""Small builders for DuckDB expressions, so that a rule of the dialect reads as what it makes."""

from collections.abc import Callable

from sqlglot import exp

from kaiseki.warehouses.refusal import Refusal
from kaiseki.warehouses.sql import types
from kaiseki.warehouses.sql.inference import type_of
from kaiseki.warehouses.sql.shape import line_of

Over = Callable[[exp.Expr], exp.Expr]  # puts a function into the window that the call stands in, or leaves it alone
Rule = Callable[[exp.Anonymous], exp.Expr]
AggregateRule = Callable[[exp.Anonymous, Over], exp.Expr]


def call(name: str, *arguments: exp.Expr | None) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=[a for a in arguments if a is not None])


def cast(value: exp.Expr, to: str) -> exp.Cast:
    return exp.Cast(this=value, to=exp.DataType.build(to, dialect="duckdb"))


def text(value: str) -> exp.Literal:
    return exp.Literal.string(value)


def number(value: int | float) -> exp.Expr:
    return exp.Literal.number(value)


def when(condition: exp.Expr, then: exp.Expr, otherwise: exp.Expr | None = None) -> exp.Case:
    return exp.Case(ifs=[exp.If(this=condition, true=then)], default=otherwise)


def paren(value: exp.Expr) -> exp.Expr:
    atoms = exp.Column | exp.Literal | exp.Anonymous | exp.Paren | exp.Cast | exp.Window | exp.Null | exp.Case
    return value if isinstance(value, atoms) else exp.Paren(this=value)


def as_text(value: exp.Expr) -> exp.Expr:
    """`value` as Redshift would write it as text."""
    of = type_of(value)
    if of == types.VARCHAR:
        return value
    return call("kaiseki_float_text", value) if of.is_float else cast(value, "VARCHAR")


def as_double(value: exp.Expr) -> exp.Expr:
    return value if type_of(value) == types.DOUBLE else cast(value, "DOUBLE")


def as_timestamp(value: exp.Expr) -> exp.Expr:
    """`value` as a moment without time zone; a date becomes its midnight."""
    if type_of(value) == types.VARCHAR and not isinstance(value, exp.Literal):
        value = call("kaiseki_moment", value)
    return value if type_of(value) == types.TIMESTAMP else cast(value, "TIMESTAMP")


def literal_text(node: exp.Expr, what: str, of: exp.Anonymous) -> str:
    """The text of a literal argument. Raises Refusal where it is computed, which no rule can translate."""
    if isinstance(node, exp.Literal) and node.is_string:
        return str(node.name)
    message = f"{what} of {of.name.upper()} must be written as a literal here"
    raise Refusal("Unsupported", message, line_of(of), "Write it in single quotes.")


def literal_integer(node: exp.Expr, what: str, of: exp.Anonymous) -> int:
    """The value of a literal integer argument. Raises Refusal where it is computed."""
    if isinstance(node, exp.Literal) and not node.is_string and node.name.isdigit():
        return int(node.name)
    message = f"{what} of {of.name.upper()} must be a plain number here"
    raise Refusal("Unsupported", message, line_of(of), "Write the number itself.")


def unsupported(of: exp.Expr, what: str, hint: str = "Load the rows and compute it in Python.") -> Refusal:
    return Refusal("Unsupported", f"{what} is Redshift, but not supported on DuckDB", line_of(of), hint)
