"""Rules of Redshift that reach beyond one node: window frames, ordered aggregates, and what merits a warning."""

from sqlglot import exp

from kaiseki.warehouses.refusal import Refusal
from kaiseki.warehouses.sql.functions import FUNCTIONS
from kaiseki.warehouses.sql.scope import is_recursive
from kaiseki.warehouses.sql.shape import line_of

_FRAMED = frozenset("first_value last_value nth_value".split())
_NULL_SKIPPERS = _FRAMED | {"lag", "lead"}
_WINDOW_ONLY = (
    frozenset("row_number rank dense_rank percent_rank cume_dist ntile lag lead ratio_to_report".split()) | _FRAMED
)
_BY_ORDER = _WINDOW_ONLY - {"ratio_to_report"}
_SORTED = ("percentile_cont", "median", "listagg")
_WITHIN_GROUP = ("percentile_cont", "percentile_disc", "listagg")
_NO_FRAME = "Write ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW after the ORDER BY."


def check_portability(statement: exp.Expr) -> tuple[str, ...]:
    """The warnings for a statement that Redshift would take. Raises Refusal for one that it would not."""
    for window in statement.find_all(exp.Window):
        _check_window(window)
    for call in statement.find_all(exp.Anonymous):
        _check_place(call)
    for nulls in (*statement.find_all(exp.IgnoreNulls), *statement.find_all(exp.RespectNulls)):
        _check_null_option(nulls)
    for select in statement.find_all(exp.Select):
        _check_ordered_aggregates(select)
        _check_qualify(select)
        _check_distinct_order(select)
    for clause in statement.find_all(exp.With):
        _check_recursion(clause)
    limits: list[exp.Limit | exp.Offset] = [*statement.find_all(exp.Limit), *statement.find_all(exp.Offset)]
    for limit in limits:
        _check_limit(limit)
    return tuple(_warnings(statement))


def _call_of(window: exp.Window) -> exp.Anonymous | None:
    inner = window.this
    while isinstance(inner, exp.IgnoreNulls | exp.RespectNulls | exp.WithinGroup):
        inner = inner.this
    return inner if isinstance(inner, exp.Anonymous) else None


def _check_window(window: exp.Window) -> None:
    call = _call_of(window)
    if call is None:
        raise Refusal("NotAllowed", "OVER follows a function", line_of(window))
    name = call.name.lower()
    kind = FUNCTIONS[name].kind
    if kind == "scalar":
        raise Refusal("NotAllowed", f"{name.upper()} is not a window function", line_of(window), "Remove OVER (...).")
    spec = window.args.get("spec")
    if call.find(exp.Distinct):
        hint = "Count in a grouped WITH query and join it."
        raise Refusal("NotAllowed", f"{name.upper()}(DISTINCT ...) OVER is not Redshift", line_of(window), hint)
    framed = kind == "aggregate" or name in _FRAMED
    if framed and window.args.get("order") and not spec:
        message = f"{name.upper()}() OVER (... ORDER BY ...) needs a frame on Redshift"
        raise Refusal("MissingFrame", message, line_of(window), _NO_FRAME)
    if spec and not framed:
        raise Refusal("NotAllowed", f"{name.upper()} takes no frame", line_of(window), "Remove the ROWS clause.")
    if spec and str(spec.args.get("kind")).upper() != "ROWS":
        raise Refusal("NotAllowed", "Redshift has frames of ROWS only", line_of(window), _NO_FRAME)


def _check_place(call: exp.Anonymous) -> None:
    name = call.name.lower()
    over = call.parent
    while isinstance(over, exp.IgnoreNulls | exp.RespectNulls | exp.WithinGroup):
        over = over.parent
    windowed = isinstance(over, exp.Window) and over.this is not None and _call_of(over) is call
    if name in _WINDOW_ONLY and not windowed:
        raise Refusal(
            "NotAllowed", f"{name.upper()} needs OVER (...)", line_of(call), f"Write {name.upper()}(...) OVER (...)."
        )
    if name in ("percentile_cont", "percentile_disc") and not isinstance(call.parent, exp.WithinGroup):
        hint = f"Write {name.upper()}(0.5) WITHIN GROUP (ORDER BY value)."
        raise Refusal("NotAllowed", f"{name.upper()} needs WITHIN GROUP", line_of(call), hint)
    if name == "percentile_disc" and not windowed:
        hint = "Use PERCENTILE_CONT(...) WITHIN GROUP (ORDER BY value)."
        raise Refusal("NotAllowed", "PERCENTILE_DISC is a window function on Redshift", line_of(call), hint)
    if call.find(exp.Star) in call.expressions and name != "count":
        raise Refusal("SyntaxError", f"{name.upper()}(*) is not a function", line_of(call), "Name a column.")
    if any(isinstance(a, exp.Order | exp.Ordered) for a in call.expressions):
        hint = f"Write {name.upper()}(...) WITHIN GROUP (ORDER BY value)." if name in _SORTED else "Remove ORDER BY."
        raise Refusal("NotAllowed", f"{name.upper()} takes no ORDER BY among its arguments", line_of(call), hint)
    if isinstance(call.parent, exp.WithinGroup) and name not in _WITHIN_GROUP:
        raise Refusal("NotAllowed", f"{name.upper()} takes no WITHIN GROUP", line_of(call), "Remove it.")
    if any(isinstance(a, exp.Distinct) for a in call.expressions):
        _check_distinct(call, name)


