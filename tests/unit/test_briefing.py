"""What a run learns of its warehouse, and how little it asks for it."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from kaiseki.catalog.guide import SchemaGuide
from kaiseki.errors import WarehouseError
from kaiseki.models import Catalog, Column, Query, Table


class ListWarehouse:
    """A warehouse of Python lists: its statistics are those of its rows, and it counts how often it is asked."""

    def __init__(self, unreadable: tuple[str, ...] = (), **tables: list[dict[str, object]]) -> None:
        self.rows = tables
        self.unreadable = unreadable
        self.introspections = 0
        self.profiled: list[str] = []

    def introspect(self) -> Catalog:
        self.introspections += 1
        return Catalog(tables=tuple(self._bare(name) for name in self.rows))

    def profile(self, table: Table) -> Table:
        self.profiled.append(table.name)
        if table.name in self.unreadable:
            raise WarehouseError(f"permission denied for {table.name}")
        columns = tuple(self._measured(column, table.name) for column in table.columns)
        return table.model_copy(update={"rows": len(self.rows[table.name]), "columns": columns})

    def run(self, name: str, sql: str, into: Path, row_cap: int) -> Query:
        raise AssertionError("looking at the schema runs no query of its own")

    def close(self) -> None:
        pass

    def _bare(self, name: str) -> Table:
        first = self.rows[name][0]
        types = {int: "BIGINT", str: "VARCHAR", float: "DOUBLE PRECISION"}
        return Table(name=name, columns=tuple(Column(name=c, type=types[type(v)]) for c, v in first.items()))

    def _measured(self, column: Column, table: str) -> Column:
        values = [row[column.name] for row in self.rows[table] if row[column.name] is not None]
        counts = sorted(((str(v), values.count(v)) for v in set(values)), key=lambda found: (-found[1], found[0]))
        return replace(
            column,
            nulls=len(self.rows[table]) - len(values),
            distinct=len(set(values)),
            minimum=str(min(values)),  # type: ignore[type-var]
            maximum=str(max(values)),  # type: ignore[type-var]
            frequent=tuple(counts[:10]),
        )


def shop() -> ListWarehouse:
    kinds = ["view", "view", "click", "purchase"]
    return ListWarehouse(
        users=[{"userid": i, "age": 20 + i % 30} for i in range(1, 41)],
        interactions=[{"userid": 1 + i % 35, "interactiontype": kinds[i % 4]} for i in range(200)],
    )


def guide(warehouse: ListWarehouse, budget: int = 20_000) -> SchemaGuide:
    return SchemaGuide(warehouse, date(2026, 11, 21), 200_000, budget)


def crowd(count: int = 300) -> ListWarehouse:
    tables = {f"ledger_{chr(97 + i % 26)}{i}x": [{f"entry_{j}": i for j in range(8)}] for i in range(count)}
    return ListWarehouse(**tables, claims=[{"claim_no": 1, "damage": 2.5}])


def test_a_small_schema_is_shown_whole_with_references_found_in_the_values() -> None:
    studied = guide(shop()).study("How often do people of each age click?")
    assert "2 of 2 tables shown" in studied.card
    assert "- userid BIGINT; 1 to 35; 35 distinct; references users.userid" in studied.card
    assert "3 distinct: view 100 | click 50 | purchase 50" in studied.card
    assert [table.rows for table in studied.catalog.tables] == [40, 200]


def test_a_name_that_is_nearly_right_is_told_in_the_card_and_apart_from_it() -> None:
    studied = guide(shop()).study("Rows of the 'interaction' table by day")
    (resolution,) = studied.resolutions
    assert (resolution.asked, resolution.found) == ("interaction", "interactions")
    assert studied.card.splitlines()[1] == (
        'note: the question says "interaction"; there is no such table; the nearest is interactions.'
    )


def test_a_table_that_is_not_there_is_told_with_the_nearest() -> None:
    studied = guide(shop()).study("What is the average salary in the employees table?")
    (note,) = [line for line in studied.card.splitlines() if line.startswith("note: ")]
    assert note.startswith('note: the question names "employees"; no table or column is near it')
    assert {name for name in ("users", "interactions") if name in note} == {"users", "interactions"}


def test_a_value_seen_in_the_data_is_no_name_that_is_missing() -> None:
    studied = guide(shop()).study("How many 'purchase' and 'click' rows are there?")
    assert studied.resolutions == ()
    assert "note: the question" not in studied.card


def test_of_a_large_schema_only_what_is_shown_is_profiled() -> None:
    warehouse = crowd()
    studied = guide(warehouse, 4000).study("Total damage of the claims")
    assert warehouse.profiled == ["claims"]
    assert len(studied.card) <= 4000
    assert studied.card.split("\n\n")[1].startswith("table claims -- 1 rows")
    assert "of 301 tables shown" in studied.card


def test_of_a_large_schema_that_the_question_does_not_touch_the_first_tables_are_profiled() -> None:
    warehouse = crowd()
    guide(warehouse, 4000).study("What is there?")
    assert 1 < len(warehouse.profiled) < 20


def test_a_misspelt_table_is_found_among_hundreds() -> None:
    studied = guide(crowd(), 4000).study("Count the rows of `clayms`")
    assert studied.card.split("\n\n")[1].startswith("table claims -- 1 rows")


def test_each_table_is_looked_at_once() -> None:
    warehouse = shop()
    asked = guide(warehouse)
    asked.study("ages of users")
    asked.study("types of interactions")
    asked.look_up(("users", "interactions"))
    assert warehouse.introspections == 1
    assert sorted(warehouse.profiled) == ["interactions", "users"]


def test_where_the_time_for_profiles_is_over_tables_come_without_statistics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kaiseki.catalog.guide._PROFILING_SECONDS", -1.0)
    warehouse = shop()
    studied = guide(warehouse).study("ages of users")
    assert warehouse.profiled == []
    assert "table users -- ? rows\n- userid BIGINT\n" in studied.card


def test_a_table_that_may_not_be_read_does_not_hide_the_others() -> None:
    warehouse = shop()
    warehouse.unreadable = ("users",)
    studied = guide(warehouse).study("ages of users")
    assert "table users -- ? rows; no statistics: they could not be read\n- userid BIGINT\n" in studied.card
    assert "table interactions -- 200 rows" in studied.card


def test_days_of_one_table_are_shown_once() -> None:
    days = {f"events_202401{day:02}": [{"kind": "view", "n": day}] for day in range(1, 31)}
    warehouse = ListWarehouse(**days)
    studied = guide(warehouse).study("events by kind")
    assert warehouse.profiled == ["events_20240130"]
    assert "30 of 30 tables shown" in studied.card
    assert "table events_20240130 -- 1 rows   [comment: one of 30 tables of the same columns" in studied.card


def test_a_lookup_shows_tables_by_name_by_nearly_the_name_and_by_what_they_hold() -> None:
    asked = guide(crowd())
    assert asked.look_up(("CLAIMS",)).startswith("table claims -- 1 rows\n- claim_no BIGINT; 1 to 1;")
    assert asked.look_up(("claim",)) == (
        'note: the question says "claim"; there is no such table; the nearest is claims.\n\n'
        + asked.look_up(("claims",))
    )
    assert asked.look_up(("damage",)).startswith("table claims")


def test_a_lookup_of_nothing_names_the_nearest() -> None:
    assert guide(shop()).look_up(("zeppelin",)) == (
        'note: nothing in the schema is near "zeppelin"; the nearest are users, interactions.\n'
    )


def test_a_lookup_keeps_to_the_budget_and_says_what_it_left_out() -> None:
    text = guide(crowd(), 500).look_up(("ledger_a0x", "ledger_b1x", "claims"))
    assert "note: ledger_b1x was left out for lack of room; look it up by itself." in text
    assert "table ledger_a0x" in text


def test_an_empty_warehouse_has_a_card_and_answers_lookups() -> None:
    asked = guide(ListWarehouse())
    assert "0 of 0 tables shown" in asked.study("anything").card
    assert asked.look_up(("users",)) == 'note: nothing in the schema is near "users"; the nearest are none.\n'
