"""Aggregates, alone and over a window: where DuckDB's result has another type or value than Redshift's."""

from sqlglot import exp

from kaiseki.warehouses.dialect.quotients import exact_quotient
from kaiseki.warehouses.duckdb.expressions import (
    AggregateRule,
    Over,
    as_double,
    as_text,
    call,
    cast,
    number,
    text,
    unsupported,
)
from kaiseki.warehouses.sql import types
from kaiseki.warehouses.sql.inference import type_of


def _same(node: exp.Anonymous, over: Over) -> exp.Expr:
    return over(call(node.name, *node.expressions))


def _count(node: exp.Anonymous, over: Over) -> exp.Expr:
    """APPROXIMATE is answered exactly: within its bounds, and the same at each run."""
    return over(call("count", *node.expressions))


def _sum(node: exp.Anonymous, over: Over) -> exp.Expr:
    return _typed(over(call("sum", *node.expressions)), type_of(node))


def _typed(value: exp.Expr, to: types.SqlType) -> exp.Expr:
    """DuckDB sums integers to HUGEINT, which divides and exports differently from BIGINT and NUMERIC(38,0)."""
    if to == types.BIGINT:
        return cast(value, "BIGINT")
    return cast(value, f"DECIMAL({to.precision},{to.scale})") if to.name == "NUMERIC" else value


def _average(node: exp.Anonymous, over: Over) -> exp.Expr:
    """The average of integers is an integer on Redshift, cut off; that of NUMERIC keeps the scale of its argument."""
    argument = node.expressions[0]
    inner = argument.expressions[0] if isinstance(argument, exp.Distinct) else argument
    if type_of(inner).is_integer:
        total, rows = over(call("sum", argument.copy())), over(call("count", argument.copy()))
        return cast(exp.IntDiv(this=total, expression=rows), "BIGINT")
    made = type_of(node)
    if made.name != "NUMERIC":
        return over(call("avg", argument))
    total, rows = over(call("sum", argument.copy())), over(call("count", argument.copy()))
    counted = exp.Nullif(this=rows, expression=number(0))
    return exact_quotient(total, types.numeric(types.MAX_PRECISION, made.scale), counted, types.BIGINT, made)


def _spread(node: exp.Anonymous, over: Over) -> exp.Expr:
    name = {"stddev": "stddev_samp", "variance": "var_samp"}.get(node.name.lower(), node.name)
    return over(call(name, *node.expressions))


def _median(node: exp.Anonymous, over: Over) -> exp.Expr:
    value = node.expressions[0]
    if type_of(value).is_datetime or isinstance(value, exp.Distinct):
        raise unsupported(node, "MEDIAN of dates or of DISTINCT values")
    return over(call("median", as_double(value)))


def _percentile(node: exp.Anonymous, over: Over) -> exp.Expr:
    ordered = _order_of(node).expressions[0]
    value, share = ordered.this, node.expressions[0]
    if type_of(value).is_datetime:
        raise unsupported(node, "a percentile of dates")
    if ordered.args.get("desc"):
        share = exp.Sub(this=number(1), expression=exp.Paren(this=share))
    if node.name.lower() == "percentile_cont":
        return over(call("quantile_cont", as_double(value), share))
    return over(call("quantile_disc", value, share))


def _listagg(node: exp.Anonymous, over: Over) -> exp.Expr:
    arguments = list(node.expressions)
    distinct = isinstance(arguments[0], exp.Distinct)
    if distinct:
        arguments = list(arguments[0].expressions)
    value: exp.Expr = as_text(arguments[0])
    separator = arguments[1] if len(arguments) > 1 else text("")
    within = node.parent
    order = within.expression if isinstance(within, exp.WithinGroup) else None
    if distinct:
        if order is not None and _differs(order, arguments[0]):
            raise unsupported(node, "LISTAGG(DISTINCT a) ordered by another column", "Order it by the same column.")
        if order is not None and type_of(arguments[0]) != types.VARCHAR:
            raise unsupported(
                node,
                "LISTAGG(DISTINCT number) in order",
                "Cast to VARCHAR in both places, or use DISTINCT in a WITH query.",
            )
        value = exp.Distinct(expressions=[value])
    if order is not None:
        separator = exp.Order(this=separator, expressions=[o.copy() for o in order.expressions])
    return over(call("string_agg", value, separator))


def _differs(order: exp.Expr, value: exp.Expr) -> bool:
    return len(order.expressions) != 1 or order.expressions[0].this.sql() != value.sql()


def _order_of(node: exp.Anonymous) -> exp.Expr:
    within = node.parent
    assert isinstance(within, exp.WithinGroup)
    order: exp.Expr = within.expression
    return order


def _share_of_total(node: exp.Anonymous, over: Over) -> exp.Expr:
    value = as_double(node.expressions[0])
    total = exp.Nullif(this=over(call("sum", value.copy())), expression=number(0))
    return exp.Div(this=value, expression=total)


AGGREGATES: dict[str, AggregateRule] = {
    "count": _count,
    "sum": _sum,
    "avg": _average,
    "median": _median,
    "percentile_cont": _percentile,
    "percentile_disc": _percentile,
    "listagg": _listagg,
    "ratio_to_report": _share_of_total,
    **dict.fromkeys(("stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop"), _spread),
    **dict.fromkeys(("min", "max", "any_value", "bool_and", "bool_or", "bit_and", "bit_or"), _same),
    **dict.fromkeys(("row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile"), _same),
    **dict.fromkeys(("lag", "lead", "first_value", "last_value", "nth_value"), _same),
}
