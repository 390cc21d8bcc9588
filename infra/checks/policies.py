"""Whether a role's policies allow a request, as IAM decides it: what is not allowed is denied, and Deny wins.

Only what the templates use is known; anything else raises, so that no statement is passed over in silence.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.checks.names import Names

Context = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Request:
    """One action on one resource, with the keys of conditions that AWS would set."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)

    def __str__(self) -> str:
        when = f" with {dict(self.context)}" if self.context else ""
        return f"{self.action} on {self.resource}{when}"


@dataclass(frozen=True)
class Statement:
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, Any]]

    def applies(self, request: Request) -> bool:
        return (
            any(_like(request.action.lower(), action.lower()) for action in self.actions)
            and any(_like(request.resource, resource) for resource in self.resources)
            and all(
                _holds(operator, request.context.get(key), _several(wanted))
                for operator, keys in self.conditions.items()
                for key, wanted in keys.items()
            )
        )


def allows(statements: Iterable[Statement], request: Request) -> bool:
    effects = {statement.effect for statement in statements if statement.applies(request)}
    return effects == {"Allow"}


def statements_of(template: Mapping[str, Any], role: str) -> list[Statement]:
    """Of the role whose logical id is `role`, with the names that stand for what is known at deployment only."""
    names = Names(template)
    documents = [
        resource["Properties"]["PolicyDocument"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::IAM::Policy" and {"Ref": role} in resource["Properties"]["Roles"]
    ]
    return [_statement(names, one) for document in documents for one in document["Statement"]]


def role_named(template: Mapping[str, Any], beginning: str) -> str:
    """The logical id of the one role that begins so: the CDK ends ids with eight hexadecimal digits."""
    fitting = re.compile(re.escape(beginning) + "[0-9A-F]{8}")
    (found,) = [
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role" and fitting.fullmatch(name)
    ]
    return str(found)


def _statement(names: Names, written: Mapping[str, Any]) -> Statement:
    unknown = set(written) - {"Sid", "Effect", "Action", "Resource", "Condition"}
    if unknown:
        raise NotImplementedError(f"statements with {', '.join(sorted(unknown))}")
    conditions = {
        operator: {key: [names.text(value) for value in _several(wanted)] for key, wanted in keys.items()}
        for operator, keys in written.get("Condition", {}).items()
    }
    return Statement(
        written["Effect"],
        tuple(_several(written["Action"])),
        tuple(names.text(resource) for resource in _several(written["Resource"])),
        conditions,
    )


def _holds(operator: str, given: str | Sequence[str] | None, wanted: list[Any]) -> bool:
    if operator == "ForAllValues:StringLike":
        return all(any(_like(one, pattern) for pattern in wanted) for one in _several(given or []))
    if given is None:
        return False
    match operator:
        case "StringEquals":
            return given in wanted
        case "StringLike" | "ArnEquals" | "ArnLike":
            return isinstance(given, str) and any(_like(given, pattern) for pattern in wanted)
    raise NotImplementedError(f"the condition {operator}")


def _like(text: str, pattern: str) -> bool:
    expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _several(value: Any) -> list[Any]:
    return [value] if isinstance(value, str | dict) else list(value)
