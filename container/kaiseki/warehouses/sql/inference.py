"""The type of every expression, by Redshift's rules; written into the tree, where the dialect's rules read it."""

from collections.abc import Callable
from math import isinf
from typing import Any

from sqlglot import exp

from kaiseki.warehouses.refusal import Refusal
from kaiseki.warehouses.sql import types
from kaiseki.warehouses.sql.functions import FUNCTIONS
from kaiseki.warehouses.sql.parser import TYPE_WRITTEN
from kaiseki.warehouses.sql.shape import line_of
from kaiseki.warehouses.sql.types import SqlType

TYPE_META = "sql_type"

Columns = tuple[tuple[str, SqlType], ...]

_NUMBERS_ONLY = frozenset("sum avg stddev stddev_samp stddev_pop variance var_samp var_pop median".split())
_ROUNDING = frozenset("round trunc ceil ceiling floor".split())
_SHIFTS = frozenset({"dateadd", "date_add", "add_months"})
_DATE_MEDIAN = frozenset({"median"})


def type_of(node: exp.Expr) -> SqlType:
    """The type that was inferred for `node`; UNKNOWN if none was."""
    found = node.meta.get(TYPE_META)
    return found if isinstance(found, SqlType) else types.UNKNOWN


def keep_type(old: exp.Expr, new: exp.Expr) -> exp.Expr:
    """`new`, which takes the place of `old`, with the type that `old` had."""
    if TYPE_META in old.meta:
        new.meta[TYPE_META] = old.meta[TYPE_META]
    return new


def output_name(projection: exp.Expr) -> str:
    """The name that Redshift gives to a column of the result; empty where it would make one up."""
    if isinstance(projection, exp.Alias | exp.Column):
        return str(projection.alias_or_name).lower()
    if isinstance(projection, exp.Cast | exp.Paren):
        return output_name(projection.this)
    return ""


