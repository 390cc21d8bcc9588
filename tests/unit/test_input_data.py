"""The sample data are what their README says."""

import csv
import runpy
from collections import Counter
from pathlib import Path

INPUT = Path(__file__).parents[2] / "input"


def rows(name: str) -> list[dict[str, str]]:
    with (INPUT / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_script_writes_the_committed_bytes(tmp_path):
    runpy.run_path(str(INPUT / "make_input.py"))["main"](tmp_path)
    for name in ("users.csv", "interactions.csv"):
        assert (tmp_path / name).read_bytes() == (INPUT / name).read_bytes()


def test_what_was_planted_is_there():
    users, interactions = rows("users.csv"), rows("interactions.csv")
    assert (len(users), len(interactions)) == (1_000, 20_120)
    assert sum(user["age"] == "" for user in users) == 40
    assert len(interactions) - len({tuple(row.values()) for row in interactions}) == 120
    activity = Counter(row["userid"] for row in interactions)
    assert {user for user, _ in activity.most_common(5)} == {"77", "204", "391", "512", "868"}


def test_the_type_purchase_gives_the_target_away():
    kinds = Counter((row["interactiontype"], row["purchase"]) for row in rows("interactions.csv"))
    assert kinds["purchase", "1"] / (kinds["purchase", "1"] + kinds["purchase", "0"]) > 0.98


def test_feature_one_has_a_real_effect():
    bought = Counter((float(row["feature1"]) > 50, row["purchase"]) for row in rows("interactions.csv"))
    low, high = (bought[side, "1"] / (bought[side, "1"] + bought[side, "0"]) for side in (False, True))
    assert high > 2 * low
