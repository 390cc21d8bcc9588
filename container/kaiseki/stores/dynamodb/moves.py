"""Conditional changes of a run's item."""

from collections.abc import Mapping
from typing import Any

from kaiseki.lifecycle import Status
from kaiseki.stores.dynamodb.record import RunRecord, run_key
from kaiseki.stores.dynamodb.writes import change

_STATES = {status.name.lower(): status.value for status in Status}


def change_run(
    table: str, run_id: str, condition: str, given: Mapping[str, str | float] | None = None, **changes: Any
) -> Any:
    """As `change`; states may be named in the condition (`:queued`) without being given."""
    named = {name: value for name, value in _STATES.items() if f":{name}" in condition}
    return change(table, run_key(run_id), condition, {**named, **(given or {})}, **changes)


def change_from(table: str, record: RunRecord, condition: str = "", **changes: Any) -> Any:
    """A change that holds only while the run is in the state and the launch that were read."""
    seen = "#status = :seen AND #launches = :launch" + (f" AND {condition}" if condition else "")
    return change_run(table, record.run_id, seen, {"seen": record.status, "launch": record.launches}, **changes)
