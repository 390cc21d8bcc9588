"""Which tables a question needs."""

import random
import time

from kaiseki.catalog.linking import TableIndex
from kaiseki.models import Catalog, Column, Table


def table(name: str, *columns: str, schema: str = "", **more: object) -> Table:
    return Table.model_validate(
        {
            "name": name,
            "schema_name": schema,
            "columns": [{"name": column, "type": "INTEGER"} for column in columns],
            **more,
        }
    )


def best(question: str, catalog: Catalog, lookups: tuple[str, ...] = ()) -> list[str]:
    return [entry.table.qualified for entry in TableIndex(catalog).rank(question, lookups) if entry.score > 0]


HOSPITAL = (
    table("patients", "patient_id", "birth_date", "sex"),
    table("admissions", "admission_id", "patient_id", "ward", "admitted_at"),
    table("lab_results", "resultId", "patientId", "cholesterolLevel"),
    table("staff_rota", "staff_no", "shift"),
)


def test_every_table_is_ranked_and_those_not_touched_score_nothing() -> None:
    ranked = TableIndex(Catalog(tables=HOSPITAL)).rank("How many wards?")
    assert {entry.table.name for entry in ranked} == {table.name for table in HOSPITAL}
    assert ranked[0].table.name == "admissions"
    assert "ward" in ranked[0].why
    assert next(entry for entry in ranked if entry.table.name == "staff_rota").score == 0


def test_plurals_camel_case_and_compounds_meet() -> None:
    assert best("levels of cholesterol", Catalog(tables=HOSPITAL))[0] == "lab_results"
    assert best("laps", Catalog(tables=(table("drivers", "name"), table("laptimes", "ms"))))[:1] == []
    assert best("lap times", Catalog(tables=(table("drivers", "name"), table("laptimes", "ms")))) == ["laptimes"]


def test_a_table_that_joins_to_the_best_one_follows_it() -> None:
    catalog = Catalog(
        tables=(table("rota", "shift"), table("patients", "patient_id"), table("visits", "patient_id", "day"))
    )
    ranked = TableIndex(catalog).rank("visits per day")
    assert [entry.table.name for entry in ranked[:2]] == ["visits", "patients"]
    assert "joins visits" in ranked[1].why


def test_a_lookup_weighs_more_than_the_question() -> None:
    assert best("sex of patients", Catalog(tables=HOSPITAL), ("shift",))[0] != "staff_rota"
    assert "staff_rota" in best("sex of patients", Catalog(tables=HOSPITAL), ("shift",))
    assert best("anything", Catalog(tables=HOSPITAL), ("staff_rota",))[0] == "staff_rota"


def test_comments_and_frequent_values_are_read() -> None:
    catalog = Catalog(
        tables=(
            table("t1", "a"),
            table("t2", "b", comment="解約した会員の一覧"),
            Table(name="t3", columns=(Column(name="c", type="VARCHAR", frequent=(("Osaka", 10), ("Nagoya", 5))),)),
        )
    )
    assert best("会員の解約率は？", catalog) == ["t2"]
    assert best("How many are from Osaka?", catalog) == ["t3"]


def test_japanese_questions_find_english_names_and_japanese_ones() -> None:
    english = Catalog(tables=(table("weather", "rain"), table("customers", "age"), table("sales", "amount")))
    assert set(best("顧客の年齢別の売上", english)) == {"customers", "sales"}
    japanese = Catalog(tables=(table("天気", "降水量"), table("売上明細", "商品名", "金額")))
    assert best("商品別の売上", japanese) == ["売上明細"]


def test_a_fitting_schema_lifts_its_tables() -> None:
    catalog = Catalog(
        tables=(
            table("results", "id", "score", schema="football"),
            table("results", "id", "value", schema="laboratory"),
            table("samples", "blood", "laboratory_ref", schema="laboratory"),
        )
    )
    assert best("results of blood samples in the laboratory", catalog)[:2] == [
        "laboratory.samples",
        "laboratory.results",
    ]


