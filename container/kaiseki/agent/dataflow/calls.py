"""The arguments of a call, and what the kit's functions take of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from kaiseki.agent.dataflow.values import NO_QUERIES, NOTHING, Queries, Value, join


@dataclass(frozen=True)
class Arguments:
    positional: tuple[Value, ...] = ()
    keywords: dict[str, Value] = field(default_factory=dict)
    spread: tuple[Value, ...] = ()  # of * and **: they may be any argument

    def __iter__(self) -> Iterator[Value]:
        yield from self.positional
        yield from self.keywords.values()
        yield from self.spread

    def after(self, receiver: Value) -> "Arguments":
        return Arguments((receiver, *self.positional), self.keywords, self.spread)

    def take(self, position: int, name: str) -> Value:
        """The argument at `position` or by `name`; what is spread may be it; nothing if it is not given."""
        if name in self.keywords:
            return self.keywords[name]
        if position < len(self.positional) and not self.spread:
            return self.positional[position]
        if self.spread:
            return join((*self.positional[position:], *self.spread))
        return NOTHING


@dataclass
class KitCall:
    """One call of the kit in the text of a step, and what the value it is given may descend from."""

    kit: str
    step: int
    line: int
    end_line: int
    names: frozenset[str] | None  # the names it may record; None: any
    queries: Queries = NO_QUERIES


# Where the kit's functions take the value that is recorded; a note or a unit says nothing of where a figure is from.
RECORDED = {
    "fact": (1, "value"),
    "setting": (1, "value"),
    "table": (1, "df"),
    "chart": (1, "figure"),
}
