"""Which features are suspected of restating the target, whatever they are called."""

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from kaiseki_kit import leakage

KINDS = ("view", "click", "favorite", "add-to-cart", "purchase")


def shop(rows: int = 4_000, seed: int = 0) -> tuple[pd.DataFrame, pd.Series]:
    """Honest features with real effects, and `target`, which nothing in the frame restates."""
    random = np.random.default_rng(seed)
    price, visits = random.normal(size=rows), random.poisson(3, size=rows)
    group = random.choice(list("abcd"), size=rows)
    chance = 1 / (1 + np.exp(-(1.2 * price + 0.15 * (visits - 3) + 0.6 * (group == "a") - 1.3)))
    frame = pd.DataFrame({"c1": price, "c2": visits, "c3": group, "c4": random.random(rows) < 0.3})
    return frame, pd.Series((random.random(rows) < chance).astype(int), name="c9")


def noisy(target: pd.Series, share: float, seed: int = 1) -> np.ndarray:
    """The target with a share of its rows turned over."""
    return np.asarray(target) ^ (np.random.default_rng(seed).random(len(target)) < share)


def as_category(target: pd.Series) -> pd.Series:
    known = noisy(target, 0.01).astype(bool)
    others = np.random.default_rng(2).choice(["k1", "k2", "k3", "k4"], size=len(target))
    return pd.Series(np.where(known, "k5", others))


def as_boolean(target: pd.Series) -> pd.Series:
    return pd.Series(noisy(target, 0.01).astype(bool))


def as_number(target: pd.Series) -> pd.Series:
    random = np.random.default_rng(3)
    return pd.Series(np.where(noisy(target, 0.01) == 1, random.gamma(3, 20, len(target)), 0.0))


def as_gap(target: pd.Series) -> pd.Series:
    moments = pd.Series(pd.Timestamp("2025-01-01") + pd.to_timedelta(range(len(target)), unit="h"))
    return moments.where(np.asarray(target) == 0)


def as_code(target: pd.Series) -> pd.Series:
    return pd.Series(noisy(target, 0.005) * 7 + 2)


def as_opposite(target: pd.Series) -> pd.Series:
    return pd.Series(1.0 - 2.0 * np.asarray(target) + np.random.default_rng(4).normal(0, 0.3, len(target)))


@pytest.mark.parametrize("leak", [as_category, as_boolean, as_number, as_gap, as_code, as_opposite])
@pytest.mark.parametrize("place", ["c0", "c2", "c99"])
def test_a_leak_is_found_in_whichever_column_it_lies(leak: Callable[[pd.Series], pd.Series], place: str) -> None:
    frame, target = shop()
    frame[place] = leak(target)
    checked = leakage(frame, target)
    assert checked.loc[checked["suspect"], "feature"].tolist() == [place]
    assert checked.loc[0, "feature"] == place


def test_strong_but_honest_features_are_not_suspected() -> None:
    for seed in range(8):
        frame, target = shop(seed=seed)
        checked = leakage(frame, target)
        assert checked["single_score"].max() == pytest.approx(0.77, abs=0.04)
        assert not checked["suspect"].any()


def test_a_kind_that_nearly_is_the_target_is_suspected_though_far_from_pure() -> None:
    """Four in five rows of one kind have the target and hold most of it: ROC AUC 0.87 alone, nothing without it."""
    random = np.random.default_rng(5)
    kind = random.choice(KINDS, size=5_000)
    rates = pd.Series({"view": 0.04, "click": 0.19, "favorite": 0.05, "add-to-cart": 0.06, "purchase": 0.79})
    target = pd.Series((random.random(5_000) < rates[kind].to_numpy()).astype(int))
    frame = pd.DataFrame({"kind": kind, "f1": random.random(5_000), "f2": random.random(5_000)})
    checked = leakage(frame, target).set_index("feature")
    assert checked["suspect"].to_dict() == {"kind": True, "f1": False, "f2": False}
    assert checked.loc["kind", "purest_value"] == "'purchase'"
    assert checked.loc["kind", "purity"] == pytest.approx(0.79, abs=0.03)
    assert checked.loc["kind", "coverage"] == pytest.approx(0.70, abs=0.03)
    assert checked.loc["kind", "single_score"] == pytest.approx(0.87, abs=0.02)
    one_hot = leakage(pd.get_dummies(frame), target)
    assert one_hot.loc[one_hot["suspect"], "feature"].tolist() == ["kind_purchase"]
    assert not leakage(frame[["f1", "f2"]], target)["suspect"].any()


def test_a_leak_in_one_hot_columns_of_an_array_is_found_without_names() -> None:
    frame, target = shop()
    frame["c5"] = as_category(target)
    encoded = pd.get_dummies(frame).to_numpy(dtype=float)
    checked = leakage(encoded, target.to_numpy())
    position = list(pd.get_dummies(frame).columns).index("c5_k5")
    assert checked.loc[checked["suspect"], "feature"].tolist() == [f"x{position}"]


