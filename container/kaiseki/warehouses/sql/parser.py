"""Reads Redshift SQL strictly: every function call keeps the name under which it was written, so that the guard can
allow by name and the dialect can translate by name; nothing is mapped onto another database's idea of it."""

import re
from typing import Any

from sqlglot import exp
from sqlglot.dialects.redshift import Redshift
from sqlglot.errors import SqlglotError
from sqlglot.parsers.redshift import RedshiftParser
from sqlglot.tokenizer_core import TokenType

from kaiseki.warehouses.refusal import Refusal
from kaiseki.warehouses.sql.functions import FUNCTIONS
from kaiseki.warehouses.sql.tokens import refuse_ambiguous_text, refuse_ambiguous_tokens, refuse_other_statements

TYPE_WRITTEN = "type_written"  # on an exp.DataType: the first word of it
_POSITION = re.compile(r"Line (\d+), Col: \d+")


class _Tokenizer(Redshift.Tokenizer):
    """Without USER as a keyword: it is a reserved word, and as such reported where it stands as a name."""

    KEYWORDS = {k: v for k, v in Redshift.Tokenizer.KEYWORDS.items() if k != "USER"} | {"VALUES": TokenType.VALUES}


class _Parser(RedshiftParser):
    FUNCTIONS = {}  # noqa: RUF012
    FUNCTION_PARSERS = {  # noqa: RUF012
        **{name: RedshiftParser.FUNCTION_PARSERS[name] for name in ("CAST", "CONVERT", "TRY_CAST", "EXTRACT")},
        "POSITION": lambda self: self._parse_position_call(),
        "SUBSTRING": lambda self: self._parse_substring_call(),
        "TRIM": lambda self: self._parse_trim_call(),
    }
    NO_PAREN_FUNCTION_PARSERS = {  # noqa: RUF012
        "CASE": RedshiftParser.NO_PAREN_FUNCTION_PARSERS["CASE"],
        "ANY": RedshiftParser.NO_PAREN_FUNCTION_PARSERS["ANY"],
        "APPROXIMATE": lambda self: self._parse_approximate(),
        "SYSDATE": lambda _: _call("sysdate", []),
    }
    NO_PAREN_FUNCTIONS = {  # noqa: RUF012
        TokenType.CURRENT_DATE: lambda: _call("current_date", []),
        TokenType.CURRENT_TIME: lambda: _call("current_time", []),
        TokenType.CURRENT_TIMESTAMP: lambda: _call("current_timestamp", []),
        TokenType.CURRENT_USER: lambda: _call("current_user", []),
        TokenType.LOCALTIME: lambda: _call("localtime", []),
        TokenType.LOCALTIMESTAMP: lambda: _call("localtimestamp", []),
        TokenType.SESSION_USER: lambda: _call("session_user", []),
    }

    TYPE_LITERAL_PARSERS = dict.fromkeys(exp.DType, lambda self, this, _: _typed_literal(this, _))  # noqa: ARG005

    def _parse_interval(self, *args: Any, **options: Any) -> exp.Add | exp.Interval | None:
        """Of '1 day 02:30:00' and '1 day ago' sqlglot keeps the day only."""
        begins = self._curr is not None and self._curr.token_type == TokenType.INTERVAL
        quoted = self._next is not None and self._next.token_type == TokenType.STRING
        written = self._next.text if begins and quoted else ""
        found = super()._parse_interval(*args, **options)
        if isinstance(found, exp.Interval) and re.search("[A-Za-z]", written):
            found.set("this", exp.Literal.string(written))
            found.set("unit", None)
        return found

    def _parse_types(self, *args: Any, **options: Any) -> exp.Expr | None:
        """With the name by which the type was written: sqlglot takes STRING for VARCHAR."""
        first = self._curr
        found = super()._parse_types(*args, **options)
        if isinstance(found, exp.DataType) and first is not None:
            found.meta[TYPE_WRITTEN] = first.text.upper()
        return found

    def _parse_approximate(self) -> exp.Expr | None:
        call = self._parse_function()
        if isinstance(call, exp.Anonymous):
            call.set("approximate", True)
            return call
        self.raise_error("APPROXIMATE stands before COUNT(DISTINCT ...)")
        return None

    def _parse_join(self, *args: Any, **options: Any) -> exp.Join | None:
        """Without its condition a JOIN is no Redshift; sqlglot would pair every row with every row."""
        listed = self._curr is not None and self._curr.token_type == TokenType.COMMA
        join = super()._parse_join(*args, **options)
        if isinstance(join, exp.Join) and not listed and not _is_conditioned(join):
            self.raise_error("JOIN needs ON or USING")
        return join

    def _parse_position_call(self) -> exp.Expr:
        found = self._parse_position()
        return _call("position", [found.args["substr"], found.this])

    def _parse_substring_call(self) -> exp.Expr:
        found = self._parse_substring()
        return _call("substring", [found.args.get(k) for k in ("this", "start", "length")])

    def _parse_trim_call(self) -> exp.Expr:
        found = self._parse_trim()
        name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(found.args.get("position") or "", "btrim")
        return _call(name, [found.this, found.args.get("expression")])


