"""A model, judged on held-out rows by this code and not by the one that made it."""

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from kaiseki_kit.facts import keep_measured
from kaiseki_kit.held_out import Finding
from kaiseki_kit.importance import own_forecast, permutation_importance
from kaiseki_kit.leaks import FeatureCheck, as_table, check_features, explain
from kaiseki_kit.measures import Measures, headline, measure
from kaiseki_kit.model_card import Card, save_card, save_model
from kaiseki_kit.notebook import show_line
from kaiseki_kit.outcomes import outcome_table
from kaiseki_kit.recording import check_names, check_text, outbox, record
from kaiseki_kit.tables import write_table
from kaiseki_kit.trial import Trial, prepare
from kaiseki_kit.values import Json

MOST_FEATURES_LISTED = 200
LONGEST_ESTIMATOR = 200
SAME_SCORE = 1e-6

Tables = dict[str, tuple[pd.DataFrame, str]]
Facts = dict[str, tuple[Json, str | None, str | None]]
Findings = list[tuple[str, Finding]]


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
    trial = prepare(estimator, X_test, y_test, predictions, X_train, y_train)
    measures = measure(trial.forecast, trial.truth, trial.before)
    checks = check_features(*trial.all_rows(), trial.names)
    importance, own_predictions = _importance(trial, [check.feature for check in checks])

    report = _report(name, trial, measures, checks)
    facts = _facts(report, measures)
    tables = _tables(name, heading, trial, checks, importance, measures.metric)
    findings = [(f"{name}_held_out", trial.held_out), *_leaks(name, trial, checks)]
    findings.append((f"{name}_predictions", own_predictions))

    check_names("model", name)
    check_names("fact", *facts)
    check_names("table", *tables)
    for fact_name, (value, unit, note) in facts.items():
        keep_measured(fact_name, value, unit, note)
    for table_name, (frame, caption) in tables.items():
        write_table(table_name, frame, caption)
    _keep(report, measures, trial, heading, findings)
    return report


def _report(name: str, trial: Trial, measures: Measures, checks: list[FeatureCheck]) -> ModelReport:
    return ModelReport(
        name=name,
        task=trial.forecast.task,
        metric=measures.metric,
        score=measures.score,
        baseline=measures.baseline,
        rows_test=len(trial.truth),
        features=tuple(trial.names),
        suspects=tuple(check.feature for check in checks if check.suspect),
        measures=measures.further,
    )


def _facts(report: ModelReport, measures: Measures) -> Facts:
    facts: Facts = {
        f"{report.name}_score": (measures.score, None, f"{measures.metric} on held-out rows"),
        f"{report.name}_baseline": (measures.baseline, None, f"{measures.metric} of {measures.baseline_means}"),
        f"{report.name}_metric": (measures.metric, None, None),
        f"{report.name}_rows_test": (report.rows_test, "rows", None),
        f"{report.name}_suspects": (list(report.suspects), None, "features that may restate the target"),
    }
    for measured, value in measures.further.items():
        facts[f"{report.name}_{measured}"] = (value, None, f"{measured.replace('_', ' ')} on held-out rows")
    return facts


def _tables(
    name: str, heading: str, trial: Trial, checks: list[FeatureCheck], importance: pd.DataFrame | None, metric: str
) -> Tables:
    suffix, outcomes, caption = outcome_table(trial.forecast, trial.truth)
    tables = {
        f"{name}_{suffix}": (outcomes, f"{heading}: {caption}"),
        f"{name}_leakage": (as_table(checks), f"{heading}: what each feature alone tells"),
    }
    if importance is not None:
        tables[f"{name}_importance"] = (importance, f"{heading}: fall of the {metric} when a feature is shuffled")
    return tables


def _leaks(name: str, trial: Trial, checks: list[FeatureCheck]) -> Findings:
    metric = "R2" if trial.forecast.task == "regression" else "ROC AUC"
    found = [Finding("warning", explain(check, trial.target_name, metric)) for check in checks if check.suspect]
    clean = Finding("passed", f"no single feature gives {trial.target_name} away")
    return [(f"{name}_leakage", finding) for finding in found or [clean]]


def _importance(trial: Trial, order: list[str]) -> tuple[pd.DataFrame | None, Finding]:
    """The table, or None where the estimator cannot predict from X_test; and whether it predicts what was given."""
    try:
        own = own_forecast(trial.estimator, trial.features, trial.truth, trial.forecast)
        table = permutation_importance(trial.estimator, trial.features, trial.names, trial.truth, trial.forecast, order)
    except Exception as error:  # noqa: BLE001 - the estimator is the analysis's own code
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:160]
        return None, Finding("warning", f"the estimator does not predict from X_test, so no importances ({reason})")
    truth = trial.truth.to_numpy()
    given, again = headline(trial.forecast, truth), headline(own, truth)
    if abs(given - again) > SAME_SCORE:
        scores = f"the given predictions score {given:.4f}, the estimator's own for X_test {again:.4f}"
        return table, Finding("warning", scores)
    return table, Finding("passed", "the estimator itself predicts the same for X_test")


def _keep(report: ModelReport, measures: Measures, trial: Trial, heading: str, findings: Findings) -> None:
    """The estimator, its card and the checks; in a notebook the checks are shown."""
    folder = outbox()
    if folder is None:
        for _, finding in findings:
            show_line(f"{finding.status}: {finding.message}")
        return
    saved, reason = save_model(trial.estimator, report.name, folder)
    if saved is None:
        findings = [*findings, (f"{report.name}_file", Finding("warning", f"the estimator was not saved: {reason}"))]
    card = Card(
        name=report.name,
        title=heading,
        task=report.task,
        target=trial.target_name,
        estimator=repr(trial.estimator),
        features=report.features,
        rows_test=report.rows_test,
        rows_train=None if trial.train is None else len(trial.train),
        measures=measures,
        findings=tuple(finding for _, finding in findings),
    )
    files = [*([saved] if saved else []), save_card(card, folder, saved is not None)]
    for check_name, finding in findings:
        record("check", check_name, {"status": finding.status, "message": finding.message}, title=heading)
    record("model", report.name, _described(report, card), title=heading, files=files)


def _described(report: ModelReport, card: Card) -> dict[str, Json]:
    estimator = " ".join(card.estimator.split())
    return {
        "task": report.task,
        "target": card.target,
        "metric": report.metric,
        "score": report.score,
        "baseline": report.baseline,
        "baseline_means": card.measures.baseline_means,
        "measures": dict(report.measures),
        "rows_test": report.rows_test,
        "rows_train": card.rows_train,
        "features": list(report.features[:MOST_FEATURES_LISTED]),
        "suspects": list(report.suspects),
        "estimator": estimator if len(estimator) <= LONGEST_ESTIMATOR else f"{estimator[: LONGEST_ESTIMATOR - 1]}…",
    }
