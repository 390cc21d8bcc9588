"""What the table's two indexes are asked; their answers may be a little behind."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kaiseki.stores.dynamodb.record import RunRecord, attribute, from_item, run_key

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


def page_of_owner(
    client: "DynamoDBClient", table: str, owner: str, limit: int, cursor: str
) -> tuple[list[RunRecord], str]:
    """Newest first; `cursor` is the id of the run that the page before ended with."""
    start = {"pk": attribute(run_key(cursor)), "owner": attribute(owner), "run_id": attribute(cursor)}
    page = client.query(
        TableName=table,
        IndexName="by_owner",
        KeyConditionExpression="#owner = :owner",
        ExpressionAttributeNames={"#owner": "owner"},
        ExpressionAttributeValues={":owner": attribute(owner)},
        ScanIndexForward=False,
        Limit=limit,
        **({"ExclusiveStartKey": start} if cursor else {}),  # type: ignore[arg-type]
    )
    last = page.get("LastEvaluatedKey")
    return [from_item(item) for item in page["Items"]], last["run_id"]["S"] if last else ""


def items_of_index(client: "DynamoDBClient", table: str, live: str) -> Iterator[dict[str, Any]]:
    """Everything under `live` in the index of that name, what has not changed for longest first."""
    pages = client.get_paginator("query").paginate(
        TableName=table,
        IndexName="live",
        KeyConditionExpression="#live = :live",
        ExpressionAttributeNames={"#live": "live"},
        ExpressionAttributeValues={":live": attribute(live)},
    )
    for page in pages:
        yield from page["Items"]
