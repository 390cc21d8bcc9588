"""Where the interpretation stands: the names of each scope, the objects, and the conditions it is under."""

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from kaiseki.agent.dataflow.calls import KitCall
from kaiseki.agent.dataflow.methods import KIT
from kaiseki.agent.dataflow.values import NO_QUERIES, NOTHING, Cell, Function, Heap, Kit, Library, Queries, Value, join

MODULE = 0  # the scope in which steps run, one after the other
CURRENT_FIGURE = "<figure>"  # the name, in that scope, of what pyplot draws on
Result = TypeVar("Result")
LONGEST = 150_000  # expressions looked at before the trace is given up


class TooLong(Exception):
    """The program cannot be followed within LONGEST expressions."""


Names = dict[tuple[int, str], Value]


@dataclass
class Loop:
    """What its `break` and `continue` leave behind."""

    left_under: Queries = NO_QUERIES
    left_with: Names = field(default_factory=dict)


@dataclass
class Attempt:
    """The body of a `try`: what names may be when it fails, and what its failing may depend on."""

    names: Names
    read: Queries = NO_QUERIES


@dataclass
class Frame:
    """One call, class body or comprehension that is being interpreted."""

    scope: int
    scopes: tuple[int, ...]  # in which names are looked up, innermost first
    declared: dict[str, int] = field(default_factory=dict)  # by `global` and `nonlocal`
    owner: "Frame | None" = None  # the frame around a comprehension, which := assigns in
    returned: Value = NOTHING
    is_class: bool = False
    left_under: Queries = NO_QUERIES  # the conditions under which it returned: what follows depends on them
    left_with: Names = field(default_factory=dict)  # what names may be when it returns early
    loops: list[Loop] = field(default_factory=list)  # those around, outermost first

    @property
    def seen_inside(self) -> tuple[int, ...]:
        """The scopes that functions defined here see: those of a class are hidden from its methods."""
        return self.scopes[1:] if self.is_class else self.scopes


class State:
    def __init__(self, known: frozenset[str]) -> None:
        self.known = set(known)
        self.step = 0
        self.trees: list[ast.Module] = []  # objects and scopes are known by their nodes' ids, so no node may go
        self.heap = Heap()
        self.frames = [Frame(MODULE, (MODULE,))]
        self.control: Queries = NO_QUERIES
        self.calling: tuple[int, ...] = (0,)  # the calls being followed, outermost first
        self.methods: dict[str, list[Function]] = {}
        self.defaults: dict[ast.AST, Value] = {}
        self.functions: dict[Function, bool] = {}  # whether it was ever called
        self.kit_calls: dict[ast.Call, KitCall] = {}
        self.attempts: list[Attempt] = []  # the bodies of `try` around, outermost first
        self._looked_at = 0
        self.names: Names = {(MODULE, name): Value(callees=frozenset({Kit(name)})) for name in KIT}
        self.names[MODULE, "pd"] = Value(callees=frozenset({Library("pandas")}))
        self.names[MODULE, "np"] = Value(callees=frozenset({Library("numpy")}))
        self.names[MODULE, CURRENT_FIGURE] = Value(cells=frozenset({(0, 0)}))

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    def count(self) -> None:
        self._looked_at += 1
        if self._looked_at > LONGEST:
            raise TooLong

    # ── names ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def look_up(self, name: str) -> Value | None:
        scopes = (self.frame.declared[name],) if name in self.frame.declared else self.frame.scopes
        for scope in scopes:
            if (value := self.names.get((scope, name))) is not None:
                return value
        return None

    def bind(self, name: str, value: Value, frame: Frame | None = None) -> None:
        frame = frame or self.frame
        self.names[frame.declared.get(name, frame.scope), name] = value.under(self.conditions)

    def weaken(self, name: str, value: Value) -> None:
        """`name` may have become `value`, in the scope where it is found."""
        for scope in self.frame.scopes:
            if (old := self.names.get((scope, name))) is not None:
                self.names[scope, name] = join((old, value.under(self.conditions)))
                return

    # ── objects ───────────────────────────────────────────────────────────────────────────────────────────────────

    def cell(self, node: ast.AST) -> Cell:
        return id(node), self.calling[-1]

    def made(self, node: ast.AST, *parts: Value) -> Value:
        """What is made of `parts`: a new object, if a call makes it or if there is something to share."""
        joined = join(parts)
        whole = Value(queries=self.heap.queries(joined) | self.conditions, texts=None)
        if not isinstance(node, ast.Call) and not joined.cells and not joined.callees:
            return whole
        cell = self.cell(node)
        self.heap.put((cell,), Value(cells=joined.cells, texts=None, callees=joined.callees))
        return Value(whole.queries, frozenset({cell}), None)

    def container(self, node: ast.AST, *elements: Value) -> Value:
        """A new object that holds `elements` and may take up more."""
        held = join(elements)
        cell = self.cell(node)
        self.heap.put((cell,), held)
        return Value(queries=held.queries | self.conditions, cells=frozenset({cell}))

    def change(self, changed: Value, value: Value, deep: bool) -> None:
        """Puts `value` into what `changed` may be, and, if `deep`, into all that this holds."""
        cells = self.heap.reach(changed.cells) if deep else changed.cells
        self.heap.put(cells, Value(self.heap.queries(value) | self.conditions, value.cells, value.texts, value.callees))

    # ── conditions ────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def conditions(self) -> Queries:
        """The queries that decide whether the program gets here."""
        return self.control.union(self.frame.left_under, *(loop.left_under for loop in self.frame.loops))

    @contextmanager
    def under(self, queries: Queries) -> Iterator[None]:
        before, self.control = self.control, self.conditions | queries
        try:
            yield
        finally:
            self.control = before

    def branch(self, condition: Queries, *ways: Callable[[], Result]) -> list[Result]:
        """What each of `ways` gives, of which the program takes one, chosen by `condition`."""
        before = self.names
        after: Names | None = None
        results = []
        with self.under(condition):
            for way in ways:
                self.names = dict(before)
                results.append(way())
                after = self.names if after is None else join_names(after, self.names)
        self.names = before if after is None else after
        return results

    @contextmanager
    def within(self, frame: Frame) -> Iterator[Frame]:
        with self.under(NO_QUERIES):
            self.frames.append(frame)
            try:
                yield frame
            finally:
                self.frames.pop()


def imported(path: str) -> Kit | Library:
    module, _, name = path.rpartition(".")
    return Kit(name) if module == "kaiseki_kit" and name in KIT else Library(path)


def join_names(first: Names, second: Names) -> Names:
    joined = dict(first)
    for key, value in second.items():
        old = joined.get(key)
        joined[key] = value if old is None or old == value else join((old, value))
    return joined
