"""Finds what every name of a statement stands for and what type every expression has; both are written into the tree.

Names follow Redshift's rules, which are narrower than DuckDB's: an alias of the select list may be used further right
in the list, in GROUP BY, QUALIFY and ORDER BY, but not in WHERE, ON or HAVING."""

from sqlglot import exp

from kaiseki.models import Catalog, Table
from kaiseki.warehouses.refusal import Refusal, nearest
from kaiseki.warehouses.sql import types
from kaiseki.warehouses.sql.inference import Inference, output_name, type_of
from kaiseki.warehouses.sql.scope import (
    Columns,
    Scope,
    Source,
    column_type,
    find_source,
    is_recursive,
    rename,
    require_distinct_names,
    require_steps_of,
    unknown_column,
)
from kaiseki.warehouses.sql.shape import line_of
from kaiseki.warehouses.sql.types import SqlType

TABLE_META = "catalog_table"  # on an exp.Table: the models.Table that it stands for; absent for a WITH query
_LOOKED_UP = "looked_up"  # on an exp.Table: what it stands for is known

_SYSTEM_SCHEMAS = ("pg_catalog", "information_schema", "pg_internal")
_SYSTEM_PREFIXES = ("pg_", "svv_", "svl_", "stv_", "stl_", "svcs_", "sys_", "duckdb_", "sqlite_")
_DEFAULT_SCHEMAS = ("", "public", "main")


