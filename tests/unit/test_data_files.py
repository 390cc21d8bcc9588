"""The rows of a query in one file or in several: found, copied and removed alike."""

from pathlib import Path

import pytest

from kaiseki.data_files import copy_data, data_files, remove_data

FORMS = {"one": ["q.parquet"], "several": [f"q/part-{n:05d}.parquet" for n in (0, 2, 10)]}


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    names = FORMS[request.param]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "other.parquet").write_text("other")
    return names


def test_files_come_in_the_order_of_the_rows(form: list[str], tmp_path: Path) -> None:
    assert data_files(tmp_path / "q.parquet") == [tmp_path / name for name in form]
    assert data_files(tmp_path / "r.parquet") == []


def test_a_copy_has_the_same_form(form: list[str], tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    copy_data(tmp_path / "q.parquet", tmp_path / "copy" / "q.parquet")
    found = data_files(tmp_path / "copy" / "q.parquet")
    assert [file.relative_to(tmp_path / "copy").as_posix() for file in found] == form
    assert [file.read_text() for file in found] == form


def test_what_is_removed_leaves_nothing_of_its_own_and_all_of_the_others(form: list[str], tmp_path: Path) -> None:
    for _ in "twice":
        remove_data(tmp_path / "q.parquet")
        assert [path.name for path in tmp_path.iterdir()] == ["other.parquet"]
