"""Conditional writes to one table: a condition that fails is a value, a conflict is retried."""

import random
import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from kaiseki.stores.dynamodb.record import attribute

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from kaiseki.stores.dynamodb.record import Item

ATTEMPTS = 12
_PASSING = frozenset(
    {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "TransactionConflictException"}
)
_FIRST_WAIT, _LONGEST_WAIT = 0.02, 0.5


def change(
    table: str,
    key: str,
    condition: str = "",
    given: Mapping[str, str | float] | None = None,
    assign: Mapping[str, str | float] | None = None,
    add: Mapping[str, float] | None = None,
    remove: tuple[str, ...] = (),
) -> Any:
    """The arguments of an update, alone or in a transaction; with only a condition those of a check.

    In a condition attributes are written `#name`, the values of `given` `:name`. `add` counts up.
    """
    values: dict[str, Any] = {f":{name}": attribute(value) for name, value in (given or {}).items()}
    clauses = []
    if assign:
        clauses.append("SET " + ", ".join(f"#{name} = :set_{name}" for name in assign))
        values |= {f":set_{name}": attribute(value) for name, value in assign.items()}
    if add:
        clauses.append("ADD " + ", ".join(f"#{name} :add_{name}" for name in add))
        values |= {f":add_{name}": attribute(value) for name, value in add.items()}
    if remove:
        clauses.append("REMOVE " + ", ".join(f"#{name}" for name in remove))
    update = " ".join(clauses)
    arguments: dict[str, Any] = {"TableName": table, "Key": {"pk": attribute(key)}}
    if update:
        arguments["UpdateExpression"] = update
    if condition:
        arguments["ConditionExpression"] = condition
    names = set(re.findall(r"#(\w+)", f"{update} {condition}"))
    if names:
        arguments["ExpressionAttributeNames"] = {f"#{name}": name for name in sorted(names)}
    if values:
        arguments["ExpressionAttributeValues"] = values
    return arguments


def apply(client: "DynamoDBClient", arguments: dict[str, Any]) -> "Item | None":
    """Makes one update; gives the item as it is now, None where its condition does not hold."""
    for attempt in range(ATTEMPTS):
        try:
            return client.update_item(**arguments, ReturnValues="ALL_NEW")["Attributes"]
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ConditionalCheckFailedException":
                return None
            if code not in _PASSING or attempt == ATTEMPTS - 1:
                raise
        _wait(attempt)
    raise AssertionError("the last attempt returns or raises")


def transact(client: "DynamoDBClient", writes: "list[TransactWriteItemTypeDef]") -> frozenset[int]:
    """Makes all writes or none; gives the positions of those whose condition does not hold, none when it was done."""
    for attempt in range(ATTEMPTS):
        try:
            client.transact_write_items(TransactItems=writes)
            return frozenset()
        except ClientError as error:
            response: Mapping[str, Any] = error.response
            codes = [reason.get("Code") for reason in response.get("CancellationReasons", [])]
            refused = frozenset(at for at, code in enumerate(codes) if code == "ConditionalCheckFailed")
            if refused:
                return refused
            if not _PASSING & {*codes, response["Error"]["Code"]} or attempt == ATTEMPTS - 1:
                raise
        _wait(attempt)
    raise AssertionError("the last attempt returns or raises")


def _wait(attempt: int) -> None:
    time.sleep(random.uniform(0, min(_LONGEST_WAIT, _FIRST_WAIT * 2**attempt)))  # noqa: S311
