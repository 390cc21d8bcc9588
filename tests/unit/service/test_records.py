"""The records of runs: who may take a run on, what ends it, and what the counters hold meanwhile."""

from kaiseki.lifecycle import Status
from kaiseki.stores.dynamodb import Limits, RunRecords

ALICE = "arn:aws:iam::111122223333:role/analyst/alice"


def test_a_run_goes_from_its_acceptance_to_its_end(records: RunRecords, limits: Limits) -> None:
    records.accept("r1", ALICE, "", "digest", limits)
    claimed = records.claim("r1", limits)
    assert claimed is not None
    assert claimed.status is Status.LAUNCHING
    records.launched("r1", "arn:task/1")
    assert records.begin("r1").status is Status.RUNNING
    assert not records.beat("r1", "reads the catalog")
    assert records.end("r1", Status.SUCCEEDED, outcome="answered", usd=0.25)

    ended = records.get("r1")
    assert ended is not None
    assert (ended.status, ended.outcome, ended.usd, ended.task_arn) == (
        Status.SUCCEEDED, "answered", 0.25, "arn:task/1",
    )  # fmt: skip
    assert list(records.live()) == []
    assert [counter.active for counter in records.counters()] == [0, 0]
    assert not records.end("r1", Status.FAILED)
    assert records.of_owner(ALICE, 10, "") == ([ended], "")
