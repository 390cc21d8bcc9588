from kaiseki.agent.meter import Meter
from kaiseki.models import Budget, Execution, Query, Step, Usage


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def accepted(seconds: float = 0.0, rows: int = 0) -> Step:
    query = Query(name="q", sql="select 1 as one", rows=rows)
    return Step(number=1, accepted=True, execution=Execution(seconds=seconds), queries=(query,))


def test_a_fresh_run_is_not_exhausted():
    assert Meter(Budget()).exhausted() is None


def test_each_part_of_the_budget_ends_the_run_by_its_own_name():
    steps = Meter(Budget(steps=1))
    steps.attempted(accepted())
    tokens = Meter(Budget(tokens=100))
    tokens.called(Usage(calls=1, input_tokens=60, cache_read_tokens=40))
    usd = Meter(Budget(usd=0.1))
    usd.called(Usage(calls=1, usd=0.2))
    rows = Meter(Budget(rows=10))
    rows.attempted(accepted(rows=10))
    clock = Clock()
    seconds = Meter(Budget(seconds=60), clock)
    clock.seconds = 56
    reasons = [meter.exhausted() for meter in (steps, tokens, usd, rows, seconds)]
    assert reasons == ["budget.steps", "budget.tokens", "budget.usd", "budget.rows", "budget.seconds"]


def test_a_budget_of_no_dollars_is_kept_by_a_model_that_costs_nothing_and_ended_by_one_that_does():
    free, paid = Meter(Budget(usd=0)), Meter(Budget(usd=0))
    free.called(Usage(calls=1, input_tokens=60, usd=0.0))
    paid.called(Usage(calls=1, input_tokens=60, usd=0.001))
    assert (free.exhausted(), paid.exhausted()) == (None, "budget.usd")


def test_one_query_may_return_no_more_than_all_of_them():
    assert Budget(rows=3).row_cap == 3
    assert Budget(rows=9, rows_per_query=4).row_cap == 4


def test_time_for_the_replay_is_kept():
    clock = Clock()
    meter = Meter(Budget(seconds=100), clock)
    meter.attempted(accepted(seconds=40))
    clock.seconds = 46
    assert meter.seconds_left == 0
    assert meter.exhausted() == "budget.seconds"


def test_an_unknown_price_ends_no_run_and_is_not_shown_as_nothing():
    meter = Meter(Budget(usd=0.1))
    meter.called(Usage(calls=1, usd=None))
    assert meter.exhausted() is None
    assert "USD" not in meter.left()


def test_time_is_named_once_it_is_short():
    clock = Clock()
    meter = Meter(Budget(seconds=100), clock)
    assert " s" not in meter.left()
    clock.seconds = 60
    assert meter.left().endswith("35 s")
