"""A run with the company's own knowledge, from a folder and from a bucket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from in_process_aws import in_process_bucket
from kaiseki.build import open_knowledge
from kaiseki.errors import InputError, SettingError, StoreError
from kaiseki.lifecycle import Outcome
from kaiseki.settings import load_settings

BUCKET = "service-111122223333"
TERMS = """\
terms:
  - name: foreign order
    synonyms: [海外の注文]
    means: An order from another country than Japan.
    tables: [orders]
    columns: [orders.country]
    filter: country <> 'JP'
  - name: basket
    means: What is ordered at once.
    tables: [baskets]
questions:
  - question: How many orders came from each country?
    sql: SELECT country, COUNT(*) AS orders FROM orders GROUP BY country
"""
REPLY = """Count them

```sql name=foreign
SELECT COUNT(*) AS orders FROM orders WHERE country <> 'JP'
```

```python
fact("orders", int(load("foreign")["orders"].iloc[0]))
```

```answer outcome=answered
There are {orders} foreign orders.
```
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    knowledge = tmp_path / "known"
    knowledge.mkdir()
    (knowledge / "terms.yaml").write_text(TERMS, encoding="utf-8")
    return knowledge


@pytest.fixture
def bucket() -> Iterator[object]:
    with in_process_bucket(BUCKET) as client:
        yield client


def names(place: str) -> list[str]:
    known = open_knowledge(load_settings({"knowledge": place}, {}))
    return [term.source for term in known.terms]


def test_the_model_is_told_and_the_run_and_its_report_name_what_and_what_was_left_out(ask, folder):
    run, bundle = ask("How many foreign orders are there?", [REPLY], knowledge=f"folder:{folder}")
    assert run.outcome is Outcome.ANSWERED
    assert [(use.kind, use.name, use.source) for use in run.knowledge] == [
        ("term", "foreign order", "known/terms.yaml, line 2"),
        ("question", "How many orders came from each country?", "known/terms.yaml, line 12"),
    ]
    (line,) = run.knowledge_left_out
    assert line == "known/terms.yaml, line 8: the term “basket” is left out: there is no table baskets"
    report = (bundle / "report.html").read_text(encoding="utf-8")
    assert "own definitions and verified questions: “foreign order” (known/terms.yaml, line 2), “How many" in report
    assert line in report
    assert "baskets" in (bundle / "trace.jsonl").read_text(encoding="utf-8")


def test_the_folder_beside_the_warehouse_is_read_without_a_setting(ask, folder, orders):
    folder.rename(orders.parent / "knowledge")
    run, _ = ask("How many foreign orders are there?", [REPLY])
    assert [use.source for use in run.knowledge][:1] == ["knowledge/terms.yaml, line 2"]


def test_a_fault_in_a_file_ends_the_run_before_it_starts(ask, folder, tmp_path):
    (folder / "terms.yaml").write_text("terms:\n  - name: basket\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"^known/terms\.yaml, line 2: means: it is missing$"):
        ask("How many?", [REPLY], knowledge=f"folder:{folder}")
    assert not list(tmp_path.glob("results/runs/*"))


def test_yaml_objects_right_below_the_prefix_are_read(bucket):
    for key in ("knowledge/a.yaml", "knowledge/notes.txt", "knowledge/old/b.yaml", "knowledges/c.yaml"):
        bucket.put_object(Bucket=BUCKET, Key=key, Body=b"terms:\n  - {name: basket, means: ordered at once}\n")
    assert names(f"s3://{BUCKET}/knowledge") == ["knowledge/a.yaml, line 2"]
    assert names(f"s3://{BUCKET}/knowledge/") == ["knowledge/a.yaml, line 2"]
    assert names(f"s3://{BUCKET}/nothing") == []


@pytest.mark.usefixtures("bucket")
def test_a_place_that_is_not_there_is_named():
    with pytest.raises(StoreError, match="there is no s3://another-111122223333/knowledge"):
        names("s3://another-111122223333/knowledge")
    with pytest.raises(InputError, match="there is no folder nowhere"):
        names("folder:nowhere")
    with pytest.raises(SettingError, match="the knowledge 'nowhere' is not of a known form"):
        names("nowhere")


def test_text_that_is_not_utf_8_is_refused(folder):
    (folder / "terms.yaml").write_bytes("terms: # 解約".encode("shift_jis"))
    with pytest.raises(InputError, match="cannot be read"):
        names(f"folder:{folder}")
