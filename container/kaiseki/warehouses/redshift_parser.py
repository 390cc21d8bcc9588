"""Reads Redshift SQL strictly: every function call keeps the name under which it was written, so that the guard can
allow by name and the dialect can translate by name; nothing is mapped onto another database's idea of it."""

import re

from sqlglot import exp
from sqlglot.dialects.redshift import Redshift
from sqlglot.errors import SqlglotError
from sqlglot.parsers.redshift import RedshiftParser
from sqlglot.tokenizer_core import Token, TokenType

from kaiseki.warehouses.redshift_functions import FUNCTIONS
from kaiseki.warehouses.refusal import Refusal

_STRING_FORMS = {
    TokenType.NATIONAL_STRING: "N'...'",
    TokenType.RAW_STRING: "r'...'",
    TokenType.HEREDOC_STRING: "$$...$$",
    TokenType.UNICODE_STRING: "U&'...'",
    TokenType.BYTE_STRING: "e'...'",
    TokenType.BIT_STRING: "b'...'",
    TokenType.HEX_STRING: "x'...'",
}
_OPENINGS = (TokenType.SELECT, TokenType.WITH, TokenType.VALUES, TokenType.SEMICOLON)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
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

    def _parse_approximate(self) -> exp.Expr | None:
        call = self._parse_function()
        if isinstance(call, exp.Anonymous):
            call.set("approximate", True)
            return call
        self.raise_error("APPROXIMATE stands before COUNT(DISTINCT ...)")
        return None

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


def parse(sql: str) -> exp.Expr:
    """The tree of the one statement in `sql`. Raises Refusal."""
    _refuse_ambiguous_text(sql)
    try:
        tokens = StrictRedshift().tokenize(sql)
        _refuse_ambiguous_tokens(sql, tokens)
        _refuse_other_statements(tokens)
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


def _refuse_ambiguous_text(sql: str) -> None:
    if found := _CONTROL.search(sql):
        raise Refusal(
            "NotAllowed",
            f"the statement contains the invisible character U+{ord(found[0]):04X}",
            line=_line(sql, found.start()),
            hint="Remove it.",
        )


def _refuse_ambiguous_tokens(sql: str, tokens: list[Token]) -> None:
    covered = 0
    for token in tokens:
        _refuse_odd_comment(sql, sql[covered : token.start], covered)
        covered = token.end + 1
        text = sql[token.start : token.end + 1]
        if form := _STRING_FORMS.get(token.token_type):
            raise Refusal("NotAllowed", f"a string as {form} is not allowed", line=token.line, hint="Write '...'.")
        if token.token_type == TokenType.STRING and re.search(r"(?<!\\)(?:\\\\)*\\'", text[1:-1]):
            raise Refusal(
                "NotAllowed",
                "a quote escaped by a backslash (\\') is not allowed",
                line=token.line,
                hint="Double the quote: ''.",
            )
        if text == "/" and sql[token.end + 1 : token.end + 2] == "/":
            hint = "/ truncates on integers; or use FLOOR(a / b)."
            raise Refusal("NotAllowed", "// is not Redshift", line=token.line, hint=hint)
        if token.token_type in (TokenType.PARAMETER, TokenType.PLACEHOLDER):
            raise Refusal("NotAllowed", "parameters are not allowed", line=token.line, hint="Write the value itself.")
    _refuse_odd_comment(sql, sql[covered:], covered)


def _refuse_other_statements(tokens: list[Token]) -> None:
    first = next((t for t in tokens if t.token_type != TokenType.L_PAREN), None)
    if first is not None and first.token_type not in _OPENINGS:
        raise Refusal(
            "NotAllowed",
            f"only queries are allowed, this begins with {first.text.upper()[:40]}",
            line=first.line,
            hint="Write one SELECT, or WITH ... SELECT.",
        )


def _refuse_odd_comment(sql: str, between: str, start: int) -> None:
    """Between tokens stand only blanks and comments. Databases disagree on nested, hint and open-ended ones."""
    rest = re.sub(r"--[^\n]*", "", between)
    for found in re.finditer(r"/\*(.*?)\*/", rest, re.DOTALL):
        if "/*" in found[1] or found[1][:1] in ("!", "+"):
            raise Refusal("NotAllowed", "nested comments and hints are not allowed", line=_line(sql, start))
    rest = re.sub(r"/\*.*?\*/", "", rest, flags=re.DOTALL)
    if "/*" in rest or "*/" in rest:
        raise Refusal("NotAllowed", "a comment is nested or not closed", line=_line(sql, start), hint="Remove it.")


def _line(sql: str, offset: int) -> int:
    return sql.count("\n", 0, offset) + 1


def _syntax_error(error: SqlglotError) -> Refusal:
    details = getattr(error, "errors", None)
    if details:
        first = details[0]
        near = (first.get("highlight") or "").strip()
        what = re.sub(
            r"Required keyword: '\w+' missing for <class '[\w.]*\.(\w+)'>", r"\1 is incomplete", first["description"]
        )
        what = what[:1].lower() + what[1:].rstrip(".")
        return Refusal("SyntaxError", f'{what}, near "{near}"' if near else what, line=first.get("line"))
    text = str(error).split("\n")[0]
    found = _POSITION.search(text)
    return Refusal(
        "SyntaxError",
        "the statement cannot be read: a quote or comment is not closed",
        line=int(found[1]) if found else None,
    )
