"""Names that are nearly right, names that are near nothing, and ordinary words, which are neither."""

import pytest

from kaiseki.catalog.names import SchemaNames, Unknown
from kaiseki.models import Catalog, Column, Table


def table(name: str, *columns: str, schema: str = "") -> Table:
    return Table(name=name, schema_name=schema, columns=tuple(Column(name=c, type="VARCHAR") for c in columns))


SHOP = Catalog(
    tables=(
        table("users", "userid", "age", "gender"),
        Table(
            name="interactions",
            columns=(
                Column(name="userid", type="BIGINT"),
                Column(name="timestamp", type="TIMESTAMP"),
                Column(
                    name="interactiontype", type="VARCHAR", distinct=2, frequent=(("view", 9821), ("purchases", 1369))
                ),
                Column(name="feature1", type="DOUBLE PRECISION"),
                Column(name="feature2", type="DOUBLE PRECISION"),
                Column(name="purchase", type="INTEGER"),
            ),
        ),
    )
)
SALES = Catalog(
    tables=(
        table("dim_customer", "customer_id", "customer_name", "signup_date", schema="dwh"),
        table("fact_sales", "order_no", "customer_id", "order_total", "region", schema="dwh"),
        table("Pit Stops", "Lap Time", "driver"),
        table("売上データ", "商品名", "金額"),
    )
)


def unknown(question: str, catalog: Catalog) -> list[Unknown]:
    return [found for found in SchemaNames(catalog).judge(question, catalog) if isinstance(found, Unknown)]


def resolved(question: str, catalog: Catalog = SHOP) -> list[tuple[str, str, str]]:
    return [(r.asked, r.found, r.kind) for r in SchemaNames(catalog).resolve(question)]


def missing(question: str, catalog: Catalog = SHOP) -> list[tuple[str, str]]:
    return [(u.asked, u.kind) for u in unknown(question, catalog)]


def test_the_request_of_the_original_sample_means_the_table_interactions() -> None:
    question = (
        "'interaction'テーブルから機械学習モデルを作成してください。"
        "'purchase'列をターゲット変数として使用してください。"
    )
    assert resolved(question) == [("interaction", "interactions", "table")]
    assert missing(question) == []


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many rows has the interaction table?", ("interaction", "interactions", "table")),
        ("Describe table intractions.", ("intractions", "interactions", "table")),
        ("How is `user_id` distributed?", ("user_id", "userid", "column")),
        ("Average user_id per day", ("user_id", "userid", "column")),
        ("What does interactionTypes tell?", ("interactionTypes", "interactiontype", "column")),
        ("interactionテーブルの概要", ("interaction", "interactions", "table")),
        ("「ｉｎｔｅｒａｃｔｉｏｎ」テーブルの件数", ("ｉｎｔｅｒａｃｔｉｏｎ", "interactions", "table")),
        ("目的変数は purchases として予測して", ("purchases", "purchase", "column")),
        ("Train a classifier with purchases as the target.", ("purchases", "purchase", "column")),
        ("Show the 'gendre' column by age", ("gendre", "gender", "column")),
        ("ユーザーテーブルの平均年齢は？", ("ユーザー", "users", "table")),
        ("ユーザテーブルの件数", ("ユーザ", "users", "table")),
        ("What is the mean of user.age?", ("user", "users", "table")),
    ],
)
def test_a_name_that_is_nearly_right_is_resolved(question: str, expected: tuple[str, str, str]) -> None:
    assert resolved(question) == [expected]
    assert missing(question) == []


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Rows of the customer table", ("customer", "dwh.dim_customer", "table")),
        ("Describe the pit stop table", ("pit stop", "Pit Stops", "table")),
        ("Plot the `lap_time` of each driver", ("lap_time", "Lap Time", "column")),
        ("売上テーブルの金額を合計して", ("売上", "売上データ", "table")),
        ("Sum of dwh.fact_sale", ("fact_sale", "dwh.fact_sales", "table")),
    ],
)
def test_words_more_or_less_schemas_and_japanese_names_are_bridged(
    question: str, expected: tuple[str, str, str]
) -> None:
    assert resolved(question, SALES) == [expected]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is the average salary in the employees table?", ("employees", "table")),
        ("'salary'列の平均は？", ("salary", "column")),
        ("Use 'churned' as the target and train a model", ("churned", "column")),
        ("Total of everything from order_items by month", ("order_items", "table")),
        ("従業員テーブルの平均給与を計算してください", ("従業員", "table")),
        ("employeesテーブルの件数を教えて", ("employees", "table")),
        ("List the table named invoices", ("invoices", "table")),
        ("Sum of users.salary", ("salary", "column")),
    ],
)
def test_a_name_near_nothing_is_unknown_and_the_nearest_are_named(question: str, expected: tuple[str, str]) -> None:
    assert missing(question) == [expected]
    assert resolved(question) == []
    assert all(found.nearest for found in unknown(question, SHOP))


