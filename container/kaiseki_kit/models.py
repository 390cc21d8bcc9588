"""A model, judged on held-out rows by this code and not by the one that made it."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from kaiseki_kit.facts import keep_measured
from kaiseki_kit.frames import as_frame, as_target, feature_names
from kaiseki_kit.held_out import Finding, check_held_out
from kaiseki_kit.importance import own_forecast, permutation_importance
from kaiseki_kit.leaks import as_table, check_features, explain
from kaiseki_kit.measures import Forecast, Measures, headline, measure, task_of, understand
from kaiseki_kit.model_card import Card, save_card, save_model
from kaiseki_kit.notebook import show_line
from kaiseki_kit.outcomes import outcome_table
from kaiseki_kit.recording import check_names, check_text, outbox, record
from kaiseki_kit.tables import write_table
from kaiseki_kit.values import Json

MOST_FEATURES_LISTED = 200
LONGEST_ESTIMATOR = 200
SAME_SCORE = 1e-6


@dataclass(frozen=True)
class ModelReport:
    """What was measured. `score` and `baseline` are in `metric`; `suspects` are features that restate the target."""

    name: str
    task: str
    metric: str
    score: float
    baseline: float
    rows_test: int
    features: tuple[str, ...]
    suspects: tuple[str, ...]
    measures: dict[str, float] = field(default_factory=dict)


def model(
    name: str,
    estimator: Any,
    X_test: Any,  # noqa: N803 - the field's own name
    y_test: Any,
    predictions: Any,
    *,
    X_train: Any = None,  # noqa: N803
    y_train: Any = None,
    title: str | None = None,
) -> ModelReport:
    """Measures `predictions` against `y_test`, checks the features, saves the estimator, and records all of it.

    predictions: class labels; the probability of the positive (last) class; probabilities, rows x classes, in the
    order of `estimator.classes_`; or numbers. Give X_train and y_train too: they show that the rows were held out.
    Records facts `<name>_score`, `_baseline`, `_metric`, `_rows_test`, `_suspects` and further measures, tables
    `<name>_leakage`, `_importance` and `_confusion` or `_deciles`, and files below `models/<name>/`.
    Raises ValueError for lengths that differ, gaps, rows that were trained on, and targets that do not vary.
    """
    heading = title or name
    check_text("model", name, "title", heading)
    test, train = as_frame(X_test, estimator), None if X_train is None else as_frame(X_train, estimator)
    truth, before = as_target(y_test, "y_test"), None if y_train is None else as_target(y_train, "y_train")
    _check_lengths(test, truth, "X_test", "y_test")
    if train is not None and before is not None:
        _check_lengths(train, before, "X_train", "y_train")
    _check_order(truth, predictions)
    known = truth if before is None else pd.concat([truth, before])
    if truth.nunique() < 2:
        raise ValueError(f"y_test holds nothing but {truth.iloc[0]}: no score can be measured, hold out other rows")
    task = task_of(known, estimator)
    forecast = understand(task, _classes(task, estimator, known), truth, predictions)
    held_out = check_held_out(test, train)
    measures = measure(forecast, truth, before)
    features = feature_names(test)
    target_name = str(truth.name) if truth.name is not None else "the target"

    complete = train is not None and before is not None
    seen = pd.concat([test, train]) if complete else test
    checks = check_features(seen, known if complete else truth, features)
    suspects = [check for check in checks if check.suspect]
    alone = "R2" if task == "regression" else "ROC AUC"
    findings: list[tuple[str, Finding]] = [(f"{name}_held_out", held_out)]
    findings += [(f"{name}_leakage", Finding("warning", explain(check, target_name, alone))) for check in suspects]
    if not suspects:
        findings.append((f"{name}_leakage", Finding("passed", f"no single feature gives {target_name} away")))

    tables = {f"{name}_leakage": (as_table(checks), f"{heading}: each feature alone")}
    suffix, outcomes, caption = outcome_table(forecast, truth)
    tables[f"{name}_{suffix}"] = (outcomes, f"{heading}: {caption}")
    importance, finding = _importance(estimator, X_test, features, truth, forecast, [c.feature for c in checks])
    if finding is not None:
        findings.append((f"{name}_predictions", finding))
    if importance is not None:
        tables[f"{name}_importance"] = (importance, f"{heading}: fall of the {measures.metric} when shuffled")

    report = ModelReport(
        name=name,
        task=task,
        metric=measures.metric,
        score=measures.score,
        baseline=measures.baseline,
        rows_test=len(truth),
        features=tuple(features),
        suspects=tuple(check.feature for check in suspects),
        measures=measures.further,
    )
    facts = _facts(report, measures)
    check_names("model", name)
    check_names("fact", *facts)
    check_names("table", *tables)
    for fact_name, (value, unit, note) in facts.items():
        keep_measured(fact_name, value, unit, note)
    for table_name, (frame, caption) in tables.items():
        write_table(table_name, frame, caption)
    _save(report, measures, estimator, heading, target_name, None if train is None else len(train), findings)
    return report


def _facts(report: ModelReport, measures: Measures) -> dict[str, tuple[Json, str | None, str | None]]:
    metric, test = measures.metric, "on held-out rows"
    facts: dict[str, tuple[Json, str | None, str | None]] = {
        f"{report.name}_score": (measures.score, None, f"{metric} {test}"),
        f"{report.name}_baseline": (measures.baseline, None, f"{metric} of {measures.baseline_means}"),
        f"{report.name}_metric": (metric, None, None),
        f"{report.name}_rows_test": (report.rows_test, "rows", None),
        f"{report.name}_suspects": (list(report.suspects), None, "features that may restate the target"),
    }
    for measured, value in measures.further.items():
        facts[f"{report.name}_{measured}"] = (value, None, f"{measured.replace('_', ' ')} {test}")
    return facts


def _importance(
    estimator: Any, features: Any, names: list[str], truth: "pd.Series[Any]", forecast: Forecast, order: list[str]
) -> tuple[pd.DataFrame | None, Finding | None]:
    """The table, or None where the estimator cannot predict from X_test; and what its own predictions show."""
    try:
        own = own_forecast(estimator, features, truth, forecast)
        table = permutation_importance(estimator, features, names, truth, forecast, order)
    except Exception as error:  # noqa: BLE001 - the estimator is the analysis's own code
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:160]
        return None, Finding(
            "warning", f"the estimator does not predict from X_test, so its use is not shown ({reason})"
        )
    given, again = headline(forecast, truth.to_numpy()), headline(own, truth.to_numpy())
    if abs(given - again) > SAME_SCORE:
        return table, Finding(
            "warning", f"the given predictions score {given:.4f}, the estimator's own for X_test score {again:.4f}"
        )
    return table, Finding("passed", "the estimator itself predicts the same for X_test")


def _save(
    report: ModelReport,
    measures: Measures,
    estimator: Any,
    heading: str,
    target: str,
    rows_train: int | None,
    findings: list[tuple[str, Finding]],
) -> None:
    folder = outbox()
    if folder is None:
        for _, finding in findings:
            show_line(f"{finding.status}: {finding.message}")
        return
    saved, reason = save_model(estimator, report.name, folder)
    if saved is None:
        findings = [*findings, (f"{report.name}_file", Finding("warning", f"the estimator was not saved: {reason}"))]
    written = repr(estimator)
    card = Card(
        report.name, heading, report.task, target, written, report.features, report.rows_test, rows_train, measures,
        tuple(findings),
    )  # fmt: skip
    files = [*([saved] if saved else []), save_card(card, folder, saved is not None)]
    for check_name, finding in findings:
        record("check", check_name, {"status": finding.status, "message": finding.message}, title=heading)
    record("model", report.name, _described(report, measures, target, written, rows_train), title=heading, files=files)


def _described(
    report: ModelReport, measures: Measures, target: str, estimator: str, rows_train: int | None
) -> dict[str, Json]:
    shortened = " ".join(estimator.split())
    return {
        "task": report.task,
        "target": target,
        "metric": report.metric,
        "score": report.score,
        "baseline": report.baseline,
        "baseline_means": measures.baseline_means,
        "measures": dict(measures.further),
        "rows_test": report.rows_test,
        "rows_train": rows_train,
        "features": list(report.features[:MOST_FEATURES_LISTED]),
        "suspects": list(report.suspects),
        "estimator": shortened if len(shortened) <= LONGEST_ESTIMATOR else f"{shortened[: LONGEST_ESTIMATOR - 1]}…",
    }


def _classes(task: str, estimator: Any, known: "pd.Series[Any]") -> tuple[Any, ...]:
    """In the estimator's order where it knows all of them, else sorted."""
    if task == "regression":
        return ()
    found = list(known.unique())
    fitted = getattr(estimator, "classes_", None)
    if fitted is not None and getattr(fitted, "ndim", 1) == 1 and set(found) <= set(fitted):
        return tuple(fitted)
    return tuple(sorted(found, key=lambda label: (isinstance(label, str), label)))


def _check_lengths(features: pd.DataFrame, target: "pd.Series[Any]", features_name: str, target_name: str) -> None:
    if len(features) != len(target):
        raise ValueError(
            f"{features_name} has {len(features):,} rows and {target_name} has {len(target):,}: they must match"
        )
    if not len(target):
        raise ValueError(f"{target_name} is empty: there is nothing to measure")


def _check_order(truth: "pd.Series[Any]", predictions: Any) -> None:
    if not isinstance(predictions, pd.Series | pd.DataFrame) or len(predictions) != len(truth):
        return
    if not predictions.index.equals(truth.index) and set(predictions.index) == set(truth.index):
        raise ValueError(
            "predictions and y_test have the same rows in another order: use predictions.loc[y_test.index]"
        )
