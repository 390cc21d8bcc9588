"""What the model is told after each of its replies. The first line says whether it was accepted."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as parquet
from pydantic import JsonValue

from kaiseki.agent.ledger import records_of
from kaiseki.agent.veil import EXPLAINED, Veil, shown
from kaiseki.data_files import data_files
from kaiseki.models import Execution, Fact, Failure, Query, Step

HEAD_ROWS = 5
CELL_CHARACTERS = 60
STDOUT_CHARACTERS = 3_000
TRACEBACK_CHARACTERS = 3_000
FACT_CHARACTERS = 160


@dataclass(frozen=True)
class State:
    """What there is after a reply: `kept` are queries whose rows await a step that is accepted."""

    facts: Mapping[str, Fact]
    tables: Mapping[str, str]  # name -> Markdown
    data: Path
    kept: Sequence[str]
    left: str
    veil: Veil = Veil()


def observe(step: Step | None, failures: Sequence[Failure], state: State, looked_up: str) -> str:
    """The observation of one reply: `step` is None where it held nothing but an answer."""
    veil = state.veil
    failures = [veil.failure(failure) for failure in failures]
    parts = [_verdict(step, failures)]
    if step is not None:
        parts += [_query(query, state.data, step.execution) for query in step.queries]
        if step.execution is not None:
            parts.append(veil(_execution(step.execution)))
        if step.accepted:
            parts += [f"Table {name}:\n{veil(state.tables[name])}" for name in _tables(step) if name in state.tables]
    parts += _failures(failures)
    parts.append(_next(step, failures, state.kept))
    if looked_up:
        parts.append(looked_up)
    parts.append("Facts so far: " + (_facts(state.facts, veil) or "none"))
    if veil.values:
        parts.append(EXPLAINED)
    parts.append(f"Left: {state.left}")
    return "\n\n".join(part for part in parts if part)


def _verdict(step: Step | None, failures: Sequence[Failure]) -> str:
    first = f"{failures[0].kind} {failures[0].type}: {_first_line(failures[0].message)}" if failures else ""
    if step is None:
        return f"The answer failed: {first}"
    if not step.accepted:
        return f"Step {step.number} failed: {first}"
    return f"Step {step.number} accepted." + (f" Its answer failed: {first}" if first else "")


def _next(step: Step | None, failures: Sequence[Failure], kept: Sequence[str]) -> str:
    """What is to be sent, in a sentence or two; empty where everything was accepted."""
    if not failures:
        return ""
    if step is None or step.accepted:
        return "Send the answer again, mended; Python only if it needs further facts."
    rows = f"Rows are kept of: {', '.join(kept)}; do not send these queries again. " if kept else ""
    ran = "" if step.execution is not None or not step.code else "The Python was not run. "
    return f"{rows}{ran}Send the step again, with all of its Python."


def _tables(step: Step) -> list[str]:
    return [record.name for record in records_of(step) if record.kind == "table"]


def _failures(failures: Sequence[Failure]) -> list[str]:
    """Each fault once: those of one answer often have one and the same hint."""
    hints = [failure.hint for failure in failures]
    return [
        _failure(failure.model_copy(update={"hint": ""}) if failure.hint in hints[index + 1 :] else failure)
        for index, failure in enumerate(failures)
    ]


def _failure(failure: Failure) -> str:
    lines = [f"{failure.kind} {failure.type}" + (f" in {failure.subject}" if failure.kind == "query" else "")]
    if failure.line is not None:
        lines[0] += f", line {failure.line}"
    lines[0] += f": {failure.message}"
    if failure.traceback:
        lines.append(_head_and_tail(failure.traceback, TRACEBACK_CHARACTERS))
    if failure.hint:
        lines.append(f"Hint: {failure.hint}")
    return "\n".join(lines)


def _query(query: Query, data: Path, execution: Execution | None) -> str:
    if query.failure is not None:
        return ""
    cut = f" (TRUNCATED: the row cap cut the result at {query.rows:,} rows)" if query.truncated else ""
    lines = [f"Query {query.name}: {query.rows:,} rows{cut}; columns {_columns(query, execution)}"]
    lines += [f"Warning: {warning}" for warning in query.warnings]
    lines += [f"Personal, shown by form: {', '.join(query.veiled)}"] if query.veiled else []
    lines += _head(data / f"{query.name}.parquet", query.veiled)
    return "\n".join(lines)


def _columns(query: Query, execution: Execution | None) -> str:
    """As loaded, where the code loaded it: dtypes are what the next step's Python will meet."""
    for record in execution.records if execution else ():
        if record.kind == "load" and record.name == query.name and isinstance(record.value, list):
            return ", ".join(f"{pair[0]} {pair[1]}" for pair in record.value if isinstance(pair, list))
    return ", ".join(f"{name} {kind}" for name, kind in query.columns)


def _head(path: Path, veiled: Sequence[str]) -> list[str]:
    first = next(iter(data_files(path)), None)
    if first is None:
        return []
    batch = next(parquet.ParquetFile(first).iter_batches(batch_size=HEAD_ROWS), None)
    rows = batch.to_pylist() if batch is not None else []
    return ["  " + " | ".join(_cell(shown(value, name in veiled)) for name, value in row.items()) for row in rows]


def _cell(text: str) -> str:
    return text if len(text) <= CELL_CHARACTERS else text[: CELL_CHARACTERS - 1] + "…"


def _execution(execution: Execution) -> str:
    parts = []
    if execution.stdout:
        parts.append("stdout:\n" + _head_and_tail(execution.stdout.rstrip(), STDOUT_CHARACTERS))
    if execution.stderr:
        parts.append("stderr:\n" + _head_and_tail(execution.stderr.rstrip(), STDOUT_CHARACTERS // 3))
    for record in execution.records:
        if record.kind == "check" and isinstance(record.value, dict) and record.value.get("status") != "passed":
            parts.append(f"Check {record.name}: {record.value.get('message')}")
    return "\n".join(parts)


def _facts(facts: Mapping[str, Fact], veil: Veil) -> str:
    return "; ".join(_fact(fact, veil) for fact in facts.values())


def _fact(fact: Fact, veil: Veil) -> str:
    value = veil(json.dumps(_rounded(fact.value), ensure_ascii=False))
    if len(value) > FACT_CHARACTERS:
        value = value[: FACT_CHARACTERS - 1] + "…"
    unit = f" {fact.unit}" if fact.unit else ""
    return f"{fact.name} = {value}{unit}" + (" (setting)" if fact.kind == "setting" else "")


def _rounded(value: JsonValue) -> JsonValue:
    """Six significant digits: enough to write about, and the list comes with every reply."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return value


def _head_and_tail(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n… {len(text) - 2 * half:,} characters left out …\n{text[-half:]}"


def _first_line(text: str) -> str:
    return text.splitlines()[0] if text else ""