class Binder:
    """Binds one statement to a catalog. Raises Refusal where a name is unknown or ambiguous."""

    def __init__(self, catalog: Catalog) -> None:
        self._tables = _by_name(catalog)  # by database, schema, name
        self._catalog = catalog
        self._inference = Inference(column_type, self._bind_nested)
        self.tables: list[Table] = []

    def bind(self, statement: exp.Expr) -> Columns:
        """The columns of the result, as Redshift names them: lower case."""
        columns = self._bind_query(statement, {}, None)
        require_distinct_names(columns, statement)
        for table in statement.find_all(exp.Table):
            if not table.meta.get(_LOOKED_UP):  # one that stands where nobody expects it, as in PIVOT's IN
                hint = "Read tables in FROM, JOIN and subqueries."
                raise Refusal("NotAllowed", f"{table.name} stands where no table can be read", line_of(table), hint)
        return columns

    # ── queries ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _bind_query(self, node: exp.Expr, ctes: dict[str, Columns], outer: Scope | None) -> Columns:
        if isinstance(node, exp.Values):
            return self._bind_values(node, ctes, outer)
        ctes = self._bind_ctes(node, ctes, outer)
        if isinstance(node, exp.Subquery):
            columns = self._bind_query(node.this, ctes, outer)
            self._bind_tail(node, columns, ctes, outer)
            return columns
        if isinstance(node, exp.SetOperation):
            return self._bind_set_operation(node, ctes, outer)
        if isinstance(node, exp.Select):
            return self._bind_select(node, ctes, outer)
        raise Refusal("NotAllowed", "this is not a query", line_of(node))

    def _bind_ctes(self, node: exp.Expr, ctes: dict[str, Columns], outer: Scope | None) -> dict[str, Columns]:
        clause = node.args.get("with_")
        if clause is None:
            return ctes
        known = dict(ctes)
        for cte in clause.expressions:
            name, names = cte.alias.lower(), _column_aliases(cte)
            query = cte.this
            if clause.args.get("recursive") and isinstance(query, exp.SetOperation) and is_recursive(cte):
                if not names:
                    hint = f"Write WITH RECURSIVE {name}(column, ...) AS (...)."
                    raise Refusal(
                        "SyntaxError", f"the recursive query {name} needs a list of columns", line_of(cte), hint
                    )
                anchor = self._bind_query(query.this, known, outer)
                known[name] = rename(anchor, names, cte)
                require_steps_of(cte, known[name], self._bind_query(query.expression, known, outer))
            columns = self._bind_query(query, known, outer)
            known[name] = rename(columns, names, cte)
            require_distinct_names(known[name], cte)
        return known

    def _bind_set_operation(self, node: exp.SetOperation, ctes: dict[str, Columns], outer: Scope | None) -> Columns:
        left = self._bind_query(node.this, ctes, outer)
        right = self._bind_query(node.expression, ctes, outer)
        if len(left) != len(right):
            message = f"the queries around {node.key.upper()} have {len(left)} and {len(right)} columns"
            raise Refusal("SyntaxError", message, line_of(node), "Give both the same columns.")
        for (name, a), (_, b) in zip(left, right, strict=True):
            if types.VARCHAR in (a, b) and any(t.is_number or t.is_datetime or t == types.BOOLEAN for t in (a, b)):
                message = f"the column {name} of {node.key.upper()} is {a} on one side and {b} on the other"
                raise Refusal("TypeMismatch", message, line_of(node), "Cast one of them.")
        columns = tuple((name, types.common([a, b])) for (name, a), (_, b) in zip(left, right, strict=True))
        self._bind_tail(node, columns, ctes, outer)
        return columns

    def _bind_tail(self, node: exp.Expr, columns: Columns, ctes: dict[str, Columns], outer: Scope | None) -> None:
        scope = Scope([Source("", columns)], outer=outer, clause="ORDER BY")
        for key in ("order", "limit", "offset"):
            if part := node.args.get(key):
                self._type_all(part, scope, ctes)

    def _bind_values(self, node: exp.Values, ctes: dict[str, Columns], outer: Scope | None) -> Columns:
        rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions]
        scope, self._ctes = Scope(outer=outer), ctes
        kinds = [[self._inference.type_of(cell, scope) for cell in row] for row in rows]
        if len({len(row) for row in rows}) != 1:
            raise Refusal("SyntaxError", "the rows of VALUES differ in length", line_of(node))
        merged = [types.common(list(column)) for column in zip(*kinds, strict=True)]
        columns = tuple((f"column{n}", t) for n, t in enumerate(merged, 1))
        return rename(columns, _column_aliases(node), node)

    def _bind_select(self, node: exp.Select, ctes: dict[str, Columns], outer: Scope | None) -> Columns:
        scope = Scope(outer=outer)
        self._bind_sources(node, scope, ctes)
        scope.aliases_visible, scope.clause = True, "SELECT"
        columns: list[tuple[str, SqlType]] = []
        for projection in node.expressions:
            columns += self._bind_projection(projection, scope, ctes)
        for key, label, visible in _CLAUSES:
            scope.aliases_visible, scope.clause = visible, label
            self._type_clause(node, key, scope, ctes)
        return tuple(columns)

    def _bind_projection(
        self, projection: exp.Expr, scope: Scope, ctes: dict[str, Columns]
    ) -> list[tuple[str, SqlType]]:
        if isinstance(projection, exp.Star):
            return self._expand(projection, scope.sources, scope)
        if isinstance(projection, exp.Column) and isinstance(projection.this, exp.Star):
            source = find_source(projection, scope)
            return list(source.columns)
        self._type_all(projection, scope, ctes)
        inner = projection.this if isinstance(projection, exp.Alias) else projection
        found = self._inference.type_of(inner, scope)
        name = output_name(projection)
        if isinstance(projection, exp.Alias) and name:
            scope.aliases.setdefault(name, found)
        return [(name, found)]

    def _expand(self, star: exp.Expr, sources: list[Source], scope: Scope) -> list[tuple[str, SqlType]]:
        if not sources:
            raise Refusal("SyntaxError", "* needs a FROM", line_of(star))
        columns: list[tuple[str, SqlType]] = []
        for source in sources:
            seen = {name for name, _ in columns}
            columns += [(n, t) for n, t in source.columns if not (n in scope.merged and n in seen)]
        return columns

    # ── FROM ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _bind_sources(self, node: exp.Select, scope: Scope, ctes: dict[str, Columns]) -> None:
        if start := node.args.get("from_"):
            self._add_source(start.this, scope, ctes)
        for join in node.args.get("joins") or ():
            self._bind_join(join, scope, ctes)

    def _bind_join(self, join: exp.Join, scope: Scope, ctes: dict[str, Columns]) -> None:
        before = {name for source in scope.sources for name, _ in source.columns}
        added = self._add_source(join.this, scope, ctes)
        names = {name for name, _ in added.columns}
        if (join.method or "").upper() == "NATURAL":
            scope.merged |= before & names
        for column in join.args.get("using") or ():
            name = column.name.lower()
            if name not in before or name not in names:
                raise unknown_column(column, name, sorted(before & names), "USING")
            scope.merged.add(name)
        if condition := join.args.get("on"):
            scope.clause = "ON"
            self._type_all(condition, scope, ctes)

    def _add_source(self, node: exp.Expr, scope: Scope, ctes: dict[str, Columns]) -> Source:
        if isinstance(node, exp.Table):
            columns = self._table_columns(node, ctes)
        elif isinstance(node, exp.Unnest) and scope.sources:
            return self._add_elements(node, scope, ctes)
        elif isinstance(node, exp.Subquery | exp.Values):
            columns = self._bind_query(node, ctes, scope.outer)
            if not _alias_of(node) and not node.args.get("pivots"):
                raise Refusal("SyntaxError", "a subquery in FROM needs a name", line_of(node), "Write (...) AS name.")
        else:
            raise Refusal("NotAllowed", "FROM takes tables and subqueries only", line_of(node))
        columns = self._pivoted(node, columns, ctes)
        if not isinstance(node, exp.Values):
            columns = rename(columns, _column_aliases(node), node)
        name = _alias_of(node) or node.name.lower()
        if any(source.name == name for source in scope.sources):
            hint = "Give each an alias of its own: FROM a AS x JOIN a AS y."
            raise Refusal("AmbiguousTable", f"{name} stands twice in FROM", line_of(node), hint)
        if isinstance(node, exp.Subquery):
            require_distinct_names(columns, node)
        source = Source(name, columns)
        scope.sources.append(source)
        for join in node.args.get("joins") or ():
            self._bind_join(join, scope, ctes)
        return source

    def _add_elements(self, node: exp.Unnest, scope: Scope, ctes: dict[str, Columns]) -> Source:
        """FROM t, t.items AS item: each element of the array that a SUPER column holds."""
        scope.clause = "FROM"
        self._type_all(node.expressions[0], scope, ctes)
        if type_of(node.expressions[0]) != types.SUPER:
            raise Refusal("TypeMismatch", "only a SUPER column can be unnested", line_of(node), "Join a table instead.")
        source = Source("", ((_column_aliases(node)[0], types.SUPER),))
        scope.sources.append(source)
        return source

    def _table_columns(self, node: exp.Table, ctes: dict[str, Columns]) -> Columns:
        if not isinstance(node.this, exp.Identifier):
            name = node.this.name if isinstance(node.this, exp.Anonymous) else str(node.this)
            message = f"{name.upper()} is not a table; functions cannot stand in FROM"
            raise Refusal("NotAllowed", message, line_of(node), "Read the tables of the catalog.")
        schema, name = node.db.lower(), node.name.lower()
        if not schema and not node.catalog and name in ctes:
            node.meta[_LOOKED_UP] = True
            return ctes[name]
        table = self._tables.get((node.catalog.lower(), schema, name))
        if table is None:
            raise self._unknown_table(node, schema, name)
        node.meta[TABLE_META], node.meta[_LOOKED_UP] = table, True
        if table not in self.tables:
            self.tables.append(table)
        return tuple((c.name.lower(), types.from_catalog(c.type)) for c in table.columns)

    def _pivoted(self, node: exp.Expr, columns: Columns, ctes: dict[str, Columns]) -> Columns:
        self._ctes = ctes
        for pivot in node.args.get("pivots") or ():
            columns = self._inference.pivot(pivot, columns, Scope([Source("", columns)]))
        return columns

    def _unknown_table(self, node: exp.Table, schema: str, name: str) -> Refusal:
        if schema in _SYSTEM_SCHEMAS or name.startswith(_SYSTEM_PREFIXES):
            hint = "The catalog shows the tables; use lookups for more."
            return Refusal("NotAllowed", f"{name} is a system table and cannot be read", line_of(node), hint)
        asked, readable = ".".join(part for part in (node.catalog.lower(), schema) if part), self._catalog.schemas
        if asked and readable is not None and asked not in readable:
            hint = f"Only these may be read: {', '.join(readable)}."
            return Refusal("NotAllowed", f"the schema {asked} may not be read", line_of(node), hint)
        qualified = {t.qualified: t for t in self._catalog.tables}
        near = [q for q, t in qualified.items() if t.name.lower() == name and t.schema_name]
        near = near or nearest(name, list(qualified)) or sorted(qualified)[:5]
        shown = ".".join(part for part in (node.catalog.lower(), schema, name) if part)
        hint = f"Nearest: {', '.join(near)}." if near else ""
        return Refusal("UnknownTable", f"there is no table {shown}", line_of(node), hint)

    # ── expressions ───────────────────────────────────────────────────────────────────────────────────────────────

    def _type_clause(self, node: exp.Expr, key: str, scope: Scope, ctes: dict[str, Columns]) -> None:
        if part := node.args.get(key):
            self._type_all(part, scope, ctes)

    def _type_all(self, node: exp.Expr, scope: Scope, ctes: dict[str, Columns]) -> None:
        self._ctes = ctes
        self._inference.type_of(node, scope)

    def _bind_nested(self, query: exp.Expr, scope: Scope) -> Columns:
        ctes = self._ctes
        columns = self._bind_query(query, ctes, scope)
        self._ctes = ctes
        return columns


