"""Functions on numbers, strings and JSON, and conditions: same name, other name, or a macro where the values differ."""

from sqlglot import exp

from kaiseki.warehouses.dialect.comparisons import comparable
from kaiseki.warehouses.duckdb.expressions import (
    Rule,
    as_double,
    as_text,
    call,
    cast,
    literal_integer,
    literal_text,
    number,
    paren,
    text,
    unsupported,
    when,
)
from kaiseki.warehouses.sql import types
from kaiseki.warehouses.sql.inference import type_of


def _renamed(name: str, text_arguments: int = 0, result: str = "") -> Rule:
    """The same function under DuckDB's name; the first `text_arguments` arguments become text as Redshift makes it."""

    def rule(node: exp.Anonymous) -> exp.Expr:
        arguments = [as_text(a) if n < text_arguments else a for n, a in enumerate(node.expressions)]
        made: exp.Expr = call(name, *arguments)
        return cast(made, result) if result else made

    return rule


def _double(name: str) -> Rule:
    def rule(node: exp.Anonymous) -> exp.Expr:
        return call(name, *(as_double(a) for a in node.expressions))

    return rule


def _finite(name: str) -> Rule:
    """Where there is no number Redshift fails; DuckDB gives NaN or infinity."""

    def rule(node: exp.Anonymous) -> exp.Expr:
        arguments = [as_double(a) for a in node.expressions]
        return call("kaiseki_finite", call(name, *arguments), text(node.name.upper()))

    return rule


def _round(node: exp.Anonymous) -> exp.Expr:
    value = node.expressions[0]
    if type_of(value) in (types.REAL, types.VARCHAR):
        value = cast(value, "DOUBLE")
    return call("round", value, *node.expressions[1:])


def _log(node: exp.Anonymous) -> exp.Expr:
    if len(node.expressions) > 1:
        raise unsupported(node, "LOG with a base", "Write LN(value) / LN(base).")
    return _finite("log10")(node)


def _mod(node: exp.Anonymous) -> exp.Expr:
    parts = [as_double(e) if type_of(node) == types.DOUBLE else paren(e) for e in node.expressions]
    return exp.Paren(this=exp.Mod(this=parts[0], expression=parts[1]))


def _whole(node: exp.Anonymous) -> exp.Expr:
    """An integer is whole already; DuckDB would make it a DOUBLE."""
    value = node.expressions[0]
    return paren(value) if type_of(value).is_integer else call(node.name.lower().replace("ceiling", "ceil"), value)


def _sign(node: exp.Anonymous) -> exp.Expr:
    return cast(call("sign", node.expressions[0]), "DOUBLE")


def _concat(node: exp.Anonymous) -> exp.Expr:
    """NULL if either is: DuckDB's CONCAT would skip it."""
    first, second = (paren(as_text(a)) for a in node.expressions)
    return exp.Paren(this=exp.DPipe(this=first, expression=second, safe=True))


def _substring(node: exp.Anonymous) -> exp.Expr:
    """A start before the first character counts from there; DuckDB would count it from the end."""
    value, *numbers = node.expressions
    name = "kaiseki_substring_from" if len(numbers) == 1 else "kaiseki_substring"
    return call(name, as_text(value), *numbers)


def _side(node: exp.Anonymous) -> exp.Expr:
    value, count = node.expressions
    if isinstance(count, exp.Neg):
        raise unsupported(node, f"{node.name.upper()} of a negative number of characters", "Use SUBSTRING and LEN.")
    return call(node.name, as_text(value), _at_least(0, count, "number of characters"))


def _at_least(least: int, value: exp.Expr, what: str) -> exp.Expr:
    """`value`, which where it is computed may be less than the function takes."""
    written = isinstance(value, exp.Literal)
    return value if written else call("kaiseki_at_least", value, number(least), text(what))


def _pad(node: exp.Anonymous) -> exp.Expr:
    value, width, *fill = node.expressions
    return call(node.name, as_text(value), width, fill[0] if fill else text(" "))


def _trim(node: exp.Anonymous) -> exp.Expr:
    """Blanks only, unless other characters are named: DuckDB would take full-width spaces too."""
    name = {"btrim": "trim"}.get(node.name.lower(), node.name)
    value, *characters = node.expressions
    return call(name, as_text(value), *(characters or [text(" ")]))


def _position_in_second(node: exp.Anonymous) -> exp.Expr:
    part, whole = node.expressions
    return cast(call("strpos", as_text(whole), as_text(part)), "INTEGER")


def _sha2(node: exp.Anonymous) -> exp.Expr:
    if literal_integer(node.expressions[1], "the length", node) not in (0, 256):
        raise unsupported(node, "SHA2 of another length than 256")
    return call("sha256", as_text(node.expressions[0]))


def _split_part(node: exp.Anonymous) -> exp.Expr:
    value, delimiter, position = node.expressions
    if isinstance(position, exp.Neg) or (isinstance(position, exp.Literal) and position.name == "0"):
        raise unsupported(node, "SPLIT_PART with a position below 1", "Count parts from 1.")
    return call("split_part", as_text(value), delimiter, _at_least(1, position, "position from 1 on"))


def _coalesce(node: exp.Anonymous) -> exp.Expr:
    return call("coalesce", *node.expressions)


def _nvl2(node: exp.Anonymous) -> exp.Expr:
    value, then, otherwise = node.expressions
    return when(exp.Not(this=exp.Is(this=paren(value), expression=exp.Null())), then, otherwise)


