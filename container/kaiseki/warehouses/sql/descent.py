"""Which columns of a result descend from personal columns: followed through subqueries, joins, unions and expressions.

Errs on the side of discretion: an expression over a personal column is personal unless it is a condition, a count, or
another function that tells nothing of one person."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

from sqlglot import exp

from kaiseki.models import Column, Table
from kaiseki.warehouses.sql.binding import TABLE_META


class Mark(IntEnum):
    PLAIN = 0
    SHOWN = 1  # may be shown, whatever its values look like
    PERSONAL = 2


MarkOf = Callable[[Table, Column], Mark]
Marks = tuple[tuple[str, Mark], ...]  # of the columns of a query, by their names in lower case

_COARSE = frozenset("""
    count len length char_length character_length octet_length datediff date_diff months_between date_part
    date_part_year row_number rank dense_rank ntile percent_rank cume_dist ratio_to_report md5 sha sha1 sha2
    func_sha1 fnv_hash checksum crc32 regexp_count regexp_instr position strpos charindex sign is_valid_json
    is_valid_json_array sum avg stddev stddev_samp stddev_pop variance var_samp var_pop
""".split())  # fmt: skip


@dataclass
class _Scope:
    """The names that an expression may use: of each entry of FROM, and the aliases further left in the list."""

    sources: list[tuple[str, Marks]] = field(default_factory=list)
    aliases: dict[str, Mark] = field(default_factory=dict)
    outer: "_Scope | None" = None

    def mark(self, table: str, name: str) -> Mark:
        level: _Scope | None = self
        while level is not None:
            found = [m for source, marks in level.sources if table in ("", source) for n, m in marks if n == name]
            if found:
                return max(found)
            if not table and name in level.aliases:
                return level.aliases[name]
            level = level.outer
        return Mark.PLAIN


def descent(statement: exp.Expr, mark_of: MarkOf) -> dict[str, Mark]:
    """The mark of each column of the result of a statement that was bound."""
    return dict(_Tracer(mark_of).query(statement, {}, None))


class _Tracer:
    def __init__(self, mark_of: MarkOf) -> None:
        self._mark_of = mark_of
        self._ctes: dict[str, Marks] = {}

    def query(self, node: exp.Expr, ctes: dict[str, Marks], outer: _Scope | None) -> Marks:
        ctes = self._with(node, ctes, outer)
        if isinstance(node, exp.Subquery):
            return self.query(node.this, ctes, outer)
        if isinstance(node, exp.SetOperation):
            left, right = self.query(node.this, ctes, outer), self.query(node.expression, ctes, outer)
            return tuple((name, max(a, b)) for (name, a), (_, b) in zip(left, right, strict=False))
        if isinstance(node, exp.Select):
            return self._select(node, ctes, outer)
        return ()

    def _with(self, node: exp.Expr, ctes: dict[str, Marks], outer: _Scope | None) -> dict[str, Marks]:
        known = dict(ctes)
        clause = node.args.get("with_")
        if clause is None:
            return known
        for cte in clause.expressions:
            name, query = cte.alias.lower(), cte.this
            if clause.args.get("recursive") and isinstance(query, exp.SetOperation):
                known[name] = _renamed(self.query(query.this, known, outer), cte)
            known[name] = _renamed(self.query(query, known, outer), cte)
        return known

    def _select(self, node: exp.Select, ctes: dict[str, Marks], outer: _Scope | None) -> Marks:
        scope = _Scope(outer=outer)
        if start := node.args.get("from_"):
            self._source(start.this, scope, ctes)
        for join in node.args.get("joins") or ():
            self._source(join.this, scope, ctes)
        self._ctes = ctes
        columns: dict[str, Mark] = {}
        for projection in node.expressions:
            if isinstance(projection, exp.Star) or (
                isinstance(projection, exp.Column) and isinstance(projection.this, exp.Star)
            ):
                wanted = projection.table.lower() if isinstance(projection, exp.Column) else ""
                for source, marks in scope.sources:
                    for name, mark in marks if wanted in ("", source) else ():
                        columns[name] = max(mark, columns.get(name, Mark.PLAIN))
                continue
            mark = self._expression(projection, scope)
            name = _output_name(projection)
            scope.aliases.setdefault(name, mark)
            columns[name] = mark
        return tuple(columns.items())

    def _source(self, node: exp.Expr, scope: _Scope, ctes: dict[str, Marks]) -> None:
        if isinstance(node, exp.Table):
            table = node.meta.get(TABLE_META)
            if isinstance(table, Table):
                marks: Marks = tuple((c.name.lower(), self._mark_of(table, c)) for c in table.columns)
            else:
                marks = ctes.get(node.name.lower(), ())
        else:
            marks = self.query(node, ctes, scope.outer)
        alias = node.alias
        for pivot in node.args.get("pivots") or ():
            marks = self._pivoted(pivot, marks)
            alias = pivot.alias or alias
        scope.sources.append((str(alias or node.name).lower(), _renamed(marks, node)))
        for join in node.args.get("joins") or ():
            self._source(join.this, scope, ctes)

    def _pivoted(self, pivot: exp.Pivot, marks: Marks) -> Marks:
        """The columns that stay as they were; those that are made, by all that they are made of."""
        scope = _Scope([("", marks)])
        fields = pivot.args["fields"][0]
        if pivot.args.get("unpivot"):
            made = max((scope.mark("", c.name.lower()) for c in fields.expressions), default=Mark.PLAIN)
            return (*marks, (fields.this.name.lower(), Mark.PLAIN), (pivot.expressions[0].name.lower(), made))
        made = max((self._expression(each, scope) for each in pivot.expressions), default=Mark.PLAIN)
        values = [each.alias_or_name.lower() for each in fields.expressions]
        endings = ["", *(f"_{each.alias.lower()}" for each in pivot.expressions if each.alias)]
        return (*marks, *((value + ending, made) for value in values for ending in endings))

    def _expression(self, node: exp.Expr, scope: _Scope) -> Mark:
        if isinstance(node, exp.Column):
            return scope.mark(node.table.lower(), node.name.lower())
        if isinstance(node, exp.Predicate | exp.Connector | exp.Not | exp.Extract | exp.Literal):
            return Mark.PLAIN
        if isinstance(node, exp.Query):
            ctes = self._ctes
            columns = self.query(node, ctes, scope)
            self._ctes = ctes
            return columns[0][1] if columns else Mark.PLAIN
        if isinstance(node, exp.Case):
            results = [branch.args["true"] for branch in node.args["ifs"]]
            results += [node.args["default"]] if node.args.get("default") is not None else []
            return self._most(results, scope)
        if isinstance(node, exp.Anonymous):
            return Mark.PLAIN if node.name.lower() in _COARSE else self._most(node.expressions, scope)
        if isinstance(node, exp.Window):
            return self._expression(node.this, scope)
        return self._most([child for child in node.iter_expressions() if isinstance(child, exp.Expr)], scope)

    def _most(self, nodes: list[exp.Expr], scope: _Scope) -> Mark:
        return max((self._expression(node, scope) for node in nodes), default=Mark.PLAIN)


def _output_name(projection: exp.Expr) -> str:
    if isinstance(projection, exp.Cast | exp.Paren):
        return _output_name(projection.this)
    return str(projection.alias_or_name).lower()


def _renamed(marks: Marks, node: exp.Expr) -> Marks:
    alias = node.args.get("alias")
    names = [c.name.lower() for c in alias.args.get("columns") or ()] if isinstance(alias, exp.TableAlias) else []
    return tuple((names[n] if n < len(names) else name, mark) for n, (name, mark) in enumerate(marks))
