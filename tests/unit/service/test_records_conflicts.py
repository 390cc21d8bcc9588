"""The records of runs where the table is busy, or not there."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.exceptions import DynamodbException, TransactionCanceledException
from moto.dynamodb.models import DynamoDBBackend

from kaiseki.lifecycle import Status
from kaiseki.stores.dynamodb import (
    ENVIRONMENT,
    Limits,
    RunRecord,
    RunRecords,
)
from run_records import ALICE, active, at_once, known


@pytest.fixture
def conflicts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each transaction meets two conflicts before it goes through, as it may where many runs share a counter."""
    transact, met = DynamoDBBackend.transact_write_items, []

    def at_the_third_try(backend: DynamoDBBackend, items: list[dict[str, Any]]) -> None:
        if met.count(repr(items)) < 2:
            met.append(repr(items))
            raise TransactionCanceledException([("TransactionConflict", "ongoing", None), *[(None, None, None)] * 2])
        transact(backend, items)

    monkeypatch.setattr(DynamoDBBackend, "transact_write_items", at_the_third_try)
    return met


def test_conflicts_between_transactions_are_waited_out(
    records: RunRecords, limits: Limits, conflicts: list[str]
) -> None:
    for number in range(5):
        records.accept(f"r{number}", ALICE, f"{number}", "digest", limits)
    claims = at_once(3, lambda number: records.claim(f"r{number}", limits))
    ends = at_once(3, lambda number: records.end(f"r{number}", Status.FAILED, usd=0.1))

    assert len(conflicts) > 5
    assert all(isinstance(claim, RunRecord) for claim in claims)
    assert ends == [True, True, True]
    assert active(records) == {ALICE: 2, ENVIRONMENT: 0}


@pytest.mark.parametrize("error", ["TransactionConflictException", "ThrottlingException"])
def test_a_single_write_that_meets_a_transaction_is_made_after_it(
    records: RunRecords, running: RunRecord, monkeypatch: pytest.MonkeyPatch, error: str
) -> None:
    update, refusals = DynamoDBBackend.update_item, [error] * 3

    def busy(backend: DynamoDBBackend, *args: Any, **more: Any) -> Any:
        if refusals:
            raise DynamodbException(refusals.pop(), "busy")
        return update(backend, *args, **more)

    monkeypatch.setattr(DynamoDBBackend, "update_item", busy)
    assert not records.beat("r1", "goes on")
    assert (known(records, "r1").phase, refusals) == ("goes on", [])


def test_a_conflict_that_does_not_pass_is_raised(
    records: RunRecords, limits: Limits, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(backend: DynamoDBBackend, items: list[dict[str, Any]]) -> None:
        raise TransactionCanceledException([("TransactionConflict", "ongoing", None)])

    monkeypatch.setattr(DynamoDBBackend, "transact_write_items", never)
    monkeypatch.setattr("kaiseki.stores.dynamodb.writes._LONGEST_WAIT", 0.0)
    with pytest.raises(ClientError, match="TransactionConflict"):
        records.accept("r1", ALICE, "", "digest", limits)


def test_other_failures_of_the_table_are_not_hidden(records: RunRecords, limits: Limits) -> None:
    boto3.client("dynamodb").delete_table(TableName="runs")
    with pytest.raises(ClientError, match="ResourceNotFound"):
        records.accept("r1", ALICE, "", "digest", limits)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        records.beat("r1", "")
