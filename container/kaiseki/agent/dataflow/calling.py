"""What a call gives, and what it changes. The program's own functions are followed, libraries judged by name."""

import ast
from collections.abc import Iterable
from functools import partial

from kaiseki.agent.dataflow.calls import RECORDED, Arguments, KitCall
from kaiseki.agent.dataflow.expressions import Expressions
from kaiseki.agent.dataflow.methods import (
    CHANGES_FIRST_ARGUMENT,
    DRAWS_ON_CURRENT_FIGURE,
    PASSES_ELEMENTS_ON,
    PURE,
    READS_EVERYTHING,
    VIEWS,
)
from kaiseki.agent.dataflow.state import CURRENT_FIGURE, MODULE, Frame, join_names
from kaiseki.agent.dataflow.values import (
    NO_QUERIES,
    NOTHING,
    Callee,
    Class,
    Function,
    Kit,
    Library,
    Queries,
    Value,
    join,
)

_DEEPEST = 12  # calls followed within calls
_NEW_FIGURE = frozenset({"figure", "subplots", "subplot_mosaic", "close", "clf"})


class Calls(Expressions):
    def run_body(self, body: list[ast.stmt]) -> None:
        raise NotImplementedError

    def call(self, node: ast.Call) -> Value:
        if not isinstance(node.func, ast.Attribute):
            callee = self.value(node.func)
            arguments = self._arguments(node)
            if not callee.callees:
                return self._unknown(node, node.func, callee, arguments)
            return self._invoke_any(node, callee, arguments)
        receiver = self.value(node.func.value)
        callee = self.attribute(node.func.attr, receiver)
        arguments = self._arguments(node)
        results = [self._invoke_any(node, callee, arguments)]
        if not any(isinstance(each, Library) for each in receiver.callees):
            results.append(self._method(node, node.func, receiver, arguments))
        return join(results)

    def property_value(self, name: str, receiver: Value) -> Value:
        decorated = [each for each in self.methods.get(name, ()) if each.decorated]
        return join(self._follow(each.node, each, Arguments((receiver,))) for each in decorated)

    def _arguments(self, node: ast.Call) -> Arguments:
        positional: list[Value] = []
        spread: list[Value] = []
        for argument in node.args:
            (spread if isinstance(argument, ast.Starred) else positional).append(self.value(argument))
        keywords: dict[str, Value] = {}
        for keyword in node.keywords:
            value = self.value(keyword.value)
            if keyword.arg is None:
                spread.append(self.heap.part(value))
            else:
                keywords[keyword.arg] = value
        return Arguments(tuple(positional), keywords, tuple(spread))

    def _invoke_any(self, node: ast.Call, callee: Value, arguments: Arguments) -> Value:
        """What any of the callees gives; which one it is may depend on data."""
        ways = (partial(self._invoke, node, each, arguments) for each in callee.callees)
        return join(self.branch(callee.queries, *ways)).under(callee.queries)

    def _invoke(self, node: ast.Call, callee: Callee, arguments: Arguments) -> Value:
        match callee:
            case Function():
                return self._follow(node, callee, arguments)
            case Class():
                return self._instantiate(node, callee, arguments)
            case Kit(name=name):
                return self._kit(node, name, arguments)
            case Library(path=path):
                return self._library(node, path, arguments)

    # ── the kit ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _kit(self, node: ast.Call, kit: str, arguments: Arguments) -> Value:
        name = arguments.take(0, "name")
        names = name.texts
        if kit == "load":
            loaded = self._loaded(names) | self.heap.queries(name) | self.conditions
            for attempt in self.attempts[-1:]:
                attempt.read |= loaded
            result = Value(loaded, frozenset({self.cell(node)}), None)
            recorded = result
        elif kit in RECORDED:
            recorded = result = arguments.take(*RECORDED[kit])
        else:
            recorded = join(arguments)
            result = self.made(node, *arguments)
        call = self.kit_calls.get(node)
        if call is None:
            call = KitCall(kit, self.step, node.lineno, node.end_lineno or node.lineno, names)
            self.kit_calls[node] = call
        elif call.names is not None:
            call.names = None if names is None else call.names | names
        call.queries |= self.heap.queries(recorded) | self.conditions
        return result

    def _loaded(self, names: frozenset[str] | None) -> Queries:
        if not names:
            return frozenset(self.known)
        loaded = names & self.known or names
        self.known |= loaded
        return loaded

    # ── functions of the program ──────────────────────────────────────────────────────────────────────────────────

    def _follow(self, node: ast.AST, function: Function, arguments: Arguments) -> Value:
        """The value returned, with the body interpreted for these arguments."""
        self.functions[function] = True
        body = function.node
        if id(body) in (frame.scope for frame in self.frames) or len(self.frames) > _DEEPEST:
            return self.made(node, *arguments, *self.read_names(body))
        step, calling = self.step, self.calling
        frame = Frame(id(body), (id(body), *function.scopes))
        with self.within(frame):
            self.step, self.calling = function.step, (*calling, id(node))
            self._bind_parameters(body, arguments)
            if isinstance(body, ast.Lambda):
                frame.returned = self.value(body.body)
            else:
                self.run_body(body.body)
            self.step, self.calling = step, calling
            self.names = join_names(self.names, frame.left_with)
        return frame.returned.under(self.conditions)

    def _bind_parameters(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, arguments: Arguments) -> None:
        parameters = node.args
        named = [*parameters.posonlyargs, *parameters.args]
        for position, parameter in enumerate(named):
            given = position < len(arguments.positional) or parameter.arg in arguments.keywords
            value = arguments.take(position, parameter.arg) if given or arguments.spread else self.defaults[node]
            self.bind(parameter.arg, value)
        for parameter in parameters.kwonlyargs:
            given_value = arguments.keywords.get(parameter.arg)
            self.bind(
                parameter.arg, join((*arguments.spread, self.defaults[node])) if given_value is None else given_value
            )
        if parameters.vararg:
            rest = (*arguments.positional[len(named) :], *arguments.spread)
            self.bind(parameters.vararg.arg, self.container(parameters.vararg, *rest))
        if parameters.kwarg:
            rest = (*arguments.keywords.values(), *arguments.spread)
            self.bind(parameters.kwarg.arg, self.container(parameters.kwarg, *rest))

    def read_names(self, node: ast.AST) -> Iterable[Value]:
        names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)}
        return [value for value in map(self.look_up, sorted(names)) if value is not None]

    def _instantiate(self, node: ast.Call, class_: Class, arguments: Arguments) -> Value:
        """A new object. Its operators and inherited methods may read whatever its class reads."""
        attributes = [
            Value(value.queries, value.cells, value.texts)
            for (scope, _), value in self.names.items()
            if scope == class_.scope
        ]
        read = Value(queries=self.heap.queries(join(self.read_names(class_.node))))
        set_later = Value(cells=frozenset({class_.cell}))
        instance = join((self.container(node, *arguments, *attributes, set_later), read))
        for method in self.methods.get("__init__", ()):
            self._follow(node, method, arguments.after(instance))
        return instance

    def _with_callbacks(self, node: ast.Call, arguments: Arguments, *others: Value) -> list[Value]:
        """What functions among the arguments return, each called with all the rest; or never."""
        given = join((*others, *arguments))
        shared = Value(self.heap.queries(given), given.cells | self.heap.part(given).cells, None)
        callbacks = [each for each in given.callees if isinstance(each, Function | Class | Kit)]
        if not callbacks:
            return []
        ways = (partial(self._invoke, node, each, Arguments(spread=(shared,))) for each in callbacks)
        return self.branch(NO_QUERIES, *ways, lambda: NOTHING)

    # ── libraries ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _method(self, node: ast.Call, func: ast.Attribute, receiver: Value, arguments: Arguments) -> Value:
        name = func.attr
        own = (partial(self._follow, node, each, arguments.after(receiver)) for each in self.methods.get(name, ()))
        results = [*self.branch(NO_QUERIES, *own, lambda: NOTHING), *self._with_callbacks(node, arguments)]
        given = join((*arguments, *results))
        if name in DRAWS_ON_CURRENT_FIGURE or (isinstance(func.value, ast.Attribute) and func.value.attr == "plot"):
            self.change(self.names[MODULE, CURRENT_FIGURE], receiver, deep=False)
        in_place = any(each.arg == "inplace" and not _is_false(each.value) for each in node.keywords)
        if (name not in PURE and name not in VIEWS - {"setdefault"}) or in_place:
            self.change(receiver, given, deep=True)
            if not receiver.cells:
                self.weaken_root(func.value, given)
        if name in VIEWS:
            part = self.heap.part(receiver)
            return join((part, *arguments, *results)).under(self.heap.queries(receiver))
        made = self.made(node, receiver, given)
        return made if name in PURE else join((made, Value(cells=receiver.cells, texts=None)))

    def _library(self, node: ast.Call, path: str, arguments: Arguments) -> Value:
        name = path.rpartition(".")[2]
        results = self._with_callbacks(node, arguments)
        self._change_arguments(name, node, arguments)
        if not path.startswith("matplotlib.pyplot."):
            return self.made(node, *arguments, *results)
        if name in _NEW_FIGURE:
            self.names[MODULE, CURRENT_FIGURE] = Value(cells=frozenset({self.cell(node)})).under(self.conditions)
        figure = self.names[MODULE, CURRENT_FIGURE]
        self.change(figure, join((*arguments, *results)), deep=True)
        return figure

    def _unknown(self, node: ast.Call, func: ast.expr, callee: Value, arguments: Arguments) -> Value:
        """A builtin, or a value that is called."""
        name = func.id if isinstance(func, ast.Name) else ""
        results = self._with_callbacks(node, arguments)
        if name in READS_EVERYTHING:
            results.append(join([*self.names.values(), Value(frozenset(self.known))]))
        self._change_arguments(name, node, arguments)
        if name in PASSES_ELEMENTS_ON:
            return self.container(node, *arguments, *map(self.heap.part, arguments), *results)
        self.change(callee, join((*arguments, *results)), deep=True)
        return self.made(node, callee, *arguments, *results)

    def _change_arguments(self, name: str, node: ast.Call, arguments: Arguments) -> None:
        everything = join(arguments)
        if name in CHANGES_FIRST_ARGUMENT:
            self.change(join((arguments.take(0, ""), *arguments.spread)), everything, deep=False)
        if "out" in arguments.keywords:
            self.change(arguments.keywords["out"], everything, deep=False)
            out = next(each.value for each in node.keywords if each.arg == "out")
            self.weaken_root(out, everything)

    def follow_uncalled(self) -> None:
        """Functions that no call in sight reaches may be called with anything."""
        anything = Value(frozenset(self.known), texts=None)
        for function, called in list(self.functions.items()):
            if not called:
                self._follow(function.node, function, Arguments(spread=(anything,)))


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value
