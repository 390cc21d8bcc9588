"""Comparisons of texts: trailing blanks mean nothing on Redshift ("Character types"), and everything in DuckDB."""

from sqlglot import exp

from kaiseki.warehouses.dialect.dates import iso_date
from kaiseki.warehouses.dialect.super import beside
from kaiseki.warehouses.duckdb.expressions import as_double, call, text, unsupported
from kaiseki.warehouses.sql import types
from kaiseki.warehouses.sql.inference import type_of


def comparable(value: exp.Expr) -> exp.Expr:
    """`value` without the blanks at its end, if it is a text."""
    if isinstance(value, exp.Literal) and value.is_string:
        return text(value.name.rstrip(" "))
    return call("rtrim", value, text(" ")) if type_of(value) == types.VARCHAR else value


def compare(node: exp.Binary) -> exp.Expr:
    if isinstance(node.expression, exp.Any | exp.All):
        return _compare_with_each(node, node.expression)
    if isinstance(node.this, exp.Tuple) and isinstance(node.expression, exp.Tuple):
        return _compare_rows(node, node.this, node.expression)
    left, right = _fitted(node.this, node.expression), _fitted(node.expression, node.this)
    ours, theirs = type_of(node.this), type_of(node.expression)
    if types.REAL in (ours, theirs) and ours != theirs and ours.is_number and theirs.is_number:
        left, right = as_double(left), as_double(right)
    if types.SUPER in (ours, theirs):
        left = beside(left, theirs) if ours == types.SUPER else left
        right = beside(right, ours) if theirs == types.SUPER else right
    if type_of(node.this) == type_of(node.expression) == types.VARCHAR:
        left, right = comparable(left), comparable(right)
    return type(node)(this=left, expression=right)


def _compare_rows(node: exp.Binary, left: exp.Tuple, right: exp.Tuple) -> exp.Expr:
    """Value by value: to DuckDB a null in a row is equal to a null, and larger than anything else."""
    if not isinstance(node, exp.EQ | exp.NEQ) or len(left.expressions) != len(right.expressions):
        raise unsupported(node, "comparing rows otherwise than by =", "Compare their columns one by one.")
    pairs = zip(left.expressions, right.expressions, strict=True)
    same = exp.and_(*(compare(exp.EQ(this=a.copy(), expression=b.copy())) for a, b in pairs))
    return exp.Paren(this=exp.not_(same) if isinstance(node, exp.NEQ) else same)


def _compare_with_each(node: exp.Binary, each: exp.Any | exp.All) -> exp.Expr:
    if not type_of(node.this) == type_of(each) == types.VARCHAR:
        return node
    return type(node)(this=comparable(node.this), expression=type(each)(this=_trimmed(each.this)))


def between(node: exp.Between) -> exp.Expr:
    parts = [node.this, *(_fitted(node.args[bound], node.this) for bound in ("low", "high"))]
    if all(type_of(part) == types.VARCHAR for part in parts):
        parts = [comparable(part) for part in parts]
    return exp.Between(this=parts[0], low=parts[1], high=parts[2])


def one_of(node: exp.In) -> exp.Expr:
    query = node.args.get("query")
    if isinstance(node.this, exp.Tuple) and all(isinstance(e, exp.Tuple) for e in node.expressions) and not query:
        rows = [compare(exp.EQ(this=node.this.copy(), expression=e.copy())) for e in node.expressions]
        return exp.Paren(this=exp.or_(*rows))
    listed = [_fitted(e, node.this) for e in node.expressions]
    if type_of(node.this) == types.VARCHAR:
        listed = [comparable(e) for e in listed]
        if query is not None and type_of(query) == types.VARCHAR:
            return exp.In(this=comparable(node.this), query=_trimmed(query))
        if query is None and all(type_of(e) in (types.VARCHAR, types.UNKNOWN) for e in node.expressions):
            return exp.In(this=comparable(node.this), expressions=listed)
    return exp.In(this=node.this, expressions=listed, query=query)


def _trimmed(query: exp.Expr) -> exp.Expr:
    """The one column of `query` without blanks at the end of its texts."""
    inner = query.this if isinstance(query, exp.Subquery) else query
    alias = exp.TableAlias(this=exp.to_identifier("listed"), columns=[exp.to_identifier("value")])
    column = exp.column("value", "listed")
    source = exp.Subquery(this=inner.copy(), alias=alias)
    return exp.Subquery(this=exp.select(call("rtrim", column, text(" "))).from_(source))


def case(node: exp.Case) -> exp.Expr:
    """CASE a WHEN b compares as a = b does."""
    operand = node.this
    if operand is None or any(type_of(e) != types.VARCHAR for e in (operand, *(i.this for i in node.args["ifs"]))):
        return node
    branches = [exp.If(this=comparable(i.this), true=i.args["true"]) for i in node.args["ifs"]]
    return exp.Case(this=comparable(operand), ifs=branches, default=node.args.get("default"))


def _fitted(value: exp.Expr, beside: exp.Expr) -> exp.Expr:
    """A date as Redshift would read it beside a date."""
    if isinstance(value, exp.Literal) and value.is_string and type_of(beside).is_datetime:
        return iso_date(value)
    if type_of(value) == types.VARCHAR and type_of(beside).is_datetime:
        return call("kaiseki_moment", value)
    return value
