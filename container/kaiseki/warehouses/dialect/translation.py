"""Redshift SQL to DuckDB SQL, for a statement that the guard admitted.

Each function of Redshift has a rule by name, and so have the operators whose results differ; children are rewritten
before their parents. What has no rule is refused by name: it is never answered wrong."""

from collections.abc import Callable
from datetime import datetime

from sqlglot import ErrorLevel, exp
from sqlglot.errors import UnsupportedError

from kaiseki.models import Table
from kaiseki.warehouses.dialect.aggregates import AGGREGATES
from kaiseki.warehouses.dialect.comparisons import between, case, compare, one_of
from kaiseki.warehouses.dialect.dates import CLOCK, DATES, at_time_zone, extract, iso_date
from kaiseki.warehouses.dialect.formats import FORMATS
from kaiseki.warehouses.dialect.intervals import interval
from kaiseki.warehouses.dialect.patterns import PATTERNS, like, matches, similar_to
from kaiseki.warehouses.dialect.quotients import exact_quotient
from kaiseki.warehouses.dialect.scalars import SCALARS
from kaiseki.warehouses.dialect.super import SUPERS, attribute, element, navigate, require_cast, scalar_text, unnest
from kaiseki.warehouses.duckdb.expressions import as_double, as_text, call, cast, number, text, unsupported
from kaiseki.warehouses.refusal import Refusal
from kaiseki.warehouses.sql import types
from kaiseki.warehouses.sql.binding import TABLE_META
from kaiseki.warehouses.sql.guard import Statement
from kaiseki.warehouses.sql.inference import keep_type, output_name, type_of

_PYTHON = "Load the rows and compute it in Python."
_SCALAR_RULES = {**SCALARS, **DATES, **FORMATS, **PATTERNS, **SUPERS}

Located = Callable[[Table], tuple[str, str, str]]  # the database, schema and name under which DuckDB has a table


def translate(statement: Statement, now: datetime, located: Located) -> str:
    """The statement for DuckDB, with GETDATE and its like bound to `now`. Raises Refusal (type "Unsupported")."""
    root = exp.Paren(this=statement.tree.copy())
    for operation in root.find_all(exp.SetOperation):
        _widen_branches(operation)
    for select in root.find_all(exp.Select):
        _name_outputs(select)
    for node in reversed(list(root.this.walk(bfs=True))):
        replacement = _rewrite(node, now, located)
        if replacement is not node:
            node.replace(keep_type(node, replacement))
    try:  # DuckDB reserves words that Redshift does not, so every name is quoted
        sql: str = root.this.sql(dialect="duckdb", comments=False, identify=True, unsupported_level=ErrorLevel.RAISE)
    except UnsupportedError as error:
        raise Refusal("Unsupported", "a part of the statement has no counterpart on DuckDB", hint=_PYTHON) from error
    return sql


def _rewrite(node: exp.Expr, now: datetime, located: Located) -> exp.Expr:
    require_cast(node)
    _unify_choices(node)
    if isinstance(node, exp.Anonymous):
        return _rewrite_call(node, now)
    if isinstance(node, exp.Table):
        return _locate(node, located)
    rule = _NODE_RULES.get(type(node))
    return rule(node) if rule else node


# ── calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _rewrite_call(node: exp.Anonymous, now: datetime) -> exp.Expr:
    name = node.name.lower()
    if name in AGGREGATES:
        if isinstance(node.parent, exp.Window | exp.WithinGroup | exp.IgnoreNulls | exp.RespectNulls):
            return node
        return _pivoted(node) if node.find_ancestor(exp.Pivot) else AGGREGATES[name](node, _alone)
    if name in CLOCK:
        return CLOCK[name](now)
    if name in _SCALAR_RULES:
        return _SCALAR_RULES[name](node)
    raise unsupported(node, name.upper())


def _alone(value: exp.Expr) -> exp.Expr:
    return value


def _pivoted(node: exp.Anonymous) -> exp.Expr:
    """Inside PIVOT DuckDB takes a bare aggregate only."""
    if node.name.lower() in ("count", "min", "max", "sum") or not type_of(node.expressions[0]).is_exact:
        return node
    raise unsupported(node, f"{node.name.upper()} of exact numbers in PIVOT", "Use GROUP BY with CASE expressions.")


def _within_group(node: exp.WithinGroup) -> exp.Expr:
    if isinstance(node.parent, exp.Window):
        return node
    return AGGREGATES[node.this.name.lower()](node.this, _alone)


