"""Whatever a program is: its trace is made, and a fact that moves with the rows of a query is traced to it."""

import re
import sys
from collections.abc import Callable
from copy import deepcopy
from types import FrameType

from hypothesis import given, settings
from hypothesis import strategies as st

from kaiseki.agent.lineage import Lineage, trace

QUERIES = ("a", "b", "c")
STATEMENTS = [
    'x = load("a")', "x = 5", "y = x", "x, y = y, x", "y = [x]", "y.append(x)", "x += y", "del x", "y['k'] = x",
    "def f(z):\n    return x", "y = f(x)", "for x in y:\n    y = x", "if x:\n    y = 1", "y = [x for x in y if f(x)]",
    "try:\n    x = y\nexcept E as x:\n    pass\nelse:\n    y = x", "with x as y:\n    pass", "class f:\n    x = y",
    "while x:\n    break", "y = lambda z=x: z", "import x", "from x import *",
    "match x:\n    case [y, *x]:\n        pass",
    "global x", "f(*x, **y)", "y = x.y.x", "x: int", "f.y = f", "return_ = (yield_ := x)", 'fact("n", x)',
]  # fmt: skip


@given(st.lists(st.sampled_from(STATEMENTS), max_size=12))
@settings(max_examples=150, deadline=None)
def test_no_program_makes_the_trace_raise_and_what_is_loaded_is_seen(statements: list[str]) -> None:
    code = "\n".join(statements)
    lineage = trace([(1, code)], QUERIES)
    assert isinstance(lineage, Lineage)
    assert all(call.queries <= set(QUERIES) for call in lineage.calls)


SIMPLE = [
    "x = load('a')[0]", "y = load('b')[0]", "z = load('c')[0]", "x = 5", "y = [1]", "z = []", "x = y", "z = y", "y = x",
    "z.append(y)", "y.append(x)", "y = [x]", "z = {'k': x}", "y = z['k']", "z['k'] = y", "z[0] = x", "x, y = y, x",
    "x, *y = z", "x += y", "y = len(z)", "y = f(x)", "x = x if z else 3", "x = z and y", "y = [v for v in z]", "del x",
    "z = list(map(f, y))", "y = lambda: x", "x = y()", "z.update(k=x)", "x = z.get('k')", "y = sum(1 for _ in z)",
]  # fmt: skip
HEADS = ["", "if x:", "if y:", "for x in z:", "for i in range(2):", "for y in [1, 2]:", "def f(v):"]
HEADS += ["def f(y):\n  global x", "try:\n  x[0]\nexcept Exception:"]


class Endless(BaseException):
    """A random program that goes on and on, or grows; no `except Exception` of its own holds it back."""


def bounded(scope: dict[str, object], steps: int) -> Callable[..., object]:
    """A trace function that ends what runs in `scope` after so many lines, or once a list of it has grown long."""
    left = iter(range(steps))

    def watch(frame: FrameType, _event: str, _argument: object) -> object:
        if frame.f_globals is not scope:
            return None
        if next(left, None) is None or any(isinstance(v, list) and len(v) > 500 for v in scope.values()):
            raise Endless
        return watch

    return watch


def leaves(value: object, most: int) -> int:
    """How many are left of `most` once all that the value holds is counted, shared parts as often as they are shown."""
    if most <= 0:
        raise Endless
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        most = leaves(part, most - 1)
    return most


def run_with(code: str, **rows: object) -> dict[str, str] | None:
    """What `code` records where each query has these rows; None if it fails, or does not come to an end."""
    recorded: dict[str, str] = {}

    def fact(name: str, value: object) -> None:
        leaves(value, 5_000)
        recorded[name] = re.sub("0x.*", "", repr(value))

    scope: dict[str, object] = {"load": lambda name: deepcopy(rows[name]), "fact": fact}
    before = sys.gettrace()
    sys.settrace(bounded(scope, 2_000))
    try:
        exec(code, scope)
    except (Exception, Endless):  # noqa: BLE001 - a random program may fail in any way
        return None
    finally:
        sys.settrace(before)
    return recorded


BLOCK = st.tuples(st.sampled_from(HEADS), st.lists(st.sampled_from(SIMPLE), min_size=1, max_size=3))


@given(st.lists(BLOCK, max_size=9))
@settings(max_examples=300, deadline=None)
def test_a_fact_that_moves_with_the_rows_of_a_query_is_traced_to_it(blocks: list[tuple[str, list[str]]]) -> None:
    rows: dict[str, object] = {"a": [3], "b": [[4]], "c": [0]}
    code = "def f(v):\n  return v\nx, y, z = 1, [2], []\n"
    for head, body in blocks:
        longer = code + (head + "".join(f"\n  {line}" for line in body) if head else "\n".join(body)) + "\n"
        code = longer if run_with(longer, **rows) is not None else code
    code += "fact('x', x)\nfact('y', y)\nfact('z', z)"
    before, lineage = run_with(code, **rows), trace([(1, code)], QUERIES)
    for query, other in [("a", 0), ("a", [7]), ("b", []), ("b", 9), ("c", 1), ("c", [5])]:
        after = run_with(code, **{**rows, query: [other]})
        for line, name in enumerate("xyz", start=len(code.splitlines()) - 2):
            if before and after and before[name] != after[name]:
                assert query in lineage.queries(1, line), code