def _nullif(node: exp.Anonymous) -> exp.Expr:
    """The first value as it is, unless the two are equal."""
    value, other = node.expressions
    if types.VARCHAR not in (type_of(value), type_of(other)):
        return call("nullif", value, other)
    same = exp.EQ(this=paren(comparable(value.copy())), expression=paren(comparable(other)))
    return when(same, exp.Null(), value)


def _decode(node: exp.Anonymous) -> exp.Expr:
    """Two nulls are equal in DECODE."""
    value, *rest = node.expressions
    pairs = list(zip(rest[::2], rest[1::2], strict=False))
    default = rest[-1] if len(rest) % 2 else None
    branches = [
        exp.If(
            this=exp.NullSafeEQ(this=paren(comparable(value.copy())), expression=paren(comparable(search))), true=result
        )
        for search, result in pairs
    ]
    return exp.Case(ifs=branches, default=default)


def _json_path(node: exp.Anonymous) -> exp.Expr:
    document, *path = node.expressions
    lenient = bool(path) and isinstance(path[-1], exp.Boolean)
    if lenient:
        lenient = bool(path.pop().this)
    keys = [literal_text(p, "a path", node).replace('"', '\\"') for p in path]
    return _json(document, text("$" + "".join(f'."{key}"' for key in keys)), lenient)


def _json_element(node: exp.Anonymous) -> exp.Expr:
    document, position, *rest = node.expressions
    at = literal_integer(position, "the position", node)
    return _json(document, text(f"$[{at}]"), _true(rest))


def _json(document: exp.Expr, path: exp.Expr, lenient: bool) -> exp.Expr:
    found = call("json_extract_string", as_text(document), path)
    return when(call("json_valid", as_text(document).copy()), found) if lenient else found


def _json_length(node: exp.Anonymous) -> exp.Expr:
    document, *rest = node.expressions
    length = call("kaiseki_json_length", as_text(document))
    return when(call("kaiseki_is_json", as_text(document).copy(), text("ARRAY")), length) if _true(rest) else length


def _true(flags: list[exp.Expr]) -> bool:
    return bool(flags) and isinstance(flags[0], exp.Boolean) and bool(flags[0].this)


def _is_json(kind: str) -> Rule:
    def rule(node: exp.Anonymous) -> exp.Expr:
        return call("kaiseki_is_json", as_text(node.expressions[0]), text(kind))

    return rule


def _hex(node: exp.Anonymous) -> exp.Expr:
    of = type_of(node.expressions[0])
    if not of.is_integer and of != types.VARBYTE:
        raise unsupported(node, "TO_HEX of anything but an integer or VARBYTE")
    value = node.expressions[0]
    if of in (types.SMALLINT, types.INTEGER):  # of four bytes, also where it is negative
        value = exp.Paren(this=exp.BitwiseAnd(this=cast(value, "BIGINT"), expression=number(2**32 - 1)))
    return call("lower", call("to_hex", value))


def _json_text(node: exp.Anonymous) -> exp.Expr:
    return cast(call("to_json", node.expressions[0]), "VARCHAR")


SCALARS: dict[str, Rule] = {
    **dict.fromkeys(("coalesce", "nvl"), _coalesce),
    "nvl2": _nvl2,
    "decode": _decode,
    "nullif": _nullif,
    **{name: _renamed(name) for name in ("greatest", "least", "abs", "chr", "pi", "random")},
    **dict.fromkeys(("ceil", "ceiling", "floor"), _whole),
    "sign": _sign,
    "round": _round,
    "mod": _mod,
    "log": _log,
    "dlog10": _finite("log10"),
    "dlog1": _finite("ln"),
    "dexp": _finite("exp"),
    "pow": _finite("power"),
    **{name: _finite(name) for name in ("power", "sqrt", "exp", "ln", "acos", "asin", "cot")},
    **{name: _double(name) for name in ("atan2", "cbrt", "degrees", "radians")},
    **{name: _double(name) for name in ("atan", "cos", "sin", "tan")},
    "json_serialize": _json_text,
    "to_hex": _hex,
    **{name: _renamed(name, 1) for name in ("lower", "upper", "reverse", "md5", "sha1", "repeat")},
    **dict.fromkeys(("left", "right"), _side),
    "sha": _renamed("sha1", 1),
    "func_sha1": _renamed("sha1", 1),
    "sha2": _sha2,
    "replicate": _renamed("repeat", 1),
    "initcap": _renamed("kaiseki_initcap", 1),
    **dict.fromkeys(("ltrim", "rtrim", "btrim", "trim"), _trim),
    **dict.fromkeys(("lpad", "rpad"), _pad),
    **dict.fromkeys(("substring", "substr"), _substring),
    "concat": _concat,
    "replace": _renamed("replace", 3),
    "translate": _renamed("translate", 3),
    "split_part": _split_part,
    **{
        name: _renamed("length", 1, "INTEGER")
        for name in ("len", "length", "char_length", "character_length", "textlen")
    },
    "octet_length": _renamed("strlen", 1, "INTEGER"),
    "ascii": _renamed("ascii", 1),
    "strpos": _renamed("strpos", 2, "INTEGER"),
    "charindex": _position_in_second,
    "position": _position_in_second,
    "json_extract_path_text": _json_path,
    "json_extract_array_element_text": _json_element,
    "json_array_length": _json_length,
    "is_valid_json": _is_json("OBJECT"),
    "is_valid_json_array": _is_json("ARRAY"),
}
