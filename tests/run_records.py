"""Who asks, what the counters hold, and calls that are made at once: for tests of the records of runs."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from kaiseki.errors import StoreError
from kaiseki.stores.dynamodb import (
    EnvironmentFull,
    KeyReused,
    OverLimit,
    RunRecord,
    RunRecords,
)

ALICE = "arn:aws:iam::111122223333:role/analyst/alice"
BOB = "arn:aws:iam::111122223333:role/analyst/bob"


def active(records: RunRecords) -> dict[str, int]:
    return {counter.whose: counter.active for counter in records.counters()}


def known(records: RunRecords, run_id: str) -> RunRecord:
    record = records.get(run_id)
    assert record is not None
    return record


def at_once(calls: int, call: Callable[[int], object]) -> list[object]:
    """What each call gave or raised."""

    def caught(number: int) -> object:
        try:
            return call(number)
        except (StoreError, OverLimit, EnvironmentFull, KeyReused) as error:
            return error

    with ThreadPoolExecutor(calls) as pool:
        return list(pool.map(caught, range(calls)))
