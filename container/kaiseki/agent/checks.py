"""What a careful reader would ask of a run that has ended, answered from what it recorded."""

from collections.abc import Iterator, Sequence

from kaiseki.agent.ledger import records_of
from kaiseki.models import Check, Step


def checks_of(steps: Sequence[Step], drift: Sequence[str]) -> tuple[Check, ...]:
    """`steps` are those of the analysis, with the executions of the clean replay."""
    return (*_of_the_kit(steps), *_truncation(steps), *_of_the_recording(drift))


def _of_the_kit(steps: Sequence[Step]) -> Iterator[Check]:
    for step in steps:
        for record in records_of(step):
            if record.kind == "check" and isinstance(record.value, dict):
                yield Check.model_validate({"name": record.name, **record.value})


def _truncation(steps: Sequence[Step]) -> Iterator[Check]:
    for step in steps:
        for query in step.queries:
            if query.truncated:
                yield Check(
                    name=f"rows.{query.name}",
                    status="warning",
                    message=f"the result of {query.name} was truncated at {query.rows:,} rows: figures from it "
                    "describe these rows alone",
                )


def _of_the_recording(drift: Sequence[str]) -> Iterator[Check]:
    for message in drift:
        yield Check(name="recording.drift", status="warning", message=message)
