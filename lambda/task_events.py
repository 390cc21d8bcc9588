"""ECS task state changes from EventBridge, which come repeatedly, in any order, and for launches long over."""

from collections.abc import Mapping
from typing import Any

from decisions import decided
from service import Service, the_service
from stopped import close_run
from tasks import launch_of


def handler(event: dict[str, Any], _context: object) -> None:
    take(the_service(), event["detail"])


def take(service: Service, task: Mapping[str, Any]) -> None:
    """Notes what became of a task; closes its run if the task stopped without ending it.

    A task that stopped stays so: its event counts also when it is a repeated one, since whoever took it first may have
    failed half-way.
    """
    started_for, arn = launch_told(task, service.settings.container), str(task["taskArn"])
    if started_for is None:
        return
    run_id, launch = started_for
    news = service.records.note_task(run_id, launch, arn, int(task["version"]))
    record = service.records.get(run_id)
    if record is None or record.task_arn != arn:
        decided("event.dropped", run_id, task_arn=arn, last_status=task["lastStatus"], because="not the run's task")
    elif record.status.terminal or task["lastStatus"] != "STOPPED":
        decided("event.noted", run_id, task_arn=arn, last_status=task["lastStatus"], news=news, status=record.status)
    else:
        close_run(service, record, task)


def launch_told(task: Mapping[str, Any], container: str) -> tuple[str, int] | None:
    """The run and the number of its launch that the task was started for; None for a task of others in the cluster."""
    overrides = task.get("overrides", {}).get("containerOverrides", [])
    commands = [override.get("command") or [] for override in overrides if override.get("name") == container]
    return launch_of(commands[0]) if commands else None
