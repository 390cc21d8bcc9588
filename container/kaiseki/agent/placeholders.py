"""Binds an answer's placeholders to recorded facts: every figure that is shown can be traced."""

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from kaiseki.agent.formats import SPECS, Format, Unshowable, parse_spec, show
from kaiseki.agent.templates import FactPlaceholder, Literal, Malformed, TablePlaceholder, line_of, pieces
from kaiseki.models import Citation, Fact, Failure

_LISTED = 12  # names or keys that a hint lists


@dataclass(frozen=True)
class Bound:
    """An answer with its figures in place; `text` is its `parts` in a row. Tables are parts of text."""

    parts: tuple[str | Citation, ...]
    text: str


def bind(template: str, facts: Mapping[str, Fact], tables: Mapping[str, str]) -> Bound | tuple[Failure, ...]:
    """The answer, or one failure (kind "answer") for each placeholder that cannot be bound.

    `facts` holds facts and settings by name, `tables` the Markdown of each table by name. Strings stand as recorded
    (white space collapsed), booleans as `true` and `false`, lists joined by ", " or by the text behind `|`.
    """
    parts: list[str | Citation] = []
    failures: list[Failure] = []
    for piece in pieces(template):
        part: str | Citation | Unshowable
        match piece:
            case Literal(text=text):
                parts.append(text)
                continue
            case TablePlaceholder():
                part = _table(template, piece, tables)
            case FactPlaceholder():
                part = _citation(piece, facts)
            case Malformed():
                part = Unshowable(piece.type, piece.message, piece.hint)
        if isinstance(part, Unshowable):
            failures.append(_failure(template, piece.source, piece.start, part))
        else:
            parts.append(part)
    if failures:
        return tuple(failures)
    return Bound(_merged(parts), "".join(part if isinstance(part, str) else part.shown for part in parts))


def _failure(template: str, source: str, start: int, why: Unshowable) -> Failure:
    line = line_of(template, start)
    return Failure(
        kind="answer",
        type=why.type,
        subject=source,
        line=line,
        message=f"{source} in line {line} of the answer: {why.message}",
        hint=why.hint,
    )


def _merged(parts: list[str | Citation]) -> tuple[str | Citation, ...]:
    merged: list[str | Citation] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    return tuple(merged)


def _table(template: str, placeholder: TablePlaceholder, tables: Mapping[str, str]) -> str | Unshowable:
    """The Markdown, with the empty lines around it without which it would not be read as a table."""
    if placeholder.name not in tables:
        message = f"there is no table {placeholder.name}"
        return Unshowable(
            "UnknownTable", message, _nearest(placeholder.name, tables, "record it with table(name, df, title)")
        )
    before = template[: placeholder.start]
    after = template[placeholder.start + len(placeholder.source) :]
    if before.rpartition("\n")[2].strip() or after.partition("\n")[0].strip():
        return Unshowable("TableInText", "a table stands within a line of text", "give it a line of its own")
    above = "" if not before.strip() or re.search(r"\n[ \t]*\n[ \t]*\Z", before) else "\n"
    below = "" if not after.strip() or re.match(r"[ \t]*\n[ \t]*\n", after) else "\n"
    return above + tables[placeholder.name].strip("\n") + below


def _citation(placeholder: FactPlaceholder, facts: Mapping[str, Fact]) -> Citation | Unshowable:
    fact = facts.get(placeholder.name)
    if fact is None:
        message = f"no fact or setting {placeholder.name} is recorded"
        hint = _nearest(placeholder.name, facts, "record it with fact(name, value) or setting(name, value, note)")
        return Unshowable("UnknownFact", message, hint)
    spec = parse_spec(placeholder.spec)
    if spec is None:
        return Unshowable("UnknownSpec", f"there is no spec {placeholder.spec!r}", f"the specs are {SPECS}")
    value = _at(fact.value, placeholder.keys)
    if isinstance(value, Unshowable):
        return value
    shown = _shown(value, spec, fact.unit, placeholder.joiner)
    if isinstance(shown, Unshowable):
        return shown
    return Citation(shown=shown, fact=fact.name, placeholder=placeholder.source)


def _at(value: JsonValue, keys: tuple[str, ...]) -> JsonValue | Unshowable:
    for key in keys:
        if isinstance(value, dict):
            if key not in value:
                return Unshowable("UnknownKey", f"it has no key {key!r}", _key_hint(key, value))
            value = value[key]
        elif isinstance(value, list):
            index = int(key) if re.fullmatch(r"-?[0-9]{1,9}", key) else None
            if index is None or not -len(value) <= index < len(value):
                hint = f"its indices go from 0 to {len(value) - 1}" if value else "it is empty"
                return Unshowable("UnknownKey", f"it is a list and has no index {key!r}", hint)
            value = value[index]
        else:
            return Unshowable("UnknownKey", f"it is a single value and has no key {key!r}", "cite it without [key]")
    return value


def _shown(value: JsonValue, spec: Format, unit: str | None, joiner: str | None) -> str | Unshowable:
    if isinstance(value, dict):
        return Unshowable("WrongType", "it is an object, not one value", f"choose a key: {_listed(value)}")
    if not isinstance(value, list):
        if joiner is not None:
            return Unshowable(
                "WrongType", "it is no list, so nothing can be joined", "leave out the | and what follows"
            )
        return show(value, spec, unit)
    if not value:
        return Unshowable("NoValue", "it is an empty list", "say in words that there is none")
    shown: list[str] = []
    for position, item in enumerate(value):
        text = show(item, spec, unit)
        if isinstance(text, Unshowable):
            return Unshowable(text.type, f"item [{position}]: {text.message}", text.hint)
        shown.append(text)
    return (", " if joiner is None else joiner).join(shown)


def _key_hint(key: str, value: Mapping[str, JsonValue]) -> str:
    unquoted = key.strip().strip("'\"")
    if unquoted != key and unquoted in value:
        return f"write the key as it is, without quotes or spaces: [{unquoted}]"
    return _nearest(key, value, "the object is empty")


def _nearest(name: str, there: Collection[str], otherwise: str) -> str:
    """The names most like `name`; all, if none is; `otherwise`, if there are none at all."""
    if near := difflib.get_close_matches(name, there, n=3, cutoff=0.6):
        return f"did you mean {' or '.join(near)}?"
    return f"there are: {_listed(there)}" if there else otherwise


def _listed(names: Collection[str]) -> str:
    first = [name if len(name) <= 40 else f"{name[:39]}…" for name in list(names)[:_LISTED]]
    return ", ".join(first) + (f" and {len(names) - _LISTED} more" if len(names) > _LISTED else "")