class Inference:
    """Types expressions bottom-up. `columns` resolves a column, `queries` binds a nested query; both may refuse."""

    def __init__(
        self, columns: Callable[[exp.Column, Any], SqlType], queries: Callable[[exp.Expr, Any], Columns]
    ) -> None:
        self._columns = columns
        self._queries = queries

    def type_of(self, node: exp.Expr, scope: Any) -> SqlType:
        found = self._infer(node, scope)
        node.meta[TYPE_META] = found
        return found

    def pivot(self, pivot: exp.Pivot, columns: Columns, scope: Any) -> Columns:
        """The columns that a PIVOT or UNPIVOT makes of `columns`."""
        field = pivot.args["fields"][0]
        if pivot.args.get("unpivot"):
            listed = [c.find(exp.Column).name.lower() for c in field.expressions]
            values = types.common([t for n, t in columns if n in listed])
            rest = tuple((n, t) for n, t in columns if n not in listed)
            return (*rest, (field.this.name.lower(), types.VARCHAR), (pivot.expressions[0].name.lower(), values))
        used = {field.this.name.lower()}
        results = []
        for aggregate in pivot.expressions:
            call = aggregate.this if isinstance(aggregate, exp.Alias) else aggregate
            results.append((aggregate.alias.lower(), self.type_of(call, scope)))
            used |= {c.name.lower() for c in call.find_all(exp.Column)}
        self.type_of(field.this, scope)
        made = [
            (f"{value}_{alias}" if alias else value, t)
            for value in (e.alias_or_name.lower() for e in field.expressions)
            for alias, t in results
        ]
        return (*((n, t) for n, t in columns if n not in used), *made)

    def _infer(self, node: exp.Expr, scope: Any) -> SqlType:
        if isinstance(node, exp.Column):
            return self._columns(node, scope)
        if isinstance(node, exp.Literal):
            if not node.is_string and isinf(float(node.name)):
                message = f"{node.name} is beyond DOUBLE PRECISION"
                raise Refusal("NumericOverflow", message, line_of(node), "Write a smaller number.")
            return types.VARCHAR if node.is_string else types.from_number(node.name)
        if isinstance(node, exp.Query):
            columns = self._queries(node, scope)
            return columns[0][1] if len(columns) == 1 else types.UNKNOWN
        if isinstance(node, exp.Anonymous):
            return self._call(node, scope)
        if isinstance(node, exp.Cast):
            return self._cast(node, scope)
        if isinstance(node, exp.Dot | exp.Bracket):
            return self._navigation(node, scope)
        inner = [self.type_of(child, scope) for child in _operands(node)]
        _require_fitting(node, inner)
        return _combined(node, inner)

    def _navigation(self, node: exp.Dot | exp.Bracket, scope: Any) -> SqlType:
        of = self.type_of(node.this, scope)
        if of != types.SUPER:
            message = f"only a SUPER value has attributes and elements, not {of}"
            raise Refusal("TypeMismatch", message, line_of(node), "Use JSON_EXTRACT_PATH_TEXT on a text.")
        return types.SUPER

    def _call(self, call: exp.Anonymous, scope: Any) -> SqlType:
        name = call.name.lower()
        arguments = [self._argument(a, scope) for a in call.expressions]
        self._check_argument(call, name, arguments)
        found = FUNCTIONS[name].result(arguments)
        return _rounded(call, found) if name in _ROUNDING and found.name == "NUMERIC" else found

    def _argument(self, node: exp.Expr, scope: Any) -> SqlType:
        if isinstance(node, exp.Star | exp.Var):
            return types.UNKNOWN
        if isinstance(node, exp.Distinct):
            kinds = [self.type_of(e, scope) for e in node.expressions]
            return kinds[0]
        return self.type_of(node, scope)

    def _check_argument(self, call: exp.Anonymous, name: str, arguments: list[SqlType]) -> None:
        if name in ("min", "max") and arguments[0] == types.BOOLEAN:
            hint = f"Use {'BOOL_AND' if name == 'min' else 'BOOL_OR'}(condition)."
            raise Refusal("TypeMismatch", f"{name.upper()} takes no BOOLEAN on Redshift", line_of(call), hint)
        if name in _SHIFTS:
            count = arguments[1]
            if count.is_float or count.scale:
                hint = "Cast it: n::INTEGER."
                raise Refusal("TypeMismatch", f"{name.upper()} takes a whole number, not {count}", line_of(call), hint)
        if name == "to_char" and arguments[0] in (types.VARCHAR, types.INTERVAL):
            hint = "Cast it: value::TIMESTAMP."
            raise Refusal("TypeMismatch", f"TO_CHAR takes no {arguments[0]}", line_of(call), hint)
        if name not in _NUMBERS_ONLY or not arguments or not arguments[0].known or arguments[0].is_number:
            return
        of = arguments[0]
        if name in _DATE_MEDIAN and of.is_datetime:
            return
        hint = {
            "BOOLEAN": f"Write {name.upper()}(CASE WHEN condition THEN 1 ELSE 0 END).",
            "VARCHAR": f"Cast it: {name.upper()}(value::DOUBLE PRECISION).",
            "SUPER": f"Cast it: {name.upper()}(value::DECIMAL(12,2)).",
        }.get(of.name, "Take a column of numbers.")
        raise Refusal("TypeMismatch", f"{name.upper()} takes numbers, not {of}", line_of(call), hint)

    def _cast(self, cast: exp.Cast, scope: Any) -> SqlType:
        source = self.type_of(cast.this, scope)
        if (instead := types.INSTEAD.get(cast.to.meta.get(TYPE_WRITTEN, ""))) is not None:
            message = f"{cast.to.meta[TYPE_WRITTEN]} is no type of Redshift"
            raise Refusal("NotAllowed", message, line_of(cast), f"Write {instead}.")
        target = types.from_cast(cast.to)
        if target is None:
            message = f"a cast to {cast.to.sql('redshift')} is not supported"
            hint = "Cast to INTEGER, BIGINT, NUMERIC(p,s), DOUBLE PRECISION, VARCHAR, DATE, TIMESTAMP or BOOLEAN."
            raise Refusal("Unsupported", message, line_of(cast), hint)
        if source == types.BOOLEAN and target == types.VARCHAR:
            hint = "Write CASE WHEN value THEN 'true' ELSE 'false' END."
            raise Refusal("TypeMismatch", "Redshift cannot cast BOOLEAN to VARCHAR", line_of(cast), hint)
        return target


