"""Idempotency keys: which run a key stands for, and the digest of the request that brought it first."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from kaiseki.stores.dynamodb.record import attribute
from kaiseki.stores.dynamodb.refusals import KeyReused

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from kaiseki.stores.dynamodb.record import Item

_KEPT = timedelta(days=1)


def item_key(owner: str, key: str) -> str:
    """A key is its owner's alone."""
    return "KEY#" + sha256(f"{owner}\n{key}".encode()).hexdigest()


def remember(table: str, key: str, run_id: str, digest: str, now: datetime) -> "TransactWriteItemTypeDef":
    """Fails while the key stands for a run; what expired may still be there, so the time is asked too."""
    expires = attribute(int((now + _KEPT).timestamp()))
    return {
        "Put": {
            "TableName": table,
            "Item": {
                "pk": attribute(key),
                "run_id": attribute(run_id),
                "digest": attribute(digest),
                "expires_at": expires,
            },
            "ConditionExpression": "attribute_not_exists(pk) OR expires_at < :now",
            "ExpressionAttributeValues": {":now": attribute(int(now.timestamp()))},
        }
    }


def run_remembered(item: "Item | None", digest: str, now: datetime) -> str:
    """The run that the key stands for, "" for none; raises KeyReused where it came with another request."""
    if item is None or int(item["expires_at"]["N"]) < now.timestamp():
        return ""
    if item["digest"]["S"] != digest:
        raise KeyReused("the idempotency key stands for another request", "Send a new key with a new request.")
    return item["run_id"]["S"]