_CLAUSES = (
    ("where", "WHERE", False),
    ("group", "GROUP BY", True),
    ("having", "HAVING", False),
    ("qualify", "QUALIFY", True),
    ("order", "ORDER BY", True),
    ("limit", "LIMIT", False),
    ("offset", "OFFSET", False),
)


def _by_name(catalog: Catalog) -> dict[tuple[str, str, str], Table]:
    found: dict[tuple[str, str, str], Table] = {}
    for table in catalog.tables:
        name, schema, database = table.name.lower(), table.schema_name.lower(), table.database.lower()
        found[(database, schema, name)] = table
        if schema in _DEFAULT_SCHEMAS and not database:
            for same in _DEFAULT_SCHEMAS:
                found.setdefault(("", same, name), table)
    return found


def _alias_of(node: exp.Expr) -> str:
    """The name that a FROM entry goes by; that of its PIVOT comes last and wins."""
    pivots = node.args.get("pivots") or ()
    alias = next((p.alias for p in reversed(pivots) if p.alias), "") or node.alias
    return str(alias).lower()


def _column_aliases(node: exp.Expr) -> list[str]:
    alias = node.args.get("alias")
    return [c.name.lower() for c in alias.args.get("columns") or ()] if isinstance(alias, exp.TableAlias) else []
