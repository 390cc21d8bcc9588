"""What a profile says of a table of DuckDB: of people's data, of large tables, and where it takes too long."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from duckdb_warehouses import file_from
from kaiseki.models import Column, Table
from kaiseki.personal.allowance import parse_allowance
from kaiseki.warehouses import profiles
from kaiseki.warehouses.duckdb.warehouse import DuckDBWarehouse

SHOP = """
CREATE TABLE users (id INTEGER, age INTEGER, gender VARCHAR, full_name VARCHAR, birthday DATE, phone_number BIGINT,
                    token UUID, contact VARCHAR, city VARCHAR);
INSERT INTO users SELECT n, 20 + n, 'Female', '佐藤 Hana ' || n, DATE '1980-01-01' + n::INT, 9000000000 + n, uuid(),
  'u' || n || '@example.com', 'City ' || n FROM range(30) AS r(n);
CREATE TABLE passes (holder VARCHAR, access_token UUID); INSERT INTO passes SELECT 'x', uuid() FROM range(3);
CREATE TABLE events AS SELECT n, n % 4 AS kind FROM range(400000) AS r(n);
CREATE VIEW slow AS SELECT max(n) AS most FROM range(1000000000000) AS r(n);
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return file_from(SHOP, tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def warehouse(shop: Path) -> Iterator[DuckDBWarehouse]:
    warehouse = DuckDBWarehouse.open(shop)
    yield warehouse
    warehouse.close()


def profile_of(warehouse: DuckDBWarehouse, name: str) -> tuple[Table, dict[str, Column]]:
    table = warehouse.introspect().table(name)
    assert table is not None
    profile = warehouse.profile(table)
    return profile, {column.name: column for column in profile.columns}


def test_personal_columns_have_counts_lengths_and_forms_but_no_value(warehouse: DuckDBWarehouse) -> None:
    _, found = profile_of(warehouse, "users")
    assert {name: column.personal for name, column in found.items() if column.personal} == {
        "full_name": "name of a person",
        "birthday": "date of birth",
        "phone_number": "phone number",
        "contact": "e-mail address",
    }
    name = found["full_name"]
    assert (name.distinct, name.nulls, name.lengths) == (30, 0, (9, 10))
    assert set(name.forms) == {"漢漢 Aaaa 9", "漢漢 Aaaa 99"}
    for column in found.values():
        if column.personal:
            assert (column.minimum, column.maximum, column.frequent) == (None, None, ())


def test_other_columns_are_profiled_as_ever(warehouse: DuckDBWarehouse) -> None:
    _, found = profile_of(warehouse, "users")
    assert (found["age"].minimum, found["age"].maximum, found["gender"].frequent) == ("20", "49", (("Female", 30),))
    assert len(found["city"].frequent) == 3


def test_texts_that_duckdb_has_other_types_for_are_veiled_too(warehouse: DuckDBWarehouse) -> None:
    _, found = profile_of(warehouse, "passes")
    assert (found["access_token"].personal, found["access_token"].lengths) == ("password or key", (36, 36))
    assert all(set(form) <= set("a9-") for form in found["access_token"].forms)


def test_what_is_allowed_is_shown(shop: Path) -> None:
    warehouse = DuckDBWarehouse.open(shop, allowance=parse_allowance("all"))
    _, found = profile_of(warehouse, "users")
    assert not [column for column in found.values() if column.personal]
    assert found["birthday"].minimum == "1980-01-01"
    warehouse.close()


def test_of_a_large_table_a_part_is_looked_at(warehouse: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, rows in (("_SCANNED", 100_000), ("_COUNTED", 40_000), ("EXACT_BELOW", 1_000)):
        monkeypatch.setattr(profiles, name, rows)
    profile, found = profile_of(warehouse, "events")
    assert (profile.rows, profile.estimated) == (400_000, True)
    assert profile.sampled is not None
    assert 10_000 < profile.sampled < 300_000  # by chance about 100,000
    assert profile.profile_note == f"statistics of a sample of about {profile.sampled:,} rows"
    assert {value for value, _ in found["kind"].frequent} == {"0", "1", "2", "3"}


def test_what_takes_too_long_comes_without_statistics(shop: Path, tmp_path: Path) -> None:
    warehouse = DuckDBWarehouse.open(shop, profile_seconds=0.2)
    profile, found = profile_of(warehouse, "slow")
    assert profile.profile_note == "no statistics: they took longer than 0.2 seconds"
    assert found["most"].distinct is None
    assert warehouse.run("q", "SELECT COUNT(*) AS n FROM users", tmp_path / "q.parquet", 10).rows == 1
    warehouse.close()
