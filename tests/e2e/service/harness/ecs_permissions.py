"""Permissions for calls of ECS, once more, on the cluster.

The emulator holds every call of ECS against the ARN of its cluster, where IAM holds RunTask against the task definition
and StopTask against the task. Each role gets for the cluster what it has for those, and no action more.
"""

import json
from typing import Any

from harness.emulator import Emulator

POLICY = "as-the-emulator-reads-it"


def repeat_on_clusters(emulator: Emulator) -> None:
    iam = emulator.client("iam")
    for page in iam.get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            actions = sorted(_actions(iam, role["RoleName"]))
            if actions:
                statement = {"Effect": "Allow", "Action": actions, "Resource": "arn:aws:ecs:*:*:cluster/*"}
                document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
                iam.put_role_policy(RoleName=role["RoleName"], PolicyName=POLICY, PolicyDocument=document)


def _actions(iam: Any, role: str) -> set[str]:
    """The actions of ECS that its inline policies allow."""
    found = set()
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        statements = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]
        for statement in statements if isinstance(statements, list) else [statements]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            if statement["Effect"] == "Allow":
                found |= {action for action in actions if action.startswith("ecs:")}
    return found
