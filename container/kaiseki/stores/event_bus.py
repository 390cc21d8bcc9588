"""The end of a run as an event of EventBridge, for whoever waits for it."""

import json
from typing import TYPE_CHECKING

from kaiseki.errors import StoreError
from kaiseki.lifecycle import Status
from kaiseki.stores.aws import as_store_errors

if TYPE_CHECKING:
    from types_boto3_events import EventBridgeClient
    from types_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE, ENDED = "kaiseki", "Run ended"


class EventBus:
    def __init__(self, name: str, client: "EventBridgeClient") -> None:
        self._name = name
        self._client = client

    def run_ended(self, run_id: str, *, owner: str, status: Status, outcome: str, reason: str, usd: float) -> None:
        """Raises StoreError."""
        place = f"the event bus {self._name}"
        about = {"run_id": run_id, "owner": owner, "status": status, "outcome": outcome, "reason": reason, "usd": usd}
        entry: PutEventsRequestEntryTypeDef = {
            "EventBusName": self._name,
            "Source": SOURCE,
            "DetailType": ENDED,
            "Detail": json.dumps(about),
        }
        with as_store_errors(place):
            answer = self._client.put_events(Entries=[entry])
        if answer["FailedEntryCount"]:  # an answer of 200 all the same
            said = answer["Entries"][0].get("ErrorMessage", "no reason given")
            raise StoreError(f"PutEvents failed at {place}: {said}", hint="see whether the bus exists")
