"""LIKE, SIMILAR TO and regular expressions. DuckDB's are RE2's, which lack look-around and back-references."""

import re

from sqlglot import exp

from kaiseki.warehouses.duckdb.expressions import (
    Rule,
    as_text,
    call,
    cast,
    literal_integer,
    literal_text,
    number,
    text,
    unsupported,
    when,
)
from kaiseki.warehouses.refusal import Refusal
from kaiseki.warehouses.sql.shape import line_of

_BEYOND_RE2 = re.compile(r"\(\?(?:=|!|<=|<!|>|\()|(?<!\\)(?:\\\\)*\\[1-9]|[*+?}]\+")
_GROUP = re.compile(r"\$(\d)")


def like(node: exp.Like | exp.ILike) -> exp.Expr:
    """A backslash escapes in Redshift's patterns, without being asked to; in DuckDB's it does not."""
    if isinstance(node, exp.ILike):
        node = _folded(node)
    pattern = node.expression
    node.set("this", as_text(node.this))
    written = pattern.name if isinstance(pattern, exp.Literal) else "\\"
    if isinstance(node.parent, exp.Escape) or "\\" not in written:
        return node
    negated = node.args.get("negate")
    plain = type(node)(this=node.this, expression=pattern)
    escaped = exp.Escape(this=plain, expression=text("\\"))
    return exp.Not(this=exp.Paren(this=escaped)) if negated else exp.Paren(this=escaped)


def _folded(node: exp.ILike) -> exp.Like:
    """ILIKE minds the case of letters beyond ASCII, as LIKE does."""
    value, pattern = as_text(node.this), node.expression
    folded = text(_ascii_lower(pattern.name)) if isinstance(pattern, exp.Literal) else call("kaiseki_folded", pattern)
    like = exp.Like(this=call("kaiseki_folded", value), expression=folded, negate=node.args.get("negate"))
    like.parent = node.parent
    return like


def _ascii_lower(written: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in written)


def similar_to(node: exp.SimilarTo) -> exp.Expr:
    escape = "\\"
    target: exp.Expr = node
    if isinstance(node.parent, exp.Escape):
        escape = node.parent.expression.name
    pattern = node.expression
    if not (isinstance(pattern, exp.Literal) and pattern.is_string):
        raise unsupported(target, "SIMILAR TO with a computed pattern", "Write the pattern as a literal.")
    return call("regexp_full_match", as_text(node.this), text(_as_regex(pattern.name, escape)), text("s"))


def _as_regex(pattern: str, escape: str) -> str:
    made, position = "", 0
    while position < len(pattern):
        char = pattern[position]
        if char == escape and position + 1 < len(pattern):
            position += 1
            made += re.escape(pattern[position])
        elif char == "%":
            made += ".*"
        elif char == "_":
            made += "."
        elif char in ".^$":
            made += "\\" + char
        elif char == "[":
            end = pattern.find("]", position + 2)
            end = len(pattern) - 1 if end < 0 else end
            made += pattern[position : end + 1]
            position = end
        else:
            made += char
        position += 1
    return made


def matches(node: exp.RegexpLike) -> exp.Expr:
    pattern = node.expression
    if not (isinstance(pattern, exp.Literal) and pattern.is_string):
        raise unsupported(node, "~ with a computed pattern", "Write the pattern as a literal.")
    _check(pattern.name, node)
    return call("regexp_matches", as_text(node.this), text(pattern.name), text("s"))


def _check(pattern: str, node: exp.Expr) -> None:
    if _BEYOND_RE2.search(pattern):
        hint = "Use a simpler pattern, or load the rows and use Python's re."
        raise unsupported(node, f"the regular expression '{pattern}' (look-around or back-reference)", hint)


def _regex(node: exp.Anonymous, options_at: int) -> tuple[exp.Expr, exp.Expr, str]:
    """Source, pattern and RE2's options of a REGEXP_ function."""
    source, pattern = node.expressions[:2]
    written = literal_text(pattern, "the pattern", node)
    _check(written, node)
    options = (
        literal_text(node.expressions[options_at], "the options", node) if len(node.expressions) > options_at else ""
    )
    if unknown := set(options) - set("iecp"):
        message = f"the option {sorted(unknown)[0]} of {node.name.upper()} is not known"
        raise Refusal("WrongArguments", message, line_of(node), "Options are c, i, e and p.")
    return as_text(source), text(written), "si" if "i" in options else "s"


def _from_position(node: exp.Anonymous, source: exp.Expr, at: int) -> exp.Expr:
    if len(node.expressions) <= at:
        return source
    start = literal_integer(node.expressions[at], "the position", node)
    return source if start == 1 else call("substring", source, number(start))


def _replace(node: exp.Anonymous) -> exp.Expr:
    """Redshift replaces all matches, DuckDB the first unless told; groups are $1 there and \\1 here."""
    source, pattern, options = _regex(node, 4)
    written = literal_text(node.expressions[2], "the replacement", node) if len(node.expressions) > 2 else ""
    replacement = _GROUP.sub(r"\\\1", written.replace("\\", "\\\\"))
    start = literal_integer(node.expressions[3], "the position", node) if len(node.expressions) > 3 else 1
    if start == 1:
        return call("regexp_replace", source, pattern, text(replacement), text("g" + options))
    kept = call("left", source.copy(), number(start - 1))
    rest = call(
        "regexp_replace", call("substring", source, number(start)), pattern, text(replacement), text("g" + options)
    )
    return exp.Paren(this=exp.DPipe(this=kept, expression=rest, safe=True))


def _substr(node: exp.Anonymous) -> exp.Expr:
    source, pattern, options = _regex(node, 4)
    occurrence = literal_integer(node.expressions[3], "the occurrence", node) if len(node.expressions) > 3 else 1
    grouped = len(node.expressions) > 4 and "e" in node.expressions[4].name
    group = literal_integer(node.expressions[5], "the group", node) if len(node.expressions) > 5 else 1
    found = call(
        "regexp_extract_all", _from_position(node, source, 2), pattern, number(group if grouped else 0), text(options)
    )
    nth = call("list_extract", found, number(occurrence))
    return when(exp.Is(this=source.copy(), expression=exp.Null()), exp.Null(), call("coalesce", nth, text("")))


def _count(node: exp.Anonymous) -> exp.Expr:
    source, pattern, options = _regex(node, 3)
    found = call("regexp_extract_all", _from_position(node, source, 2), pattern, number(0), text(options))
    return cast(call("len", found), "INTEGER")


def _position_of(node: exp.Anonymous) -> exp.Expr:
    if len(node.expressions) > 2:
        raise unsupported(node, "REGEXP_INSTR with a position or occurrence", "Use REGEXP_INSTR(text, 'pattern').")
    source, pattern, _ = _regex(node, 9)
    before = call("regexp_extract", source.copy(), text(f"^(.*?)(?:{pattern.name})"), number(1), text("s"))
    position = exp.Add(this=call("length", before), expression=number(1))
    found = when(call("regexp_matches", source, pattern, text("s")), position, number(0))
    return cast(when(exp.Is(this=source.copy(), expression=exp.Null()), exp.Null(), found), "INTEGER")


PATTERNS: dict[str, Rule] = {
    "regexp_replace": _replace,
    "regexp_substr": _substr,
    "regexp_count": _count,
    "regexp_instr": _position_of,
}
