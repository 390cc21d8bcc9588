"""What a checker finds and is meant so, with the reason, said where the choice is made."""

import json
from typing import Any

from aws_cdk import Acknowledgment, Stack, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """For the construct and all below it."""
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))


def acknowledge_resources(construct: IConstruct, reason: str, *arns: str) -> None:
    """That policies below the construct name these resources, which have a star in them."""
    stack = Stack.of(construct)
    for arn in arns:
        acknowledge(construct, f"AwsSolutions-IAM5[Resource::{_as_found(stack.resolve(arn))}]", reason)


def _as_found(value: Any) -> str:
    """As cdk-nag writes what is known at deployment only."""
    match value:
        case str():
            return value
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(_as_found(part) for part in parts)
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case _:
            return json.dumps(value, separators=(",", ":"))
