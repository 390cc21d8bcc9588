"""What somebody needs to know who finds a saved model a year later."""

import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from kaiseki_kit.held_out import Finding
from kaiseki_kit.measures import Measures
from kaiseki_kit.recording import file_in

MOST_FEATURES = 100


@dataclass(frozen=True)
class Card:
    name: str
    title: str
    task: str
    target: str
    estimator: str
    features: tuple[str, ...]
    rows_test: int
    rows_train: int | None
    measures: Measures
    findings: tuple[Finding, ...]


def save_model(estimator: Any, name: str, folder: Path) -> tuple[str | None, str]:
    """The path of the pickled estimator relative to `folder`, or None and why it cannot be pickled."""
    import joblib  # type: ignore[import-untyped]

    path = f"models/{name}/estimator.joblib"
    target = file_in(folder, path)
    try:
        joblib.dump(estimator, target, compress=3)
    except Exception as error:  # noqa: BLE001 - pickling runs the estimator's own code, which may raise anything
        target.unlink(missing_ok=True)
        return None, f"{type(error).__name__}: {error}"[:160]
    return path, ""


def save_card(card: Card, folder: Path, saved: bool) -> str:
    path = f"models/{card.name}/card.md"
    file_in(folder, path).write_text(_text(card, saved), encoding="utf-8")
    return path


def _text(card: Card, saved: bool) -> str:
    measures = card.measures
    shown = ", ".join(card.features[:MOST_FEATURES])
    more = f" and {len(card.features) - MOST_FEATURES} more" if len(card.features) > MOST_FEATURES else ""
    trained = f"{card.rows_train:,}" if card.rows_train is not None else "not given"
    lines = [
        f"# {card.title}",
        "",
        f"- Task: {card.task} of `{card.target}`",
        f"- Rows: {trained} for training, {card.rows_test:,} held out",
        f"- {measures.metric} on held-out rows: {measures.score:.4f}",
        f"- Baseline ({measures.baseline_means}): {measures.baseline:.4f}",
        *(f"- {name.replace('_', ' ')}: {value:.4f}" for name, value in measures.further.items()),
        f"- Features ({len(card.features)}): {shown}{more}",
        "",
        "## Checks",
        "",
        *(f"- {finding.status}: {finding.message}" for finding in card.findings),
        "",
        "## Estimator",
        "",
        "```",
        card.estimator,
        "```",
        "",
        *_loading(saved),
    ]
    return "\n".join(lines) + "\n"


def _loading(saved: bool) -> list[str]:
    if not saved:
        return ["The estimator could not be pickled; the code of its step makes it again."]
    return [
        "## Loading",
        "",
        "```python",
        'estimator = joblib.load("estimator.joblib")',
        "```",
        "",
        f"Written with Python {platform.python_version()}, scikit-learn {_version('scikit-learn')}, "
        f"joblib {_version('joblib')}, NumPy {_version('numpy')}. Unpickling runs code: load only files you trust.",
    ]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
