"""One emulated AWS with the service deployed in it, for all scenarios."""

import signal
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[2]))

from harness.caller import Caller, assume, create_role
from harness.deployment import ADDRESS, Deployment, deployed_service
from harness.ecs_front import EcsFront, ecs_front
from harness.emulator import Emulator, emulated_aws
from harness.scenario_table import ScenarioTable
from harness.task_events import TaskEvents, task_events
from harness.tasks import Tasks


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(ScenarioTable())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first scenario waits for the deployment too, all for processes of a machine that may be slow."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with emulated_aws(tmp_path_factory.mktemp("aws")) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def ecs(emulator: Emulator) -> Iterator[EcsFront]:
    with ecs_front(emulator) as front:
        yield front


@pytest.fixture(scope="session")
def events(emulator: Emulator, ecs: EcsFront) -> Iterator[TaskEvents]:
    with task_events(emulator, ecs) as events:
        yield events


@pytest.fixture(scope="session")
def tasks(emulator: Emulator, ecs: EcsFront) -> Tasks:
    return Tasks(emulator, ecs)


@pytest.fixture(scope="session")
def service(emulator: Emulator, events: TaskEvents) -> Deployment:
    return deployed_service(emulator)


@pytest.fixture(scope="session")
def analysts(emulator: Emulator, service: Deployment) -> str:
    """The ARN of a role that may call the API, and find it by the environment's name."""
    invoke = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": service.invoke_arn}
    find = {"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": f"arn:aws:ssm:*:*:parameter{ADDRESS}"}
    return create_role(emulator, "analysts", invoke, find)


@pytest.fixture(scope="session")
def alice(emulator: Emulator, service: Deployment, analysts: str) -> Caller:
    return assume(emulator, analysts, "alice@example.com", service.api)


@pytest.fixture(scope="session")
def team(emulator: Emulator, service: Deployment, analysts: str) -> list[Caller]:
    """Four analysts, each an owner of their own."""
    names = ("carol", "dave", "erin", "frank")
    return [assume(emulator, analysts, f"{name}@example.com", service.api) for name in names]


@pytest.fixture(scope="session")
def bob(emulator: Emulator, service: Deployment, analysts: str) -> Caller:
    return assume(emulator, analysts, "bob@example.com", service.api)


@pytest.fixture(scope="session")
def stranded(
    bob: Caller, tasks: Tasks, ecs: EcsFront, events: TaskEvents, emulator: Emulator, service: Deployment
) -> dict[str, str]:
    """The ids of two runs of a while ago: one whose task vanished without an event, one whose task never started."""
    prompt = "Build a model that predicts purchase from the interactions table."
    with service.endless_runs(emulator):
        vanished = bob.ask(prompt)
        bob.until(vanished, "RUNNING")
        events.lost.add(ecs.task_of(vanished))
        tasks.signal(vanished, signal.SIGKILL)
    tasks.exit_code(vanished)
    with tasks.held():
        unstarted = bob.ask(prompt)
        tasks.hold(unstarted)
    for run_id in (vanished, unstarted):
        service.let_time_pass(emulator, run_id, timedelta(minutes=11))
    return {"vanished": vanished, "unstarted": unstarted}
