"""Permissions of the deployed roles, once more, in the form in which the emulator looks for them.

It holds every call of ECS against the ARN of its cluster, where IAM holds RunTask against the task definition and
StopTask against the task; and it does not know the source of an event, which a condition on PutEvents names. A role
gets no action that its own policies do not have.
"""

import json
from typing import Any

from harness.emulator import Emulator

POLICY = "as-the-emulator-reads-it"
CLUSTERS = "arn:aws:ecs:*:*:cluster/*"


def repeat_for_the_emulator(emulator: Emulator) -> None:
    iam = emulator.client("iam")
    for page in iam.get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            repeated = [twin for statement in _allowed(iam, role["RoleName"]) for twin in _repeated(statement)]
            if repeated:
                document = json.dumps({"Version": "2012-10-17", "Statement": repeated})
                iam.put_role_policy(RoleName=role["RoleName"], PolicyName=POLICY, PolicyDocument=document)


def _repeated(statement: dict[str, Any]) -> list[dict[str, Any]]:
    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    of_ecs = [action for action in actions if action.startswith("ecs:")]
    twins = [{"Effect": "Allow", "Action": of_ecs, "Resource": CLUSTERS}] if of_ecs else []
    if "events:PutEvents" in actions:
        twins.append({"Effect": "Allow", "Action": "events:PutEvents", "Resource": statement["Resource"]})
    return twins


def _allowed(iam: Any, role: str) -> list[dict[str, Any]]:
    """The statements of its inline policies that allow something."""
    found = []
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        statements = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]
        found += statements if isinstance(statements, list) else [statements]
    return [statement for statement in found if statement["Effect"] == "Allow"]
