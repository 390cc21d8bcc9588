"""From which queries does each recorded value descend? Read from the Python of the steps, without running it.

It errs to one side: a query too many may be named, a query too few hardly; a constant is never given one.
"""

import ast
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from kaiseki.agent.dataflow.state import TooLong
from kaiseki.agent.dataflow.statements import Interpreter
from kaiseki.models import Failure, Record


@dataclass(frozen=True)
class TracedCall:
    """A call of the kit, from `line` to `end_line` of its step. `names`: those it may record; None if any."""

    step: int
    line: int
    end_line: int
    names: frozenset[str] | None
    queries: frozenset[str]


@dataclass(frozen=True)
class Lineage:
    calls: tuple[TracedCall, ...] = ()
    known: frozenset[str] = frozenset()  # all queries; what cannot be followed may descend from any

    def queries(self, step: int, line: int, name: str | None = None) -> frozenset[str]:
        """The queries behind the kit's call at `line` of `step`; the innermost one, if several span the line.

        `name`, the name recorded, tells calls on one line apart. A line without a call in sight may be any of them.
        """
        spanning = [call for call in self.calls if call.step == step and call.line <= line <= call.end_line]
        if name is not None:
            spanning = (
                [call for call in spanning if call.names is not None and name in call.names]
                or [call for call in spanning if call.names is None]
                or spanning
            )
        if not spanning:
            return self.known
        shortest = min(call.end_line - call.line for call in spanning)
        innermost = [call for call in spanning if call.end_line - call.line == shortest]
        return frozenset().union(*(call.queries for call in innermost))


def trace(steps: Sequence[tuple[int, str]], queries: Collection[str] = ()) -> Lineage:
    """The lineage of `steps`, (number, Python) in the order in which they run; `queries` are the names to be loaded.

    Code that cannot be followed (too long, too deep) is taken to use every query.
    """
    interpreter = Interpreter(frozenset(queries))
    try:
        for number, code in steps:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(code)
            interpreter.run(number, tree)
        interpreter.follow_uncalled()
    except (TooLong, RecursionError, SyntaxError, ValueError):
        return Lineage(known=frozenset(interpreter.known))
    calls = tuple(
        TracedCall(call.step, call.line, call.end_line, call.names, call.queries)
        for call in interpreter.kit_calls.values()
    )
    return Lineage(calls, frozenset(interpreter.known))


def unbound(records: Sequence[Record], lineage: Lineage) -> tuple[Failure, ...]:
    """A failure for each fact that descends from no query: a constant that was passed off as measured."""
    return tuple(
        Failure(
            kind="facts",
            type="UnboundFact",
            subject=record.name,
            line=record.line,
            message=f"the fact {record.name} in line {record.line} descends from no loaded rows: it is a constant",
            hint="compute it from loaded data, or record a chosen constant with setting(name, value, note)",
        )
        for record in records
        if record.kind == "fact" and not lineage.queries(record.step, record.line, record.name)
    )