def test_tables_cut_by_date_are_one_and_the_newest_stands_for_them() -> None:
    days = [table(f"events_202401{day:02}", "event_id", "kind") for day in range(1, 31)]
    catalog = Catalog(tables=(*days, table("users", "user_id")))
    ranked = TableIndex(catalog).rank("events by kind")
    assert [entry.table.name for entry in ranked] == ["events_20240130", "users"]
    assert "30 tables" in ranked[0].table.comment
    assert TableIndex(catalog).rank("events on events_20240107")[0].table.name == "events_20240107"


def test_tables_of_other_columns_are_no_family() -> None:
    catalog = Catalog(tables=(table("sales_202401", "a"), table("sales_202402", "b"), table("plan_9000", "c")))
    assert len(TableIndex(catalog).rank("sales")) == 3


def test_what_came_with_the_question_comes_first() -> None:
    catalog = Catalog(tables=(table("sales", "amount"), table("upload", "x", kind="attachment")))
    assert best("sales amount", catalog)[0] == "upload"


def test_an_empty_schema_and_an_empty_question_rank() -> None:
    assert TableIndex(Catalog(tables=())).rank("anything") == ()
    assert len(TableIndex(Catalog(tables=HOSPITAL)).rank("")) == len(HOSPITAL)


def test_two_thousand_tables_are_ranked_in_a_blink() -> None:
    chance = random.Random(7)
    syllables = ["cust", "order", "ship", "price", "region", "event", "user", "stock", "loan", "score", "team", "click"]

    def name() -> str:
        return "_".join(chance.choices(syllables, k=3)) + str(chance.randrange(1000))

    tables = tuple(table(f"{name()}_{i}x", *{name() for _ in range(30)}) for i in range(2000))
    start = time.thread_time()
    question = "How many customers in each region ordered above the average price last year?"
    TableIndex(Catalog(tables=tables)).rank(question)
    assert time.thread_time() - start < 5.0  # a twentieth of that on an idle machine


def test_names_shortened_to_their_consonants_are_found() -> None:
    catalog = Catalog(tables=(table("drivers", "name"), table("results", "NumTstTakr", "AvgScrRead")))
    assert best("schools with the most test takers", catalog) == ["results"]


def test_british_and_american_spellings_and_forms_of_a_word_meet() -> None:
    catalog = Catalog(tables=(table("colour", "id"), table("publisher", "id"), table("weather", "rain")))
    assert best("published colors", catalog)[:2] == ["colour", "publisher"]


def test_a_name_of_somebody_asks_for_tables_with_names() -> None:
    catalog = Catalog(tables=(table("laps", "lap", "milliseconds"), table("drivers", "forename", "surname")))
    assert "drivers" in best("What was the best of Lewis Hamilton?", catalog)


def test_a_table_two_joins_away_comes_before_those_that_nothing_speaks_for() -> None:
    catalog = Catalog(
        tables=(
            table("weather", "rain"),
            table("power", "power_id"),
            table("hero_power", "hero_id", "power_id"),
            table("hero", "hero_id", "height"),
        )
    )
    assert best("How tall are heroes?", catalog) == ["hero", "hero_power", "power"]


def test_only_the_first_may_be_asked_for() -> None:
    index = TableIndex(Catalog(tables=HOSPITAL))
    assert index.rank("patients", first=2) == index.rank("patients")[:2]


def test_an_index_answers_any_number_of_questions_as_one_made_for_each() -> None:
    catalog = Catalog(tables=HOSPITAL)
    index = TableIndex(catalog)
    for question in ("wards", "sex of patients", "levels of cholesterol", ""):
        assert index.rank(question) == TableIndex(catalog).rank(question)


def test_tables_of_one_name_in_two_databases_are_two_tables() -> None:
    shared = tuple(table("orders", "order_id", schema="public", database=name) for name in ("sales", "archive"))
    assert best("orders", Catalog(tables=shared)) == ["sales.public.orders", "archive.public.orders"]