def _check_distinct(call: exp.Anonymous, name: str) -> None:
    if FUNCTIONS[name].kind != "aggregate":
        raise Refusal("NotAllowed", f"{name.upper()} takes no DISTINCT", line_of(call), "Remove DISTINCT.")
    inside = call.expressions[0]
    if name != "listagg" and len(inside.expressions) > 1:
        hint = "Join the columns with ||, or count the rows of a SELECT DISTINCT."
        raise Refusal("NotAllowed", f"{name.upper()}(DISTINCT a, b) is not Redshift", line_of(call), hint)


def _check_null_option(option: exp.Expr) -> None:
    call = option.this
    if not isinstance(option.parent, exp.Window) or not isinstance(call, exp.Anonymous):
        hint = "Write LAG(value) IGNORE NULLS OVER (...)."
        raise Refusal("SyntaxError", "IGNORE NULLS stands between a function and its OVER", line_of(option), hint)
    if call.name.lower() not in _NULL_SKIPPERS:
        message = f"{call.name.upper()} takes no IGNORE NULLS"
        raise Refusal("NotAllowed", message, line_of(option), "Filter the nulls first.")


def _check_ordered_aggregates(select: exp.Select) -> None:
    """Redshift sorts once for all LISTAGG, PERCENTILE_CONT and MEDIAN of a SELECT: all must sort by the same."""
    orders: dict[str, exp.Expr] = {}
    for call in select.find_all(exp.Anonymous):
        if call.parent_select is not select or call.name.lower() not in _SORTED:
            continue
        within = call.parent
        if isinstance(within, exp.WithinGroup):
            if isinstance(within.parent, exp.Window):
                continue
            orders.setdefault(within.expression.sql("redshift", comments=False), call)
        elif not isinstance(within, exp.Window) and call.name.lower() == "median":
            orders.setdefault("ORDER BY " + call.expressions[0].sql("redshift", comments=False), call)
    if len(orders) > 1:
        hint = "Make each a WITH query of its own and join them, or load the rows and use Python."
        second = list(orders.values())[1]
        raise Refusal("NotAllowed", "sorted aggregates with different ORDER BY in one SELECT", line_of(second), hint)


def _check_qualify(select: exp.Select) -> None:
    """FROM sales QUALIFY ...: Redshift takes QUALIFY for the alias of sales."""
    between = any(select.args.get(clause) for clause in ("where", "group", "having"))
    if select.args.get("qualify") is None or between or select.args.get("from_") is None:
        return
    last = (select.args.get("joins") or [select.args["from_"]])[-1]
    conditioned = isinstance(last, exp.Join) and (last.args.get("on") or last.args.get("using"))
    if not conditioned and isinstance(last.this, exp.Table) and not last.this.alias:
        name = last.this.name
        hint = f"Write FROM {name} AS {name[:1].lower()} QUALIFY ...."
        raise Refusal("NotAllowed", f"right before QUALIFY the table {name} needs an alias", line_of(last), hint)


def _check_distinct_order(select: exp.Select) -> None:
    """Of the rows that DISTINCT made one, which would be the one to sort by?"""
    order = select.args.get("order")
    if select.args.get("distinct") is None or order is None or any(e.is_star for e in select.expressions):
        return
    listed = [e.unalias() for e in select.expressions]
    names = {name.lower() for e in select.expressions for name in (e.alias_or_name, e.unalias().name)}
    for ordered in order.expressions:
        key = ordered.this
        if isinstance(key, exp.Literal) or key in listed or (isinstance(key, exp.Column) and key.name.lower() in names):
            continue
        hint = "Sort by columns of the select list, or use GROUP BY."
        raise Refusal("NotAllowed", "SELECT DISTINCT sorts by what it does not select", line_of(ordered), hint)


def _check_recursion(clause: exp.With) -> None:
    for cte in clause.expressions if clause.args.get("recursive") else ():
        plain_union = isinstance(cte.this, exp.Union) and not cte.this.args.get("distinct")
        if is_recursive(cte) and not plain_union:
            message = "a recursive query joins its parts by UNION ALL"
            raise Refusal("NotAllowed", message, line_of(cte), "Write UNION ALL.")


def _check_limit(limit: exp.Limit | exp.Offset) -> None:
    count = limit.expression
    if isinstance(count, exp.Literal) and not count.is_string and count.name.isdigit():
        return
    if isinstance(count, exp.Var) and count.name.upper() == "ALL":
        return
    raise Refusal("NotAllowed", f"{limit.key.upper()} takes a plain number of rows", line_of(limit), "Write LIMIT 100.")


def _unordered(window: exp.Window) -> str:
    """The function whose result hangs on an order that is not there."""
    call = _call_of(window)
    ordered = call is None or window.args.get("order") or call.name.lower() not in _BY_ORDER
    return "" if call is None or ordered else call.name.upper()


def _warnings(statement: exp.Expr) -> list[str]:
    found = []
    names = {call.name.lower() for call in statement.find_all(exp.Anonymous)}
    if "random" in names:
        found.append("RANDOM() gives other rows at each run; the result cannot be reproduced")
    if statement.find(exp.Values):
        found.append("Redshift takes no VALUES in place of a table; SELECT ... UNION ALL SELECT ... does the same")
    unordered = {name for window in statement.find_all(exp.Window) if (name := _unordered(window))}
    found += [f"{name} OVER without ORDER BY takes the rows in any order" for name in sorted(unordered)]
    limited = [s for s in statement.find_all(exp.Select) if s.args.get("limit") and not s.args.get("order")]
    if limited:
        found.append("LIMIT without ORDER BY gives any rows, not the first")
    return found
