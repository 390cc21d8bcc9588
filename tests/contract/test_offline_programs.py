"""The offline model's programs on schemas that it was not written against: real SQL, a real sandbox, bound answers."""

import csv
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dspy import lm15

from kaiseki.agent.analyst import Analyst
from kaiseki.agent.investigation import Case, Conclusion, Investigation
from kaiseki.agent.journal import Journal
from kaiseki.agent.meter import Meter
from kaiseki.agent.protocol import Reply, parse_reply
from kaiseki.agent.review import review
from kaiseki.agent.tables import markdown_tables
from kaiseki.agent.workbench import Workbench
from kaiseki.catalog.guide import SchemaGuide
from kaiseki.lm.models import open_model
from kaiseki.lm.offline import OfflineEngine
from kaiseki.models import Budget, Catalog, Failure, Query, Table
from kaiseki.sandbox.local import LocalSandbox
from kaiseki.warehouses.duckdb.warehouse import DuckDBWarehouse

NOW = datetime(2026, 11, 21, tzinfo=UTC)
BUDGET = Budget()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[LocalSandbox]:
    with LocalSandbox(NOW) as opened:
        yield opened


@pytest.fixture(scope="module")
def warehouses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, DuckDBWarehouse]]:
    writers = {"orders": write_orders, "hospital": write_hospital, "sensors": write_sensors, "shop": write_shop}
    opened = {}
    for name, write in writers.items():
        folder = tmp_path_factory.mktemp(name)
        write(folder, random.Random(7))
        opened[name] = DuckDBWarehouse.open(folder, now=NOW)
    yield opened
    for warehouse in opened.values():
        warehouse.close()


# ── one pass: every statement runs, every figure of the answer is bound to a fact ─────────────────────────────────

PROMPTS = [
    # Japanese names and values
    ("orders", "商品カテゴリ別の金額の合計を教えて", "answered", '`商品カテゴリ` 別の`"金額"` の合計'),
    ("orders", "2024年の月別の売上の推移", "answered", '月別の`"金額"` の合計'),
    ("orders", "金額の多い上位3店舗は？", "answered", '`店舗名` 別の`"金額"` の合計'),
    ("orders", "家電の注文は何件ですか", "answered", "`\"商品カテゴリ\" = '家電'`"),
    ("orders", "金額が3000以上の注文の割合", "answered", '`"金額" >= 3000`'),
    ("orders", "Which 商品カテゴリ has the highest 返品 rate?", "answered", "**衣料** has the highest share of rows"),
    ("orders", "支払方法と商品カテゴリに関係はありますか", "answered", "クラメールの V"),
    ("orders", "数量と金額の相関を調べてください", "answered", "相関は強い"),
    ("orders", "テーブルの概要", "answered", "テーブル数は 2"),
    ("orders", "年齢別の件数", "refused", "年齢別"),
    # a table of visits, and of patients
    ("hospital", "What is the average length of stay by department?", "answered", "average of `length_of_stay`"),
    ("hospital", "How many patients were admitted to Cardiology?", "answered", "distinct values of `patient_id`"),
    ("hospital", "Does blood pressure depend on smoking?", "answered", "the relation of `smoker` and `blood_pressure`"),
    ("hospital", "share of readmitted = yes by department", "answered", "`readmitted = 'yes'`"),
    ("hospital", "Describe the patients table", "answered", "an overview of `patients`"),
    ("hospital", "How many premium visits were there?", "partial", "“premium”"),
    ("hospital", "What is the average?", "needs_input", "length_of_stay"),
    ("hospital", "How many rows are in the invoices table?", "refused", "no table or column `invoices`"),
    ("hospital", "Cluster the patients into groups", "refused", "KAISEKI_MODEL"),
    ("hospital", "Predict patient_id", "refused", "is a key"),
    # upper case, blanks and signs in names
    ("sensors", "Average TEMP C by Site", "answered", "**Lima** has the highest average"),
    ("sensors", "How does Power Draw relate to temp c?", "answered", "The correlation is strong"),
    ("sensors", "Which 5 sensors have the lowest average humidity?", "answered", "has the lowest average"),
    ("sensors", "temperature trend over time", "answered", 'average of `"temp c"` by day'),
    ("sensors", "predict 'FIRMWARE'", "refused", "single value"),
    # counts of what is named, by what is named, and doubts told
    ("shop", "How many interactions of each type are there?", "answered", "number of rows by `interactiontype`"),
    (
        "shop",
        "What share of feature1 is from views?",
        "answered",
        "share of the sum of `feature1` by `interactiontype`",
    ),
    ("shop", "Average age of users who bought", "partial", "The rows measured are of `interactions`"),
    ("shop", "How many users have interactions?", "partial", "“interactions”"),
    ("shop", "What is the share of feature1?", "needs_input", "measure or rank by"),
    ("shop", "How many items per user on average?", "needs_input", "measure or rank by"),
    ("shop", "ユーザーあたりの平均インタラクション数", "answered", "`userid` あたりの平均件数"),
]


