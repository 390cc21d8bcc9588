"""What is refused before a statement is read: text that another lexer would cut differently, or that sqlglot takes for
what it is not. The guard must see the statement that Redshift sees."""

import re
import unicodedata
from itertools import pairwise

from sqlglot.tokenizer_core import Token, TokenType

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
_ESCAPED_QUOTE = re.compile(r"(?<!\\)(?:\\\\)*\\'")
_SINGLE_BACKSLASH = re.compile(r"(?<!\\)(?:\\\\)*\\([^\\'nrt])")
_NOT_IN_NAMES = re.compile(r"[^\w$\x80-\U0010ffff]")
_CURLY = "‘’“”"
_ELSEWHERE = {
    "==": ("== is not Redshift", "Write =."),
    "!": ("! is not Redshift", "Write NOT."),
    "RLIKE": ("RLIKE is not Redshift", "Write value ~ 'pattern'."),
    "REGEXP": ("REGEXP is not Redshift", "Write value ~ 'pattern'."),
    "TABLE": ("TABLE does not stand in a query", "Write SELECT * FROM name."),
    "`": ("` is not Redshift", 'Names are quoted as "name".'),
    "|>": ("|> is not Redshift", "Write SELECT ... FROM ... WHERE ...."),
    "~~": ("~~ is not documented Redshift", "Write LIKE."),
    "#": ("# is not an operator that is supported", "Compute it in Python."),
}
_AFTER_LIST = (
    *(TokenType.FROM, TokenType.R_PAREN, TokenType.WHERE, TokenType.GROUP_BY, TokenType.HAVING, TokenType.ORDER_BY),
    *(TokenType.LIMIT, TokenType.UNION, TokenType.SEMICOLON),
)
_TABLE_ENDS = (TokenType.VAR, TokenType.IDENTIFIER)
_AFTER_TABLE = (
    *(*_AFTER_LIST, TokenType.COMMA, TokenType.JOIN, TokenType.LEFT, TokenType.RIGHT, TokenType.FULL),
    *(TokenType.INNER, TokenType.CROSS, TokenType.NATURAL, TokenType.EXCEPT, TokenType.INTERSECT, TokenType.QUALIFY),
)
_NAMES = (TokenType.VAR, TokenType.PARAMETER)


def refuse_ambiguous_text(sql: str) -> None:
    """Raises Refusal for characters that nobody sees."""
    if found := _CONTROL.search(sql):
        raise Refusal(
            "NotAllowed",
            f"the statement contains the invisible character U+{ord(found[0]):04X}",
            line=_line(sql, found.start()),
            hint="Remove it.",
        )


def refuse_other_statements(tokens: list[Token]) -> None:
    """Raises Refusal for a statement that begins like no query."""
    first = next((t for t in tokens if t.token_type != TokenType.L_PAREN), None)
    if first is not None and first.token_type == TokenType.FROM:
        raise _from_comes_first(first)
    if first is not None and first.token_type not in _OPENINGS:
        raise Refusal(
            "NotAllowed",
            f"only queries are allowed, this begins with {first.text.upper()[:40]}",
            line=first.line,
            hint="Write one SELECT, or WITH ... SELECT.",
        )


def _from_comes_first(token: Token) -> Refusal:
    return Refusal("SyntaxError", "FROM stands before SELECT", line=token.line, hint="Write SELECT ... FROM ....")


def refuse_ambiguous_tokens(sql: str, tokens: list[Token]) -> None:
    """Raises Refusal for comments, strings and signs that databases read differently."""
    covered = 0
    for token in tokens:
        _check_between(sql, sql[covered : token.start], covered)
        covered = token.end + 1
        _check_string(token, sql[token.start : token.end + 1])
        _check_sign(token, sql)
    _check_between(sql, sql[covered:], covered)
    for place, (first, second) in enumerate(pairwise(tokens)):
        _check_sequence(first, second, tokens[place + 2] if place + 2 < len(tokens) else None)


def _check_string(token: Token, text: str) -> None:
    if form := _STRING_FORMS.get(token.token_type):
        raise Refusal("NotAllowed", f"a string as {form} is not allowed", line=token.line, hint="Write '...'.")
    if token.token_type == TokenType.STRING and (single := _SINGLE_BACKSLASH.search(text[1:-1])):
        message = f"Redshift drops the backslash of \\{single[1]} in a text"
        raise Refusal("NotAllowed", message, line=token.line, hint=f"Double it: \\\\{single[1]}.")
    if token.token_type == TokenType.STRING and _ESCAPED_QUOTE.search(text[1:-1]):
        message = "a quote escaped by a backslash (\\') is not allowed"
        raise Refusal("NotAllowed", message, line=token.line, hint="Double the quote: ''.")


