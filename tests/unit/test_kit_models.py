"""What is recorded of a model, and what is refused."""
# ruff: noqa: N806 - X_train and X_test are the names the field knows them by

import json
import time
from pathlib import Path
from typing import Any

import joblib  # type: ignore[import-untyped]
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import accuracy_score, mean_absolute_error, r2_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from kaiseki_kit import model


@pytest.fixture(autouse=True)
def outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KAISEKI_OUTBOX", str(tmp_path))
    return tmp_path


def records(outbox: Path, kind: str) -> dict[str, dict[str, Any]]:
    lines = (outbox / "records.jsonl").read_text(encoding="utf-8").splitlines()
    return {record["name"]: record for record in map(json.loads, lines) if record["kind"] == kind}


def facts(outbox: Path) -> dict[str, Any]:
    return {name: record["value"] for name, record in records(outbox, "fact").items()}


def statuses(outbox: Path) -> dict[str, str]:
    return {name: record["value"]["status"] for name, record in records(outbox, "check").items()}


def message(outbox: Path, check: str) -> str:
    return str(records(outbox, "check")[check]["value"]["message"])


Split = tuple[pd.DataFrame, pd.DataFrame, pd.Series, pd.Series]


def rows(target: str = "bought", count: int = 1_200) -> Split:
    """Two features that matter and one that does not; X_train, X_test, y_train, y_test."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(count, 3)), columns=["price", "visits", "noise"])
    strength = 1.5 * frame["price"] - 0.8 * frame["visits"]
    targets = {
        "bought": (random.random(count) < 1 / (1 + np.exp(1 - strength))).astype(int),
        "spent": 50 + 10 * strength + random.normal(0, 10, count),
        "segment": pd.cut(strength + random.normal(size=count), [-99, -1, 1, 99], labels=["low", "mid", "top"]),
    }
    parts = train_test_split(frame, pd.Series(np.asarray(targets[target]), name=target), random_state=0)
    return parts[0], parts[1], parts[2], parts[3]


def fitted(target: str = "bought") -> tuple[Any, Split]:
    split = rows(target)
    estimator = LinearRegression() if target == "spent" else LogisticRegression()
    return estimator.fit(split[0], split[2]), split


def test_probabilities_are_judged_by_roc_auc_beside_the_baseline(outbox: Path) -> None:
    estimator, (X_train, X_test, y_train, y_test) = fitted()
    chances = estimator.predict_proba(X_test)[:, 1]
    report = model("buyers", estimator, X_test, y_test, chances, X_train=X_train, y_train=y_train, title="Who buys")
    measured = facts(outbox)
    assert measured["buyers_score"] == report.score == pytest.approx(roc_auc_score(y_test, chances))
    assert (measured["buyers_baseline"], measured["buyers_metric"]) == (0.5, "ROC AUC")
    assert measured["buyers_accuracy"] == pytest.approx(accuracy_score(y_test, chances >= 0.5))
    assert measured["buyers_baseline_accuracy"] == pytest.approx((y_test == 0).mean())
    assert measured["buyers_positive_rate"] == pytest.approx(y_test.mean())
    assert (measured["buyers_rows_test"], measured["buyers_suspects"]) == (300, [])
    assert set(statuses(outbox).values()) == {"passed"}


def test_a_matrix_of_probabilities_is_judged_as_its_last_column(outbox: Path) -> None:
    estimator, (_, X_test, _, y_test) = fitted()
    one = model("a", estimator, X_test, y_test, estimator.predict_proba(X_test)[:, 1])
    assert model("b", estimator, X_test, y_test, estimator.predict_proba(X_test)).measures == one.measures


def test_labels_are_judged_by_accuracy_beside_the_most_frequent_class(outbox: Path) -> None:
    estimator, (X_train, X_test, y_train, y_test) = fitted()
    model("buyers", estimator, X_test, y_test, estimator.predict(X_test), X_train=X_train, y_train=y_train)
    measured = facts(outbox)
    assert measured["buyers_metric"] == "accuracy"
    assert measured["buyers_score"] == pytest.approx(accuracy_score(y_test, estimator.predict(X_test)))
    assert measured["buyers_baseline"] == pytest.approx((y_test == 0).mean())
    assert "y_train" in records(outbox, "fact")["buyers_baseline"]["note"]


@pytest.mark.parametrize("form", ["labels", "probabilities"])
def test_many_classes_are_judged_by_accuracy(outbox: Path, form: str) -> None:
    estimator, (_, X_test, _, y_test) = fitted("segment")
    predictions = estimator.predict(X_test) if form == "labels" else estimator.predict_proba(X_test)
    report = model("segments", estimator, X_test, y_test, predictions)
    assert (report.task, report.metric) == ("multiclass classification", "accuracy")
    assert report.score == pytest.approx(accuracy_score(y_test, estimator.predict(X_test)))
    table = pd.read_csv(outbox / "tables/segments_confusion.csv")
    assert table["actual"].tolist() == ["low", "mid", "top"]
    assert table.iloc[:, 1:].to_numpy().sum() == len(y_test)


def test_numbers_are_judged_by_r2_and_mean_error_beside_the_mean(outbox: Path) -> None:
    estimator, (X_train, X_test, y_train, y_test) = fitted("spent")
    predicted = estimator.predict(X_test)
    model("spending", estimator, X_test, y_test, predicted, X_train=X_train, y_train=y_train)
    measured = facts(outbox)
    assert measured["spending_metric"] == "R2"
    assert measured["spending_score"] == pytest.approx(r2_score(y_test, predicted))
    assert measured["spending_mae"] == pytest.approx(mean_absolute_error(y_test, predicted))
    assert measured["spending_baseline_mae"] == pytest.approx((y_test - y_train.mean()).abs().mean())
    assert measured["spending_baseline"] == pytest.approx(r2_score(y_test, np.full(len(y_test), y_train.mean())))
    deciles = pd.read_csv(outbox / "tables/spending_deciles.csv")
    assert deciles["rows"].sum() == len(y_test)
    assert deciles["predicted_mean"].is_monotonic_increasing


def test_without_training_rows_the_report_says_what_could_not_be_checked(outbox: Path) -> None:
    estimator, (_, X_test, _, y_test) = fitted()
    model("buyers", estimator, X_test, y_test, estimator.predict(X_test))
    assert statuses(outbox)["buyers_held_out"] == "warning"
    assert "X_train was not given" in message(outbox, "buyers_held_out")
    assert "y_train was not given" in records(outbox, "fact")["buyers_baseline"]["note"]


def test_importance_is_the_fall_of_the_score_when_a_feature_is_shuffled(outbox: Path) -> None:
    estimator, (_, X_test, _, y_test) = fitted()
    before = X_test.copy()
    model("buyers", estimator, X_test, y_test, estimator.predict_proba(X_test)[:, 1])
    table = pd.read_csv(outbox / "tables/buyers_importance.csv").set_index("feature")["importance"]
    assert table.index.tolist() == ["price", "visits", "noise"]
    assert table["price"] > 0.1
    assert abs(table["noise"]) < 0.02
    pd.testing.assert_frame_equal(X_test, before)


def test_the_estimator_is_saved_with_a_card_and_predicts_again(outbox: Path) -> None:
    estimator, (X_train, X_test, y_train, y_test) = fitted()
    model(
        "buyers", estimator, X_test, y_test, estimator.predict(X_test), X_train=X_train, y_train=y_train, title="買う人"
    )
    record = records(outbox, "model")["buyers"]
    assert record["files"] == ["models/buyers/estimator.joblib", "models/buyers/card.md"]
    assert record["value"]["features"] == ["price", "visits", "noise"]
    assert (record["value"]["target"], record["value"]["estimator"]) == ("bought", "LogisticRegression()")
    assert (record["value"]["rows_train"], record["value"]["rows_test"]) == (900, 300)
    loaded = joblib.load(outbox / "models/buyers/estimator.joblib")
    assert (loaded.predict(X_test) == estimator.predict(X_test)).all()
    card = (outbox / "models/buyers/card.md").read_text(encoding="utf-8")
    for expected in (
        "# 買う人",
        "binary classification of `bought`",
        "900 for training, 300 held out",
        "price, visits",
    ):
        assert expected in card


def test_a_leak_is_a_suspect_a_fact_and_a_check_in_words(outbox: Path) -> None:
    X_train, X_test, y_train, y_test = rows()
    random = np.random.default_rng(1)
    kinds = pd.Series(random.choice(["view", "click"], 1_200))
    for part, target in ((X_train, y_train), (X_test, y_test)):
        part["kind"] = kinds[part.index].where((target == 0) | (random.random(len(part)) < 0.03), "purchase")
    encode = make_column_transformer((OneHotEncoder(), ["kind"]), remainder="passthrough")
    estimator = make_pipeline(encode, LogisticRegression()).fit(X_train, y_train)
    report = model(
        "buyers", estimator, X_test, y_test, estimator.predict_proba(X_test), X_train=X_train, y_train=y_train
    )
    assert report.suspects == ("kind",)
    assert facts(outbox)["buyers_suspects"] == ["kind"]
    assert statuses(outbox)["buyers_leakage"] == "warning"
    said = message(outbox, "buyers_leakage")
    assert said.startswith("'kind' alone predicts bought with ROC AUC 0.9")
    assert "with the value 'purchase', 100.0% have bought = 1" in said
    assert pd.read_csv(outbox / "tables/buyers_leakage.csv")["feature"].tolist()[0] == "kind"


def test_rows_that_were_trained_on_are_refused_by_label_and_by_content(outbox: Path) -> None:
    estimator, (X_train, _, y_train, _) = fitted()
    some = X_train.head(100)
    for test in (some, some.reset_index(drop=True), some.to_numpy()):
        train = X_train if isinstance(test, pd.DataFrame) else X_train.to_numpy()
        with pytest.raises(ValueError, match=r"100 of 100 rows of X_test (are rows of|repeat a row of) X_train"):
            model("buyers", estimator, test, y_train.head(100).to_numpy(), [0, 1] * 50, X_train=train, y_train=y_train)
    assert not (outbox / "records.jsonl").exists()


def test_even_a_few_rows_of_both_sides_are_refused_when_their_labels_show_it(outbox: Path) -> None:
    estimator, (X_train, X_test, y_train, y_test) = fitted()
    test, target = pd.concat([X_test, X_train.head(3)]), pd.concat([y_test, y_train.head(3)])
    with pytest.raises(ValueError, match="3 of 303 rows of X_test are rows of X_train"):
        model("buyers", estimator, test, target, estimator.predict(test), X_train=X_train, y_train=y_train)


def test_duplicates_across_the_split_are_a_warning_and_many_void_the_score(outbox: Path) -> None:
    estimator, (X_train, X_test, y_train, y_test) = fitted()
    for name, count, status in (("few", 6, "warning"), ("many", 60, "failed")):
        train = pd.concat([X_train, X_test.head(count).set_axis(range(5_000, 5_000 + count))])
        target = pd.concat([y_train, y_test.head(count)])
        model(name, estimator, X_test, y_test, estimator.predict(X_test), X_train=train, y_train=target)
        assert statuses(outbox)[f"{name}_held_out"] == status
        assert f"{count} of 300 held-out rows" in message(outbox, f"{name}_held_out")


def test_features_of_few_values_are_not_taken_for_training_rows(outbox: Path) -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.integers(0, 2, size=(400, 3)), columns=list("abc"))
    target = pd.Series(random.integers(0, 2, 400))
    train, test = frame[:300].reset_index(drop=True), frame[300:].reset_index(drop=True)
    estimator = LogisticRegression().fit(train, target[:300])
    predicted = estimator.predict(test)
    model("coins", estimator, test, target[300:].to_numpy(), predicted, X_train=train, y_train=target[:300])
    assert statuses(outbox)["coins_held_out"] == "passed"


def test_predictions_that_the_estimator_does_not_make_are_noticed(outbox: Path) -> None:
    estimator, (_, X_test, _, y_test) = fitted()
    model("buyers", estimator, X_test, y_test, y_test)
    assert statuses(outbox)["buyers_predictions"] == "warning"
    assert message(outbox, "buyers_predictions").startswith("the given predictions score 1.0000, the estimator's own")


def test_an_estimator_that_wants_other_columns_is_measured_without_importances(outbox: Path) -> None:
    estimator, (_, X_test, _, y_test) = fitted()
    report = model("buyers", estimator, X_test[["price"]], y_test, estimator.predict(X_test))
    assert report.score > 0.7
    assert statuses(outbox)["buyers_predictions"] == "warning"
    assert not (outbox / "tables/buyers_importance.csv").exists()


def test_what_cannot_be_pickled_is_measured_and_said_not_to_be_saved(outbox: Path) -> None:
    class Rule:
        def predict(self, features: pd.DataFrame) -> Any:
            return (features["price"] > 0).astype(int)

    _, X_test, _, y_test = rows()
    model("rule", Rule(), X_test, y_test, Rule().predict(X_test))
    assert records(outbox, "model")["rule"]["files"] == ["models/rule/card.md"]
    assert "was not saved" in message(outbox, "rule_file")
    assert sorted(path.name for path in (outbox / "models/rule").iterdir()) == ["card.md"]


def bad(**changed: Any) -> dict[str, Any]:
    estimator, (X_train, X_test, y_train, y_test) = fitted()
    call = {
        "estimator": estimator,
        "X_test": X_test,
        "y_test": y_test,
        "predictions": estimator.predict_proba(X_test)[:, 1],
        "X_train": X_train,
        "y_train": y_train,
    }
    return call | {key: change(call[key]) for key, change in changed.items()}


def with_gap(values: Any) -> np.ndarray:
    gapped = np.asarray(values, dtype=float).copy()
    gapped[5] = np.nan
    return gapped


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"predictions": lambda p: p[:-1]}, "predictions have 299 rows and y_test has 300"),
        ({"predictions": with_gap}, "predictions are missing in 1 rows"),
        ({"predictions": lambda p: p * 10 - 3}, "predictions reach from .* give class labels or the probability of 1"),
        ({"predictions": lambda p: np.column_stack([p, p, p])}, "3 columns for 2 classes"),
        ({"predictions": lambda p: np.column_stack([p, p])}, "are no probabilities"),
        ({"predictions": lambda p: np.where(p > 0.5, "yes", "no")}, "predictions hold no, which is no class"),
        ({"y_test": lambda y: y[:-1]}, "X_test has 300 rows and y_test has 299"),
        ({"y_test": with_gap}, "y_test is missing in 1 of 300 rows"),
        ({"y_test": lambda y: y * 0}, "y_test holds nothing but 0: no score can be measured"),
        ({"y_test": lambda y: y.iloc[::-1]}, "X_test and y_test have the same rows in another order"),
        ({"y_train": lambda y: y[:-1]}, "X_train has 900 rows and y_train has 899"),
        ({"X_train": lambda x: x.rename(columns={"noise": "x"})}, "they must match"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_would_void_the_score_is_refused_and_leaves_nothing(
    changed: dict[str, Any], reason: str, outbox: Path
) -> None:
    call = bad(**changed)
    with pytest.raises(ValueError, match=reason):
        model("buyers", **call)
    assert not list(outbox.iterdir())


def test_predictions_in_another_order_than_the_truth_are_refused() -> None:
    estimator, (_, X_test, _, y_test) = fitted()
    shuffled = pd.Series(estimator.predict(X_test), index=X_test.index).sort_index()
    with pytest.raises(ValueError, match="predictions and y_test have the same rows in another order"):
        model("buyers", estimator, X_test, y_test, shuffled)


@pytest.mark.parametrize(
    ("target", "task"),
    [
        ([0, 1] * 50, "binary classification"),
        ([0.0, 1.0] * 50, "binary classification"),
        ([True, False] * 50, "binary classification"),
        (["no", "yes"] * 50, "binary classification"),
        (["a", "b", "c", "d"] * 25, "multiclass classification"),
        ([1, 2, 3, 4, 5] * 20, "multiclass classification"),
        (list(range(100)), "regression"),
        ([0.5, 1.5] * 50, "regression"),
    ],
)
def test_the_task_follows_from_the_target(target: list[Any], task: str) -> None:
    features = pd.DataFrame({"a": np.random.default_rng(0).normal(size=100)})
    assert model("m", None, features, target, target).task == task


def test_whole_numbers_that_a_regressor_predicts_are_a_regression() -> None:
    random = np.random.default_rng(0)
    features, stars = pd.DataFrame({"a": random.normal(size=200)}), pd.Series(random.integers(1, 6, 200))
    estimator = LinearRegression().fit(features, stars)
    assert model("stars", estimator, features, stars, estimator.predict(features)).task == "regression"


def test_the_same_model_leaves_the_same_records(outbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = []
    for run in ("one", "two"):
        monkeypatch.setenv("KAISEKI_OUTBOX", str(outbox / run))
        X_train, X_test, y_train, y_test = rows()
        estimator = RandomForestClassifier(30, random_state=0).fit(X_train, y_train)
        model("m", estimator, X_test, y_test, estimator.predict_proba(X_test), X_train=X_train, y_train=y_train)
        files = [path for path in sorted((outbox / run).rglob("*")) if path.is_file() and path.suffix != ".joblib"]
        left.append({path.relative_to(outbox / run): path.read_bytes() for path in files})
    assert left[0] == left[1]
    assert len(left[0]) == 5


def test_measuring_a_forest_on_many_rows_takes_a_moment_only() -> None:
    X_train, X_test, y_train, y_test = rows(count=40_000)
    estimator = RandomForestClassifier(50, max_depth=8, random_state=0).fit(X_train.head(2_000), y_train.head(2_000))
    chances = estimator.predict_proba(X_test)[:, 1]
    started = time.process_time()
    model("m", estimator, X_test, y_test, chances, X_train=X_train, y_train=y_train)
    assert time.process_time() - started < 5