@pytest.mark.parametrize(("schema", "question", "outcome", "said"), PROMPTS, ids=[p[1] for p in PROMPTS])
def test_the_first_reply_is_accepted_and_its_answer_is_bound(
    schema: str,
    question: str,
    outcome: str,
    said: str,
    warehouses: dict[str, DuckDBWarehouse],
    sandbox: LocalSandbox,
    tmp_path: Path,
) -> None:
    warehouse = warehouses[schema]
    briefing, names = study(question, warehouse)
    reply = parse_reply(first_reply(briefing))
    assert isinstance(reply, Reply), reply
    assert reply.answer is not None
    with Workbench(warehouse, sandbox, tmp_path, BUDGET, 60.0, lambda event: None) as bench:
        if reply.code:
            step = bench.attempt(1, reply, 60.0)
            assert step.failure is None, step.failure
        facts, tables = bench.facts, markdown_tables(tmp_path)
    verdict = review(reply.answer, question, facts, tables, names)
    assert verdict.failures == ()
    assert reply.answer.outcome == outcome
    assert said in verdict.text


# ── the whole loop, with the clean replay ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "question",
    [
        "'interaction'テーブルから機械学習モデルを作成してください。'purchase'列をターゲット変数として使用してください。",
        "Build a model from the 'interaction' table. Use the 'purchase' column as the target variable.",
    ],
)
def test_a_column_that_gives_the_target_away_is_named_and_the_score_reported_without_it(
    question: str, warehouses: dict[str, DuckDBWarehouse], sandbox: LocalSandbox, tmp_path: Path
) -> None:
    conclusion, journal = investigate(question, warehouses["shop"], sandbox, tmp_path)
    facts = conclusion.replay.facts if conclusion.replay else {}
    text = conclusion.verdict.text
    assert [step.failure for step in journal.steps] == [None]
    assert "`interactions`" in text
    assert "`interaction`" in text
    assert "interactiontype" in str(facts["leak"].value)
    assert float(str(facts["score"].value)) > 0.9
    assert 0.55 < float(str(facts["honest_score"].value)) < 0.85
    assert facts["baseline"].value == 0.5
    assert facts["duplicate_rows"].value == 30
    assert str(facts["leak"].value) in text
    japanese = question[0] == "'"
    assert ("学習に使っていない" in text) == japanese
    cited = {part.fact for part in conclusion.verdict.parts if not isinstance(part, str)}
    assert {bool(re.search("[ぁ-ん]", facts[name].note or "")) for name in cited} == {japanese}


def test_a_regression_is_judged_on_held_out_rows_and_its_score_said_once_where_no_column_is_suspect(
    warehouses: dict[str, DuckDBWarehouse], sandbox: LocalSandbox, tmp_path: Path
) -> None:
    conclusion, _ = investigate("regression to predict Power Draw", warehouses["sensors"], sandbox, tmp_path)
    assert conclusion.replay is not None
    facts = conclusion.replay.facts
    assert conclusion.verdict.text.count(f"{facts['score'].value:.3f}**") == 1
    assert f"{facts['score'].value:.3f} " not in conclusion.verdict.text
    assert "suspect" not in conclusion.verdict.text
    assert facts["metric"].value == "R2"
    assert float(str(facts["score"].value)) > 0.8
    assert facts["first_driver"].value == "temp c"


