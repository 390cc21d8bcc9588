"""What a statement may be made of: an allow-list of syntax, and for what lies outside, what to write instead.

Two things fall outside: what does more than read, and what DuckDB or another database takes and Redshift does not."""

from collections.abc import Iterator

from sqlglot import exp

from kaiseki.reserved_words import RESERVED_WORDS
from kaiseki.warehouses.refusal import Refusal, nearest
from kaiseki.warehouses.sql.functions import FUNCTIONS
from kaiseki.warehouses.sql.words import INSTEAD

_PLAIN = (
    *(exp.Alias, exp.And, exp.Anonymous, exp.Any, exp.All, exp.AtTimeZone, exp.Boolean, exp.BitwiseAnd),
    *(exp.BitwiseLeftShift, exp.BitwiseNot, exp.BitwiseOr, exp.BitwiseRightShift, exp.BitwiseXor, exp.Case),
    *(exp.Column, exp.Cube, exp.DataType, exp.DataTypeParam, exp.Distinct, exp.DPipe, exp.EQ, exp.Escape, exp.Exists),
    *(exp.Extract, exp.From, exp.GT, exp.GTE, exp.GroupingSets, exp.Having, exp.Identifier, exp.If, exp.IgnoreNulls),
    *(exp.ILike, exp.In, exp.Interval, exp.IntervalSpan, exp.Is, exp.LT, exp.LTE, exp.Like, exp.Literal, exp.Mod),
    *(exp.Mul, exp.Div, exp.Add, exp.Sub, exp.Neg, exp.NEQ, exp.Not, exp.Null, exp.Offset, exp.Or, exp.Order),
    *(exp.Paren, exp.PivotAlias, exp.Pow, exp.Qualify, exp.RegexpLike, exp.RespectNulls, exp.Rollup, exp.SimilarTo),
    *(exp.TableAlias, exp.Tuple, exp.Values, exp.Var, exp.Where, exp.WithinGroup),
)

_JOINS = "this on side kind using method"
_CLAUSES = "with_ this expression distinct by_name side kind order limit offset"
# Nodes whose parts matter: every part that is set must be named here.
_PARTS: dict[type[exp.Expr], frozenset[str]] = {
    node: frozenset(parts.split())
    for node, parts in {
        exp.Select: "with_ expressions distinct from_ joins where group having qualify order limit offset",
        exp.Table: "this db catalog alias joins pivots",
        exp.Join: _JOINS,
        exp.Group: "expressions all grouping_sets cube rollup",
        exp.Limit: "expression",
        exp.Bracket: "this expressions offset safe",
        exp.Dot: "this expression",
        exp.Unnest: "expressions alias",
        exp.Between: "this low high",
        exp.Cast: "this to",
        exp.TryCast: "this to safe requires_string",
        exp.Star: "",
        exp.Window: "this partition_by order spec over",
        exp.WindowSpec: "kind start start_side end end_side",
        exp.Ordered: "this desc nulls_first",
        exp.Subquery: "this alias with_ joins pivots order limit offset",
        exp.Union: _CLAUSES,
        exp.Intersect: _CLAUSES,
        exp.Except: _CLAUSES,
        exp.CTE: "this alias",
        exp.With: "expressions recursive",
        exp.Pivot: "this alias expressions fields unpivot include_nulls columns default_on_null value_columns_first "
        "identify_pivot_strings prefixed_pivot_columns pivot_column_naming",
    }.items()
}