def _check_sign(token: Token, sql: str) -> None:
    text = sql[token.start : token.end + 1]
    if text == "/" and sql[token.end + 1 : token.end + 2] == "/":
        hint = "/ truncates on integers; or use FLOOR(a / b)."
        raise Refusal("NotAllowed", "// is not Redshift", line=token.line, hint=hint)
    if token.token_type in (TokenType.PARAMETER, TokenType.PLACEHOLDER):
        raise Refusal("NotAllowed", "parameters are not allowed", line=token.line, hint="Write the value itself.")
    if text.upper() in _ELSEWHERE and not sql.startswith("!~", token.start):
        message, hint = _ELSEWHERE[text.upper()]
        raise Refusal("NotAllowed", message, line=token.line, hint=hint)
    if token.token_type in _NAMES:
        _check_name(token, text)


def _check_name(token: Token, text: str) -> None:
    """An input method writes （ ， ＝ and curly quotes where SQL needs ASCII; a lexer takes them for letters."""
    if odd := _NOT_IN_NAMES.search(text):  # INTO#x is two tokens on Redshift
        hint = f'As part of a name it must be quoted: "{text}".'
        raise Refusal("NotAllowed", f"the sign {odd[0]} is not part of a bare name", line=token.line, hint=hint)
    for sign in text:
        plain = '"' if sign in _CURLY[2:] else "'" if sign in _CURLY else unicodedata.normalize("NFKC", sign)
        if sign != plain and plain.isascii() and not plain.isalnum():
            message = f"the sign {sign} (U+{ord(sign):04X}) is not SQL"
            raise Refusal("NotAllowed", message, line=token.line, hint=f"Write {plain} instead.")


def _check_sequence(first: Token, second: Token, third: Token | None) -> None:
    if first.token_type == TokenType.NUMBER and second.start == first.end + 1 and second.text[:1].isidentifier():
        message = f"{first.text}{second.text} is neither a number nor a name"
        raise Refusal("SyntaxError", message, line=first.line, hint="Write numbers without _ or letters.")
    if first.token_type == TokenType.COMMA and second.token_type in _AFTER_LIST:
        message = f"a comma stands before {second.text.upper()}"
        raise Refusal("SyntaxError", message, line=first.line, hint="Remove the last comma.")
    if first.token_type == second.token_type == TokenType.STAR and second.start == first.end + 1:
        raise Refusal("SyntaxError", "** is not Redshift", line=first.line, hint="Write POWER(a, b).")
    if first.token_type == TokenType.L_PAREN and second.token_type == TokenType.FROM:
        raise _from_comes_first(second)
    after_it = third.token_type if third else TokenType.SEMICOLON
    if first.token_type in _TABLE_ENDS and second.token_type == TokenType.STAR and after_it in _AFTER_TABLE:
        raise Refusal("NotAllowed", "a * after a table is not supported", line=second.line, hint="Remove it.")
    if first.token_type == TokenType.USING and second.token_type == TokenType.VAR and second.text.upper() != "SAMPLE":
        hint = f"Write USING ({second.text})."
        raise Refusal("SyntaxError", "USING takes columns in parentheses", line=first.line, hint=hint)
    if first.token_type == TokenType.UNION and second.token_type == TokenType.DISTINCT:
        raise Refusal("SyntaxError", "UNION DISTINCT is not Redshift", line=first.line, hint="Write UNION.")
    if first.token_type == TokenType.CURRENT_DATE and second.token_type == TokenType.L_PAREN:
        raise Refusal("SyntaxError", "CURRENT_DATE takes no parentheses", line=first.line, hint="Write CURRENT_DATE.")
    if first.token_type == TokenType.INTERVAL and second.token_type == TokenType.NUMBER:
        hint = f"Write INTERVAL '{second.text} {third.text.lower() if third else 'day'}'."
        raise Refusal("SyntaxError", "an INTERVAL is written in quotes", line=first.line, hint=hint)
    if first.token_type == TokenType.LIMIT and third is not None and third.token_type == TokenType.COMMA:
        raise Refusal("SyntaxError", "LIMIT takes one number", line=first.line, hint="Write LIMIT n OFFSET m.")


def _check_between(sql: str, between: str, start: int) -> None:
    """Between tokens stand only blanks and comments. Databases disagree on nested, hint and open-ended ones."""
    rest = re.sub(r"--[^\r\n]*", "", between)
    for found in re.finditer(r"/\*(.*?)\*/", rest, re.DOTALL):
        if "/*" in found[1] or found[1][:1] in ("!", "+"):
            raise Refusal("NotAllowed", "nested comments and hints are not allowed", line=_line(sql, start))
    rest = re.sub(r"/\*.*?\*/", "", rest, flags=re.DOTALL)
    if "/*" in rest or "*/" in rest:
        raise Refusal("NotAllowed", "a comment is nested or not closed", line=_line(sql, start), hint="Remove it.")
    if odd := next((c for c in rest if c.isspace() and not c.isascii()), ""):
        message = f"the statement contains the blank U+{ord(odd):04X}, which is none in SQL"
        raise Refusal("NotAllowed", message, line=_line(sql, start), hint="Write an ordinary space.")


def _line(sql: str, offset: int) -> int:
    return sql.count("\n", 0, offset) + 1
