"""Where the values of veiled columns turn up in a text, and where they do not."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kaiseki.agent.veil import Veil, veil_of
from kaiseki.models import Failure, Query


def query_of(folder: Path, veiled: tuple[str, ...], **columns: list[object]) -> Query:
    pq.write_table(pa.table(columns), folder / "q.parquet")
    return Query(name="q", sql="SELECT", sha256="1", columns=tuple((c, "VARCHAR") for c in columns), veiled=veiled)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("0  Amy Adams  5", "0  Aaa Aaaaa  5"),
        ("{'Amy Adams': 1}", "{'Aaa Aaaaa': 1}"),
        ("Amy, Amy Adams; Amyx, xAmy", "Aaa, Aaa Aaaaa; Amyx, xAmy"),
        ("顧客は田中太郎です", "顧客は漢漢漢漢です"),
        ("+81 90 1234", "+99 99 9999"),
        ("nothing of that sort", "nothing of that sort"),
        ("", ""),
    ],
)
def test_whole_values_are_shown_by_their_form_and_the_longest_first(text: str, seen: str) -> None:
    assert Veil(frozenset({"Amy", "Amy Adams", "田中太郎", "+81 90 1234"}))(text) == seen


def test_values_are_known_as_programs_print_them(tmp_path: Path) -> None:
    long = "12 Long Street, " + "Springfield " * 6
    columns: dict[str, list[object]] = {
        "who": ["Amy", "Bo", "田中", "林", None],
        "phone": [9012345678, 12, None, None, None],
        "born": [date(1980, 1, 2), None, None, None, None],
        "home": [long, None, None, None, None],
        "city": ["Kyoto", "Nara", None, None, None],
    }
    veil = veil_of([query_of(tmp_path, ("who", "phone", "born", "home"), **columns)], tmp_path)
    assert veil("Amy Bo 田中 林 9012345678 12 1980-01-02 Kyoto") == "Aaa Bo 漢漢 林 9999999999 12 9999-99-99 Kyoto"
    assert "Long" not in veil(f"{long[:46]}...")


def test_a_value_that_is_the_name_of_a_column_stays_legible(tmp_path: Path) -> None:
    people = query_of(tmp_path, ("surname",), surname=["Price", "Smith"], price=[1, 2])
    assert veil_of([people], tmp_path)("Smith: Price 1") == "Aaaaa: Price 1"


def test_errors_are_veiled_with_their_traceback() -> None:
    failure = Failure(kind="code", type="KeyError", message="'Amy'", traceback='line 1\nKeyError: "Amy"')
    veiled = Veil(frozenset({"Amy"})).failure(failure)
    assert (veiled.message, veiled.traceback) == ("'Aaa'", 'line 1\nKeyError: "Aaa"')


def test_without_veiled_columns_nothing_is_read(tmp_path: Path) -> None:
    assert veil_of([Query(name="absent", sql="SELECT", columns=(("a", "VARCHAR"),))], tmp_path) == Veil()
