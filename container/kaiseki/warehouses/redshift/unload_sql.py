"""The UNLOAD for a statement that the guard admitted: only the words around it are ours, and its order is kept."""

from collections.abc import Sequence

from sqlglot import exp

from kaiseki.warehouses.query_run import Prepared
from kaiseki.warehouses.redshift.values import ResultColumn

_QUOTE = "$$"
_FILE_MB = 64  # several files of a result, so that they can be read at the same time


def unload_sql(prepared: Prepared, columns: Sequence[ResultColumn], most: int, to: str, role: str) -> str:
    """Writes at most `most` rows to `to` as Parquet, with columns `c0`, `c1`, ... and a manifest. See `can_unload`.

    UNLOAD takes no LIMIT on the outside, and sorts across files only where one writer writes them one after another.
    """
    names = ", ".join(f"c{n}" for n in range(len(columns)))
    unloaded = ", ".join(f"{column.unloaded.format(f'c{n}')} AS c{n}" for n, column in enumerate(columns))
    select = (
        f"SELECT {unloaded} FROM (SELECT {names} FROM (\n{prepared.sql}\n) AS kaiseki_rows({names})"  # noqa: S608
        f"{_sorting(prepared, 'kaiseki_rows')} LIMIT {most:d}) AS kaiseki_most{_sorting(prepared, 'kaiseki_most')}"
    )
    parallel = "OFF" if _order(prepared) else "ON"
    return (
        f"UNLOAD ({_QUOTE}{select}{_QUOTE}) TO '{to}' IAM_ROLE '{role}' FORMAT PARQUET MANIFEST VERBOSE "
        f"ENCRYPTED AUTO PARALLEL {parallel} MAXFILESIZE {_FILE_MB} MB"
    )


def can_unload(prepared: Prepared) -> bool:
    """Not where the statement cannot be quoted, or sorts by what it does not return."""
    return _QUOTE not in prepared.sql and _order(prepared) is not None


def _sorting(prepared: Prepared, table: str) -> str:
    """The clause, by columns of `table`; empty where the result has no order."""
    order = [f"{table}.c{position} {way}" for position, way in _order(prepared) or ()]
    return f" ORDER BY {', '.join(order)}" if order else ""


def _order(prepared: Prepared) -> list[tuple[int, str]] | None:
    """By which columns the result is sorted, and which way; None where its columns do not tell."""
    tree = prepared.statement.tree
    while isinstance(tree, exp.Subquery) and not tree.args.get("order"):
        tree = tree.this
    order = tree.args.get("order")
    keys = []
    for ordered in order.expressions if order else ():
        position = _position(ordered.this, tree, prepared.names)
        if position is None:
            return None
        nulls = "FIRST" if ordered.args.get("nulls_first") else "LAST"
        keys.append((position, f"{'DESC' if ordered.args.get('desc') else 'ASC'} NULLS {nulls}"))
    return keys


def _position(key: exp.Expr, tree: exp.Expr, names: list[str]) -> int | None:
    if isinstance(key, exp.Literal):
        return int(key.name) - 1 if key.name.isdigit() and 1 <= int(key.name) <= len(names) else None
    if isinstance(key, exp.Column) and not key.table and names.count(key.name.lower()) == 1:
        return names.index(key.name.lower())
    if not isinstance(tree, exp.Select) or len(tree.selects) != len(names):  # a star stands for several
        return None
    same = [n for n, selected in enumerate(tree.selects) if selected.unalias() == key]
    return same[0] if same else None
