"""report.html says everything about a run, in one file that loads nothing and runs nothing, whatever it is given."""

import base64
import csv
import hashlib
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from kaiseki.lifecycle import Outcome, Status
from kaiseki.models import Check, Citation, Execution, Fact, Failure, Query, Record, Resolution, Run, Step, Usage
from kaiseki.report.html import render
from kaiseki.report.publish import publish

START = datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC)
DIGEST = hashlib.sha256(b"rows").hexdigest()
HOSTILE = """<script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}{% raw %}'"&amp;</style>"""
VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """A page taken apart: its elements with their attributes, its text, and the text below each id."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.below: dict[str, str] = {}
        self._open: list[tuple[str, str | None]] = []
        self.feed(html)
        self.close()
        assert not self._open, f"left open: {self._open}"
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        assert len(attributes) == len(attrs), f"an attribute twice in {tag}"
        self.elements.append((tag, attributes))
        if tag not in VOID:
            self._open.append((tag, attributes.get("id")))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        opened, _ = self._open.pop()
        assert opened == tag, f"<{opened}> is closed by </{tag}>"
        if tag in ("td", "th", "span"):
            self.text += " "

    def handle_data(self, data: str) -> None:
        if any(tag == "style" for tag, _ in self._open):
            return
        self.text += data
        for _, identifier in self._open:
            if identifier:
                self.below[identifier] = self.below.get(identifier, "") + data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def ids(self) -> list[str]:
        return [str(attributes["id"]) for _, attributes in self.elements if "id" in attributes]

    @property
    def links(self) -> list[str]:
        return [str(attributes["href"]) for attributes in self.all("a")]


def cited(shown: str, fact: str, placeholder: str = "") -> Citation:
    return Citation(shown=shown, fact=fact, placeholder=placeholder or f"{{{fact}}}")


def fact(name: str, value: Any, line: int = 2, **more: Any) -> Fact:
    return Fact(name=name, kind=more.pop("kind", "fact"), value=value, step=1, line=line, queries=("sales",), **more)


def step(number: int = 1, **more: Any) -> Step:
    query = Query(name="sales", sql="SELECT amount FROM orders", executed_sql="SELECT amount FROM orders", rows=4_120)
    return Step(
        **{
            "number": number,
            "purpose": "Add the orders up",
            "queries": (query.model_copy(update={"sha256": DIGEST}),),
            "code": 'df = load("sales")\nfact("revenue", df.amount.sum())\n',
            "accepted": True,
            "execution": Execution(stdout="done\n"),
            **more,
        }
    )


def run(**more: Any) -> Run:
    parts = more.pop("answer_parts", ("Revenue was ", cited("1,234", "revenue", "{revenue:,}"), "."))
    return Run(
        **{
            "id": "20261121-010203-revenue-7f3a",
            "prompt": "What was the revenue?",
            "status": Status.SUCCEEDED,
            "outcome": Outcome.ANSWERED,
            "created_at": START,
            "started_at": START,
            "ended_at": START + timedelta(seconds=98),
            "replayed": True,
            "steps": (step(),),
            "facts": (fact("revenue", 1234, note="revenue of all orders"),),
            "answer": "".join(part if isinstance(part, str) else part.shown for part in parts),
            "answer_parts": parts,
            **more,
        }
    )


def recorded(*records: Record) -> tuple[Step, ...]:
    return (step(execution=Execution(records=records)),)


def record(kind: Any, name: str, **more: Any) -> Record:
    return Record(kind=kind, name=name, step=1, line=2, **more)


def write_table(bundle: Path, name: str, rows: list[list[Any]]) -> None:
    (bundle / "tables").mkdir(exist_ok=True)
    with (bundle / "tables" / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture
def page(tmp_path: Path) -> Callable[[Run], Page]:
    return lambda run: Page(render(run, tmp_path))


# ── the answer and the ledger ─────────────────────────────────────────────────────────────────────────────────────


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


# ── nothing runs, nothing loads ───────────────────────────────────────────────────────────────────────────────────


def hostile_run() -> Run:
    """Every text that a model or the data can set, set to something that would like to run."""
    query = Query(name="sales", sql=HOSTILE, executed_sql=f"{HOSTILE} LIMIT 1", warnings=(HOSTILE,), sha256=DIGEST)
    failure = Failure(kind="code", type=HOSTILE, message=HOSTILE, traceback=HOSTILE, hint=HOSTILE, subject=HOSTILE)
    records = (
        record("table", "wild", title=HOSTILE),
        record("chart", "wild", title=HOSTILE),
        record("model", "wild", title=HOSTILE, value={HOSTILE: HOSTILE, "score": HOSTILE, "suspects": [HOSTILE]}),
    )
    links = "[a](javascript:alert(1)) [b](JaVaScRiPt:alert(1)) [c](data:text/html,x) [d](data/sales.parquet) <b>e</b>"
    images = (
        "![f](https://example.org/f.png) ![g](figures/g.svg) [![h](https://example.org/h.png)](https://example.org)"
    )
    return run(
        prompt=HOSTILE,
        reason=HOSTILE,
        outcome=Outcome.PARTIAL,
        steps=(
            step(
                purpose=HOSTILE,
                code=f"# {HOSTILE}\n",
                queries=(query,),
                lookups=(HOSTILE,),
                execution=Execution(stdout=HOSTILE, stderr=HOSTILE, records=records),
            ),
            step(2, purpose=HOSTILE, accepted=False, failure=failure, reply=HOSTILE),
        ),
        facts=(fact("revenue", HOSTILE, note=HOSTILE, unit=HOSTILE), fact(HOSTILE, {HOSTILE: HOSTILE})),
        checks=(Check(name=HOSTILE, status="warning", message=HOSTILE),),
        resolutions=(Resolution(asked=HOSTILE, found=HOSTILE, kind="table"),),
        environment={HOSTILE: HOSTILE},
        model=HOSTILE,
        warehouse=HOSTILE,
        version=HOSTILE,
        answer_parts=(f"{HOSTILE}\n\n{links}\n\n{images}\n\n", cited(HOSTILE, HOSTILE), cited("1", "revenue")),
    )


@pytest.fixture
def hostile_page(tmp_path: Path) -> Page:
    write_table(tmp_path, "wild", [[HOSTILE, "=1+1"], [HOSTILE, "![](https://example.org/x.png)"]])
    (tmp_path / "figures").mkdir()
    svg = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
    (tmp_path / "figures" / "wild.svg").write_text(svg)
    return Page(render(hostile_run(), tmp_path))


def test_hostile_text_is_shown_as_text(hostile_page: Page) -> None:
    assert hostile_page.text.count("<script>alert(1)</script>") >= 25
    assert "{{7*7}}{% raw %}" in hostile_page.text
    assert "49" not in re.sub(r"[0-9a-f]{12,}", "", hostile_page.text)


def test_no_element_or_attribute_can_run(hostile_page: Page) -> None:
    tags = {tag for tag, _ in hostile_page.elements}
    assert tags.isdisjoint({"script", "iframe", "object", "embed", "svg", "form", "base", "b"})
    attributes = {name for _, attributes in hostile_page.elements for name in attributes}
    assert not [name for name in attributes if name.startswith("on")]
    assert "style" not in attributes


def test_nothing_is_loaded_and_no_link_leads_to_a_sibling(hostile_page: Page) -> None:
    assert all(str(image["src"]).startswith("data:image/") for image in hostile_page.all("img"))
    assert [link["href"] for link in hostile_page.all("link")] == ["data:,"]
    assert all(link.startswith(("#", "https://")) for link in hostile_page.links)
    assert "url(" not in Path(render.__code__.co_filename).with_name("report.css").read_text()


def test_a_link_to_elsewhere_shows_where_it_leads(hostile_page: Page) -> None:
    assert "(https://example.org)" in hostile_page.text
    assert all("noreferrer" in str(a.get("rel")) for a in hostile_page.all("a") if str(a["href"]).startswith("http"))


def test_the_policy_allows_this_style_and_data_images_and_nothing_else(tmp_path: Path) -> None:
    html = render(run(), tmp_path)
    style = re.search("<style>(.*?)</style>", html, re.S)
    assert style
    digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    policies = [tag["content"] for tag in Page(html).all("meta") if tag.get("http-equiv") == "Content-Security-Policy"]
    assert policies == [
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    ]


# ── charts, tables, models ────────────────────────────────────────────────────────────────────────────────────────


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
        (b"a\n" + b"x" * 200_000 + b"\n", "cannot be shown here"),
        (b"a\n\xff\xfe\n", "\ufffd"),
        (b"\xef\xbb\xbfname\nx\n", "name x"),
        (b"a,b\n1\n1,2,3\n", "a b 1 1 2"),
    ],
)
def test_a_table_that_is_empty_or_broken_says_so(tmp_path: Path, content: bytes, said: str) -> None:
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


# ── method, attempts, the run itself ──────────────────────────────────────────────────────────────────────────────


def test_failed_attempts_are_kept_with_their_error_and_the_line_it_came_from(tmp_path: Path) -> None:
    failure = Failure(kind="code", type="KeyError", message="'amont'", line=1, traceback="Traceback ...", hint="amount")
    failed = step(1, purpose="A first try", accepted=False, failure=failure)
    html = render(run(steps=(failed, step(2))), tmp_path)
    read = Page(html)

    assert "A first try" in read.below["attempts"] or "A first try" in read.text.partition("given up They")[2]
    assert "KeyError (line 1): 'amont'" in read.text
    assert '<span class="line failing" id="step-01-line-1"' in html


def test_the_sql_is_shown_as_run_only_where_it_differs(page: Callable[[Run], Page]) -> None:
    same = step().queries[0].model_copy(update={"sql": "SELECT amount\nFROM orders;"})
    other = same.model_copy(update={"executed_sql": "SELECT amount FROM orders LIMIT 200001"})

    assert "as it ran" not in page(run(steps=(step(queries=(same,)),))).text
    assert "as it ran" in page(run(steps=(step(queries=(other,)),))).text


def test_of_a_long_output_both_ends_are_shown(page: Callable[[Run], Page]) -> None:
    read = page(run(steps=(step(execution=Execution(stdout="first " + "x" * 50_000 + " last")),)))

    assert "first" in read.text
    assert "last" in read.text
    assert "42,011 characters left out; the whole is in steps/01/stdout.txt" in read.text


def test_checks_that_did_not_pass_come_first_and_are_announced_at_the_top(page: Callable[[Run], Page]) -> None:
    checks = (
        Check(name="replay", status="passed", message="all the same"),
        Check(name="leak", status="warning", message="kind gives the target away"),
    )
    read = page(run(checks=checks))

    assert "1 of the checks did not pass" in read.text
    assert read.text.index("kind gives the target away") < read.text.index("all the same")


def test_simulated_cost_says_that_it_is_simulated(page: Callable[[Run], Page]) -> None:
    usage = Usage(calls=4, input_tokens=21_034, output_tokens=2_210, usd=0.0412, simulated=True)
    read = page(run(usage=usage))

    assert "Simulated" in read.text
    assert "$0.0412" in read.text
    assert "23,244" in read.text
    assert "Simulated" not in page(run(usage=usage.model_copy(update={"simulated": False}))).text
    assert "price of this model is not known" in page(run(usage=usage.model_copy(update={"usd": None}))).text


@pytest.mark.parametrize(
    ("known", "label", "sentence", "advice"),
    [
        ({"replayed": True}, "Answered", "a clean replay of the code gave the same facts", ""),
        ({"replayed": False}, "Answered", "the code was not replayed", ""),
        ({"outcome": "partial", "reason": "budget.usd"}, "Partial", "limit of dollars", "KAISEKI_BUDGET_USD"),
        ({"outcome": "partial", "reason": "loop.stuck"}, "Partial", "failing in the same way", "stronger model"),
        ({"outcome": "partial", "reason": "moon.phase"}, "Partial", "Reason: moon.phase.", ""),
        ({"outcome": "refused"}, "Refused", "do not answer this question", "kaiseki schema"),
        ({"outcome": "needs_input"}, "Needs input", "Something is missing", "Ask again"),
        ({"status": "CANCELLED", "outcome": None, "reason": "cancelled"}, "Cancelled", "was cancelled", "Ask again"),
        ({"status": "TIMED_OUT", "outcome": None}, "Timed out", "took too long", "KAISEKI_BUDGET_SECONDS"),
        ({"status": "RUNNING", "outcome": None}, "Not finished", "has not ended", ""),
        (
            {
                "status": "FAILED",
                "outcome": None,
                "failure": {"code": "warehouse", "message": "the warehouse is gone", "hint": "see the network"},
            },
            "Failed",
            "The warehouse is gone.",
            "See the network.",
        ),
    ],
)
def test_how_the_run_ended_is_said_in_a_sentence(
    page: Callable[[Run], Page], known: dict[str, Any], label: str, sentence: str, advice: str
) -> None:
    text = page(run(**known)).text

    assert label in text
    assert sentence in text
    assert advice in text


def test_a_run_that_failed_before_anything_has_a_report_too(page: Callable[[Run], Page]) -> None:
    read = page(run(status=Status.FAILED, outcome=None, steps=(), facts=(), answer_parts=(), ended_at=None))

    assert "There is no answer." in read.text
    assert "#method" not in read.links
    assert {link.removeprefix("#") for link in read.links} <= set(read.ids)


def test_a_long_question_is_the_headline_cut_and_stands_whole_below(page: Callable[[Run], Page]) -> None:
    question = "Why? " * 2_000 + "The end."
    read = page(run(prompt=question))

    assert len(read.below["question"]) <= 280
    assert "The end." in read.text


# ── language and publishing ───────────────────────────────────────────────────────────────────────────────────────


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
