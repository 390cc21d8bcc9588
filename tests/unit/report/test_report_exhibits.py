"""The charts, tables, models and facts of report.html."""

import base64
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from report_parts import Page, cited, fact, record, recorded, run, step, write_table

from kaiseki.models import Execution, Run
from kaiseki.report.html import render


def test_a_chart_is_inlined_as_an_image_with_its_title(tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "trend.svg").write_text("<svg/>")
    read = Page(render(run(steps=recorded(record("chart", "trend", title="Sales by day"))), tmp_path))

    source = "data:image/svg+xml;base64," + base64.b64encode(b"<svg/>").decode()
    assert read.all("img") == [{"src": source, "alt": "Sales by day"}]


def test_a_drawing_too_large_for_the_page_gives_way_to_its_picture(tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "dots.svg").write_text("<svg>" + " " * 4_000_000 + "</svg>")
    steps = recorded(record("chart", "dots", title="All orders"))
    assert "it is in the bundle as figures/dots.svg" in Page(render(run(steps=steps), tmp_path)).text

    (tmp_path / "figures" / "dots.png").write_bytes(b"PNG")
    assert str(Page(render(run(steps=steps), tmp_path)).all("img")[0]["src"]).startswith("data:image/png;base64,")


def test_a_figure_that_is_a_link_out_of_the_bundle_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    bundle = tmp_path / "bundle"
    (bundle / "figures").mkdir(parents=True)
    (bundle / "tables").mkdir()
    (bundle / "figures" / "trend.svg").symlink_to(tmp_path / "secret")
    (bundle / "tables" / "trend.csv").symlink_to(tmp_path / "secret")
    steps = recorded(record("chart", "trend", title="Trend"), record("table", "trend", title="Trend"))
    html = render(run(steps=steps), bundle)

    assert "secret" not in html
    assert base64.b64encode(b"secret").decode() not in html


def test_of_a_long_table_the_first_twenty_rows_are_shown_and_the_rest_counted(tmp_path: Path) -> None:
    write_table(tmp_path, "orders", [["id"], *([f"row {i}"] for i in range(10_000))])
    read = Page(render(run(steps=recorded(record("table", "orders", title="Orders"))), tmp_path))

    assert "row 19" in read.text
    assert "row 20" not in read.text
    assert "20 of 10,000 rows; the rest is in tables/orders.csv." in read.text


def test_rows_that_the_file_had_no_room_for_are_counted_too(tmp_path: Path) -> None:
    write_table(tmp_path, "orders", [["id"], *([str(i)] for i in range(30))])
    steps = recorded(record("table", "orders", title="Orders", value={"rows": 50_000, "rows_written": 30}))

    assert "20 of 50,000 rows" in Page(render(run(steps=steps), tmp_path)).text


def test_numbers_of_a_column_have_the_same_decimals_and_stand_to_the_right(tmp_path: Path) -> None:
    write_table(tmp_path, "rates", [["name", "rate", "year"], ["a", "0.123456789", "2025"], ["b", "12.5", "2026"]])
    html = render(run(steps=recorded(record("table", "rates", title="Rates"))), tmp_path)

    assert '<tr><td>a</td><td class="number">0.1235</td><td class="number">2025</td></tr>' in html
    assert '<tr><td>b</td><td class="number">12.5000</td><td class="number">2026</td></tr>' in html
    assert '<th scope="col" class="number">rate</th>' in html


def test_a_number_close_to_zero_is_not_rounded_away(tmp_path: Path) -> None:
    write_table(tmp_path, "tests", [["p"], ["0.5"], ["1.234567e-12"], [""]])
    html = render(run(steps=recorded(record("table", "tests", title="Tests"))), tmp_path)

    assert '<td class="number">1.23457e-12</td>' in html
    assert '<td class="number">0.5</td>' in html


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no rows"),
        (b"a,b\n", "no rows"),
        (b"a\n" + b"x" * 200_000 + b"\n", "xxx…"),
        (b"a\n\xff\xfe\n", "\ufffd"),
        (b"\xef\xbb\xbfname\nx\n", "name x"),
        (b"a,b\n1\n1,2,3\n", "a b 1 1 2"),
    ],
)
def test_a_table_that_is_empty_or_odd_is_shown_as_far_as_it_can_be(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "odd.csv").write_bytes(content)

    assert said in Page(render(run(steps=recorded(record("table", "odd", title="Odd"))), tmp_path)).text


def test_a_table_that_stands_whole_in_the_answer_is_not_shown_again(tmp_path: Path) -> None:
    write_table(tmp_path, "rates", [["name"], ["only-here"]])
    shown = {"steps": recorded(record("table", "rates", title="Rates")), "answer_template": "{table:rates} {revenue}"}
    again = render(run(answer_parts=("| name |\n|---|\n| only-here |\n\n", cited("1", "revenue")), **shown), tmp_path)

    assert again.count("only-here") == 1


def test_what_only_a_failed_or_replaced_step_made_is_not_shown(tmp_path: Path) -> None:
    write_table(tmp_path, "old", [["stale"], ["1"]])
    write_table(tmp_path, "new", [["fresh"], ["1"]])
    old = step(execution=Execution(records=(record("table", "old", title="Old"),)), replaced_by=2)
    new = step(2, replaces=1, execution=Execution(records=(record("table", "new", title="New"),)))
    read = Page(render(run(steps=(old, new)), tmp_path))

    assert "fresh" in read.text
    assert "stale" not in read.text
    assert "replaced by step 2" in read.text


def test_models_stand_beside_each_other_with_baseline_and_suspects(page: Callable[[Run], Page]) -> None:
    common = {"metric": "ROC AUC", "baseline": 0.5, "measures": {"accuracy": 0.91}, "features": ["kind", "age"]}
    models = (
        record("model", "full", title="All features", value={**common, "score": 0.8649, "suspects": ["kind"]}),
        record("model", "lean", title="Without kind", value={**common, "score": 0.5183, "suspects": []}),
    )
    read = page(run(steps=recorded(*models)))

    table = read.text.partition("Score Baseline ")[2]
    assert table.startswith("All features")
    assert "suspected of restating the target: kind ROC AUC 0.8649 0.5 Without kind ROC AUC 0.5183 0.5" in table
    assert "0.91" in read.below["model-full"]


def test_the_tables_of_a_model_stand_with_its_details(tmp_path: Path) -> None:
    write_table(tmp_path, "full_leakage", [["feature"], ["kind"]])
    write_table(tmp_path, "orders", [["id"], ["1"]])
    tables = (record("table", "full_leakage", title="Each feature alone"), record("table", "orders", title="Orders"))
    read = Page(render(run(steps=recorded(record("model", "full", value={"score": 0.9}), *tables)), tmp_path))

    assert "Each feature alone" in read.below["model-full"]
    assert "Orders" not in read.below["model-full"]
    assert read.text.count("Each feature alone") == 1


def test_facts_that_the_answer_does_not_cite_are_folded_away_but_there(tmp_path: Path) -> None:
    html = render(run(facts=(fact("revenue", 1234), fact("spare", 5), fact("other", 6))), tmp_path)

    folded = re.search(r"<details>\s*<summary>Facts that the answer does not cite \(2\)(.*?)</table>", html, re.S)
    assert folded
    assert re.findall(r'<tr id="([^"]*)"', folded.group(1)) == ["fact-spare", "fact-other"]
    assert html.count('id="fact-revenue"') == 1
