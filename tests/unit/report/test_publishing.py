"""The language of the report, and the files that publishing a run writes."""

import re
from pathlib import Path

from report_parts import Page, cited, hostile_run, record, recorded, run, write_table

from kaiseki.lifecycle import Status
from kaiseki.report.html import render
from kaiseki.report.publish import publish


def test_a_japanese_question_has_a_japanese_report(tmp_path: Path) -> None:
    parts = ("**売上は", cited("1,234", "revenue"), "円でした。**前年より増えています。")
    html = render(run(language="ja", prompt="売上は?", answer_parts=parts), tmp_path)
    read = Page(html)

    assert '<html lang="ja">' in html
    assert all(word in read.text for word in ("質問", "回答", "台帳", "方法", "再実行の方法"))
    assert not re.search(r"\b(Answer|Ledger|Method|Recorded at|Used)\b", read.text)
    assert re.search("<strong>売上は<a [^>]*>1,234</a>円でした。</strong>前年", html)


def test_emphasis_follows_the_rules_of_markdown_elsewhere(tmp_path: Path) -> None:
    html = render(
        run(answer_parts=("2 * 3 * 4, a*b*c, snake_case_name, *one* **two** ", cited("1", "revenue"))), tmp_path
    )

    assert "2 * 3 * 4, a<em>b</em>c, snake_case_name, <em>one</em> <strong>two</strong>" in html


def test_publishing_writes_the_bundle_and_lists_each_of_its_files(tmp_path: Path) -> None:
    write_table(tmp_path, "orders", [["id"], ["1"]])
    published = publish(run(steps=recorded(record("table", "orders", title="All orders"))), tmp_path)

    kinds = {artifact.path: artifact.kind for artifact in published.artifacts}
    assert kinds["report.html"] == "report"
    assert kinds["answer.md"] == "answer"
    assert kinds["analysis.ipynb"] == "notebook"
    assert kinds["kaiseki_kit/__init__.py"] == "code"
    assert [a.title for a in published.artifacts if a.path == "tables/orders.csv"] == ["All orders"]
    assert (tmp_path / "answer.md").read_text() == "Revenue was 1,234.\n"


def test_publishing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    first = publish(run(), tmp_path)

    assert publish(run(), tmp_path).artifacts == first.artifacts


def test_the_answer_as_markdown_loads_no_image_and_holds_no_html(tmp_path: Path) -> None:
    publish(hostile_run(), tmp_path)

    text = (tmp_path / "answer.md").read_text()
    assert not re.search(r"(?<!\\)!\[", text)
    assert not re.search(r"(?<!\\)<[A-Za-z/!?]", text)


def test_without_an_answer_the_markdown_says_how_the_run_ended(tmp_path: Path) -> None:
    failure = {"code": "model", "message": "the model refused", "hint": "ask again later"}
    publish(run(status=Status.FAILED, outcome=None, failure=failure, answer_parts=()), tmp_path)

    assert (tmp_path / "answer.md").read_text() == "The run failed. The model refused.\n\nAsk again later.\n"
