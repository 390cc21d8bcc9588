"""What the offline model understands of a question, from nothing but the briefing that any model gets."""

from datetime import date

import pytest

from kaiseki.catalog.card import render
from kaiseki.catalog.names import SchemaNames
from kaiseki.catalog.references import infer
from kaiseki.lm.offline.intent import Intent
from kaiseki.lm.offline.interpret import read_intent
from kaiseki.lm.offline.reading import Briefing, read_briefing
from kaiseki.models import Catalog, Column, Table

SHOP = Catalog(
    tables=(
        Table(
            name="orders",
            rows=5_000,
            primary_key=("order_id",),
            columns=(
                Column(name="order_id", type="BIGINT", nulls=0, distinct=5_000, minimum="1", maximum="5000"),
                Column(name="customer_id", type="BIGINT", distinct=400, references="customers.customer_id"),
                Column(
                    name="ordered_at",
                    type="TIMESTAMP",
                    distinct=4_990,
                    minimum="2023-01-01 00:10:00",
                    maximum="2025-06-30 10:00:00",
                ),
                Column(
                    name="channel",
                    type="VARCHAR(16)",
                    distinct=3,
                    frequent=(("web", 3_000), ("Store | Outlet", 1_500), ("phone", 500)),
                ),
                Column(name="amount", type="NUMERIC(12,2)", distinct=4_200, minimum="1.50", maximum="980.00", nulls=12),
                Column(
                    name="returned",
                    type="BIGINT",
                    distinct=2,
                    minimum="0",
                    maximum="1",
                    frequent=(("0", 4_500), ("1", 500)),
                ),
                Column(name="order", type="VARCHAR(40)", distinct=5_000, comment="a free remark"),
                Column(name="orderkind", type="VARCHAR(8)", distinct=2, frequent=(("gift", 4_000), ("own", 1_000))),
            ),
        ),
        Table(
            name="customers",
            rows=400,
            primary_key=("customer_id",),
            columns=(
                Column(name="customer_id", type="BIGINT", distinct=400, minimum="1", maximum="400"),
                Column(name="Country Code", type="CHAR(2)", distinct=2, frequent=(("JP", 300), ("DE", 100))),
                Column(name="年齢", type="BIGINT", distinct=60, minimum="18", maximum="90"),
                Column(name="signed_up", type="DATE", distinct=300, minimum="2022-01-01", maximum="2025-06-30"),
            ),
        ),
    )
)


def briefing(question: str, catalog: Catalog = SHOP) -> Briefing:
    known = infer(catalog)
    card = render(
        question, SchemaNames(known).judge(question, known), catalog.tables, known, date(2026, 11, 21), 200_000, 20_000
    )
    return read_briefing(f"Question:\n{question}\n(end of question)\n\n{card}")


def intent(question: str) -> Intent:
    return read_intent(briefing(question))


def test_a_question_of_many_lines_is_read_whole() -> None:
    assert briefing("First line\n\nQuestion:\nlast line").question == "First line\n\nQuestion:\nlast line"


def test_a_text_without_a_question_is_refused() -> None:
    with pytest.raises(ValueError, match="end of question"):
        read_briefing("How many?")


def test_the_card_gives_tables_with_types_ranges_counts_and_references() -> None:
    read = briefing("How many orders?")
    orders = read.table("orders")
    columns = {column.name: column for column in orders.columns}
    assert (read.today, read.row_cap, orders.rows) == ("2026-11-21", 200_000, 5_000)
    assert columns["order_id"].kind == "id"
    assert columns["customer_id"].references == "customers"
    assert (columns["amount"].kind, columns["amount"].low, columns["amount"].nulls) == ("number", "1.5", 12) or (
        columns["amount"].low == "1.50"
    )
    assert columns["returned"].kind == "flag"
    assert columns["ordered_at"].kind == "time"
    assert columns["order"].sql == '"order"'
    assert columns["order"].comment == "a free remark"


def test_values_that_the_card_had_to_escape_come_back_as_they_are() -> None:
    channel = next(c for c in briefing("x").table("orders").columns if c.name == "channel")
    assert channel.values == ("web", "Store | Outlet", "phone")
    assert channel.complete


def test_names_in_other_spellings_are_found() -> None:
    assert intent("total Amount by country_code").groups[0].name == "Country Code"
    assert intent("order ids per countrycode").groups[0].name == "Country Code"


def test_a_column_that_is_named_like_a_common_word_needs_a_sign_that_it_is_meant() -> None:
    assert intent("average amount in order of channel").measure == intent("average amount by channel").measure


