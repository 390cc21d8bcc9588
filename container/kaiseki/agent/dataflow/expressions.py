"""What an expression's value descends from."""

import ast
from collections.abc import Sequence

from kaiseki.agent.dataflow.state import Frame, State, imported
from kaiseki.agent.dataflow.values import NOTHING, Function, Library, Queries, Value, join


class Expressions(State):
    def value(self, node: ast.expr | None) -> Value:
        if node is None:
            return NOTHING
        self.count()
        match node:
            case ast.Constant(value=constant):
                return Value(texts=frozenset({constant})) if isinstance(constant, str) else NOTHING
            case ast.Name(id=name):
                return self.look_up(name) or Value(texts=None)
            case ast.Attribute(value=base, attr=name):
                return self.attribute(name, self.value(base))
            case ast.Subscript(value=base, slice=index):
                return self.heap.part(self.value(base)).under(self.queries(index))
            case ast.Starred(value=inner):
                return self.heap.part(self.value(inner))
            case ast.Await(value=inner):
                return self.value(inner)
            case ast.NamedExpr(target=target, value=inner):
                value = self.value(inner)
                self.bind(target.id, value, self.frame.owner)
                return value
            case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
                return self.container(node, *(self.value(item) for item in items))
            case ast.Dict(keys=keys, values=values):
                return self._dict(node, keys, values)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                condition = self.queries(test)
                with self.under(condition):
                    return join((self.value(body), self.value(orelse))).under(condition)
            case ast.BoolOp(values=operands):
                return self._bool_op(operands)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return self._comprehension(node, node.generators, [node.elt])
            case ast.DictComp():
                return self._comprehension(node, node.generators, [node.key, node.value])
            case ast.Lambda():
                return self.function(node)
            case ast.Call():
                return self.call(node)
            case ast.Yield() | ast.YieldFrom():
                return self._yield(node)
        return self.made(
            node, *(self.value(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))
        )

    def queries(self, node: ast.expr | None) -> Queries:
        return self.heap.queries(self.value(node))

    def call(self, node: ast.Call) -> Value:
        raise NotImplementedError

    def property_value(self, name: str, receiver: Value) -> Value:
        raise NotImplementedError

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Value:
        """The function as a value, its defaults evaluated here."""
        defaults = [*node.args.defaults, *(default for default in node.args.kw_defaults if default)]
        self.defaults[node] = join(self.value(default) for default in defaults)
        function = Function(node, self.step, self.frame.seen_inside)
        self.functions.setdefault(function, False)
        return Value(cells=frozenset({self.cell(node)}), texts=None, callees=frozenset({function}))

    def attribute(self, name: str, base: Value) -> Value:
        part = self.heap.part(base)
        paths = [imported(f"{callee.path}.{name}") for callee in base.callees if isinstance(callee, Library)]
        own = Value(part.queries, part.cells, None if paths else part.texts, part.callees.union(paths))
        return join((own, self.property_value(name, base)))

    def _dict(self, node: ast.Dict, keys: Sequence[ast.expr | None], values: Sequence[ast.expr]) -> Value:
        held: list[Value] = []
        for key, value in zip(keys, values, strict=True):
            item = self.value(value)
            held += [self.value(key), item] if key else [self.heap.part(item)]
        return self.container(node, *held)

    def _bool_op(self, operands: Sequence[ast.expr]) -> Value:
        first = self.value(operands[0])
        if len(operands) == 1:
            return first
        condition = self.heap.queries(first)
        with self.under(condition):
            return join((first, self._bool_op(operands[1:]))).under(condition)

    def _comprehension(
        self, node: ast.expr, generators: Sequence[ast.comprehension], elements: Sequence[ast.expr]
    ) -> Value:
        outer = self.frame
        inner = Frame(
            id(node), (id(node), *outer.scopes), outer.declared, outer.owner or outer, left_under=outer.left_under
        )
        with self.within(inner):
            return self._generated(node, generators, elements)

    def _generated(
        self, node: ast.expr, generators: Sequence[ast.comprehension], elements: Sequence[ast.expr]
    ) -> Value:
        if not generators:
            # Twice, for what one element changes may be read by the next.
            for _ in range(2):
                held = [self.value(element) for element in elements]
            return self.container(node, *held)
        first, *others = generators
        source = self.value(first.iter)
        condition = self.heap.queries(source)
        with self.under(condition):
            self.assign(first.target, self.heap.part(source))
            for test in first.ifs:
                condition |= self.queries(test)
            with self.under(condition):
                return self._generated(node, others, elements)

    def _yield(self, node: ast.Yield | ast.YieldFrom) -> Value:
        value = self.value(node.value)
        if isinstance(node, ast.YieldFrom):
            value = self.heap.part(value)
        self.frame.returned = join((self.frame.returned, self.container(node, value)))
        return NOTHING

    # ── targets ───────────────────────────────────────────────────────────────────────────────────────────────────

    def assign(self, target: ast.expr, value: Value) -> None:
        match target:
            case ast.Name(id=name):
                self.bind(name, value)
            case ast.Starred(value=inner):
                self.assign(inner, self.container(target, value))
            case ast.Tuple(elts=items) | ast.List(elts=items):
                for item in items:
                    self.assign(item, self.heap.part(value))
            case ast.Attribute(value=base):
                self._store(base, value)
            case ast.Subscript(value=base, slice=index):
                self._store(
                    base,
                    join((value, self.value(index))) if isinstance(index, ast.Constant) else self._at(value, index),
                )

    def _at(self, value: Value, index: ast.expr) -> Value:
        key = self.value(index)
        return join((value, Value(self.heap.queries(key), texts=key.texts)))

    def _store(self, base: ast.expr, value: Value) -> None:
        """Puts `value` into the object `base`, or, where no object is known, into the name it is reached by."""
        holder = self.value(base)
        self.change(holder, value, deep=False)
        if not holder.cells:
            self.weaken_root(base, value)

    def weaken_root(self, base: ast.expr, value: Value) -> None:
        while isinstance(base, ast.Attribute | ast.Subscript):
            base = base.value
        if isinstance(base, ast.Name):
            self.weaken(base.id, Value(self.heap.queries(value), value.cells, None))