_FEWER = {
    "concat": "Join more strings with ||.",
    **dict.fromkeys(("datediff", "date_diff"), "Write DATEDIFF(day, earlier, later)."),
    **dict.fromkeys(("dateadd", "date_add"), "Write DATEADD(day, n, value)."),
    "date_trunc": "Write DATE_TRUNC('month', value).",
    "to_date": "Write TO_DATE(text, 'YYYY-MM-DD'), or text::DATE.",
    "to_timestamp": "Write TO_TIMESTAMP(text, 'YYYY-MM-DD'), or TIMESTAMP 'epoch' + n * INTERVAL '1 second'.",
    "to_char": "Write TO_CHAR(value, 'YYYY-MM-DD').",
    "last_day": "It is the last day of the month.",
    "percentile_cont": "Write PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY value).",
    "split_part": "Write SPLIT_PART(text, ',', n).",
    **dict.fromkeys(("lag", "lead"), "Redshift takes no default: write NVL(LAG(value, 1) OVER (...), default)."),
}
_OUTSIDE: dict[type[exp.Expr], tuple[str, str]] = {
    exp.Filter: ("FILTER (WHERE ...) is not Redshift", "Use SUM(CASE WHEN condition THEN value END)."),
    exp.Lateral: ("LATERAL is not Redshift", "Use a join or a window function."),
    exp.AtIndex: ("AT is not supported", "Number the elements in Python."),
    exp.Array: ("array literals are not supported", "Use rows: SELECT 1 AS x UNION ALL SELECT 2."),
    exp.Struct: ("struct literals are not Redshift", "Use plain columns."),
    exp.Lambda: ("lambdas are not Redshift", "Use CASE or a join."),
    exp.RegexpILike: ("~* is not supported", "Use LOWER(value) ~ 'pattern'."),
    exp.NullSafeEQ: ("IS NOT DISTINCT FROM is not Redshift", "Use a = b OR (a IS NULL AND b IS NULL)."),
    exp.NullSafeNEQ: ("IS DISTINCT FROM is not Redshift", "Use NVL(a = b, false) and compare the nulls."),
    exp.TableSample: ("sampling is not Redshift", "Use WHERE MOD(id, 10) = 0, or LIMIT."),
    exp.Fetch: ("FETCH FIRST is not Redshift", "Use LIMIT n."),
    exp.Collate: ("COLLATE is not supported", "Use LOWER(value)."),
    exp.JSONExtract: ("-> is not Redshift", "Use JSON_EXTRACT_PATH_TEXT(json, 'key')."),
    exp.JSONExtractScalar: ("->> is not Redshift", "Use JSON_EXTRACT_PATH_TEXT(json, 'key')."),
    exp.Into: ("INTO would create a table; only reading is allowed", "Remove INTO."),
    exp.Concat: ("strings side by side are ambiguous", "Join them with ||."),
    exp.Slice: ("slices are not Redshift", "Use SUBSTRING(text, start, length)."),
    exp.Placeholder: ("parameters are not allowed", "Write the value itself."),
    exp.Parameter: ("parameters are not allowed", "Write the value itself."),
}
_PARTS_OUTSIDE: dict[str, tuple[str, str]] = {
    "into": ("INTO would create a table; only reading is allowed", "Remove INTO."),
    "locks": ("FOR UPDATE locks rows; only reading is allowed", "Remove FOR UPDATE."),
    "windows": ("the WINDOW clause is not Redshift", "Write the window out in each OVER (...)."),
    "sample": ("sampling is not Redshift", "Use WHERE MOD(id, 10) = 0, or LIMIT."),
    "except_": ("SELECT * EXCLUDE is not supported", "Name the columns."),
    "exclude": ("SELECT * EXCLUDE is not supported", "Name the columns."),
    "replace": ("SELECT * REPLACE is not Redshift", "Name the columns."),
    "rename": ("SELECT * RENAME is not Redshift", "Name the columns."),
    "materialized": ("WITH ... AS MATERIALIZED is not Redshift", "Remove MATERIALIZED."),
    "connect": ("CONNECT BY is not supported", "Use WITH RECURSIVE."),
    "limit_options": ("LIMIT takes a plain number of rows", "Use LIMIT n."),
    "symmetric": ("BETWEEN SYMMETRIC is not Redshift", "Put the smaller bound first."),
    "format": ("CAST ... FORMAT is not Redshift", "Use TO_CHAR or TO_DATE with a format."),
    "only": ("FROM ONLY is not Redshift", "Remove ONLY."),
}


