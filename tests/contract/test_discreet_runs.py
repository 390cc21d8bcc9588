"""What a model reads in whole runs on data about people: no value of a personal column, whatever the code does."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from dspy import lm15

from kaiseki.lm.prompt_text import message_text
from kaiseki.lm.recorded import RecordedEngine
from kaiseki.models import Run

Ask = Callable[..., tuple[Run, Path]]
PEOPLE = [("Jiro Yamada", "jiro@example.jp", "1980-02-03"), ("花子 佐藤", "hanako@example.jp", "1991-12-24")]
CUSTOMERS = "customer_id,name,email,birth_date,city\n" + "\n".join(
    f"{n},{PEOPLE[n % 2][0]} {n:02},{n}{PEOPLE[n % 2][1]},{PEOPLE[n % 2][2]},Kyoto" for n in range(1, 31)
)
VALUES = re.compile("Jiro|Yamada|花子|佐藤|jiro|hanako|1980-02-03|1991-12-24")
EVERYTHING = """Look at the customers

```sql name=people
SELECT name AS who, email AS mail, birth_date AS birth_date, city AS city FROM customers ORDER BY customer_id
```

```python
people = load("people")
print(people.head())
print(people.to_dict("records")[0])
fact("first", people["who"].iloc[0])
fact("cities", list(people["city"].unique()))
table("customers", people.head(3), "Customers")
```
"""
FAILING = EVERYTHING.replace("print(people.head())", 'float(people["who"].iloc[0])')
FAILING_SQL = EVERYTHING.replace("email AS mail", "email::INTEGER AS mail")
ANSWER = """
```answer outcome=answered
The first is {first}, of {cities|, }.

{table:customers}
```
"""


@pytest.fixture
def read_by_model(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The messages of each request, as they leave for the model."""
    read: list[str] = []
    complete = RecordedEngine.complete

    def listening(engine: RecordedEngine, request: lm15.Request) -> lm15.Response:
        read.append("\n".join(message_text(m) for m in request.messages if m.role == "user"))
        return complete(engine, request)

    monkeypatch.setattr(RecordedEngine, "complete", listening)
    return read


@pytest.fixture
def customers(tmp_path: Path) -> str:
    folder = tmp_path / "people"
    folder.mkdir()
    (folder / "customers.csv").write_text(CUSTOMERS + "\n", encoding="utf-8")
    return f"duckdb:{folder}"


def test_the_model_reads_forms_and_the_reader_of_the_answer_reads_values(
    ask: Ask, customers: str, read_by_model: list[str]
) -> None:
    replies = [FAILING_SQL, FAILING, EVERYTHING, "Done" + ANSWER]
    run, _ = ask("Who was first?", replies, warehouse=customers)
    assert run.answer.startswith("The first is 花子 佐藤 01, of Kyoto.")
    assert "Jiro Yamada 02" in run.answer
    assert [VALUES.findall(text) for text in read_by_model] == [[]] * 4
    card, after_sql, after_python, after_step = read_by_model
    assert "- name VARCHAR; 30 distinct; personal (name of a person), values not shown: 8-14 characters" in card
    assert "- city VARCHAR; 1 distinct: Kyoto 30" in card
    assert "aaaa@" in after_sql
    assert "could not convert string to float: " in after_python
    assert "Personal, shown by form: who, mail, birth_date" in after_step
    assert "Aaaa Aaaaaa 99" in after_step
    assert "Kyoto" in after_step
    assert "Facts so far: first = " in after_step
    assert "shown by their form" in after_step


def test_what_the_operator_allows_the_model_reads(ask: Ask, customers: str, read_by_model: list[str]) -> None:
    refusal = "No\n\n```answer outcome=refused\nNo.\n```\n"
    ask("Who was first?", [refusal], warehouse=customers, show_personal="customers.name")
    assert "Jiro Yamada 02" in read_by_model[0]
    assert "jiro@" not in read_by_model[0]
