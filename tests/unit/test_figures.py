"""Digits in an answer stand for facts, names or the question's own figures; anything else is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaiseki.agent.figures import loose_figures
from kaiseki.models import Failure

NAMES = {"users", "feature1", "q3_sales", "interactions_2024", "user 2", "2023", "5分位", "売上2024"}


def refusals(template: str, question: str = "") -> list[str]:
    return [failure.subject for failure in loose_figures(template, question, NAMES)[0]]


def warnings(template: str, question: str = "") -> tuple[str, ...]:
    failures, warned = loose_figures(template, question, NAMES)
    assert failures == ()
    return warned


@pytest.mark.parametrize(
    ("template", "figure"),
    [
        ("Sales rose by 23 percent.", "23 percent"),
        ("Sales rose by 12.5%.", "12.5%"),
        ("売上は１２３円です。", "１２３円"),
        ("売上は5万円です。", "5万円"),
        ("約1億2000万円でした。", "1億2000万円"),
        ("全体の3割を占める。", "3割"),
        ("全体の２５％です。", "２５％"),
        ("It cost $1,234.50 in all.", "$1,234.50"),
        ("The value is -0.3 here.", "-0.3"),
        ("On 2024-01-05 it rose.", "2024-01-05"),
        ("{n}5 items", "5"),
        ("0.{n} items", "0"),
        ("1.{n} items", "1"),
        ("The total is `42`.", "42"),
        ("The total is `n = 42`.", "42"),
        ("```\ntotal 42\n```", "42"),
        ("| a |\n| --- |\n| 42 |", "42"),
        ("In 2023 it rose.", "2023"),
        ("## 42 items were sold", "42"),
        ("42. That is the total.", "42"),
        ("٤٢ items", "٤٢"),
        ("About ½ of them.", "½"),
        ("They paid USD5000.", "USD5000"),
        ("Around-40% of them.", "Around-40"),
        ("feature12 is strong at 5", "5"),
        ("Value 10³ is large", "10"),
    ],
)
def test_a_figure_without_a_fact_is_refused(template: str, figure: str) -> None:
    assert figure in refusals(template)


@pytest.mark.parametrize(
    "template",
    [
        "平均は {mean:.1f} 歳、{x[2000]:,} 件、{values:.2f|、} です。",
        "feature1 and q3_sales of interactions_2024",
        "feature1が最も強く、売上2024の表を使った。",
        "By `feature1`, `user 2` and `2023`, `f1_score`, `sklearn.metrics.r2_score()`.",
        "1. first\n2. second\n3) third",
        "1. 売上\n2. 費用\n\n  1. 内訳",
        "- 1. first",
        "１．概要\n２．結果",
        "## 1. Overview\n### 1.1 Data\n## 2 Results",
        "R² and χ² and m³ are units.",
        "5分位で分けた。",
        "{table:sales}",
        "{{literal}}",
    ],
)
def test_names_placeholders_list_and_heading_numbers_and_superscripts_may_stand(template: str) -> None:
    assert refusals(template) == []


@pytest.mark.parametrize(
    ("question", "template"),
    [
        ("What are the top 5 items?", "The top 5 items are {names}."),
        ("What are the top 5 items?", "These are the top 5: {names}."),
        ("What are the top 5 items?", "The 5 items are {names}."),
        ("2024年の売上は？", "2024年の売上は {total:,} 円です。"),
        ("２０２４年の売上は？", "2024年は {total:,} 円です。"),
        ("上位5件の商品は？", "上位５件は {names} です。"),
        ("How many in 2024?", "During 2024 there were {n}."),
        ("the last 30 days", "In the 30-day window, {n}."),
        ("過去3ヶ月の推移", "過去3か月では {n} 件です。"),
        ("more than 10 %?", "More than 10% bought: {share:.1%}."),
        ("10％以上の人は？", "10%以上の人は {n} 人です。"),
        ("from 2024-01-01 to 2024-03-31", "Between 2024-01-01 and 2024-03-31: {n}."),
        ("aged 18-25", "Those aged 18–25: {n}."),
        ("over $1,000 in sales", "Customers over $1000: {n}."),
        ("1万円以上の注文", "1万円以上の注文は {n} 件です。"),
        ("How did Q3 and COVID-19 do?", "In Q3, COVID-19 did {n}."),
    ],
)
def test_a_figure_of_the_question_may_stand_with_its_unit_or_neighbour(question: str, template: str) -> None:
    assert warnings(template, question) == ()


@pytest.mark.parametrize(
    "template",
    ["The 2025 rate was high.", "2025 was good.", "Rows of 2025 are few.", "2025年は好調です。", "2025は好調です。"],
)
def test_a_year_of_the_question_may_be_spoken_of_in_other_words(template: str) -> None:
    assert not refusals(template, "How did it develop by month in 2025?")


@pytest.mark.parametrize(
    ("question", "template"),
    [
        ("What are the top 5 items?", "Sales rose 5 %."),
        ("What are the top 5 items?", "The top 5% of items"),
        ("What are the top 5 items?", "There are 5 stores."),
        ("What are the top 5 items?", "The top 6 items"),
        ("all of 5 stores", "of 5 customers"),
        ("2024年の売上は？", "売上は2024円です。"),
        ("How many in 2024?", "There were 2024 items."),
        ("上位5件の商品は？", "売上は5万円です。"),
        ("上位5件の商品は？", "5割を占める。"),
        ("over $1000?", "over 1000 people"),
        ("過去3ヶ月の推移", "3月は高い。"),
        ("the 10 stores", "the 10 million stores"),
    ],
)
def test_a_figure_of_the_question_with_another_unit_is_refused(question: str, template: str) -> None:
    assert len(refusals(template, question)) == 1


def test_a_refusal_says_which_figure_where_and_what_to_do() -> None:
    (failure,), _ = loose_figures("一行目\n売上は 42 件。", "", ())
    assert (failure.kind, failure.type, failure.subject, failure.line) == ("answer", "LooseFigure", "42 件", 2)
    assert "fact()" in failure.hint


@pytest.mark.parametrize("token", ["COVID-19", "F1", "p95", "CO2", "H1", "utf-8"])
def test_words_of_letters_and_digits_pass_with_a_warning(token: str) -> None:
    assert any(token in warning for warning in warnings(f"The {token} value"))
    assert any(token in warning for warning in warnings(f"指標は{token}です。"))


@pytest.mark.parametrize(
    ("template", "word"),
    [
        ("It is twice as high.", "twice"),
        ("Half of the users left.", "Half"),
        ("There are three groups.", "three"),
        ("半分が離脱した。", "半分"),
        ("売上は二倍になった。", "二倍"),
        ("三割が購入した。", "三割"),
        ("三分の一が離脱した。", "三分の一"),
        ("{n}万円です。", "万"),
        ("{n} million dollars", "million"),
    ],
)
def test_number_words_and_scales_only_warn(template: str, word: str) -> None:
    assert any(word in warning for warning in warnings(template))


@pytest.mark.parametrize(
    "template",
    [
        "一方、一部の利用者は十分に満足している。",
        "統一された基準で、唯一の例外は四半期末。",
        "The manifold often fits.",
    ],
)
def test_words_that_only_look_like_numbers_do_not_warn(template: str) -> None:
    assert warnings(template) == ()


def test_words_of_the_question_do_not_warn() -> None:
    assert warnings("The two groups differ.", "Do the two groups differ?") == ()


TEXT = st.text(st.sampled_from("ab 12５,.%％万割年件-–/:`#|{}[]$\n()\ue000F"), max_size=30)


@given(TEXT, TEXT, st.lists(TEXT, max_size=3))
@settings(max_examples=400, deadline=None)
def test_no_text_makes_the_check_raise(template: str, question: str, names: list[str]) -> None:
    failures, warned = loose_figures(template, question, names)
    assert all(isinstance(failure, Failure) and failure.hint for failure in failures)
    assert all(isinstance(warning, str) for warning in warned)


@given(st.integers(0, 10**9))
def test_no_bare_number_gets_through(number: int) -> None:
    assert refusals(f"The total is {number}.")
    assert refusals(f"合計は{number:,}です。")
