"""The records of runs: who may take a run on, and what the counters of places and dollars hold meanwhile."""

from typing import Any

import pytest

from kaiseki.errors import StoreError
from kaiseki.lifecycle import Status
from kaiseki.stores.dynamodb import (
    ENVIRONMENT,
    EnvironmentFull,
    KeyReused,
    Limits,
    OverLimit,
    RunRecord,
    RunRecords,
)
from run_records import ALICE, BOB, active, at_once, known


def test_twenty_runs_at_once_take_only_the_places_there_are(records: RunRecords, limits: Limits) -> None:
    said = at_once(20, lambda number: records.accept(f"r{number}", ALICE, "", "digest", limits))

    refused = [error for error in said if isinstance(error, OverLimit)]
    assert len(refused) == 15
    assert {error.limit for error in refused} == {"principal_active"}
    assert "5 live runs" in refused[0].message
    assert len(list(records.live())) == 5
    assert active(records) == {ALICE: 5}
    assert records.accept("of-bob", BOB, "", "digest", limits).owner == BOB


def test_a_key_stands_for_one_run_also_when_it_comes_ten_times_at_once(records: RunRecords, limits: Limits) -> None:
    said = at_once(10, lambda number: records.accept(f"r{number}", ALICE, "key", "digest", limits))

    assert len({record.run_id for record in said if isinstance(record, RunRecord)}) == 1
    assert len(said) == len([record for record in said if isinstance(record, RunRecord)])
    assert active(records) == {ALICE: 1}


def test_a_key_is_of_one_request_of_one_owner_for_a_day(records: RunRecords, limits: Limits, clock: Any) -> None:
    records.accept("r1", ALICE, "key", "digest", limits)

    with pytest.raises(KeyReused):
        records.accept("r2", ALICE, "key", "other", limits)
    assert records.accept("r3", BOB, "key", "other", limits).run_id == "r3"
    clock.advance(days=1, seconds=1)
    assert records.accept("r4", ALICE, "key", "other", limits).run_id == "r4"


def test_a_key_finds_its_run_also_at_the_limit(records: RunRecords) -> None:
    one = Limits(principal_active=1, environment_active=1, principal_usd_per_day=1, environment_usd_per_day=1)
    records.accept("r1", ALICE, "key", "digest", one)

    assert records.accept("r2", ALICE, "key", "digest", one).run_id == "r1"


def test_an_id_is_given_once(records: RunRecords, limits: Limits, waiting: RunRecord) -> None:
    with pytest.raises(StoreError, match="r1 already"):
        records.accept("r1", BOB, "", "digest", limits)
    assert active(records) == {ALICE: 1}


def test_the_dollars_of_a_day_are_limited_and_come_back_with_the_next(
    records: RunRecords, running: RunRecord, clock: Any
) -> None:
    limits = Limits(principal_active=5, environment_active=5, principal_usd_per_day=1.5, environment_usd_per_day=9)
    records.end("r1", Status.SUCCEEDED, outcome="answered", usd=1.5)

    with pytest.raises(OverLimit, match=r"too little of the day's \$1\.5") as refused:
        records.accept("r2", ALICE, "", "digest", limits)

    assert refused.value.limit == "principal_usd_per_day"
    assert refused.value.retry_after == 15 * 3600 + 1
    assert active(records)[ALICE] == 0
    assert records.accept("r3", BOB, "", "digest", limits)
    clock.advance(seconds=refused.value.retry_after)
    assert records.accept("r4", ALICE, "", "digest", limits)


def test_what_a_run_may_cost_is_reserved_until_it_ends(records: RunRecords, clock: Any) -> None:
    limits = Limits(principal_active=99, environment_active=9, principal_usd_per_day=5, environment_usd_per_day=9)

    def ask(run_id: str, usd: float) -> RunRecord:
        return records.accept(run_id, ALICE, "", "digest", limits, usd=usd)

    said = at_once(10, lambda number: records.accept(f"r{number}", ALICE, "", "digest", limits, usd=2.0))
    accepted = [record.run_id for record in said if isinstance(record, RunRecord)]
    assert len(accepted) == 2  # a third would come to six dollars
    with pytest.raises(OverLimit, match=r"for one that may cost \$2") as refused:
        ask("again", 2.0)
    assert (refused.value.limit, refused.value.retry_after) == ("principal_usd_per_day", 60)
    ask("cheap", 1.0)

    records.end(accepted[0], Status.FAILED, usd=0.25)  # of the two dollars 1.75 come back
    with pytest.raises(OverLimit):
        ask("dear", 1.8)
    ask("fits", 1.75)


def test_what_a_run_cost_counts_on_the_day_on_which_it_was_asked_for(records: RunRecords, clock: Any) -> None:
    limits = Limits(principal_active=9, environment_active=9, principal_usd_per_day=5, environment_usd_per_day=9)
    records.accept("late", ALICE, "", "digest", limits, usd=5.0)
    clock.advance(hours=15)
    records.end("late", Status.FAILED, usd=4.0)

    assert records.accept("next", ALICE, "", "digest", limits, usd=5.0).reserved_usd == 5.0


def test_a_run_that_may_cost_more_than_a_day_is_refused(records: RunRecords, limits: Limits) -> None:
    with pytest.raises(OverLimit):
        records.accept("r1", ALICE, "", "digest", limits, usd=limits.principal_usd_per_day + 0.01)