def _require_fitting(node: exp.Expr, inner: list[SqlType]) -> None:
    """DuckDB takes a number for a truth value and a truth value for a number; Redshift does not."""
    if isinstance(node, exp.Connector | exp.Not | exp.Where | exp.Having | exp.Qualify):
        wrong = next((t for t in inner if t.known and t not in (types.BOOLEAN, types.VARCHAR)), None)
        if wrong is not None:
            raise Refusal(
                "TypeMismatch", f"a condition is needed, not {wrong}", line_of(node), "Compare it: value = 1."
            )
    if isinstance(node, exp.DPipe) and types.BOOLEAN in inner:
        hint = "Write CASE WHEN value THEN 'true' ELSE 'false' END."
        raise Refusal("TypeMismatch", "Redshift cannot join a BOOLEAN to a text", line_of(node), hint)
    if isinstance(node, exp.EQ | exp.NEQ | exp.GT | exp.GTE | exp.LT | exp.LTE) and types.BOOLEAN in inner:
        wrong = next((t for t in inner if t.is_number), None)
        if wrong is not None:
            hint = "Write value = true, or value::INTEGER = 1."
            raise Refusal("TypeMismatch", f"BOOLEAN cannot be compared with {wrong}", line_of(node), hint)
    if isinstance(node, exp.Add | exp.Sub) and types.VARCHAR in inner and any(t.is_datetime for t in inner):
        hint = "Write DATE '2024-01-01' or INTERVAL '1 day'."
        raise Refusal("TypeMismatch", "a date and a text cannot be added or subtracted", line_of(node), hint)
    if isinstance(node, exp.Add | exp.Sub) and any(t.is_number for t in inner):
        moment = next((t for t in inner if t in (types.TIMESTAMP, types.TIMESTAMPTZ)), None)
        if moment is not None:
            message = f"a number cannot be added to or taken from a {moment}"
            raise Refusal("TypeMismatch", message, line_of(node), "Use DATEADD(day, n, value).")


def _operands(node: exp.Expr) -> list[exp.Expr]:
    skipped = (exp.Var, exp.Star, exp.DataType, exp.Identifier, exp.IntervalSpan)
    return [child for child in node.iter_expressions() if not isinstance(child, skipped)]


def _combined(node: exp.Expr, inner: list[SqlType]) -> SqlType:
    first = inner[0] if inner else types.UNKNOWN
    if isinstance(node, exp.Tuple):
        return types.UNKNOWN
    if isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Div | exp.Mod):
        return types.arithmetic(type(node), inner[0], inner[1])
    if isinstance(node, exp.Any | exp.All):
        return first
    if isinstance(node, exp.Predicate | exp.Connector | exp.Not | exp.Boolean | exp.Exists | exp.In | exp.Between):
        return types.BOOLEAN
    if isinstance(node, exp.RegexpLike | exp.SimilarTo | exp.Escape):
        return types.BOOLEAN
    if isinstance(node, exp.DPipe):
        return types.VARCHAR
    if isinstance(node, exp.Pow):
        return types.DOUBLE
    if isinstance(node, exp.Interval):
        return types.INTERVAL
    if isinstance(node, exp.Extract):
        return types.DOUBLE if first == types.TIMESTAMPTZ else types.BIGINT
    if isinstance(node, exp.AtTimeZone):
        return types.TIMESTAMP if first == types.TIMESTAMPTZ else types.TIMESTAMPTZ
    if isinstance(node, exp.Case):
        return types.common([type_of(e) for e in _results(node)])
    if isinstance(node, exp.If):
        return type_of(node.args["true"])
    return _like_its_first(node, first)


def _rounded(call: exp.Anonymous, of: SqlType) -> SqlType:
    """Rounding a NUMERIC to n places leaves it n places, where n can be read."""
    places = call.expressions[1] if len(call.expressions) > 1 else exp.Literal.number(0)
    if isinstance(places, exp.Neg):
        return types.numeric(of.precision, 0)
    if isinstance(places, exp.Literal) and places.name.isdigit():
        return types.numeric(of.precision, min(of.scale, int(places.name)))
    return of


def _results(case: exp.Case) -> list[exp.Expr]:
    results = [branch.args["true"] for branch in case.args["ifs"]]
    return [*results, case.args["default"]] if case.args.get("default") else results


def _like_its_first(node: exp.Expr, first: SqlType) -> SqlType:
    if isinstance(node, exp.WithinGroup):
        call, order = node.this, node.expression
        if isinstance(call, exp.Anonymous) and call.name.lower().startswith("percentile") and order.expressions:
            ordered = type_of(order.expressions[0].this)
            return ordered if ordered.is_datetime or call.name.lower() == "percentile_disc" else types.DOUBLE
    return first
