"""The service's tasks on Fargate: started once per launch, looked at, stopped."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from decisions import decided
from kaiseki.stores.dynamodb import RunRecord
from service import Service

if TYPE_CHECKING:
    from types_boto3_ecs.type_defs import TaskTypeDef

_RUN_ID_IN_TOKEN = 56  # of the 64 characters that a token may have; the end of a run id is what cannot be guessed
_THROTTLED = frozenset({"ThrottlingException", "Throttling", "RequestLimitExceeded", "TooManyRequestsException"})
_NO_ROOM = re.compile(r"RESOURCE:|capacity is unavailable|capacity (is )?not available|reached the limit on", re.I)
_RATE = re.compile(r"rate exceeded|throttl", re.I)
_NO_INTERFACE = re.compile(r"network interface provisioning", re.I)


@dataclass(frozen=True)
class Started:
    task_arn: str


@dataclass(frozen=True)
class NoRoom:
    """Nothing was started, for want of capacity or since too many tasks were asked for at once."""

    message: str
    throttled: bool = False


@dataclass(frozen=True)
class Rejected:
    """Nothing was started, nor will it be when asked again."""

    message: str


@dataclass(frozen=True)
class Unclear:
    """Maybe a task was started: asking again in the same launch says which, and starts none twice."""

    message: str


Launch = Started | NoRoom | Rejected | Unclear


def command_of(record: RunRecord) -> list[str]:
    """What the task of the run's current launch is to do: the prompt travels through the bucket."""
    return ["execute", record.run_id, "--launch", str(record.launches)]


def launch_of(command: Sequence[str]) -> tuple[str, int] | None:
    """The run and the number of its launch that a task was started for; None for a task of others."""
    match command:
        case ["execute", run_id, "--launch", number] if number.isdecimal():
            return run_id, int(number)
        case _:
            return None


def start_task(service: Service, record: RunRecord) -> Launch:
    """Starts the task of the run's current launch, with the first capacity provider that has room.

    Which one is asked is noted before, so that a launch that is repeated does not start a second task with another.
    """
    providers = service.settings.capacity
    provider, *others = providers[providers.index(record.provider) if record.provider in providers else 0 :]
    result = _ask(service, record, provider)
    for other in others:
        if not isinstance(result, NoRoom) or result.throttled:
            break
        decided("launch.no_room", record.run_id, provider=provider, message=result.message)
        if not service.records.turn_to(record, other):
            break
        provider = other
        result = _ask(service, record, provider)
    return result


def _ask(service: Service, record: RunRecord, provider: str) -> Launch:
    settings = service.settings
    try:
        answer = service.ecs.run_task(
            cluster=settings.cluster,
            taskDefinition=settings.task_family,
            clientToken=client_token(record, provider),
            capacityProviderStrategy=[{"capacityProvider": provider, "weight": 1}],
            overrides={"containerOverrides": [{"name": settings.container, "command": command_of(record)}]},
            networkConfiguration={
                "awsvpcConfiguration": {
                    "subnets": list(settings.subnets),
                    "securityGroups": list(settings.security_groups),
                    "assignPublicIp": "DISABLED",
                }
            },
            propagateTags="TASK_DEFINITION",
            startedBy="kaiseki",
            tags=[
                {"key": "kaiseki:run", "value": record.run_id},
                {"key": "kaiseki:environment", "value": settings.environment},
            ],
        )
    except ClientError as error:
        return _of_error(error)
    except BotoCoreError as error:
        return Unclear(str(error))
    if answer["tasks"]:
        return Started(answer["tasks"][0]["taskArn"])
    failure = answer["failures"][0] if answer.get("failures") else {}
    return _of_text(
        ": ".join(text for text in (failure.get("reason"), failure.get("detail")) if text) or "no reason given"
    )


def _of_error(error: ClientError) -> Launch:
    response: Mapping[str, Any] = error.response
    code, message = response["Error"].get("Code", ""), response["Error"].get("Message", str(error))
    if code == "ConflictException" and response.get("resourceIds"):
        # The same launch has a task already, asked for before the settings changed.
        return Started(response["resourceIds"][0])
    if code in _THROTTLED:
        return NoRoom(message, throttled=True)
    if code == "ServerException" or response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400) >= 500:
        return Unclear(message)
    return _of_text(message)


def _of_text(text: str) -> Launch:
    if _RATE.search(text):
        return NoRoom(text, throttled=True)
    return NoRoom(text) if is_want_of_room(text) else Rejected(text)


def is_want_of_room(text: str) -> bool:
    """Whether AWS says so of a task that it did not start, or that never came up."""
    return bool(_NO_ROOM.search(text) or _NO_INTERFACE.search(text))


def client_token(record: RunRecord, provider: str) -> str:
    """Of one launch with one provider: asked again it gives the same task, which after it stopped would be none."""
    return f"{record.run_id[-_RUN_ID_IN_TOKEN:]}-{record.launches}{'s' if provider == 'FARGATE_SPOT' else 'd'}"


def describe_task(service: Service, task_arn: str) -> "TaskTypeDef | None":
    """None: there is none, or it stopped over an hour ago."""
    tasks = service.ecs.describe_tasks(cluster=service.settings.cluster, tasks=[task_arn])["tasks"] if task_arn else []
    return tasks[0] if tasks else None


def stop_task(service: Service, record: RunRecord, why: str) -> None:
    """SIGTERM, and SIGKILL when the stop timeout is over; harmless for a task that has stopped or that is not known."""
    if not record.task_arn:
        return
    try:
        service.ecs.stop_task(cluster=service.settings.cluster, task=record.task_arn, reason=why)
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidParameterException":
            raise
        decided("stop.no_task", record.run_id, task_arn=record.task_arn)
    else:
        decided("stopped", record.run_id, task_arn=record.task_arn, why=why)
