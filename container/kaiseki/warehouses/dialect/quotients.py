"""Quotients of exact numbers, digit by digit: by way of DOUBLE the seventeenth digit and those after it are wrong."""

from sqlglot import exp

from kaiseki.warehouses.duckdb.expressions import call, cast, number, paren, text
from kaiseki.warehouses.sql.types import MAX_PRECISION, SqlType

# What a HUGEINT of 38 digits leaves room for: one digit more to round by, and a decimal times its own scale.
_MOST_ROUNDED_SCALE = 18
_MOST_MULTIPLIED_SCALE = 9


def exact_quotient(dividend: exp.Expr, of: SqlType, divisor: exp.Expr, by: SqlType, made: SqlType) -> exp.Expr:
    """`dividend / divisor` of types `of` and `by` as the NUMERIC `made`: rounded, beyond 18 decimals cut off.

    Both count in units of their last digit; the quotient is whole, with one digit more where it is rounded.
    """
    of, by = of.as_numeric(), by.as_numeric()
    scale = made.scale + 1 if made.scale <= _MOST_ROUNDED_SCALE else made.scale
    shift = scale - of.scale + by.scale
    upper, lower = _times_ten(_units(dividend, of), shift), _times_ten(_units(divisor, by), -shift)
    digits = cast(exp.Paren(this=exp.IntDiv(this=upper, expression=lower)), _decimal(MAX_PRECISION, 0))
    quotient = exp.Paren(this=exp.Mul(this=digits, expression=_one_unit(scale)))
    return cast(quotient, _decimal(made.precision, made.scale))


def _units(value: exp.Expr, of: SqlType) -> exp.Expr:
    if of.scale == 0:
        return cast(value, "HUGEINT")
    wide = cast(value, _decimal(MAX_PRECISION, of.scale))
    if of.scale > _MOST_MULTIPLIED_SCALE:
        return cast(call("replace", cast(wide, "VARCHAR"), text("."), text("")), "HUGEINT")
    return cast(exp.Paren(this=exp.Mul(this=wide, expression=number(10**of.scale))), "HUGEINT")


def _times_ten(value: exp.Expr, times: int) -> exp.Expr:
    if times <= 0:
        return value
    return paren(exp.Mul(this=value, expression=cast(number(10**times), "HUGEINT")))


def _one_unit(scale: int) -> exp.Expr:
    return cast(exp.Literal.number(f"0.{'1'.zfill(scale)}"), _decimal(min(scale + 1, MAX_PRECISION), scale))


def _decimal(precision: int, scale: int) -> str:
    return f"DECIMAL({precision},{scale})"