class StrictRedshift(Redshift):
    """Redshift without the parser's table of functions: each call is an `Anonymous` that keeps its name."""

    Tokenizer = _Tokenizer
    Parser = _Parser


def _call(name: str, arguments: list[exp.Expr | None]) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=[a for a in arguments if a is not None])


def _is_conditioned(join: exp.Join) -> bool:
    conditioned = join.args.get("on") or join.args.get("using") or join.method or join.kind.upper() == "CROSS"
    return bool(conditioned) or isinstance(join.this, exp.Lateral | exp.Unnest)


def _typed_literal(value: exp.Expr, to: exp.DataType) -> exp.Expr:
    """TIMESTAMP '...'::DATE casts the timestamp; sqlglot would make a timestamp of the date."""
    literal = value
    while not isinstance(literal, exp.Literal):
        literal = literal.this
    typed = exp.Cast(this=literal.copy(), to=to)
    if literal is value:
        return typed
    literal.replace(typed)
    return value


def parse(sql: str) -> exp.Expr:
    """The tree of the one statement in `sql`. Raises Refusal."""
    refuse_ambiguous_text(sql)
    try:
        tokens = StrictRedshift().tokenize(sql)
        refuse_other_statements(tokens)
        refuse_ambiguous_tokens(sql, tokens)
        statements = [s for s in StrictRedshift().parser().parse(tokens, sql) if s is not None]
    except SqlglotError as error:
        raise _syntax_error(error) from error
    except RecursionError as error:
        raise Refusal("SyntaxError", "the statement is nested too deeply", hint="Use WITH for the steps.") from error
    if not statements:
        raise Refusal("SyntaxError", "there is no statement", hint="Write one SELECT.")
    if len(statements) > 1:
        raise Refusal(
            "NotAllowed", f"one statement is allowed, these are {len(statements)}", hint="Make each a query of its own."
        )
    statement: exp.Expr = statements[0]
    _read_dateparts(statement)
    return statement


def _read_dateparts(statement: exp.Expr) -> None:
    """`month` in DATEADD(month, ...) was read as a column, in DATE_TRUNC('month', ...) as a string: it is a word."""
    for call in list(statement.find_all(exp.Anonymous)):
        signature = FUNCTIONS.get(call.name.lower())
        if signature is None or signature.datepart is None or len(call.expressions) <= signature.datepart:
            continue
        part = call.expressions[signature.datepart]
        if (isinstance(part, exp.Column) and len(part.parts) == 1) or (
            isinstance(part, exp.Literal) and part.is_string
        ):
            part.replace(exp.Var(this=part.name.lower()))


def _syntax_error(error: SqlglotError) -> Refusal:
    details = getattr(error, "errors", None)
    if details:
        first = details[0]
        near = (first.get("highlight") or "").strip()
        description = re.sub(r" but got <Token .*>", "", first["description"], flags=re.DOTALL)
        what = re.sub(r"Required keyword: '\w+' missing for <class '[\w.]*\.(\w+)'>", r"\1 is incomplete", description)
        what = (what if what[:2].isupper() else what[:1].lower() + what[1:]).rstrip(".")
        return Refusal("SyntaxError", f'{what}, near "{near}"' if near else what, line=first.get("line"))
    text = str(error).split("\n")[0]
    found = _POSITION.search(text)
    return Refusal(
        "SyntaxError",
        "the statement cannot be read: a quote or comment is not closed",
        line=int(found[1]) if found else None,
    )
