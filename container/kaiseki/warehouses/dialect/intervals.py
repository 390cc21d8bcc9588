"""Interval literals: Redshift's spellings of the units, as DuckDB has them."""

import re

from sqlglot import exp

from kaiseki.warehouses.dialect.dates import part_name
from kaiseki.warehouses.duckdb.expressions import cast, text, unsupported
from kaiseki.warehouses.refusal import Refusal
from kaiseki.warehouses.sql.shape import line_of

_AMOUNT = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*([a-z]*)\s*,?\s*", re.IGNORECASE)
_TIME = re.compile(r"\s*[+-]?\d+:\d\d(?::\d\d(?:\.\d+)?)?\s*")
_UNITS = (
    *("millennium", "century", "decade", "year", "quarter", "month", "week", "day", "hour", "minute", "second"),
    *("millisecond", "microsecond"),
)
_WRITE = "Write INTERVAL '1 year 2 months', or 2 * INTERVAL '1 day'."


def interval(node: exp.Interval) -> exp.Expr:
    """INTERVAL '1 mon' as '1 month', '90' as seconds. Raises Refusal where a unit is not one."""
    unit = node.args.get("unit")
    if not isinstance(node.this, exp.Literal):
        raise Refusal("SyntaxError", "an INTERVAL is written out in quotes", line_of(node), _WRITE)
    if isinstance(unit, exp.IntervalSpan):
        raise unsupported(node, f"INTERVAL ... {unit.sql()}", _WRITE)
    written, amounts = f"{node.this.name} {unit.name if unit else ''}".strip(), []
    while written and not _TIME.fullmatch(written):
        found = _AMOUNT.match(written)
        if found is None:
            raise Refusal("InvalidValue", f"'{node.this.name}' is not an interval", line_of(node), _WRITE)
        named = exp.Var(this=found[2].lower() or "second")
        amounts.append(f"{found[1]} {part_name(named, node, _UNITS)}")
        written = written[found.end() :]
    return cast(text(" ".join([*amounts, written]).strip()), "INTERVAL")