def test_what_a_run_said_it_cost_counts_where_others_end_it(records: RunRecords, running: RunRecord) -> None:
    records.beat("r1", "trains", usd=1.25)
    records.end("r1", Status.FAILED, reason="task.killed")

    assert known(records, "r1").usd == 1.25
    limits = Limits(principal_active=5, environment_active=5, principal_usd_per_day=1.25, environment_usd_per_day=9)
    with pytest.raises(OverLimit):
        records.accept("r2", ALICE, "", "digest", limits)


def test_two_claims_at_once_have_one_winner(records: RunRecords, limits: Limits, waiting: RunRecord) -> None:
    claims = at_once(8, lambda _: records.claim("r1", limits))

    assert sum(isinstance(claim, RunRecord) for claim in claims) == 1
    assert claims.count(None) == 7
    assert known(records, "r1").launches == 1
    assert active(records) == {ALICE: 1, ENVIRONMENT: 1}


def test_claims_at_once_take_only_the_environments_places(records: RunRecords, limits: Limits) -> None:
    for number in range(8):
        records.accept(f"r{number}", f"owner-{number}", "", "digest", limits)

    claims = at_once(8, lambda number: records.claim(f"r{number}", limits))

    assert sum(isinstance(claim, RunRecord) for claim in claims) == limits.environment_active
    assert {claim.limit for claim in claims if isinstance(claim, EnvironmentFull)} == {"environment_active"}
    assert active(records)[ENVIRONMENT] == limits.environment_active
    assert sum(record.status is Status.LAUNCHING for record in records.live()) == limits.environment_active


def test_nothing_is_launched_when_the_environment_has_spent_its_day(
    records: RunRecords, limits: Limits, running: RunRecord
) -> None:
    records.end("r1", Status.SUCCEEDED, outcome="answered", usd=limits.environment_usd_per_day)
    records.accept("r2", BOB, "", "digest", limits)

    with pytest.raises(EnvironmentFull) as full:
        records.claim("r2", limits)
    assert full.value.limit == "environment_usd_per_day"
    assert active(records) == {ALICE: 0, BOB: 1, ENVIRONMENT: 0}


def test_launches_at_once_reserve_no_more_than_is_left_of_the_environments_day(records: RunRecords) -> None:
    limits = Limits(principal_active=9, environment_active=9, principal_usd_per_day=9, environment_usd_per_day=9)
    for number in range(8):
        records.accept(f"r{number}", f"owner-{number}", "", "digest", limits, usd=2.0)

    claims = at_once(8, lambda number: records.claim(f"r{number}", limits))

    launched = [claim.run_id for claim in claims if isinstance(claim, RunRecord)]
    assert len(launched) == 4  # a fifth would come to ten dollars
    assert {claim.limit for claim in claims if isinstance(claim, EnvironmentFull)} == {"environment_usd_per_day"}

    waiting = next(f"r{number}" for number in range(8) if f"r{number}" not in launched)
    records.end(launched[0], Status.FAILED, usd=1.5)  # of nine dollars 1.5 are gone and 6 reserved
    with pytest.raises(EnvironmentFull, match=r"leave too little of the day's \$9 for one that may cost \$2"):
        records.claim(waiting, limits)
    records.queue(launched[1], "launch.capacity")  # what waits again holds no dollars
    assert records.claim(waiting, limits) is not None


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.FAILED, Status.CANCELLED, Status.TIMED_OUT])
def test_what_a_run_did_not_spend_comes_back_once_however_it_ends(
    records: RunRecords, clock: Any, status: Status
) -> None:
    limits = Limits(principal_active=9, environment_active=9, principal_usd_per_day=9, environment_usd_per_day=5)
    records.accept("r1", ALICE, "", "digest", limits, usd=5.0)
    records.claim("r1", limits)
    records.begin("r1")
    records.beat("r1", "trains", usd=0.5)

    at_once(4, lambda _: records.end("r1", status, launch=1))

    records.accept("r2", BOB, "", "digest", limits, usd=4.5)
    assert records.claim("r2", limits) is not None
    records.accept("r3", BOB, "", "digest", limits, usd=0.01)
    with pytest.raises(EnvironmentFull):
        records.claim("r3", limits)


def test_a_run_over_midnight_counts_on_the_environments_day_on_which_it_was_launched(
    records: RunRecords, clock: Any
) -> None:
    limits = Limits(principal_active=9, environment_active=9, principal_usd_per_day=9, environment_usd_per_day=5)
    clock.advance(hours=14, minutes=50)
    records.accept("late", ALICE, "", "digest", limits, usd=4.0)
    records.accept("waits", BOB, "", "digest", limits, usd=4.0)
    records.claim("late", limits)
    with pytest.raises(EnvironmentFull):
        records.claim("waits", limits)

    clock.advance(minutes=20)
    assert records.claim("waits", limits) is not None  # of the new day
    for run_id in ("late", "waits"):
        records.begin(run_id)
        records.end(run_id, Status.SUCCEEDED, outcome="answered", usd=3.5)

    records.accept("next", BOB, "", "digest", limits, usd=1.5)
    assert records.claim("next", limits) is not None
