"""The programs of the service: each role, the source that runs with it, and what of it the role does not allow."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from infra.checks.calls import calls_of
from infra.checks.policies import Request, allows, role_named, statements_of
from infra.checks.requests import KEY, RECORDS, Caller, place_of, requests_of
from infra.environments import Environment
from infra.settings_warehouse import NewWorkgroup

ROOT = Path(__file__).parents[2]
LAMBDA, KAISEKI = ROOT / "lambda", ROOT / "container" / "kaiseki"


@dataclass(frozen=True)
class Program:
    """`role`: its logical id, but for the end; `roots`: the modules that run with it, with all that they import."""

    role: str
    roots: tuple[Path, ...]
    caller: Caller = Caller()

    def calls(self) -> frozenset[str]:
        return _calls(self.roots)


LOADING = Program("TablesFunctionRole", (ROOT / "infra" / "warehouse_setup" / "on_change.py",))


def programs_of(environment: Environment) -> tuple[Program, ...]:
    return (*programs(), LOADING) if isinstance(environment.warehouse, NewWorkgroup) else programs()


@cache
def _calls(roots: tuple[Path, ...]) -> frozenset[str]:
    return calls_of(roots, [LAMBDA, KAISEKI.parent])


def programs() -> tuple[Program, ...]:
    adapters = (
        *sorted((KAISEKI / "stores").glob("*.py")),
        *sorted((KAISEKI / "lm").rglob("*.py")),
        KAISEKI / "warehouses" / "redshift" / "login.py",
        KAISEKI / "warehouses" / "redshift" / "staging.py",
    )
    return (
        Program("ApiFunctionRole", (LAMBDA / "api.py",), Caller(uploads=True, keys=(*RECORDS, KEY))),
        Program("LauncherFunctionRole", (LAMBDA / "launch.py",)),
        Program("TaskEventsFunctionRole", (LAMBDA / "task_events.py",)),
        Program("ReconcilerFunctionRole", (LAMBDA / "reconcile.py",)),
        Program("RunnerTask", adapters, Caller(unloads=True, knows=True)),
    )


def needed(
    program: Program, environment: Environment, template: Mapping[str, Any], calls: Collection[str]
) -> Iterator[Request]:
    place = place_of(environment, template)
    for call in sorted(calls):
        yield from requests_of(call, place, program.caller)


def refused(
    program: Program, environment: Environment, template: Mapping[str, Any], calls: Collection[str] | None = None
) -> list[Request]:
    """What the program must do and its role does not allow. `calls`: instead of those of its source."""
    statements = statements_of(template, role_named(template, program.role))
    wanted = needed(program, environment, template, program.calls() if calls is None else calls)
    return [request for request in wanted if not allows(statements, request)]


def unused(program: Program, environment: Environment, template: Mapping[str, Any]) -> set[str]:
    """Actions that the role allows and no call of the program's source needs."""
    statements = statements_of(template, role_named(template, program.role))
    used = {request.action for request in needed(program, environment, template, program.calls())}
    return {action for statement in statements for action in statement.actions} - used
