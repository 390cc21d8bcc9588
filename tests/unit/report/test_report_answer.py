"""The answer in report.html: each of its figures leads on to its fact, its line and its query."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from report_parts import DIGEST, Page, cited, fact, run, step

from kaiseki.models import Run
from kaiseki.report.html import render


def test_each_figure_of_the_answer_leads_to_its_fact_and_on_to_line_and_query(page: Callable[[Run], Page]) -> None:
    read = page(run())

    assert "Revenue was 1,234." in read.text
    row = read.below["fact-revenue"]
    assert "1234" in row
    assert "Step 1, line 2" in row
    assert "4,120 rows" in row
    assert DIGEST[:12] in row
    assert {"#fact-revenue", "#step-01-line-2", "#query-sales", "#figure-1"} <= set(read.links)
    assert read.below["step-01-line-2"].startswith('fact("revenue"')
    assert DIGEST in read.below["query-sales"]


def test_every_link_within_the_page_leads_somewhere_and_no_id_stands_twice(page: Callable[[Run], Page]) -> None:
    parts = (cited("1", "revenue"), " and ", cited("1.0", "revenue"), " and ", cited("5", "folds"))
    settings = fact("folds", 5, kind="setting", note="of the validation")
    read = page(run(answer_parts=parts, facts=(fact("revenue", 1), settings)))

    within = [link.removeprefix("#") for link in read.links]
    assert set(within) <= set(read.ids)
    assert [name for name, times in Counter(read.ids).items() if times > 1] == []


def test_a_figure_may_stand_in_emphasis_in_code_and_in_a_table(tmp_path: Path) -> None:
    figure = cited("1,234", "revenue")
    parts = (
        "**",
        figure,
        "** `",
        figure,
        "`\n\n| a | b |\n|---|---|\n| x | ",
        figure,
        " |\n\n```\n",
        figure,
        "\n```\n",
    )
    html = render(run(answer_parts=parts), tmp_path)

    link = r'<a class="figure-link" id="figure-\d" href="#fact-revenue">1,234</a>'
    assert re.search(f"<strong>{link}</strong> <code>{link}</code>", html)
    assert re.search(f'<td class="number">{link}</td>', html)
    assert re.search(rf'<pre tabindex="0"><code>{link}\n</code></pre>', html)


def test_a_fact_s_value_is_never_read_as_markdown(page: Callable[[Run], Page]) -> None:
    value = "**bold** [link](https://example.org) `code` ![](https://example.org/x.png)"
    read = page(run(answer_parts=("It is ", cited(value, "revenue"), ".")))

    assert f"It is {value}." in read.text
    assert not any(link.startswith("http") for link in read.links)


@pytest.mark.parametrize("forged", ["\ufdd00\ufdd1", "&#xFDD0;0&#xFDD1;", "&#64976;9&#64977;", "\ufdd099\ufdd1"])
def test_the_model_cannot_forge_a_figure(page: Callable[[Run], Page], forged: str) -> None:
    read = page(run(answer_parts=(f"It was {forged}, not ", cited("1,234", "revenue"), ".")))

    assert [link for link in read.links if link == "#fact-revenue" and "figure-2" in read.ids] == []
    assert "1,234." in read.text


def test_key_figures_are_the_measured_numbers_of_the_answer(tmp_path: Path) -> None:
    facts = (
        fact("revenue", 1234, note="revenue of all orders"),
        fact("share", {"east": 0.412}, note="share"),
        fact("best", "east"),
        fact("folds", 5, kind="setting"),
    )
    parts = (
        *(cited("1,234", "revenue"), " ", cited("41.2%", "share", "{share[east]:.1%}"), " "),
        *(cited("east", "best"), " ", cited("5", "folds"), " ", cited("1,234", "revenue")),
    )
    html = render(run(answer_parts=parts, facts=facts), tmp_path)

    tiles = re.search(r'<ul class="tiles".*?</ul>', html, re.S)
    assert tiles
    assert re.findall(r'class="figure">([^<]*)</span> <span class="meaning">([^<]*)<', tiles.group()) == [
        ("1,234", "revenue of all orders"),
        ("41.2%", "share · east"),
    ]


def test_two_key_figures_of_one_description_are_told_apart_by_name(tmp_path: Path) -> None:
    facts = (fact("with_score", 0.8, note="ROC AUC"), fact("without_score", 0.5, note="ROC AUC"))
    html = render(run(answer_parts=(cited("0.8", "with_score"), cited("0.5", "without_score")), facts=facts), tmp_path)

    assert "ROC AUC (with_score)" in html
    assert "ROC AUC (without_score)" in html


def test_a_long_value_is_cut_in_the_ledger_and_kept_whole_below(page: Callable[[Run], Page]) -> None:
    read = page(run(facts=(fact("revenue", list(range(500))),)))

    assert "…" in read.below["fact-revenue"]
    assert "498, 499]" in read.below["fact-revenue"]


def test_rows_that_were_cut_are_said_to_be(page: Callable[[Run], Page]) -> None:
    query = step().queries[0].model_copy(update={"truncated": True})
    read = page(run(steps=(step(queries=(query,)),)))

    assert "cut at the row cap" in read.below["fact-revenue"]
    assert "cut at the row cap" in read.below["query-sales"]
