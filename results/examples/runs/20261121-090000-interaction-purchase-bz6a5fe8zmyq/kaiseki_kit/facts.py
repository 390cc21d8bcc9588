"""Figures, names and verdicts that were measured, and constants that were chosen."""

from typing import TypeVar

from kaiseki_kit.notebook import show_line
from kaiseki_kit.recording import Kind, check_names, check_text, outbox, record
from kaiseki_kit.values import Json, plain

Value = TypeVar("Value")


def fact(name: str, value: Value, unit: str | None = None, note: str | None = None) -> Value:
    """Records what was measured and returns it unchanged. Raises ValueError for what is missing, not finite or long."""
    _keep("fact", name, value, unit, note)
    return value


def setting(name: str, value: Value, note: str) -> Value:
    """Records what was chosen, such as a level, a seed or a cut-off, and returns it unchanged. Raises as `fact`."""
    _keep("setting", name, value, None, note)
    return value


def keep_measured(name: str, value: Json, unit: str | None = None, note: str | None = None) -> None:
    """A fact whose name is free and whose value is already plain."""
    record("fact", name, value, unit=unit, note=note)
    _show(name, value, unit)


def _keep(kind: Kind, name: str, value: object, unit: str | None, note: str | None) -> None:
    kept = plain(value, where=f"{kind} {name!r}")
    check_text(kind, name, "unit", unit)
    check_text(kind, name, "note", note)
    check_names(kind, name)
    record(kind, name, kept, unit=unit, note=note)
    _show(name, kept, unit)


def _show(name: str, value: Json, unit: str | None) -> None:
    if outbox() is None:
        show_line(f"{name} = {value}{f' {unit}' if unit else ''}")
