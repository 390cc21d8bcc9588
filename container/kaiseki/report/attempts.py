"""Every attempt as files: what the model wrote, what it printed, and how it failed."""

from pathlib import Path

from kaiseki.models import Failure, Query, Run, Step


def write_attempts(run: Run, bundle: Path) -> None:
    """Writes `steps/NN/` for each step, and `queries/<name>.sql` for the queries of the analysis."""
    for step in run.steps:
        _write_step(step, bundle / "steps" / f"{step.number:02d}")
    queries = bundle / "queries"
    current = {query.name: query for step in run.accepted_steps for query in step.queries}
    for old in queries.glob("*.sql"):
        if old.stem not in current:
            old.unlink()
    for query in current.values():
        _write(queries / f"{query.name}.sql", query.sql)


def _write_step(step: Step, folder: Path) -> None:
    if step.reply:
        _write(folder / "reply.txt", step.reply)
    if step.code:
        _write(folder / "code.py", step.code)
    for query in step.queries:
        _write(folder / f"{query.name}.sql", query.sql)
    if step.execution is not None:
        _write(folder / "stdout.txt", step.execution.stdout)
        _write(folder / "stderr.txt", step.execution.stderr)
    if step.failure is not None:
        _write(folder / "failure.txt", _failure(step.failure, step.queries))


def _failure(failure: Failure, queries: tuple[Query, ...]) -> str:
    failures = [failure, *(q.failure for q in queries if q.failure is not None and q.failure != failure)]
    return "\n\n".join(
        "\n".join(
            part
            for part in (
                f"{each.kind} {each.type}{' in ' + each.subject if each.subject else ''}: {each.message}",
                each.traceback.rstrip(),
                f"Hint: {each.hint}" if each.hint else "",
            )
            if part
        )
        for each in failures
    )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text if text.endswith("\n") or not text else text + "\n", encoding="utf-8", errors="replace")
