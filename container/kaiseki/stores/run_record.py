"""The record of one run in the service's table: the port `RunRecord` on DynamoDB and EventBridge."""

import sys
from typing import TYPE_CHECKING

from kaiseki.errors import StoreError
from kaiseki.models import Run, Usage
from kaiseki.stores.aws import as_store_errors
from kaiseki.stores.dynamodb import Ended, NotLaunched, RunRecords
from kaiseki.stores.event_bus import EventBus

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_LONGEST_PHASE = 200  # characters


class DynamoDBRecord:
    def __init__(
        self,
        run_id: str,
        launch: int | None,
        table: str,
        client: "DynamoDBClient",
        brisk: "DynamoDBClient",
        bus: EventBus | None,
    ) -> None:
        """`launch`: that of this task; None: whichever the run is in. `brisk`: a client that gives up soon, for
        heartbeats, of which each is followed by another.
        """
        self._run_id = run_id
        self._launch = launch
        self._records = RunRecords(table, client)
        self._beats = RunRecords(table, brisk)
        self._bus = bus
        self._place = f"the table {table}"
        self._owner = ""

    def begin(self) -> bool:
        with as_store_errors(self._place):
            try:
                begun = self._records.begin(self._run_id, self._launch)
            except (Ended, NotLaunched):
                return False
        self._owner, self._launch = begun.owner, begun.launches
        return True

    def beat(self, phase: str, usage: Usage) -> bool:
        with as_store_errors(self._place):
            return self._beats.beat(self._run_id, " ".join(phase.split())[:_LONGEST_PHASE], _usd(usage))

    def end(self, run: Run) -> bool:
        usd, outcome = _usd(run.usage), str(run.outcome or "")
        message = run.failure["message"] if run.failure else ""
        with as_store_errors(self._place):
            recorded = self._records.end(
                self._run_id, run.status, outcome, run.reason, message, usd, launch=self._launch
            )
        if recorded and self._bus is not None:
            self._announce(self._bus, run, outcome, usd)
        return recorded

    def _announce(self, bus: EventBus, run: Run, outcome: str, usd: float) -> None:
        """The run has ended whether or not anybody hears of it."""
        try:
            bus.run_ended(
                self._run_id, owner=self._owner, status=run.status, outcome=outcome, reason=run.reason, usd=usd
            )
        except StoreError as error:
            print(f"kaiseki: the end of the run was not announced: {error.message}", file=sys.stderr)


def _usd(usage: Usage) -> float:
    """What was paid: a model that was not called, or whose price is not known, counts nothing."""
    return 0.0 if usage.simulated else usage.usd or 0.0
