import itertools

import pytest

from kaiseki.lifecycle import TERMINAL, IllegalTransition, Status, advance


def test_the_usual_life_of_a_run():
    state = Status.ACCEPTED
    for following in (Status.LAUNCHING, Status.QUEUED, Status.LAUNCHING, Status.RUNNING, Status.SUCCEEDED):
        state = advance(state, following)
    assert state.terminal


@pytest.mark.parametrize("state", [state for state in Status if not state.terminal])
@pytest.mark.parametrize("end", [Status.FAILED, Status.CANCELLED, Status.TIMED_OUT])
def test_whatever_has_not_ended_may_end(state, end):
    assert advance(state, end) is end


@pytest.mark.parametrize(("state", "following"), list(itertools.product(sorted(TERMINAL), Status)))
def test_a_terminal_state_is_never_left(state, following):
    with pytest.raises(IllegalTransition):
        advance(state, following)


def test_nothing_succeeds_that_has_not_run():
    for state in (Status.ACCEPTED, Status.QUEUED, Status.LAUNCHING):
        with pytest.raises(IllegalTransition):
            advance(state, Status.SUCCEEDED)
