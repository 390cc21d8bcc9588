"""What is known of a value without running the program, and of the objects that values share."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

Queries = frozenset[str]
Cell = tuple[int, int]  # the expression that makes an object, and the call within which it does so
Texts = frozenset[str] | None  # the strings that a value may be; None: it may be any

NO_QUERIES: Queries = frozenset()


@dataclass(frozen=True)
class Function:
    """A function or lambda of the program, with the scopes that it sees, innermost first."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    step: int
    scopes: tuple[int, ...]

    @property
    def decorated(self) -> bool:
        return not isinstance(self.node, ast.Lambda) and bool(self.node.decorator_list)


@dataclass(frozen=True)
class Class:
    node: ast.ClassDef
    scope: int
    cell: Cell  # of its attributes that are set from outside


@dataclass(frozen=True)
class Kit:
    """A function of the kit, by its own name whatever the program calls it."""

    name: str


@dataclass(frozen=True)
class Library:
    """A module, or something imported: no query stands behind it."""

    path: str


Callee = Function | Class | Kit | Library


@dataclass(frozen=True)
class Value:
    """`queries`: those it descends from by itself. `cells`: the objects it may be, which other values may be too."""

    queries: Queries = NO_QUERIES
    cells: frozenset[Cell] = frozenset()
    texts: Texts = frozenset()
    callees: frozenset[Callee] = frozenset()

    def under(self, control: Queries) -> "Value":
        """The same, where whether it came about depends on `control`."""
        if control <= self.queries:
            return self
        return Value(self.queries | control, self.cells, self.texts, self.callees)


NOTHING = Value()


def join(values: Iterable[Value]) -> Value:
    """What may be any of `values`."""
    queries: set[str] = set()
    cells: set[Cell] = set()
    callees: set[Callee] = set()
    texts: set[str] | None = set()
    for value in values:
        queries |= value.queries
        cells |= value.cells
        callees |= value.callees
        texts = None if texts is None or value.texts is None else texts | value.texts
    return Value(frozenset(queries), frozenset(cells), None if texts is None else frozenset(texts), frozenset(callees))


@dataclass
class Heap:
    """What was put into each object. It only grows, for an object may be reached on ways that are not followed."""

    contents: dict[Cell, Value] = field(default_factory=dict)
    version: int = 0  # grows with every change

    def put(self, cells: Iterable[Cell], value: Value) -> None:
        for cell in cells:
            old = self.contents.get(cell, NOTHING)
            new = join((old, value))
            if new != old:
                self.contents[cell] = new
                self.version += 1

    def reach(self, cells: Iterable[Cell]) -> frozenset[Cell]:
        """`cells` and all that they hold, however deep."""
        reached: set[Cell] = set()
        waiting = list(cells)
        while waiting:
            cell = waiting.pop()
            if cell not in reached:
                reached.add(cell)
                waiting.extend(self.contents.get(cell, NOTHING).cells)
        return frozenset(reached)

    def queries(self, value: Value) -> Queries:
        """All that `value` descends from, with what its objects hold."""
        return value.queries.union(*(self.contents[c].queries for c in self.reach(value.cells) if c in self.contents))

    def part(self, value: Value) -> Value:
        """An attribute, item or element of `value`; changing it changes `value`. A part of a string is not known."""
        held = join(self.contents.get(cell, NOTHING) for cell in value.cells)
        texts = held.texts if value.texts == frozenset() else None
        return Value(value.queries | held.queries, value.cells | held.cells, texts, held.callees)
