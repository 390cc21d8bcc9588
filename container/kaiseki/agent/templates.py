"""The parser of answer templates: literal text, `{name[key]:spec|joiner}`, `{table:name}`, and `{{` `}}` for braces.

Not `str.format`: that reads attributes, cannot tell the key "2000" from 2000, and rounds half to even.
"""

import re
from dataclasses import dataclass

NAME = r"[a-z][a-z0-9_]{0,62}"

_NAME = re.compile(NAME)
_TABLE = re.compile(rf"\{{table:({NAME})\}}")
_REST = re.compile(r"(?::(?P<spec>[^{}|\n]*))?(?:\|(?P<joiner>[^{}\n]*))?\}")
_KEY_END = re.compile(r"\](?=[\[:|}])")  # keys hold brackets of their own: "(0, 10]"
_SHOWN = 60  # characters of a malformed placeholder that a message repeats


@dataclass(frozen=True)
class Literal:
    text: str
    start: int  # offset in the template


@dataclass(frozen=True)
class FactPlaceholder:
    source: str
    start: int
    name: str
    keys: tuple[str, ...]
    spec: str
    joiner: str | None


@dataclass(frozen=True)
class TablePlaceholder:
    source: str
    start: int
    name: str


@dataclass(frozen=True)
class Malformed:
    source: str
    start: int
    type: str
    message: str
    hint: str


Piece = Literal | FactPlaceholder | TablePlaceholder | Malformed


def pieces(template: str) -> tuple[Piece, ...]:
    """The template in order, with nothing left out: the parser goes on behind what is malformed."""
    found: list[Piece] = []
    at = 0
    for brace in re.finditer(r"[{}｛｝]", template):
        if brace.start() < at:
            continue
        if brace.start() > at:
            found.append(Literal(template[at : brace.start()], at))
        piece, at = _piece(template, brace.start())
        found.append(piece)
    if at < len(template):
        found.append(Literal(template[at:], at))
    return tuple(found)


def line_of(template: str, start: int) -> int:
    """The 1-based line in which the offset `start` lies."""
    return template.count("\n", 0, start) + 1


def _piece(template: str, start: int) -> tuple[Piece, int]:
    brace = template[start]
    if brace in "｛｝":
        hint = "write { and } in ASCII: full-width braces are not filled in"
        return Malformed(brace, start, "FullWidthBrace", f"a full-width brace {brace}", hint), start + 1
    if template.startswith(brace * 2, start):
        return Literal(brace, start), start + 2
    if brace == "}":
        return Malformed("}", start, "UnbalancedBrace", "a } that closes nothing", "write }} for a brace"), start + 1
    if table := _TABLE.match(template, start):
        return TablePlaceholder(table[0], start, table[1]), table.end()
    return _fact_placeholder(template, start)


def _fact_placeholder(template: str, start: int) -> tuple[Piece, int]:
    name = _NAME.match(template, start + 1)
    if not name:
        return _malformed(template, start)
    at, keys = name.end(), []
    while template.startswith("[", at):
        end = _KEY_END.search(template, at + 1)
        if not end or "\n" in template[at : end.start()]:
            return _malformed(template, start)
        keys.append(template[at + 1 : end.start()])
        at = end.end()
    rest = _REST.match(template, at)
    if not rest:
        return _malformed(template, start)
    source = template[start : rest.end()]
    return FactPlaceholder(source, start, name[0], tuple(keys), rest["spec"] or "", rest["joiner"]), rest.end()


def _malformed(template: str, start: int) -> tuple[Malformed, int]:
    line = template[start + 1 : start + 1 + _SHOWN].partition("\n")[0]
    inside, closed, _ = line.partition("}")
    source = "{" + inside.partition("{")[0] + closed
    if not closed or "{" in inside:
        hint = "close it with }, or write {{ for a brace"
        return Malformed(source, start, "UnbalancedBrace", "a { that is not closed in its line", hint), start + 1
    if re.match(rf"{NAME}\.", inside):
        hint = "cite the fact itself, or one of its values by [key]"
        return Malformed(source, start, "AttributeAccess", "placeholders have no attributes", hint), start + len(source)
    hint = "write {name}, {name:spec}, {name[key]:spec}, {name:spec|, } or {table:name}; {{ and }} for braces"
    return Malformed(source, start, "MalformedPlaceholder", "this is no placeholder", hint), start + len(source)
