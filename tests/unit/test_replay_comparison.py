import pytest

from kaiseki.agent.replay import OTHER_MACHINE, SAME_MACHINE, compare, same
from kaiseki.models import Fact


def fact(name: str, value: object) -> Fact:
    return Fact(name=name, kind="fact", value=value, step=1, line=1)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (1, 1),
        (1, 1.0),
        (0.1 + 0.2, 0.3),
        ("a", "a"),
        ([1.0, 2.0], [1.0, 2.0 + 1e-12]),
        ({"a": [1]}, {"a": [1]}),
        (True, True),
    ],
)
def test_what_counts_as_the_same(was, now):
    assert same(was, now, SAME_MACHINE)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (1, 2),
        (1.0, 1.0001),
        (10_000_000_000, 10_000_000_001),
        (10**400, 10**400 + 1),
        (10**400, 1.5),
        ("a", "b"),
        ([1], [1, 2]),
        ({"a": 1}, {"b": 1}),
        (True, 1),
        (0, False),
        ("1", 1),
        (None, 0),
    ],
)
def test_what_counts_as_different(was, now):
    assert not same(was, now, SAME_MACHINE)


def test_another_machine_may_round_otherwise():
    assert not same(1.0, 1.0 + 1e-7, SAME_MACHINE)
    assert same(1.0, 1.0 + 1e-7, OTHER_MACHINE)


def test_facts_that_went_and_facts_that_came_are_named():
    was = {"kept": fact("kept", 1), "gone": fact("gone", 2)}
    now = {"kept": fact("kept", 1), "come": fact("come", 3)}
    statuses = {each.name: each.status for each in compare(was, now, SAME_MACHINE)}
    assert statuses == {"kept": "same", "gone": "missing", "come": "new"}
