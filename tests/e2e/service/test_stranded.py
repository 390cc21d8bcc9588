"""Runs of which nothing is heard any more: the reconciler, which looks every minute, closes them."""

import pytest


@pytest.mark.parametrize(("run", "reason"), [("vanished", "task.killed"), ("unstarted", "task.never_started")])
def test_the_reconciler_closes_a_run_whose_task(run, reason, stranded, bob):
    state = bob.ended(stranded[run])
    assert (state["status"], state["reason"]) == ("FAILED", reason)
