"""What a check found reads in the language of the report: the kit's own sentences, and those of real bundles."""

from pathlib import Path

import pandas as pd
import pytest

from kaiseki.models import Run
from kaiseki.report.check_sentences import check_sentence
from kaiseki_kit.leaks import check_features, explain

EXAMPLES = sorted((Path(__file__).parents[3] / "results/examples/runs").glob("*/run.json"))


def japanese(text: str) -> bool:
    return any("\u3041" <= character <= "\u3096" for character in text)


@pytest.mark.parametrize("bundle", EXAMPLES, ids=lambda path: path.parent.name)
def test_all_checks_of_the_example_bundles_have_japanese(bundle: Path) -> None:
    checks = Run.model_validate_json(bundle.read_text(encoding="utf-8")).checks
    assert checks
    assert [check.message for check in checks if not japanese(check_sentence(check.message, "ja"))] == []


def test_a_leak_is_told_in_japanese_with_the_same_figures() -> None:
    target = pd.Series([0, 1] * 600, name="bought")
    frame = pd.DataFrame({"kind": target.map({0: "view", 1: "pay's"}), "size": range(1_200)})
    (suspect,) = [check for check in check_features(frame, target) if check.suspect]
    english = explain(suspect, "bought", "ROC AUC")
    said = check_sentence(english, "ja")
    assert said.startswith("'kind' だけで bought を予測できます（ROC AUC 1.000）。値が ")
    assert "600 行のうち 100.0%" in said
    assert check_sentence(english, "en") == english


@pytest.mark.parametrize(
    ("english", "said"),
    [
        (
            "40 of 1,200 held-out rows (3.3%) repeat a training row: drop duplicates before the split",
            "検証用の 1,200 行のうち 40 行（3.3%）が学習用の行と同じです。分割の前に重複を除いてください",
        ),
        (
            "the result of sales was truncated at 200,000 rows: figures from it describe these rows alone",
            "sales の結果は 200,000 行で切り捨てられました。そこから得た数値は、この行だけを表します",
        ),
        (
            "the question's table 'interaction' was read as interactions, and the answer does not say so",
            "質問の「interaction」は interactions と読み取りましたが、回答はそのことを述べていません",
        ),
        ("something of a later version", "something of a later version"),
    ],
)
def test_figures_and_names_stay_what_is_unknown_stays_whole(english: str, said: str) -> None:
    assert check_sentence(english, "ja") == said