def check_shape(statement: exp.Expr, sql: str) -> None:
    """Raises Refusal for the first part of the statement that lies outside the allow-lists."""
    if not isinstance(statement, exp.Query | exp.Values):
        raise Refusal("NotAllowed", "this is not a query", line=1, hint="Write one SELECT, or WITH ... SELECT.")
    for node in statement.walk():
        _check_syntax(node)
        if isinstance(node, exp.Anonymous):
            _check_call(node)
        elif isinstance(node, exp.Identifier):
            _check_identifier(node, sql)
        elif isinstance(node, exp.Distinct | exp.SetOperation | exp.Join):
            _check_variant(node)
        elif isinstance(node, exp.Tuple | exp.Like | exp.ILike):
            _check_list(node)
        elif isinstance(node, exp.Dot | exp.Bracket | exp.Unnest):
            _check_navigation(node)
        elif isinstance(node, exp.Pivot | exp.DataTypeParam):
            _check_written_out(node)
        elif isinstance(node, exp.Star) and not isinstance(node.parent, exp.Select | exp.Column | exp.Anonymous):
            raise Refusal("SyntaxError", "* is no value to compute with", line_of(node), "Name a column.")
        elif isinstance(node, exp.Select) and not node.expressions:
            raise Refusal("SyntaxError", "SELECT has no columns", line_of(node), "Name the columns, or write *.")


def line_of(node: exp.Expr) -> int | None:
    """The line in the SQL as written at which `node`, or the first thing in it that has a place, stands."""
    for part in _near(node):
        if line := part.meta.get("line"):
            return int(line)
    return None


def _near(node: exp.Expr) -> Iterator[exp.Expr]:
    yield from node.walk(bfs=False)
    parent = node.parent
    if parent is not None:
        yield from parent.walk(bfs=False)


def _check_syntax(node: exp.Expr) -> None:
    kind = type(node)
    if kind in _PLAIN:
        return
    if kind not in _PARTS:
        message, hint = _OUTSIDE.get(kind, (f"{kind.__name__.upper()} is not allowed in a query", "Use plain SELECTs."))
        raise Refusal("NotAllowed", message, line=line_of(node), hint=hint)
    for part, value in node.args.items():
        if value and part not in _PARTS[kind]:
            message, hint = _PARTS_OUTSIDE.get(part, (f"{part.strip('_').upper()} is not allowed here", "Remove it."))
            raise Refusal("NotAllowed", message, line=line_of(node), hint=hint)


def _check_call(call: exp.Anonymous) -> None:
    name = call.name.lower()
    if isinstance(call.this, exp.Identifier):
        raise Refusal(
            "NotAllowed",
            f'"{call.name}" in quotes is not a function that is allowed',
            line=line_of(call),
            hint="Write function names without quotes.",
        )
    if name not in FUNCTIONS:
        raise Refusal("NotAllowed", f"{name.upper()} is not a function of Redshift", line_of(call), _instead(name))
    signature = FUNCTIONS[name]
    count = len(call.expressions)
    if not signature.least <= count <= signature.most:
        takes = str(signature.least) if signature.least == signature.most else f"{signature.least} to {signature.most}"
        hint = _FEWER.get(name, "")
        plural = "" if takes == "1" else "s"
        message = f"{name.upper()} takes {takes} argument{plural}, not {count}"
        raise Refusal("WrongArguments", message, line_of(call), hint)
    if call.args.get("approximate") and name != "count":
        raise Refusal(
            "Unsupported", f"APPROXIMATE {name.upper()} is not supported", line_of(call), "Use the exact function."
        )


def _instead(name: str) -> str:
    if name in INSTEAD:
        return f"Write {INSTEAD[name]}."
    near = nearest(name, list(FUNCTIONS))
    return f"Nearest: {', '.join(n.upper() for n in near)}." if near else "Use a documented function that only reads."


def _check_identifier(identifier: exp.Identifier, sql: str) -> None:
    start = identifier.meta.get("start")
    before, first = (sql[:start], sql[start : start + 1]) if start is not None else ("", "")
    if first == "'":
        raise Refusal(
            "NotAllowed",
            f"'{identifier.name}' in single quotes is a text, not a name",
            line=line_of(identifier),
            hint='Names stand bare or in double quotes: "name".',
        )
    if not identifier.args.get("quoted") and identifier.name.lower() in RESERVED_WORDS:
        if isinstance(identifier.parent, exp.Alias) and before.rstrip()[-3:].lower().strip() == "as":
            return
        instead = INSTEAD.get(identifier.name.lower())
        raise Refusal(
            "ReservedWord",
            f"{identifier.name} is a reserved word of Redshift",
            line=line_of(identifier),
            hint=f'As a name it must be quoted: "{identifier.name.lower()}".'
            + (f" Or write {instead}." if instead else ""),
        )


