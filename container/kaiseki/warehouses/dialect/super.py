"""SUPER values, which are JSON in DuckDB: navigation, unnesting, casts, and comparisons by the kind of the value."""

from collections.abc import Callable

from sqlglot import exp

from kaiseki.warehouses.duckdb.expressions import Rule, call, cast, paren, text, unsupported, when
from kaiseki.warehouses.sql import types
from kaiseki.warehouses.sql.inference import type_of
from kaiseki.warehouses.sql.scope import SUPER_PATH
from kaiseki.warehouses.sql.types import SqlType

_CAST_IT = "Cast it first: value::VARCHAR, value::DECIMAL(12,2), value::BIGINT ...."
_NUMBERS = ("BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT", "DOUBLE")
_KINDS = {"OBJECT": "object", "ARRAY": "array", "VARCHAR": "string", "BOOLEAN": "boolean", "NULL": "null"}
_TAKERS = frozenset(
    "count any_value json_serialize json_typeof get_array_length is_array is_object coalesce nvl".split()
)
_COMPARED = exp.EQ | exp.NEQ | exp.LT | exp.LTE | exp.GT | exp.GTE


def navigate(node: exp.Column) -> exp.Expr:
    """`events.body.page.path`: the column, and then a step for each attribute."""
    found = node.meta.get(SUPER_PATH)
    if found is None:
        return node
    table, name, path = found
    value: exp.Expr = exp.column(name, table or None, quoted=True)
    for attribute in path:
        value = _step(value, attribute)
    return value


def attribute(node: exp.Dot) -> exp.Expr:
    return _step(node.this, node.expression.name.lower())


def element(node: exp.Bracket) -> exp.Expr:
    return call("kaiseki_at", node.this, text(f"$[{node.expressions[0].name}]"))


def _step(value: exp.Expr, name: str) -> exp.Expr:
    return call("kaiseki_at", value, text(f'$."{name}"'))


def unnest(node: exp.Unnest) -> exp.Expr:
    """A row for each element of an array; none for what is no array."""
    name = node.args["alias"].columns[0].name.lower()
    elements = call("unnest", call("json_extract", call("to_json", node.expressions[0]), text("$[*]")))
    rows = exp.Select(expressions=[exp.alias_(elements, name, quoted=True)])
    return exp.Subquery(this=rows, alias=exp.TableAlias(this=exp.to_identifier(f"{name} unnested", quoted=True)))


def scalar_text(value: exp.Expr) -> exp.Expr:
    """The text of a SUPER value, without the quotes of a JSON string."""
    return call("json_extract_string", call("to_json", value), text("$"))


def beside(value: exp.Expr, other: SqlType) -> exp.Expr:
    """A SUPER value as what it is compared with; null if it is of another kind, as Redshift's lax mode has it."""
    kind = call("json_type", call("to_json", value.copy()))
    if other == types.VARCHAR:
        return when(exp.EQ(this=kind, expression=text("VARCHAR")), scalar_text(value))
    if other.is_number:
        numbers = exp.In(this=kind, expressions=[text(n) for n in _NUMBERS])
        return when(numbers, cast(scalar_text(value), "DOUBLE" if other.is_float else "DECIMAL(38,10)"))
    if other == types.BOOLEAN:
        return when(exp.EQ(this=kind, expression=text("BOOLEAN")), cast(scalar_text(value), "BOOLEAN"))
    raise unsupported(value, f"comparing a SUPER value with {other}", _CAST_IT)


def require_cast(node: exp.Expr) -> None:
    """Raises Refusal where DuckDB would work on the JSON text of a SUPER value instead of the value."""
    if isinstance(node, exp.Anonymous):
        if node.name.lower() not in _TAKERS and any(type_of(a) == types.SUPER for a in node.expressions):
            raise unsupported(node, f"{node.name.upper()} of a SUPER value", _CAST_IT)
    elif isinstance(node, exp.Binary) and not isinstance(node, _COMPARED | exp.Is | exp.Dot | exp.Connector):
        if types.SUPER in (type_of(node.this), type_of(node.expression)):
            raise unsupported(node, f"{node.key.upper()} of a SUPER value", _CAST_IT)
    elif isinstance(node, exp.Ordered | exp.Between) and type_of(node.this) == types.SUPER:
        raise unsupported(node, "sorting or bounding SUPER values", _CAST_IT)
    elif isinstance(node, exp.In) and type_of(node.this) == types.SUPER:
        raise unsupported(node, "IN of a SUPER value", _CAST_IT)


def _parse(node: exp.Anonymous) -> exp.Expr:
    return cast(node.expressions[0], "JSON")


def _serialize(node: exp.Anonymous) -> exp.Expr:
    return cast(call("to_json", node.expressions[0]), "VARCHAR")


def _type(node: exp.Anonymous) -> exp.Expr:
    kind = call("json_type", call("to_json", node.expressions[0]))
    branches = [exp.If(this=text(k), true=text(v)) for k, v in _KINDS.items()]
    return exp.Case(this=kind, ifs=[*branches, *(exp.If(this=text(k), true=text("number")) for k in _NUMBERS)])


def _length(node: exp.Anonymous) -> exp.Expr:
    value = call("to_json", node.expressions[0])
    is_array = exp.EQ(this=call("json_type", value), expression=text("ARRAY"))
    return when(is_array, cast(call("json_array_length", value.copy()), "INTEGER"))


def _is(kind: str) -> Callable[[exp.Anonymous], exp.Expr]:
    def rule(node: exp.Anonymous) -> exp.Expr:
        found = call("json_type", call("to_json", node.expressions[0]))
        return paren(call("coalesce", exp.EQ(this=found, expression=text(kind)), exp.false()))

    return rule


SUPERS: dict[str, Rule] = {
    "json_parse": _parse,
    "json_serialize": _serialize,
    "json_typeof": _type,
    "get_array_length": _length,
    "is_array": _is("ARRAY"),
    "is_object": _is("OBJECT"),
}
