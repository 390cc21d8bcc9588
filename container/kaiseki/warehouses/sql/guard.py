"""The guard: what may be sent to a warehouse. An allow-list, so that what nobody thought of is refused.

One statement that only reads, made of syntax and functions that are known, over tables of the catalog. The warehouses
run nothing that has not passed; behind it stand their own fences (a closed DuckDB, a read-only user)."""

from dataclasses import dataclass

from sqlglot import exp

from kaiseki.models import Catalog, Failure, Table
from kaiseki.warehouses.refusal import Refusal
from kaiseki.warehouses.sql.binding import Binder
from kaiseki.warehouses.sql.parser import parse
from kaiseki.warehouses.sql.portability import check_portability
from kaiseki.warehouses.sql.shape import check_shape
from kaiseki.warehouses.sql.types import SqlType

MAX_LENGTH = 100_000  # characters


@dataclass(frozen=True)
class Statement:
    """A statement that passed: its tree with every name bound and every expression typed, and what it will return."""

    sql: str
    tree: exp.Expr
    columns: tuple[tuple[str, SqlType], ...]
    tables: tuple[Table, ...]
    warnings: tuple[str, ...]


def admit(sql: str, catalog: Catalog) -> Statement:
    """The statement in `sql`, if it may run. Raises Refusal."""
    if len(sql) > MAX_LENGTH:
        raise Refusal("NotAllowed", f"the statement is longer than {MAX_LENGTH:,} characters", hint="Shorten it.")
    tree = parse(sql)
    check_shape(tree, sql)
    warnings = check_portability(tree)
    binder = Binder(catalog)
    columns = binder.bind(tree)
    return Statement(sql, tree, columns, tuple(binder.tables), warnings)


def check(name: str, sql: str, catalog: Catalog) -> Statement | Failure:
    """Like `admit`, with the refusal as the value that goes back to the model."""
    try:
        return admit(sql, catalog)
    except Refusal as refusal:
        return refusal.as_failure(name)