def _check_variant(node: exp.Distinct | exp.SetOperation | exp.Join) -> None:
    message = hint = ""
    if isinstance(node, exp.Distinct):
        if node.args.get("on"):
            message, hint = "DISTINCT ON is not Redshift", "Use QUALIFY ROW_NUMBER() OVER (PARTITION BY ...) = 1."
    elif isinstance(node, exp.SetOperation):
        if node.args.get("by_name") or node.args.get("side") or node.args.get("kind"):
            message, hint = "UNION BY NAME is not Redshift", "List the columns in the same order."
        elif isinstance(node, exp.Except | exp.Intersect) and not node.args.get("distinct"):
            message, hint = f"{node.key.upper()} ALL is not Redshift", f"Use {node.key.upper()}."
    elif node.method and node.method.upper() != "NATURAL":
        message, hint = f"{node.method.upper()} JOIN is not Redshift", "Use INNER, LEFT, RIGHT, FULL or CROSS JOIN."
    elif node.kind.upper() not in ("", "INNER", "OUTER", "CROSS") or node.side.upper() not in (
        "",
        "LEFT",
        "RIGHT",
        "FULL",
    ):
        message, hint = f"{node.kind} JOIN is not Redshift", "Use EXISTS, or INNER, LEFT, RIGHT, FULL or CROSS JOIN."
    if message:
        raise Refusal("NotAllowed", message, line_of(node), hint)


def _check_navigation(node: exp.Dot | exp.Bracket | exp.Unnest) -> None:
    """Into a SUPER value lead names and plain numbers; whether it is one, the binding knows."""
    if isinstance(node, exp.Dot) and not isinstance(node.expression, exp.Identifier):
        message = "a function of another schema is not allowed"
        raise Refusal("NotAllowed", message, line_of(node), "Use functions without a prefix.")
    if isinstance(node, exp.Bracket):
        index = node.expressions[0] if len(node.expressions) == 1 else None
        if not (isinstance(index, exp.Literal) and index.name.isdigit()):
            raise Refusal("NotAllowed", "an element is named by a plain number", line_of(node), "Write items[0].")
    if isinstance(node, exp.Unnest):
        path = node.expressions[0] if len(node.expressions) == 1 else None
        alias = node.args.get("alias")
        if not isinstance(path, exp.Column | exp.Dot | exp.Bracket) or alias is None or len(alias.columns) != 1:
            hint = "Write FROM t, t.items AS item, where items is a SUPER column."
            raise Refusal("NotAllowed", "only a SUPER column can be unnested", line_of(node), hint)


def _check_written_out(node: exp.Pivot | exp.DataTypeParam) -> None:
    """The values of a PIVOT, the columns of an UNPIVOT and the size of a type are no expressions."""
    if isinstance(node, exp.DataTypeParam):
        if not isinstance(node.this, exp.Literal | exp.Var):
            raise Refusal("NotAllowed", "the size of a type is a plain number", line_of(node), "Write VARCHAR(20).")
        return
    takes, what = (exp.Column, "columns") if node.args.get("unpivot") else (exp.Literal, "values")
    for field in node.args.get("fields") or ():
        listed = [e.this if isinstance(e, exp.PivotAlias | exp.Alias) else e for e in field.expressions]
        if not all(isinstance(e.this if isinstance(e, exp.Neg) else e, takes) for e in listed):
            kind = "UNPIVOT" if what == "columns" else "PIVOT"
            raise Refusal("NotAllowed", f"{kind} lists its {what} plainly", line_of(node), f"Write out the {what}.")


def _check_list(node: exp.Tuple | exp.Like | exp.ILike) -> None:
    if isinstance(node, exp.Tuple):
        if isinstance(node.parent, exp.Select | exp.Alias | exp.Connector | exp.Where | exp.Having | exp.Not):
            raise Refusal("NotAllowed", "a row of several values is no column", line_of(node), "Use plain columns.")
    elif isinstance(node.expression, exp.Any | exp.All):
        hint = "Join the patterns with OR, or use SIMILAR TO '(a|b)%'."
        raise Refusal("NotAllowed", "LIKE ANY is not Redshift", line_of(node), hint)
