"""SQL of the company's own, as far as it must be understood: on one line, which tables it reads, whether they fit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError, ParseError, SqlglotError
from sqlglot.optimizer.qualify import qualify

_DIALECT = "redshift"


class SqlFault(ValueError):
    """The text is no such SQL; the message is one line."""


@dataclass(frozen=True)
class QueryShape:
    """One SELECT statement: as a single line without comments, and the tables that it reads, as they are written."""

    line: str
    tables: tuple[str, ...]


@lru_cache(maxsize=4_096)
def shape_of(sql: str) -> QueryShape:
    """Raises SqlFault if `sql` is not one SELECT."""
    names = (_written(table) for table in _tables(_parsed(sql)))
    return QueryShape(one_line(sql), tuple(dict.fromkeys(names)))


def one_line(sql: str) -> str:
    """The words as they are written, without comments, line breaks between them, and a final semicolon.

    Raises SqlFault for a comment at the end: YAML may have joined to it what was meant to count.
    """
    text = sql.strip().rstrip(";")
    pieces: list[str] = []
    end = -1
    for token in sqlglot.tokenize(text, dialect=_DIALECT):
        if pieces and token.start > end + 1:
            pieces.append(" ")
        pieces.append(text[token.start : token.end + 1])
        end = token.end
    if text[end + 1 :].lstrip().startswith("--"):
        raise SqlFault("it ends in a comment: leave that out, and begin SQL of several lines with `|`, not `>`")
    return "".join(pieces)


def condition(sql: str) -> str:
    """What can stand behind WHERE, on one line. Raises SqlFault if `sql` is no such thing."""
    try:
        sqlglot.parse_one(sql, dialect=_DIALECT, into=exp.Condition)
    except SqlglotError:
        raise SqlFault("it is no condition that can stand behind WHERE") from None
    return one_line(sql)


def misfit(sql: str, columns: Mapping[str, Iterable[str]]) -> str:
    """Why the SELECT does not fit tables of these columns, in a few words; empty if it fits.

    `columns` has a key for each of `QueryShape.tables`.
    """
    tree = _parsed(sql).copy()
    schema: dict[str, object] = {}
    for number, table in enumerate(_tables(tree)):
        plain = f"table_{number}"
        schema[plain] = {column.casefold(): "varchar" for column in columns[_written(table)]}
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name)))
        table.set("this", exp.to_identifier(plain))
        _unqualify(table)
    for column in tree.find_all(exp.Column):
        _unqualify(column)
    try:
        qualify(tree, schema=schema, dialect=_DIALECT, expand_stars=False)
    except OptimizeError as error:
        return str(error).split(". Line:")[0]
    except SqlglotError:
        return ""  # beyond what can be resolved here; the tables at least are there
    return ""


@lru_cache(maxsize=4_096)
def _parsed(sql: str) -> exp.Query:
    try:
        statements = [tree for tree in sqlglot.parse(sql, dialect=_DIALECT) if tree is not None]
    except SqlglotError as error:
        raise SqlFault(_reason(error)) from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query) or statements[0].find(exp.Into, exp.DML):
        raise SqlFault("it is not one SELECT statement")
    return statements[0]


def _tables(tree: exp.Query) -> list[exp.Table]:
    """Without the names of WITH, functions, and SUPER values that are unnested (`FROM orders AS o, o.lines AS l`)."""
    made_here = {each.alias.casefold() for each in tree.find_all(exp.CTE)}
    tables = [table for table in tree.find_all(exp.Table) if isinstance(table.this, exp.Identifier)]
    aliases = {table.alias.casefold() for table in tables if table.alias}
    return [
        table
        for table in tables
        if not (table.name.casefold() in made_here and not table.db) and table.db.casefold() not in aliases
    ]


def _written(table: exp.Table) -> str:
    return ".".join(part.name for part in table.parts)


def _unqualify(name: exp.Table | exp.Column) -> None:
    name.set("db", None)
    name.set("catalog", None)


def _reason(error: SqlglotError) -> str:
    described = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
    if not described:
        return "it cannot be parsed"
    return f"line {described['line']} of it: {str(described['description']).rstrip('.')[:120]}"