def test_every_fact_of_an_answer_descends_from_a_query(
    warehouses: dict[str, DuckDBWarehouse], sandbox: LocalSandbox, tmp_path: Path
) -> None:
    conclusion, _ = investigate("What is the average blood pressure by sex?", warehouses["hospital"], sandbox, tmp_path)
    assert conclusion.replay is not None
    measured = [fact for fact in conclusion.replay.facts.values() if fact.kind == "fact"]
    assert measured
    assert all(fact.queries == ("totals",) for fact in measured)


def test_the_users_with_the_most_interactions_are_counted_in_the_interactions(
    warehouses: dict[str, DuckDBWarehouse], sandbox: LocalSandbox, tmp_path: Path
) -> None:
    conclusion, _ = investigate("Top 5 users by number of interactions", warehouses["shop"], sandbox, tmp_path)
    assert conclusion.replay is not None
    facts = conclusion.replay.facts
    assert (facts["rows_used"].value, facts["groups_shown"].value) == (3_030, 5)
    assert int(str(facts["highest_value"].value)) > 20


def test_bands_of_a_number_are_labelled_by_their_bounds_and_the_highest_stands_first(
    warehouses: dict[str, DuckDBWarehouse], sandbox: LocalSandbox, tmp_path: Path
) -> None:
    conclusion, _ = investigate("Which age group buys most often?", warehouses["shop"], sandbox, tmp_path)
    result = list(csv.DictReader((tmp_path / "tables" / "result.csv").open(encoding="utf-8")))
    labels, *_, rates = zip(*(row.values() for row in result), strict=True)
    assert set(labels) == {"10–19", "20–29", "30–39", "40–49", "50–59", "60–69", "70–79", "80–89"}
    assert [float(rate) for rate in rates] == sorted(map(float, rates), reverse=True)
    assert conclusion.replay is not None
    assert conclusion.replay.facts["highest_name"].value == labels[0]


def test_no_matching_rows_end_in_a_refusal_that_says_so(
    warehouses: dict[str, DuckDBWarehouse], sandbox: LocalSandbox, tmp_path: Path
) -> None:
    question = "average length of stay by department in 1990"
    conclusion, journal = investigate(question, warehouses["hospital"], sandbox, tmp_path)
    assert conclusion.draft is not None
    assert conclusion.draft.outcome == "refused"
    assert conclusion.verdict.text.startswith("No rows match")
    assert len(journal.steps) == 1


# ── repair ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Faulty:
    """A warehouse in which a word of SQL does not work."""

    def __init__(self, warehouse: DuckDBWarehouse, word: str) -> None:
        self._warehouse, self._word = warehouse, word

    def introspect(self) -> Catalog:
        return self._warehouse.introspect()

    def profile(self, table: Table) -> Table:
        return self._warehouse.profile(table)

    def run(self, name: str, sql: str, into: Path, row_cap: int) -> Query:
        if self._word in sql:
            failure = Failure(kind="query", type="Unsupported", subject=name, message=f"{self._word} does not work")
            return Query(name=name, sql=sql, failure=failure)
        return self._warehouse.run(name, sql, into, row_cap)

    def close(self) -> None:
        self._warehouse.close()


def test_where_nothing_works_the_answer_says_what_went_wrong(
    warehouses: dict[str, DuckDBWarehouse], sandbox: LocalSandbox, tmp_path: Path
) -> None:
    question = "average length of stay by department"
    conclusion, journal = investigate(question, Faulty(warehouses["hospital"], "SELECT"), sandbox, tmp_path)
    assert conclusion.draft is not None
    assert conclusion.draft.outcome == "refused"
    assert "SELECT does not work" in conclusion.verdict.text
    assert not any(step.accepted for step in journal.steps)
    assert len({turn.reply for turn in journal.turns}) == len(journal.turns)


def test_after_a_failing_script_only_python_is_sent_again(warehouses: dict[str, DuckDBWarehouse]) -> None:
    briefing, _ = study("average length of stay by department", warehouses["hospital"])
    first = first_reply(briefing)
    failed = "Step 1 failed: code KeyError: 'value'\n\nFacts so far: none\nLeft: 11 steps"
    second = parse_reply(complete([briefing, first, failed]))
    assert isinstance(second, Reply)
    assert second.queries == ()
    assert second.code
    assert second.answer is not None