def test_a_value_that_settles_a_part_of_the_target_is_found() -> None:
    frame, target = shop()
    settled = (np.asarray(target) == 1) & (np.random.default_rng(6).random(len(target)) < 0.3)
    frame["c5"] = np.where(settled, "refunded", np.random.default_rng(7).choice(["x", "y"], len(target)))
    checked = leakage(frame, target)
    assert checked.loc[checked["suspect"], ["feature", "purest_value"]].values.tolist() == [["c5", "'refunded'"]]


def test_a_leak_of_a_rare_class_is_found_among_many_rows() -> None:
    random = np.random.default_rng(8)
    target = pd.Series((random.random(100_000) < 0.002).astype(int))
    frame = pd.DataFrame({"a": random.normal(size=100_000), "b": random.random(100_000) < 0.5})
    frame["c"] = np.where(target == 1, random.normal(9, 1, 100_000), random.normal(0, 1, 100_000))
    checked = leakage(frame, target)
    assert checked.loc[checked["suspect"], "feature"].tolist() == ["c"]


def test_few_rows_prove_nothing() -> None:
    for seed in range(30):
        random = np.random.default_rng(seed)
        frame = pd.DataFrame({"a": random.normal(size=60), "b": random.choice(list("xyz"), 60)})
        target = pd.Series(random.integers(0, 2, 60))
        frame["c"] = target
        assert not leakage(frame, target)["suspect"].any()


def test_noise_is_never_suspected() -> None:
    for seed in range(15):
        random = np.random.default_rng(seed)
        rows = int(random.integers(100, 1_500))
        frame = pd.DataFrame(
            {
                "number": random.lognormal(size=rows),
                "id": np.arange(rows),
                "name": [f"u{i}" for i in random.integers(0, 30, rows)],
                "flag": random.random(rows) < 0.05,
            }
        )
        target = pd.Series((random.random(rows) < random.uniform(0.1, 0.9)).astype(int))
        assert not leakage(frame, target)["suspect"].any()


def test_a_number_that_restates_a_number_is_found_in_any_shape() -> None:
    random = np.random.default_rng(9)
    features = pd.DataFrame(random.normal(size=(2_000, 3)), columns=["a", "b", "c"])
    target = np.exp(features["a"] * 0.8 + random.normal(size=2_000))
    assert not leakage(features, target)["suspect"].any()
    for leak in (target * 1.1 + 5, np.log(target), -(target**3), target + random.normal(0, 0.01, 2_000)):
        features["d"] = leak
        checked = leakage(features, target)
        assert checked.loc[checked["suspect"], "feature"].tolist() == ["d"]


def test_a_column_that_recodes_many_classes_is_found() -> None:
    random = np.random.default_rng(10)
    target = pd.Series(random.choice(list("pqrst"), 2_000))
    frame = pd.DataFrame({"a": random.normal(size=2_000), "b": target.map({"p": 4, "q": 1, "r": 3, "s": 5, "t": 2})})
    checked = leakage(frame, target)
    assert checked.loc[checked["suspect"], "feature"].tolist() == ["b"]


def test_gaps_lists_dates_and_decimals_in_features_do_not_stop_the_check() -> None:
    import datetime
    import decimal

    frame, target = shop(500)
    frame["gaps"] = frame["c1"].where(frame["c1"] > 0)
    frame["empty"] = None
    frame["lists"] = [[1, 2]] * 500
    frame["dates"] = [datetime.date(2025, 1, 1 + i % 28) for i in range(500)]
    frame["decimals"] = pd.Series([decimal.Decimal(i) / 7 for i in range(500)], dtype=object)
    frame["tokyo"] = pd.date_range("2025-01-01", periods=500, freq="h", tz="Asia/Tokyo")
    frame["infinite"] = np.where(frame["c4"], np.inf, frame["c1"])
    frame["nullable"] = pd.array([1, None] * 250, dtype="Int64")
    frame["category"] = pd.Categorical(frame["c3"])
    checked = leakage(frame, target)
    assert set(checked["feature"]) == set(frame.columns)
    assert not checked["suspect"].any()


def test_the_check_gives_the_same_twice_and_is_quick() -> None:
    frame, target = shop(60_000)
    for position in range(40):
        frame[f"n{position}"] = np.random.default_rng(position).normal(size=60_000)
    started = time.process_time()
    first = leakage(frame, target)
    assert time.process_time() - started < 5
    pd.testing.assert_frame_equal(first, leakage(frame, target))


def test_lengths_and_gaps_in_the_target_are_refused() -> None:
    frame, target = shop(200)
    with pytest.raises(ValueError, match="X has 200 rows and y has 199"):
        leakage(frame, target[:-1])
    with pytest.raises(ValueError, match="y is missing in 1 of 200 rows"):
        leakage(frame, target.astype(float).where(target.index > 0))
