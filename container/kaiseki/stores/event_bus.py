"""The end of a run as an event of EventBridge, for whoever waits for it."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from kaiseki.errors import StoreError
from kaiseki.stores.aws import as_store_errors

if TYPE_CHECKING:
    from types_boto3_events import EventBridgeClient

SOURCE, ENDED = "kaiseki", "Run ended"


class EventBus:
    def __init__(self, name: str, client: "EventBridgeClient") -> None:
        self._name = name
        self._client = client

    def run_ended(self, detail: Mapping[str, object]) -> None:
        """`detail`: run_id, owner, status, outcome, reason, usd. Raises StoreError."""
        place, told = f"the event bus {self._name}", json.dumps(detail)
        with as_store_errors(place):
            answer = self._client.put_events(
                Entries=[{"EventBusName": self._name, "Source": SOURCE, "DetailType": ENDED, "Detail": told}]
            )
        if answer["FailedEntryCount"]:  # an answer of 200 all the same
            said = answer["Entries"][0].get("ErrorMessage", "no reason given")
            raise StoreError(f"PutEvents failed at {place}: {said}", hint="see whether the bus exists")
