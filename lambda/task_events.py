"""ECS task state changes from EventBridge, which come repeatedly, in any order, and for launches long over."""

from collections.abc import Mapping
from typing import Any

from decisions import decided
from service import Service, the_service
from stopped import close_run
from tasks import COMMAND


def handler(event: dict[str, Any], _context: object) -> None:
    take(the_service(), event["detail"])


def take(service: Service, task: Mapping[str, Any]) -> None:
    """Notes what became of a task; closes its run if the task stopped without ending it.

    A task that stopped stays so: its event counts also when it is a repeated one, since whoever took it first may have
    failed half-way.
    """
    run_id, arn = run_of(task, service.settings.container), str(task["taskArn"])
    if not run_id:
        return
    news = service.records.note_task(run_id, arn, int(task["version"]))
    record = service.records.get(run_id)
    if record is None or record.task_arn != arn:
        decided("event.dropped", run_id, task_arn=arn, last_status=task["lastStatus"], because="not the run's task")
    elif record.status.terminal or task["lastStatus"] != "STOPPED":
        decided("event.noted", run_id, task_arn=arn, last_status=task["lastStatus"], news=news, status=record.status)
    else:
        close_run(service, record, task)


def run_of(task: Mapping[str, Any], container: str) -> str:
    """The run that the task was started for; "" for a task of others in the cluster."""
    for override in task.get("overrides", {}).get("containerOverrides", []):
        command = override.get("command") or []
        if override.get("name") == container and len(command) == 2 and command[0] == COMMAND:
            return str(command[1])
    return ""
