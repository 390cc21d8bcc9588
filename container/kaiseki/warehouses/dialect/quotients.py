"""Quotients of exact numbers, digit by digit: by way of DOUBLE the seventeenth digit and those after it are wrong."""

from sqlglot import exp

from kaiseki.warehouses.duckdb.expressions import cast, number, paren
from kaiseki.warehouses.sql.types import MAX_PRECISION, SqlType


def exact_quotient(dividend: exp.Expr, of: SqlType, divisor: exp.Expr, by: SqlType, made: SqlType) -> exp.Expr:
    """`dividend / divisor` of types `of` and `by`, rounded to the NUMERIC `made`.

    Both count in units of their last digit; one digit more than `made` has is cut off, and then rounded away.
    """
    of, by = of.as_numeric(), by.as_numeric()
    shift = made.scale + 1 - of.scale + by.scale
    upper, lower = _times_ten(_units(dividend, of), shift), _times_ten(_units(divisor, by), -shift)
    digits = cast(exp.Paren(this=exp.IntDiv(this=upper, expression=lower)), _decimal(MAX_PRECISION, 0))
    return cast(
        exp.Paren(this=exp.Mul(this=digits, expression=_one_unit(made.scale + 1))), _decimal(made.precision, made.scale)
    )


def _units(value: exp.Expr, of: SqlType) -> exp.Expr:
    if of.scale == 0:
        return cast(value, "HUGEINT")
    wide = cast(value, _decimal(MAX_PRECISION, of.scale))
    return cast(exp.Paren(this=exp.Mul(this=wide, expression=number(10**of.scale))), "HUGEINT")


def _times_ten(value: exp.Expr, times: int) -> exp.Expr:
    if times <= 0:
        return value
    return paren(exp.Mul(this=value, expression=cast(number(10**times), "HUGEINT")))


def _one_unit(scale: int) -> exp.Expr:
    return cast(exp.Literal.number(f"0.{'1'.zfill(scale)}"), _decimal(scale + 1, scale))


def _decimal(precision: int, scale: int) -> str:
    return f"DECIMAL({precision},{scale})"
