"""What the names inside one SELECT may stand for: the columns of its FROM, its aliases, and those further out."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlglot import exp

from kaiseki.warehouses.refusal import Refusal, nearest
from kaiseki.warehouses.sql import types
from kaiseki.warehouses.sql.shape import line_of
from kaiseki.warehouses.sql.types import SqlType

SUPER_PATH = "super_path"  # on an exp.Column that leads into a SUPER column: its table, its name, the attributes

Columns = tuple[tuple[str, SqlType], ...]


@dataclass(frozen=True)
class Source:
    """One entry of FROM: how it is called, and its columns."""

    name: str
    columns: Columns

    def type_of(self, column: str) -> SqlType | None:
        return next((t for n, t in self.columns if n == column), None)


@dataclass
class Scope:
    """The names that can be seen from inside one SELECT."""

    sources: list[Source] = field(default_factory=list)
    merged: set[str] = field(default_factory=set)  # columns that USING or NATURAL made one
    aliases: dict[str, SqlType] = field(default_factory=dict)
    outer: "Scope | None" = None
    aliases_visible: bool = False
    clause: str = ""


def find_source(column: exp.Column, scope: Scope) -> Source:
    wanted = column.table.lower()
    level: Scope | None = scope
    while level is not None:
        for source in level.sources:
            if source.name == wanted:
                return source
        level = level.outer
    known = [s.name for s in scope.sources]
    near = nearest(wanted, known) or known
    hint = f"In FROM stand: {', '.join(near)}." if near else ""
    raise Refusal("UnknownTable", f"{column.table} is not a table of this FROM", line_of(column), hint)


def column_type(column: exp.Column, scope: Scope) -> SqlType:
    name = column.name.lower()
    if (path := _path_into_super(column, scope)) is not None:
        column.meta[SUPER_PATH] = path
        return types.SUPER
    if column.table:
        source = find_source(column, scope)
        found = source.type_of(name)
        if found is None:
            raise unknown_column(column, name, [n for n, _ in source.columns], source.name)
        return found
    level: Scope | None = scope
    while level is not None:
        if (found := _in_level(column, name, level)) is not None:
            return found
        level = level.outer
    known = [n for s in scope.sources for n, _ in s.columns]
    if name in scope.aliases:
        message = f"the alias {name} cannot be used in {scope.clause}"
        raise Refusal("UnknownColumn", message, line_of(column), "Repeat its expression there, or use a WITH query.")
    raise unknown_column(column, name, known, "")


def _path_into_super(column: exp.Column, scope: Scope) -> tuple[str, str, list[str]] | None:
    """The table, the column and the attributes below it, where `a.b.c` leads into a SUPER column."""
    parts = [part.name.lower() for part in column.parts]
    for level in _outwards(scope):
        for source in level.sources:
            if len(parts) > 2 and source.name == parts[0] and source.type_of(parts[1]) == types.SUPER:
                return parts[0], parts[1], _attributes(column, 2)
        if any(source.name == parts[0] for source in level.sources):
            return None
        if len(parts) > 1 and any(source.type_of(parts[0]) == types.SUPER for source in level.sources):
            return "", parts[0], _attributes(column, 1)
    return None


def _attributes(column: exp.Column, start: int) -> list[str]:
    return [attribute_name(part, column) for part in column.parts[start:]]


def attribute_name(part: exp.Expr, node: exp.Expr) -> str:
    """The name of an attribute: Redshift folds it to small letters, so that one with capitals is never found."""
    if part.name != part.name.lower():
        hint = f"Write JSON_EXTRACT_PATH_TEXT(JSON_SERIALIZE(column), '{part.name}')."
        raise Refusal("NotAllowed", f"the attribute {part.name} is read in small letters", line_of(node), hint)
    return part.name


def _outwards(scope: Scope) -> Iterator[Scope]:
    level: Scope | None = scope
    while level is not None:
        yield level
        level = level.outer


def _in_level(column: exp.Column, name: str, scope: Scope) -> SqlType | None:
    found = [(s, t) for s in scope.sources if (t := s.type_of(name)) is not None]
    if scope.clause == "ORDER BY" and name in scope.aliases and scope.aliases_visible:
        return scope.aliases[name]
    if len(found) > 1 and name not in scope.merged:
        sources = ", ".join(f"{s.name}.{name}" for s, _ in found)
        raise Refusal(
            "AmbiguousColumn", f"{name} is in more than one table", line_of(column), f"Write one of {sources}."
        )
    if found:
        return found[0][1]
    return scope.aliases.get(name) if scope.aliases_visible else None


def rename(columns: Columns, names: list[str], node: exp.Expr) -> Columns:
    if len(names) > len(columns):
        raise Refusal("SyntaxError", f"{len(names)} names stand for {len(columns)} columns", line_of(node))
    return tuple((names[n] if n < len(names) else old, t) for n, (old, t) in enumerate(columns))


def require_distinct_names(columns: Columns, node: exp.Expr) -> None:
    """Unnamed and doubled columns get names that differ between databases, and are lost in a data frame."""
    seen: set[str] = set()
    for position, (name, _) in enumerate(columns, 1):
        if not name:
            message = f"column {position} of the result has no name"
            raise Refusal("MissingAlias", message, line_of(node), "Name each expression: COUNT(*) AS orders.")
        if name in seen:
            hint = "Name the columns instead of *, with an alias for one of them."
            raise Refusal("DuplicateColumn", f"two columns of the result are called {name}", line_of(node), hint)
        seen.add(name)


def is_recursive(cte: exp.CTE) -> bool:
    return any(t.name.lower() == cte.alias.lower() and not t.db for t in cte.this.find_all(exp.Table))


def require_steps_of(cte: exp.CTE, first: Columns, step: Columns) -> None:
    """A recursive query has the types of its first part; DuckDB would round what a step makes to them."""
    for (name, began), (_, went_on) in zip(first, step, strict=False):
        kinds = {"whole" if t.is_integer else str(t) for t in (began, went_on) if t.known}
        if len(kinds) > 1:
            message = f"the column {name} of {cte.alias} begins as {began} and goes on as {went_on}"
            raise Refusal("TypeMismatch", message, line_of(cte), "Cast both: 1::FLOAT, DATEADD(...)::DATE.")


def unknown_column(node: exp.Expr, name: str, known: list[str], where: str) -> Refusal:
    unique = list(dict.fromkeys(known))
    near = nearest(name, unique)
    place = f" in {where}" if where else ""
    listed = ", ".join(near or unique[:12])
    hint = f"{'Nearest' if near else 'There are'}: {listed}." if listed else ""
    return Refusal("UnknownColumn", f"there is no column {name}{place}", line_of(node), hint)