def test_asked_for_another_approach_it_says_what_went_wrong(warehouses: dict[str, DuckDBWarehouse]) -> None:
    briefing, _ = study("average length of stay by department", warehouses["hospital"])
    told = "The last 2 attempts failed the same way. The last of them:\nStep 2 failed: code MemoryError: no memory"
    other = parse_reply(complete([f"{briefing}\n\n{told}"], system="# ChangeApproach\n\nDo it otherwise."))
    assert isinstance(other, Reply)
    assert other.queries == ()
    assert other.answer is not None
    assert "no memory" in other.answer.template


def test_an_answer_with_a_faulty_line_is_sent_again_without_it(warehouses: dict[str, DuckDBWarehouse]) -> None:
    briefing, _ = study("average length of stay by department", warehouses["hospital"])
    failed = (
        "Step 1 accepted. Its answer failed: answer UnknownTable: {table:result} in line 5 of the answer: there is no "
        "table result\n\nanswer UnknownTable in {table:result}, line 5: {table:result} in line 5 of the answer: none"
    )
    reply = parse_reply(complete([briefing, first_reply(briefing), failed]))
    assert isinstance(reply, Reply)
    assert reply.code == ""
    assert reply.answer is not None
    assert "{table:result}" not in reply.answer.template
    assert "{highest_name}" in reply.answer.template


# ── the engine ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_request_gets_the_same_reply_and_an_estimate_of_its_tokens(
    warehouses: dict[str, DuckDBWarehouse],
) -> None:
    briefing, _ = study("Overview", warehouses["sensors"])
    request = lm15.Request(model="offline", messages=(lm15.Message.user(briefing),), system="# WriteStep")
    first, second = OfflineEngine().complete(request), OfflineEngine().complete(request)
    assert first.message == second.message
    assert first.finish_reason == "stop"
    assert first.usage.input_tokens == (len(briefing) + len("# WriteStep")) // 4
    assert first.usage.output_tokens == len(first.message.text or "") // 4


@dataclass(frozen=True)
class Mute:
    """Drops what a run tells while it works."""

    def __call__(self, event: object) -> None:
        return None


def investigate(
    question: str, warehouse: DuckDBWarehouse | Faulty, sandbox: LocalSandbox, bundle: Path
) -> tuple[Conclusion, Journal]:
    bundle.mkdir(exist_ok=True)
    model, journal = open_model("offline"), Journal()
    guide = SchemaGuide(warehouse, today=NOW.date(), row_cap=BUDGET.rows_per_query, budget_characters=20_000)
    studied = guide.study(question)
    briefing, names = study(question, warehouse)
    with Workbench(warehouse, sandbox, bundle, BUDGET, 60.0, Mute()) as bench:
        investigation = Investigation(
            Case(question, briefing, names, studied.resolutions),
            Analyst(model.lm, model.usage_of),
            bench,
            journal,
            Meter(BUDGET),
            guide.look_up,
            Mute(),
        )
        return investigation.conclude(), journal


def study(question: str, warehouse: DuckDBWarehouse | Faulty) -> tuple[str, set[str]]:
    """The briefing, and the names of the catalog."""
    guide = SchemaGuide(warehouse, today=NOW.date(), row_cap=BUDGET.rows_per_query, budget_characters=20_000)
    studied = guide.study(question)
    names = {name for t in studied.catalog.tables for name in (t.name, *(c.name for c in t.columns))}
    return f"Question:\n{question}\n(end of question)\n\n{studied.card}", names


def first_reply(briefing: str) -> str:
    return complete([briefing])


def complete(turns: list[str], system: str = "# WriteStep\n\nYou are a careful data analyst.") -> str:
    """The reply to a conversation; `turns` alternate, beginning with the briefing."""
    makers = (lm15.Message.user, lm15.Message.assistant)
    messages = tuple(makers[i % 2](text) for i, text in enumerate(turns))
    return OfflineEngine().complete(lm15.Request(model="offline", messages=messages, system=system)).message.text or ""


# ── tables that are like nothing else in the repository ───────────────────────────────────────────────────────────


