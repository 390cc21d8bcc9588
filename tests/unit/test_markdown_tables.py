"""Tables of a bundle as an answer shows them; generated code wrote the files, so they may hold anything."""

import csv
from pathlib import Path

import pytest

from kaiseki.agent.tables import markdown_tables
from kaiseki.language import Language


def table_of(bundle: Path, content: bytes, language: Language = "en") -> list[str]:
    (bundle / "tables").mkdir(exist_ok=True)
    (bundle / "tables" / "t.csv").write_bytes(content)
    return markdown_tables(bundle, rows=2, language=language)["t"].splitlines()


@pytest.mark.parametrize(("language", "counted"), [("en", "… 2 more"), ("ja", "… ほか 2 行")])
def test_rows_beyond_those_shown_are_counted_in_the_language_of_the_answer(
    tmp_path: Path, language: Language, counted: str
) -> None:
    shown = table_of(tmp_path, b"a,b\n1,x\n2,y\n3,z\n4,z\n", language)
    assert shown == ["| a | b |", "| --- | --- |", "| 1 | x |", "| 2 | y |", f"| {counted} |  |"]


def test_a_cell_may_be_of_any_length(tmp_path: Path) -> None:
    limit = csv.field_size_limit()
    *_, row = table_of(tmp_path, b"a\n" + b"x" * (limit + 1) + b"\n")
    assert row.startswith("| xxx")
    assert row.endswith("… |")
    assert csv.field_size_limit() == limit


def test_text_of_another_encoding_is_shown_as_far_as_it_can_be_read(tmp_path: Path) -> None:
    assert table_of(tmp_path, b"a\ncaf\xe9\n")[-1] == "| caf\ufffd |"


def test_what_would_break_the_table_is_escaped(tmp_path: Path) -> None:
    assert table_of(tmp_path, b'a\n"x|y\nz"\n')[-1] == "| x\\|y z |"