def test_two_names_that_are_equally_near_are_not_guessed_between() -> None:
    catalog = Catalog(tables=(table("orders_east", "id"), table("orders_west", "id")))
    (found,) = unknown("Rows of the 'orders' table", catalog)
    assert found.nearest == ("orders_east", "orders_west")
    assert found.ambiguous
    assert resolved("Rows of the 'orders' table", catalog) == []


def test_a_word_that_several_columns_contain_is_not_given_to_the_shortest() -> None:
    catalog = Catalog(tables=(table("orders", "order_date", "ship_date", "amount"),))
    (found,) = unknown("Group by the date_column; plot the `date` column", catalog)
    assert (found.asked, set(found.nearest)) == ("date", {"order_date", "ship_date"})


def test_each_of_several_names_is_judged() -> None:
    question = "Join interaction table and user table on the user_id column, then drop the salary column."
    assert resolved(question) == [
        ("interaction", "interactions", "table"),
        ("user", "users", "table"),
        ("user_id", "userid", "column"),
    ]
    assert missing(question) == [("salary", "column")]


def test_case_and_width_alone_do_not_make_another_name_since_sql_does_not_tell_them_apart() -> None:
    assert resolved("Count `Interactions` by USERID in the Users table; 「ｕｓｅｒｓ」テーブルも") == []


def test_a_quoted_value_is_no_name() -> None:
    assert resolved("How many 'view' rows are there, and how many 'purchases'?") == []
    assert missing("Share of 'view' among all rows of \"interactions\"") == []


def test_numbered_names_are_not_typing_errors_of_each_other() -> None:
    assert resolved("Correlate `feature3` with purchase") == []


def test_a_column_that_the_question_wants_to_be_made_is_not_missing() -> None:
    question = 'Create a new feature called "age_band" from age. Count each value of the "age_band" column.'
    assert (resolved(question), missing(question)) == ([], [])


def test_a_family_cut_by_date_answers_to_its_stem() -> None:
    catalog = Catalog(tables=tuple(table(f"events_2024010{day}", "id") for day in range(1, 5)))
    assert resolved("How large is the events table?", catalog) == [("events", "events_20240104", "table")]
    assert missing("How large is the events_20240102 table?", catalog) == []


def test_a_schema_without_tables_has_nothing_near() -> None:
    (found,) = unknown("Rows of the 'orders' table", Catalog(tables=()))
    assert found.nearest == ()


ORDINARY = (
    "How many users are there by gender?",
    "What is the average age of people who purchased something?",
    "Show me a table of the monthly interactions and a bar chart.",
    "Make a pivot table of gender against interaction type.",
    "Which columns have missing values?",
    "Does feature1 influence purchases? Use a t-test with alpha = 0.05.",
    "Draw a column chart of purchases by month.",
    "Who are our target customers, and what sets them apart?",
    "Use train_test_split with random_state=42 and report the roc_auc.",
    "Put the results in the following table: name, share, count.",
    "The table below shows what I expect.",
    "Compare the users' ages with the interactions' timestamps.",
    "I don't know what's in each column; give an overview of all tables.",
    "What is the correlation between the two numeric columns?",
    "Predict the target from the other columns.",
    "Save it as users.csv and read data from report_2024.xlsx.",
    'Is there a \'significant\' difference between "young" and "old" people?',
    "Explain in the summary table which rows are duplicates.",
    "List the five most active users from last month.",
    "What time of day do people click most? Add a new column 'part_of_day' for it.",
    "Only use the specified columns, and the correct column for the covered period.",
    "The data set has some outliers; which users are they?",
    "Give the data type of each field and the date range.",
    "性別ごとのユーザー数を教えてください。",
    "月別の購入数の推移をグラフにしてください。",
    "各テーブルの概要と、列ごとの欠損数を表示してください。",
    "年齢と購入の関係を調べ、結果を表にまとめてください。",
    "ピボットテーブルを作って、「若年層」と「高齢層」を比較してください。",
    "データ全体の傾向を分析して、代表的な値を示してください。",
    "購入を予測するモデルを作成してください。AUCも報告してください。",
    "次のテーブルの形で結果を出してください。",
    "ターゲット層はどの年代ですか？",
    "「若者」をターゲットにした施策の効果を教えてください。",
    "時系列は sales のようにグラフで示し、行列 'X' も計算してください。",
    "What is the share of each team in the league table?",
    "複数の列の相関行列を計算してください。",
)


@pytest.mark.parametrize("question", ORDINARY)
@pytest.mark.parametrize("catalog", [SHOP, SALES], ids=["shop", "sales"])
def test_ordinary_words_are_neither_resolved_nor_unknown(question: str, catalog: Catalog) -> None:
    assert resolved(question, catalog) == []
    assert missing(question, catalog) == []