def write(path: Path, header: list[str], rows: list[list[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])


def write_orders(folder: Path, draw: random.Random) -> None:
    stores = [
        [i + 1, f"店舗{name}", draw.choice(["関東", "関西", "九州"])] for i, name in enumerate("東西南北中央港緑")
    ]
    write(folder / "店舗.csv", ["店舗ID", "店舗名", "地域"], stores)
    orders: list[list[object]] = []
    for number in range(600):
        category = draw.choice(["家電", "食品", "食品", "衣料", "書籍"])
        quantity = draw.randint(1, 8)
        day = datetime(2023, 1, 1) + timedelta(days=draw.randrange(700))
        returned = int(draw.random() < (0.4 if category == "衣料" else 0.1))
        paid = draw.choice(["現金", "カード", "電子マネー"])
        amount = quantity * draw.randint(300, 1500)
        orders.append([1000 + number, draw.randint(1, 8), day.date(), category, quantity, paid, amount, returned])
    header = ["注文番号", "店舗ID", "注文日", "商品カテゴリ", "数量", "支払方法", "金額", "返品"]
    write(folder / "注文.csv", header, orders)


def write_hospital(folder: Path, draw: random.Random) -> None:
    patients: list[list[object]] = [
        [i, draw.randint(1930, 2005), draw.choice("FM"), draw.random() < 0.3] for i in range(1, 301)
    ]
    write(folder / "patients.csv", ["patient_id", "birth_year", "sex", "smoker"], patients)
    visits: list[list[object]] = []
    for i in range(1, 901):
        stay = round(draw.gammavariate(2, 2), 1)
        when = datetime(2024, 1, 1) + timedelta(hours=draw.randrange(500 * 24))
        department = draw.choice(["Cardiology", "Oncology", "Surgery", "Emergency"])
        pressure = "" if draw.random() < 0.05 else round(draw.gauss(125, 18))
        visits.append([i, draw.randint(1, 300), when, department, stay, pressure, "yes" if stay > 5 else "no"])
    header = ["visit_id", "patient_id", "admitted_at", "department", "length_of_stay", "blood_pressure", "readmitted"]
    write(folder / "visits.csv", header, visits)


def write_sensors(folder: Path, draw: random.Random) -> None:
    sites = {i: draw.choice(["Oslo", "Lima", "Kyoto"]) for i in range(1, 26)}
    write(folder / "SENSORS.csv", ["SensorId", "Site"], [[i, site] for i, site in sites.items()])
    readings: list[list[object]] = []
    for i in range(1_500):
        sensor = draw.randint(1, 25)
        temperature = round(draw.gauss(24 if sites[sensor] == "Lima" else 20, 3), 2)
        when = datetime(2025, 3, 1) + timedelta(minutes=20 * i)
        status = draw.choices(["OK", "WARN", "FAIL"], [90, 8, 2])[0]
        power = round(2.5 * temperature + draw.gauss(0, 2), 2)
        readings.append([sensor, when, temperature, round(draw.uniform(20, 90), 1), status, power, "v1"])
    header = ["SensorId", "Reading Time", "TEMP C", "Humidity %", "STATUS", "Power Draw", "FIRMWARE"]
    write(folder / "Sensor Readings.csv", header, readings)


def write_shop(folder: Path, draw: random.Random) -> None:
    """The columns of the sample data, in small: the type of an interaction is drawn after the purchase."""
    users: list[list[object]] = [[i, draw.randint(18, 80), draw.choice(["Male", "Female"])] for i in range(1, 201)]
    write(folder / "users.csv", ["userid", "age", "gender"], users)
    rows: list[list[object]] = []
    for _ in range(3_000):
        feature = round(draw.uniform(0, 100), 2)
        bought = draw.random() < 0.02 + 0.004 * feature
        kind = "purchase" if bought and draw.random() < 0.85 else draw.choice(["view", "click", "favorite"])
        when = datetime(2024, 1, 1) + timedelta(seconds=draw.randrange(50_000_000))
        rows.append([draw.randint(1, 200), when, f"item-{draw.randint(1, 60)}", kind, feature, int(bought)])
    write(
        folder / "interactions.csv",
        ["userid", "timestamp", "itemid", "interactiontype", "feature1", "purchase"],
        [*rows, *rows[:30]],
    )