@pytest.mark.parametrize(
    ("question", "statistic", "measure", "groups"),
    [
        ("How many orders are there?", "count", None, []),
        ("average amount by channel", "average", "amount", ["channel"]),
        ("median amount for each channel and country code", "median", "amount", ["channel", "Country Code"]),
        ("channel別のamountの合計", "total", "amount", ["channel"]),
        ("チャネルではなくchannelごとの件数", "count", None, ["channel"]),
        ("年齢の平均をCountry Codeごとに", "average", "年齢", ["Country Code"]),
        ("return rate: share of returned by channel", "average", "returned", ["channel"]),
        ("how many different channels are there", "distinct", "channel", []),
        ("orders per customer", "count", None, ["customer_id"]),
        ("breakdown of channel", "count", None, ["channel"]),
        ("Which channel has the highest amount?", "total", "amount", ["channel"]),
    ],
)
def test_an_aggregate_is_read_as_statistic_measure_and_groups(
    question: str, statistic: str, measure: str | None, groups: list[str]
) -> None:
    read = intent(question)
    assert read.ask == "aggregate"
    assert read.statistic == statistic
    assert (read.measure.name if read.measure else None) == measure
    assert [column.name for column in read.groups] == groups


@pytest.mark.parametrize(
    ("question", "statistic", "measure", "groups"),
    [
        ("Top 5 customers by number of orders", "count", None, ["customer_id"]),
        ("Customers with the most orders", "count", None, ["customer_id"]),
        ("Which customers have the most orders?", "count", None, ["customer_id"]),
        ("customerごとのorders数トップ10", "count", None, ["customer_id"]),
        ("How many orders per customer on average?", "per_key", "customer_id", []),
        ("How many orders of each kind are there?", "count", None, ["orderkind"]),
        ("kind別のorders数", "count", None, ["orderkind"]),
        ("Top 3 channels by returned", "total", "returned", ["channel"]),
        ("Which channel is most likely to be returned?", "average", "returned", ["channel"]),
        ("Which channel has the most returned?", "total", "returned", ["channel"]),
        ("How many customers returned orders?", "count", None, []),
        ("What is the highest amount?", "maximum", "amount", []),
        ("Highest amount by channel", "maximum", "amount", ["channel"]),
        ("Share of amount by channel", "sum_share", "amount", ["channel"]),
        ("What share of amount is from web?", "sum_share", "amount", ["channel"]),
        ("Compare channels by amount", "total", "amount", ["channel"]),
        ("Compare web and phone by average amount", "average", "amount", ["channel"]),
        ("amount per order", "average", "amount", []),
        ("customers with the highest total amount", "total", "amount", ["customer_id"]),
        ("Top customers by orders count", "count", None, ["customer_id"]),
        ("customerで最もordersの多いchannelは？", "count", None, ["channel"]),
        ("ordersの多いcustomerトップ10", "count", None, ["customer_id"]),
        ("average number of returned orders per customer", "per_key", "customer_id", []),
        ("ratio of web to phone orders", "share", None, ["channel"]),
        ("What is the channel share for returned orders?", "share", None, ["channel"]),
        ("revenue by channel and month", "total", "amount", ["channel"]),
    ],
)
def test_what_is_counted_or_measured_is_what_the_question_names_as_such(
    question: str, statistic: str, measure: str | None, groups: list[str]
) -> None:
    test_an_aggregate_is_read_as_statistic_measure_and_groups(question, statistic, measure, groups)


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("How many customers have not ordered?", "not"),
        ("How many customers have not returned orders?", "returned"),
        ("How many customers never returned orders?", "never"),
        ("orderのないcustomerの件数、なし", "なし"),
        ("How many customers and orders are there?", "orders"),
        ("amount by channel and country code and returned", "returned"),
        ("Compare the number of orders in 2023 with 2024", "compare"),
        ("How many new customers are there?", "new"),
        ("Average amount in the first month", "first"),
    ],
)
def test_a_word_that_may_change_the_meaning_is_kept_where_it_was_not_placed(question: str, word: str) -> None:
    assert word in intent(question).left_out


@pytest.mark.parametrize("question", ["Who are the best customers?", "Which channel sells best?", "the cheapest order"])
def test_a_ranking_by_nothing_that_is_named_has_no_statistic(question: str) -> None:
    assert intent(question).statistic == ""


def test_two_years_apart_are_no_period() -> None:
    read = intent("number of orders in 2023 and 2025")
    assert (read.conditions, read.left_out) == ((), ("2023", "2025"))


@pytest.mark.parametrize("question", ["What drives amount?", "What affects the amount?", "何がamountに影響しますか"])
def test_what_drives_a_column_is_asked_of_a_model_of_it(question: str) -> None:
    read = intent(question)
    assert (read.ask, read.target.name if read.target else None) == ("prediction", "amount")


