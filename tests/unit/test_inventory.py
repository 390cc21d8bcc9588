"""The list of a bundle's files: all of them, with what they are, and nothing that is not the run's."""

import hashlib
from pathlib import Path

import pytest

from kaiseki.report.files import copy_kit, inventory


def write(bundle: Path, *paths: str) -> None:
    for path in paths:
        (bundle / path).parent.mkdir(parents=True, exist_ok=True)
        (bundle / path).write_text(path)


@pytest.mark.parametrize(
    ("path", "kind", "name", "media_type"),
    [
        ("queries/sales.sql", "query", "sales", "application/sql"),
        ("data/sales.parquet", "data", "sales", "application/vnd.apache.parquet"),
        ("data/sales/part-0001.parquet", "data", "sales", "application/vnd.apache.parquet"),
        ("attachments/Plan 2026.xlsx", "data", "Plan 2026.xlsx", "application/vnd.openxmlformats-"),
        ("tables/by_day.csv", "table", "by_day", "text/csv; charset=utf-8"),
        ("figures/trend.svg", "figure", "trend", "image/svg+xml"),
        ("figures/trend.png", "figure", "trend", "image/png"),
        ("figures/trend.vl.json", "figure", "trend", "application/json"),
        ("models/churn/model.joblib", "model", "churn", "application/octet-stream"),
        ("answer.md", "answer", "answer.md", "text/markdown; charset=utf-8"),
        ("report.html", "report", "report.html", "text/html; charset=utf-8"),
        ("analysis.ipynb", "notebook", "analysis.ipynb", "application/x-ipynb+json"),
        ("analysis.py", "code", "analysis.py", "text/x-python; charset=utf-8"),
        ("requirements.txt", "code", "requirements.txt", "text/plain; charset=utf-8"),
        ("kaiseki_kit/facts.py", "code", "facts.py", "text/x-python; charset=utf-8"),
        ("trace.jsonl", "trace", "trace.jsonl", "application/x-ndjson"),
        ("steps/03/code.py", "code", "code.py", "text/x-python; charset=utf-8"),
        ("steps/03/stdout.txt", "log", "stdout.txt", "text/plain; charset=utf-8"),
        ("request.json", "log", "request.json", "application/json"),
    ],
)
def test_a_file_is_known_by_its_folder_and_its_ending(
    tmp_path: Path, path: str, kind: str, name: str, media_type: str
) -> None:
    write(tmp_path, path)
    (artifact,) = inventory(tmp_path)

    assert (artifact.path, artifact.kind, artifact.name) == (path, kind, name)
    assert artifact.media_type.startswith(media_type)
    assert artifact.bytes == len(path.encode())
    assert artifact.sha256 == hashlib.sha256(path.encode()).hexdigest()


def test_files_are_sorted_by_path_and_those_of_a_step_know_its_number(tmp_path: Path) -> None:
    write(tmp_path, "tables/b.csv", "answer.md", "steps/12/code.py", "tables/a.csv")

    found = [(artifact.path, artifact.step) for artifact in inventory(tmp_path)]
    assert found == [("answer.md", None), ("steps/12/code.py", 12), ("tables/a.csv", None), ("tables/b.csv", None)]


def test_titles_belong_to_a_kind_and_a_name(tmp_path: Path) -> None:
    write(tmp_path, "tables/sales.csv", "figures/sales.svg", "figures/sales.png")
    artifacts = inventory(tmp_path, {("figure", "sales"): "Sales by day"})

    assert {a.path: a.title for a in artifacts} == {
        "tables/sales.csv": "",
        "figures/sales.svg": "Sales by day",
        "figures/sales.png": "Sales by day",
    }


def test_the_list_does_not_list_itself_nor_what_is_hidden_or_cached(tmp_path: Path) -> None:
    write(tmp_path, "run.json", ".run.json.part", "kaiseki_kit/__pycache__/facts.pyc", ".git/config", "answer.md")

    assert [artifact.path for artifact in inventory(tmp_path)] == ["answer.md"]


def test_a_file_of_the_same_name_deeper_down_is_listed(tmp_path: Path) -> None:
    write(tmp_path, "models/churn/run.json")

    assert [artifact.path for artifact in inventory(tmp_path)] == ["models/churn/run.json"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside, bundle = tmp_path / "outside", tmp_path / "bundle"
    write(outside, "secret.txt")
    write(bundle, "answer.md")
    (bundle / "secret.txt").symlink_to(outside / "secret.txt")
    (bundle / "tables").symlink_to(outside, target_is_directory=True)

    assert [artifact.path for artifact in inventory(bundle)] == ["answer.md"]


def test_an_empty_bundle_has_no_files(tmp_path: Path) -> None:
    assert inventory(tmp_path) == ()


def test_the_kit_is_copied_as_source_in_place_of_an_older_copy(tmp_path: Path) -> None:
    write(tmp_path, "kaiseki_kit/gone.py")
    copy_kit(tmp_path)

    copied = {path.name for path in (tmp_path / "kaiseki_kit").rglob("*")}
    assert {"__init__.py", "facts.py"} <= copied
    assert "gone.py" not in copied
    assert not [name for name in copied if name == "__pycache__" or name.endswith(".pyc")]


def test_a_link_in_the_place_of_the_kit_is_replaced_and_not_followed(tmp_path: Path) -> None:
    outside, bundle = tmp_path / "outside", tmp_path / "bundle"
    write(outside, "keep.txt")
    bundle.mkdir()
    (bundle / "kaiseki_kit").symlink_to(outside, target_is_directory=True)
    copy_kit(bundle)

    assert [path.name for path in outside.iterdir()] == ["keep.txt"]
    assert (bundle / "kaiseki_kit" / "__init__.py").is_file()
