"""The ledger: each fact, the line that recorded it, and the queries that it descends from."""

from collections.abc import Sequence

from kaiseki.agent.lineage import Lineage, trace
from kaiseki.models import Fact, Record, Step


def lineage_of(steps: Sequence[Step]) -> Lineage:
    queries = {query.name for step in steps for query in step.queries}
    return trace([(step.number, step.code) for step in steps if step.code], queries)


def records_of(step: Step) -> tuple[Record, ...]:
    return step.execution.records if step.execution else ()


def facts_of(steps: Sequence[Step]) -> dict[str, Fact]:
    """What `steps`, in the order in which they run, recorded; the later of two facts of one name counts."""
    lineage = lineage_of(steps)
    return {
        record.name: Fact(
            name=record.name,
            kind="fact" if record.kind == "fact" else "setting",
            value=record.value,
            unit=record.unit,
            note=record.note,
            step=record.step,
            line=record.line,
            queries=tuple(sorted(lineage.queries(record.step, record.line, record.name))),
        )
        for step in steps
        for record in records_of(step)
        if record.kind in ("fact", "setting")
    }
