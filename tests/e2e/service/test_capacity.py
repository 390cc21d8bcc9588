"""More runs than there is room for: they wait, and all of them end."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from harness.ecs_front import NO_CAPACITY, THROTTLED

COUNT = "How many interactions are there?"


def test_runs_that_ecs_throttles_or_has_no_room_for_are_queued_and_then_succeed(alice, ecs):
    waiting = []
    for answer in (THROTTLED, NO_CAPACITY):
        with ecs.refusing(answer):
            waiting.append(alice.ask(COUNT))
            assert alice.until(waiting[-1], "QUEUED")["status"] == "QUEUED"
    for run_id in waiting:
        assert alice.ended(run_id)["status"] == "SUCCEEDED"


def test_a_queued_run_that_is_cancelled_is_never_launched(alice, ecs):
    with ecs.refusing(NO_CAPACITY):
        run_id = alice.ask(COUNT)
        alice.until(run_id, "QUEUED")
        assert alice.cancel(run_id).status_code == 202
        assert alice.ended(run_id)["status"] == "CANCELLED"  # at once, unless it was just tried again
    assert not ecs.launches_of(run_id)


def most_at_once(ended: list[dict], ecs) -> int:
    """How many of these runs, at most, had been launched and had not ended at the same time."""
    spans = [(ecs.launches_of(run["run_id"])[-1]["at"], datetime.fromisoformat(run["ended_at"])) for run in ended]
    return max(sum(start <= moment < end for start, end in spans) for moment, _ in spans)


def test_twenty_runs_at_once_all_end_and_no_more_run_than_the_environment_allows(team, ecs, tasks, service):
    callers = team * 5
    with ThreadPoolExecutor(20) as pool:
        with tasks.held():  # nobody's run is over before the last one asks
            answers = list(pool.map(lambda caller: caller.call("POST", "/prompt", {"prompt": COUNT}), callers))
        accepted = [answer.json() for answer in answers]
        runs = zip(callers, (run["run_id"] for run in accepted), strict=True)
        ended = list(pool.map(lambda run: run[0].ended(run[1], within=600), runs))
    assert sum(run["status"] == "QUEUED" for run in accepted) == 20 - service.environment_active
    assert [state["status"] for state in ended] == ["SUCCEEDED"] * 20
    assert 1 < most_at_once(ended, ecs) <= service.environment_active


def test_a_caller_at_the_limit_is_told_to_come_back(bob, ecs, service):
    with ecs.refusing(NO_CAPACITY):
        waiting = [bob.ask(COUNT) for _ in range(service.principal_active)]
        refused = bob.call("POST", "/prompt", {"prompt": COUNT})
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        for run_id in waiting:
            assert bob.cancel(run_id).status_code == 202
            assert bob.ended(run_id)["status"] == "CANCELLED"
    last = bob.ask(COUNT)
    assert bob.ended(last)["status"] == "SUCCEEDED"
