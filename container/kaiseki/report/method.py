"""What was done, step by step: SQL, code with its lines, output, and what failed."""

from collections.abc import Iterable
from dataclasses import dataclass

from kaiseki.models import Failure, Query, Run, Step
from kaiseki.report.display import line_anchor

_OUTPUT_CHARACTERS = 4_000  # kept at each end


@dataclass(frozen=True)
class Line:
    number: int
    anchor: str
    text: str
    failing: bool


@dataclass(frozen=True)
class Output:
    """The two ends of what was printed; `left_out` characters between them, all in the file `path`."""

    head: str
    tail: str
    left_out: int
    path: str


@dataclass(frozen=True)
class ShownQuery:
    """`as_run` is empty where the warehouse was sent just what was written."""

    query: Query
    as_run: str


@dataclass(frozen=True)
class ShownStep:
    step: Step
    queries: tuple[ShownQuery, ...]
    code: tuple[Line, ...]
    stdout: Output | None
    stderr: Output | None
    failure: Failure | None


def accepted_steps(run: Run) -> tuple[ShownStep, ...]:
    return tuple(_shown(step) for step in run.accepted_steps)


def given_up_steps(run: Run) -> tuple[ShownStep, ...]:
    """Failed attempts, and accepted steps that another one replaced, as they came."""
    kept = {step.number for step in run.accepted_steps}
    return tuple(_shown(step) for step in run.steps if step.number not in kept)


def _shown(step: Step) -> ShownStep:
    failure = step.failure or (step.execution.failure if step.execution else None) or _failed_query(step.queries)
    failing_line = failure.line if failure and failure.kind not in ("query", "reply") else None
    execution = step.execution
    return ShownStep(
        step=step,
        queries=tuple(ShownQuery(query, _as_run(query)) for query in step.queries),
        code=tuple(
            Line(number, line_anchor(step.number, number), text, number == failing_line)
            for number, text in enumerate(step.code.splitlines(), start=1)
        ),
        stdout=_output(execution.stdout, step.number, "stdout.txt") if execution else None,
        stderr=_output(execution.stderr, step.number, "stderr.txt") if execution else None,
        failure=failure,
    )


def _failed_query(queries: Iterable[Query]) -> Failure | None:
    return next((query.failure for query in queries if query.failure), None)


def _as_run(query: Query) -> str:
    same = " ".join(query.executed_sql.split()) == " ".join(query.sql.rstrip().rstrip(";").split())
    return "" if same else query.executed_sql


def _output(text: str, step: int, file: str) -> Output | None:
    if not text.strip():
        return None
    path = f"steps/{step:02d}/{file}"
    left_out = len(text) - 2 * _OUTPUT_CHARACTERS
    if left_out <= 0:
        return Output(text, "", 0, path)
    return Output(text[:_OUTPUT_CHARACTERS], text[-_OUTPUT_CHARACTERS:], left_out, path)