@pytest.mark.parametrize(
    ("question", "conditions"),
    [
        ("How many orders from web in 2024?", ["channel IN web", "ordered_at PERIOD 2024-01-01 2025-01-01"]),
        ("orders since 2024-03-05", ["ordered_at PERIOD 2024-03-05 "]),
        ("count orders before March 2024", ["ordered_at PERIOD  2024-03-01"]),
        ("2024年1月から2024年3月までの件数", ["ordered_at PERIOD 2024-01-01 2024-04-01"]),
        ("2024年以降の注文件数", ["ordered_at PERIOD 2024-01-01 "]),
        ("number of orders in q2 2024", ["ordered_at PERIOD 2024-04-01 2024-07-01"]),
        ("number of orders last year", ["ordered_at PERIOD 2025-01-01 2026-01-01"]),
        ("number of orders with amount over 100", ["amount > 100"]),
        ("amountが100以上の注文は何件", ["amount >= 100"]),
        ("how many orders have an amount between 10 and 20", ["amount BETWEEN 10 20"]),
        ("orders not from web by country code", ["channel NOT IN web"]),
        ("web以外の件数", ["channel NOT IN web"]),
        ("number of orders excluding returned", ["returned = 0"]),
        ("orders by country code in 2024", ["ordered_at PERIOD 2024-01-01 2025-01-01"]),
        ("amount by country code in 2024", ["ordered_at PERIOD 2024-01-01 2025-01-01"]),
        ("How many customers ordered in 2024?", ["ordered_at PERIOD 2024-01-01 2025-01-01"]),
        ("How many customers in 2024?", ["signed_up PERIOD 2024-01-01 2025-01-01"]),
        ("How many customers returned orders?", ["returned = 1"]),
    ],
)
def test_conditions_are_read_from_values_comparisons_and_dates(question: str, conditions: list[str]) -> None:
    read = [
        f"{c.column.name} {'NOT ' * c.negated}{c.operator} {' '.join(c.values)}" for c in intent(question).conditions
    ]
    assert read == conditions


@pytest.mark.parametrize(
    ("question", "grain"),
    [
        ("orders per month", "month"),
        ("曜日別の件数", "weekday"),
        ("amount by hour", "hour"),
        ("四半期ごとのamount", "quarter"),
        ("trend of amount", "auto"),
        ("amount by channel and month", "month"),
        ("Which day had the highest amount?", "day"),
        ("amountが最も高い月は？", "month"),
    ],
)
def test_periods_are_read_from_their_words(question: str, grain: str) -> None:
    assert intent(question).grain == grain


def test_top_lists_have_a_length_and_a_direction() -> None:
    read = intent("bottom five channels by total amount")
    assert (read.top, read.ascending, [c.name for c in read.groups]) == (5, True, ["channel"])
    assert intent("amountの多い上位3channelは？").top == 3


@pytest.mark.parametrize(
    ("question", "target"),
    [
        ("Predict returned", "returned"),
        ("'returned'列をターゲット変数として使用してください。モデルを作成", "returned"),
        ("channel から returned を予測", "returned"),
        ("train a model from amount with target = channel", "channel"),
        ("What are the factors behind returned?", "returned"),
        ("amountを予測する回帰モデル", "amount"),
        ("build a model of profit", None),
    ],
)
def test_a_prediction_has_the_target_that_is_pointed_at(question: str, target: str | None) -> None:
    read = intent(question)
    assert read.ask == "prediction"
    assert (read.target.name if read.target else None) == target


def test_a_relation_has_two_columns() -> None:
    for question in (
        "Is amount related to 年齢?",
        "amountと年齢の関係",
        "Does the amount depend on the country code?",
        "correlation between amount and 年齢",
    ):
        read = intent(question)
        assert read.ask == "relation"
        assert read.columns[0].name == "amount"


@pytest.mark.parametrize(
    "question",
    [
        "Cluster the customers",
        "来月のamountを予測して",
        "Why did amount drop?",
        "Write a poem about spring",
        "今日の天気は？",
        "Delete all orders",
        "moving average of amount",
        "channels with amount above average",
    ],
)
def test_what_the_offline_model_cannot_do_is_told_apart(question: str) -> None:
    assert intent(question).ask == "beyond"


def test_words_that_found_no_meaning_are_kept() -> None:
    assert intent("How many premium orders are there?").left_out == ("premium",)
    assert intent("優良会員別の注文件数").left_out


def test_the_language_is_that_of_the_words_that_are_no_names() -> None:
    assert intent("average 年齢 by channel").language == "en"
    assert intent("channel別の平均amountは").language == "ja"


def test_a_name_that_is_nearly_right_is_taken_from_the_cards_note() -> None:
    read = intent("Show the average 'amuont' column by channel")
    assert read.measure is not None
    assert read.measure.name == "amount"
    assert read.renamed == (("amuont", "amount"),)
