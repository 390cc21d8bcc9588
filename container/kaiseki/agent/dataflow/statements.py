"""Statements, step after step: what each name may descend from behind them."""

import ast
from collections.abc import Callable, Sequence

from kaiseki.agent.dataflow.calling import Calls
from kaiseki.agent.dataflow.state import MODULE, Attempt, Frame, Loop, imported, join_names
from kaiseki.agent.dataflow.values import NO_QUERIES, NOTHING, Class, Function, Library, Queries, Value, join

_MOST_ROUNDS = 30  # of a loop, until nothing changes


class Interpreter(Calls):
    """Interprets steps in order; `kit_calls` is what comes of it. Raises TooLong, and RecursionError on deep code."""

    def run(self, step: int, tree: ast.Module) -> None:
        self.step = step
        self.trees.append(tree)
        self.run_body(tree.body)

    def run_body(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            self.count()
            if self.attempts:
                self.attempts[-1].read |= self.heap.queries(join(self.read_names(statement)))
            self._run(statement)
            if self.attempts:
                self.attempts[-1].names = join_names(self.attempts[-1].names, self.names)

    def _run(self, node: ast.stmt) -> None:
        match node:
            case ast.Expr(value=value):
                self.value(value)
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assign_expression(target, value)
            case ast.AnnAssign(target=target, value=expression):
                if expression is not None:
                    self._assign_expression(target, expression)
            case ast.AugAssign():
                self._augment(node)
            case ast.Return(value=expression):
                self.frame.returned = join((self.frame.returned, self.value(expression).under(self.conditions)))
                self.frame.left_under |= self.control
                self.frame.left_with = join_names(self.frame.left_with, self.names)
            case ast.If():
                self.branch(
                    self.queries(node.test), lambda: self.run_body(node.body), lambda: self.run_body(node.orelse)
                )
            case ast.For() | ast.AsyncFor():
                self._loop(lambda: self._next_element(node), node.body, node.orelse)
            case ast.While():
                self._loop(lambda: self.queries(node.test), node.body, node.orelse)
            case ast.Break() | ast.Continue():
                loop = self.frame.loops[-1]
                loop.left_under |= self.control
                loop.left_with = join_names(loop.left_with, self.names)
            case ast.With() | ast.AsyncWith():
                self._with(node)
            case ast.Try() | ast.TryStar():
                self._try(node)
            case ast.Match():
                self._match(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._define(node)
            case ast.ClassDef():
                self._define_class(node)
            case ast.Import() | ast.ImportFrom():
                self._import(node)
            case ast.Global(names=names):
                self.frame.declared.update(dict.fromkeys(names, MODULE))
            case ast.Nonlocal(names=names):
                self._declare_nonlocal(names)
            case ast.Delete(targets=targets):
                self._delete(targets)
            case ast.Raise() | ast.Assert():
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self.value(child)

    # ── assignments ───────────────────────────────────────────────────────────────────────────────────────────────

    def _assign_expression(self, target: ast.expr, expression: ast.expr) -> None:
        """Pairs the items of `a, b = x, 1`, so that b stays a constant."""
        if isinstance(target, ast.Tuple | ast.List) and isinstance(expression, ast.Tuple | ast.List):
            starred = any(isinstance(item, ast.Starred) for item in (*target.elts, *expression.elts))
            if len(target.elts) == len(expression.elts) and not starred:
                values = [self.value(item) for item in expression.elts]
                for item, value in zip(target.elts, values, strict=True):
                    self.assign(item, value)
                return
        self.assign(target, self.value(expression))

    def _augment(self, node: ast.AugAssign) -> None:
        added = self.value(node.value)
        old = self.value(node.target)
        self.change(old, added, deep=False)
        changed = Value(self.heap.queries(join((old, added))), old.cells, None)
        if isinstance(node.target, ast.Name):
            self.bind(node.target.id, changed)
        else:
            self.assign(node.target, changed)

    def _delete(self, targets: Sequence[ast.expr]) -> None:
        for target in targets:
            if isinstance(target, ast.Name) and not self.conditions:
                self.names.pop((self.frame.declared.get(target.id, self.frame.scope), target.id), None)
            elif isinstance(target, ast.Subscript):
                self.assign(target, NOTHING)

    # ── control ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _loop(self, head: Callable[[], Queries], body: Sequence[ast.stmt], orelse: Sequence[ast.stmt]) -> None:
        """Runs the body until another round adds nothing."""
        loop = Loop()
        self.frame.loops.append(loop)
        for _ in range(_MOST_ROUNDS):
            before, version, left_under = dict(self.names), self.heap.version, loop.left_under
            with self.under(head()):
                self.run_body(body)
            self.names = join_names(join_names(before, self.names), loop.left_with)
            if (self.names, self.heap.version, loop.left_under) == (before, version, left_under):
                break
        self.frame.loops.pop()
        self.branch(NO_QUERIES, lambda: self.run_body(orelse), lambda: None)

    def _next_element(self, node: ast.For | ast.AsyncFor) -> Queries:
        source = self.value(node.iter)
        length = self.heap.queries(source)
        with self.under(length):
            self.assign(node.target, self.heap.part(source))
        return length

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            entered = self.value(item.context_expr)
            if item.optional_vars:
                self.assign(item.optional_vars, entered)
        self.run_body(node.body)

    def _try(self, node: ast.Try | ast.TryStar) -> None:
        """Handlers start from any state within the body; whether they or `else` run depends on what the body reads."""
        attempt = Attempt(dict(self.names))
        self.attempts.append(attempt)
        self.run_body(node.body)
        self.attempts.pop()
        cause = attempt.read
        with self.under(cause):
            self.run_body(node.orelse)
        after = self.names
        for handler in node.handlers:
            self.names = dict(attempt.names)
            with self.under(cause):
                if handler.name:
                    self.bind(handler.name, Value(cause, texts=None))
                self.run_body(handler.body)
            after = join_names(after, self.names)
        self.names = after
        if self.attempts:
            self.attempts[-1].read |= cause
        self.run_body(node.finalbody)

    def _match(self, node: ast.Match) -> None:
        subject = self.value(node.subject)

        def case(each: ast.match_case) -> Callable[[], None]:
            return lambda: self._case(each, subject)

        self.branch(self.heap.queries(subject), *map(case, node.cases), lambda: None)

    def _case(self, case: ast.match_case, subject: Value) -> None:
        for pattern in ast.walk(case.pattern):
            if isinstance(pattern, ast.MatchAs | ast.MatchStar) and pattern.name:
                self.bind(pattern.name, join((subject, self.heap.part(subject))))
            elif isinstance(pattern, ast.MatchMapping) and pattern.rest:
                self.bind(pattern.rest, subject)
        with self.under(self.queries(case.guard)):
            self.run_body(case.body)

    # ── definitions ───────────────────────────────────────────────────────────────────────────────────────────────

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        decorators = [self.value(decorator) for decorator in node.decorator_list]
        self.bind(node.name, join((self.function(node), *(Value(self.heap.queries(each)) for each in decorators))))

    def _define_class(self, node: ast.ClassDef) -> None:
        bases = [self.value(base) for base in (*node.bases, *(keyword.value for keyword in node.keywords))]
        outer = self.frame.scopes
        scope = id(node)
        with self.within(Frame(scope, (scope, *outer), is_class=True)):
            self.run_body(node.body)
        for (owner, name), value in self.names.items():
            if owner == scope:
                methods = self.methods.setdefault(name, [])
                methods += [each for each in value.callees if isinstance(each, Function) and each not in methods]
        inherited = Value(frozenset().union(*(self.heap.queries(base) for base in bases)))
        class_ = Class(node, scope, self.cell(node))
        self.bind(node.name, join((Value(cells=frozenset({class_.cell}), callees=frozenset({class_})), inherited)))

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if isinstance(node, ast.Import):
                path = alias.name if alias.asname else alias.name.partition(".")[0]
                self.bind(alias.asname or path, Value(callees=frozenset({Library(path)})))
            elif alias.name != "*":
                path = f"{node.module or ''}.{alias.name}"
                self.bind(alias.asname or alias.name, Value(callees=frozenset({imported(path)})))

    def _declare_nonlocal(self, names: Sequence[str]) -> None:
        for name in names:
            for scope in self.frame.scopes[1:]:
                if (scope, name) in self.names:
                    self.frame.declared[name] = scope
                    break
