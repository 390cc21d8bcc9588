"""What Redshift does with numbers as written, and people rarely mean."""

from sqlglot import exp

from kaiseki.warehouses.sql.guard import Statement
from kaiseki.warehouses.sql.inference import type_of

_FEW_DECIMALS = 4


def numeric_warnings(statement: Statement) -> tuple[str, ...]:
    """A sentence for each trap that the statement steps into, with what to write instead."""
    found = []
    for node in statement.tree.find_all(exp.Div):
        made, divisor = type_of(node), node.expression
        if made.is_integer and not isinstance(divisor, exp.Literal):
            found.append("an integer divided by an integer drops the fraction; cast one to DOUBLE PRECISION to keep it")
        elif made.name == "NUMERIC" and made.scale <= _FEW_DECIMALS:
            found.append(f"a quotient of NUMERIC keeps {made.scale} decimals here; cast to DOUBLE PRECISION for more")
    for call in statement.tree.find_all(exp.Anonymous):
        if call.name.lower() == "avg" and type_of(call).is_integer:
            found.append("AVG of integers drops the fraction; write AVG(value::DOUBLE PRECISION) to keep it")
    return tuple(dict.fromkeys(found))