def _window(node: exp.Window) -> exp.Expr:
    inner = node.this
    nulls = isinstance(inner, exp.IgnoreNulls)
    while not isinstance(inner, exp.Anonymous):
        inner = inner.this

    def over(value: exp.Expr) -> exp.Expr:
        if nulls and isinstance(value, exp.Anonymous):
            value = exp.IgnoreNulls(this=_skipping_nulls(value))
        parts = {
            key: [p.copy() for p in part]
            if isinstance(part, list)
            else part.copy()
            if isinstance(part, exp.Expr)
            else part
            for key, part in node.args.items()
            if key != "this"
        }
        return exp.Window(this=value, **parts)

    made = AGGREGATES[inner.name.lower()](inner, over)
    return made if isinstance(made, exp.Window | exp.Cast) else exp.Paren(this=made)


def _skipping_nulls(value: exp.Anonymous) -> exp.Expr:
    """The function as a node of its own class: of these alone the generator knows where IGNORE NULLS goes."""
    kind, names = _NULL_SKIPPERS[value.name.lower()]
    return kind(**dict(zip(names, value.expressions, strict=False)))


_NULL_SKIPPERS: dict[str, tuple[type[exp.Func], tuple[str, ...]]] = {
    "lag": (exp.Lag, ("this", "offset", "default")),
    "lead": (exp.Lead, ("this", "offset", "default")),
    "first_value": (exp.FirstValue, ("this",)),
    "last_value": (exp.LastValue, ("this",)),
    "nth_value": (exp.NthValue, ("this", "offset")),
}


# ── what becomes one: REAL beside other numbers, which DuckDB would round to it, and texts beside dates ───────────

_COMPARING = frozenset({"decode", "nvl2"})  # not all that they are given is chosen from
_CHOOSING = _COMPARING | {"coalesce", "nvl", "greatest", "least"}


def _unify_choices(node: exp.Expr) -> None:
    name = node.name.lower()
    if not isinstance(node, exp.Case) and not (isinstance(node, exp.Anonymous) and name in _CHOOSING):
        return
    made = type_of(node)
    for choice in _choices(node):
        if made == types.DOUBLE:
            _widen(choice)
        elif made.is_datetime and name not in _COMPARING and isinstance(choice, exp.Literal) and choice.is_string:
            choice.replace(iso_date(choice))


def _choices(node: exp.Expr) -> list[exp.Expr]:
    if not isinstance(node, exp.Case):
        return list(node.expressions)
    default = node.args.get("default")
    return [*(branch.args["true"] for branch in node.args["ifs"]), *([default] if default is not None else [])]


def _widen_branches(operation: exp.SetOperation) -> None:
    branches = [operation.left.unnest(), operation.right.unnest()]
    for pair in zip(*(b.selects for b in branches if isinstance(b, exp.Query)), strict=False):
        values = [p.unalias() for p in pair]
        if {type_of(v) for v in values} - {types.REAL} and all(type_of(v).is_number for v in values):
            for value in values:
                _widen(value)


def _widen(value: exp.Expr) -> None:
    if type_of(value) == types.REAL:
        value.replace(as_double(value.copy()))


# ── operators and casts ───────────────────────────────────────────────────────────────────────────────────────────


def _calculate(node: exp.Binary) -> exp.Expr:
    """A REAL counts as DOUBLE PRECISION beside another number; DuckDB would round the other to REAL."""
    if type_of(node) in (types.INTEGER, types.BIGINT):  # DuckDB has a small number remain small
        operands = (cast(e, "BIGINT") if type_of(e) == types.SMALLINT else e for e in (node.this, node.expression))
        made = type(node)(**dict(zip(("this", "expression"), operands, strict=True)))
        return cast(exp.Paren(this=made), type_of(node).name) if made != node else node
    if type_of(node) != types.DOUBLE:
        return node
    widened = (as_double(e) if type_of(e) == types.REAL else e for e in (node.this, node.expression))
    return type(node)(**dict(zip(("this", "expression"), widened, strict=True)))


def _divide(node: exp.Div) -> exp.Expr:
    """Integers divide to integers; a NUMERIC quotient has the scale that Redshift's rules give it."""
    left, right, made = type_of(node.this), type_of(node.expression), type_of(node)
    if left.is_integer and right.is_integer:
        return exp.IntDiv(this=node.this, expression=node.expression)
    if made.name == "NUMERIC":
        return exact_quotient(node.this, left, node.expression, right, made)
    if made == types.INTERVAL:
        share = exp.Div(this=as_double(number(1)), expression=as_double(node.expression))
        return exp.Mul(this=node.this, expression=exp.Paren(this=share))
    return _calculate(node)


def _subtract(node: exp.Sub) -> exp.Expr:
    """Between two dates lie whole days, an INTEGER."""
    days = type_of(node.this) == type_of(node.expression) == types.DATE
    return cast(exp.Paren(this=node.copy()), "INTEGER") if days else _calculate(node)


def _power(node: exp.Pow) -> exp.Expr:
    return call("power", as_double(node.this), as_double(node.expression))


