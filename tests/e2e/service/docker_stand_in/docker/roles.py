"""What the ECS agent knows of a task: its definition, and credentials of its role."""

import json
import secrets
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ministack.services import ecs, sts

LIFETIME = timedelta(hours=6)


def define(labels: dict[str, str]) -> dict[str, Any]:
    family, revision = (labels[f"com.amazonaws.ecs.task-definition-{part}"] for part in ("family", "version"))
    account, region = (
        labels["com.amazonaws.ecs.task-arn"].split(":")[4],
        labels["com.amazonaws.ecs.task-arn"].split(":")[3],
    )
    definition: dict[str, Any] = ecs._task_defs.get_scoped(account, region, f"{family}:{revision}")
    return definition


def write_credentials(role: str, task: str, folder: Path) -> None:
    """A session of the role, as the emulator opens one for each function; in the form of the container's endpoint."""
    account, name = role.split(":")[4], role.rsplit("/", 1)[-1]
    key, secret, token = f"ASIA{secrets.token_hex(8).upper()}", secrets.token_hex(20), secrets.token_hex(32)
    session = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{task}",
        "UserId": f"{name}:{task}",
        "AccountId": account,
        "PrincipalType": "AssumedRole",
        "SecretAccessKey": secret,
        "SessionToken": token,
        "Expiration": time.time() + LIFETIME.total_seconds(),
    }
    sts.register_session(key, session)
    document = {
        "RoleArn": role,
        "AccessKeyId": key,
        "SecretAccessKey": secret,
        "Token": token,
        "Expiration": (datetime.now(UTC) + LIFETIME).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    (folder / "credentials.json").write_text(json.dumps(document))
