"""Runs of which nothing is heard any more: the reconciler, which looks every minute, closes them.

They are stranded before the scenarios of the other files that end with this one, so that their time has come here.
"""

import pytest


@pytest.mark.parametrize(("run", "reason"), [("vanished", "task.killed"), ("unstarted", "task.never_started")])
def test_the_reconciler_closes_a_run_whose_task(run, reason, stranded, bob):
    state = bob.ended(stranded[run], within=150)
    assert (state["status"], state["reason"]) == ("FAILED", reason)