def _join_texts(node: exp.DPipe) -> exp.Expr:
    return exp.DPipe(this=as_text(node.this), expression=as_text(node.expression), safe=True)


def _cast(node: exp.Cast) -> exp.Expr:
    value, source = node.this, type_of(node.this)
    target = types.from_cast(node.to)
    assert target is not None
    trying = isinstance(node, exp.TryCast)
    if source == types.SUPER:
        value, source = scalar_text(value), types.VARCHAR
    if target == types.VARCHAR:
        return _cast_to_text(value, node.to, source)
    if source == types.VARCHAR:
        value = _read(value, target, trying)
    name = f"DECIMAL({target.precision},{target.scale})" if target.name == "NUMERIC" else _DUCKDB_NAMES[target.name]
    made = cast(value, name)
    return exp.TryCast(this=made.this, to=made.to) if trying else made


def _read(value: exp.Expr, target: types.SqlType, trying: bool) -> exp.Expr:
    """A text that is to become a number or a date, if Redshift takes it for one; DuckDB takes 12.7, 1_000, 24-01-05."""
    if target.is_datetime and isinstance(value, exp.Literal) and not trying:
        return iso_date(value)
    what = "integer" if target.is_integer else "number" if target.is_number else "moment" if target.is_datetime else ""
    return call(f"kaiseki_{'try_' if trying else ''}{what}", value) if what else value


_DUCKDB_NAMES = {
    "SMALLINT": "SMALLINT",
    "INTEGER": "INTEGER",
    "BIGINT": "BIGINT",
    "REAL": "REAL",
    "DOUBLE PRECISION": "DOUBLE",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "TIME": "TIME",
    "TIMESTAMP": "TIMESTAMP",
    "TIMESTAMPTZ": "TIMESTAMPTZ",
}
_FIXED = {exp.DType.CHAR: 1, exp.DType.NCHAR: 1, exp.DType.BPCHAR: 256}
_FIXED_NAMES = tuple(_FIXED)


def _cast_to_text(value: exp.Expr, to: exp.DataType, source: types.SqlType) -> exp.Expr:
    """VARCHAR(n) cuts at n bytes; the blanks that pad a CHAR(n) mean nothing and are left out."""
    size = to.expressions[0].name if to.expressions else ""
    length = int(size) if size.isdigit() else _FIXED.get(to.this)
    made = cast(value, "VARCHAR") if source == types.VARCHAR else as_text(value)
    if length is not None:
        made = call("kaiseki_truncate", made, exp.Literal.number(length))
    return call("rtrim", made, text(" ")) if to.this in _FIXED_NAMES else made


def _escape(node: exp.Escape) -> exp.Expr:
    """SIMILAR TO has used up its ESCAPE when its rule ran."""
    return node if isinstance(node.this, exp.Like | exp.ILike) else node.this


_NODE_RULES: dict[type[exp.Expr], Callable[..., exp.Expr]] = {
    exp.Column: navigate,
    exp.Dot: attribute,
    exp.Bracket: element,
    exp.Unnest: unnest,
    exp.Window: _window,
    exp.WithinGroup: _within_group,
    exp.Div: _divide,
    exp.Sub: _subtract,
    **dict.fromkeys((exp.Add, exp.Mul, exp.Mod), _calculate),
    exp.Pow: _power,
    exp.DPipe: _join_texts,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE), compare),
    exp.Between: between,
    exp.In: one_of,
    exp.Case: case,
    exp.Like: like,
    exp.ILike: like,
    exp.SimilarTo: similar_to,
    exp.RegexpLike: matches,
    exp.Escape: _escape,
    exp.Extract: extract,
    exp.Interval: interval,
    exp.AtTimeZone: at_time_zone,
}


# ── tables and names ──────────────────────────────────────────────────────────────────────────────────────────────


def _locate(node: exp.Table, located: Located) -> exp.Expr:
    table = node.meta.get(TABLE_META)
    if not isinstance(table, Table):
        return node
    database, schema, name = located(table)
    alias = node.args.get("alias") or exp.TableAlias(this=exp.to_identifier(node.name.lower(), quoted=True))
    node.set("this", exp.to_identifier(name, quoted=True))
    node.set("db", exp.to_identifier(schema, quoted=True))
    node.set("catalog", exp.to_identifier(database, quoted=True))
    node.set("alias", alias)
    return node


def _name_outputs(node: exp.Select) -> None:
    """A cast column keeps its column's name on Redshift; DuckDB would name it after the cast."""
    for projection in node.expressions:
        name = output_name(projection)
        if name and name != "*" and not isinstance(projection, exp.Alias | exp.Column):
            projection.replace(exp.alias_(projection.copy(), name, quoted=True))
