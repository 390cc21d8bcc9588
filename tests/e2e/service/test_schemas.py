"""An environment on a Redshift of which a part may be read, with the company's own knowledge in its bucket."""

import json
from collections.abc import Iterator

import pytest

from redshift_server.server import RedshiftServer

PASSWORD = "not-a-secret"
COMPANY = """
CREATE SCHEMA sales; CREATE TABLE sales.orders (id INTEGER, country VARCHAR);
INSERT INTO sales.orders VALUES (1, 'JP'), (2, 'FR'), (3, 'DE');
CREATE SCHEMA hr; CREATE TABLE hr.salaries (id INTEGER, amount INTEGER);
INSERT INTO hr.salaries VALUES (1, 48151);
"""
KNOWLEDGE = """\
terms:
  - name: foreign order
    means: An order from another country than Japan.
    tables: [orders]
    filter: country <> 'JP'
  - name: payroll
    means: What everybody earns.
    tables: [hr.salaries]
"""
OUTSIDE = """Look at the salaries

```sql name=salaries
SELECT SUM(amount) AS amount FROM hr.salaries
```
"""
WITHIN = """Count the foreign orders

```sql name=foreign
SELECT COUNT(*) AS orders FROM sales.orders WHERE country <> 'JP'
```

```python
fact("orders", int(load("foreign")["orders"].iloc[0]))
```

```answer outcome=answered
There are {orders} foreign orders.
```
"""


@pytest.fixture(scope="module")
def redshift(emulator) -> Iterator[RedshiftServer]:
    server = RedshiftServer(emulator.certificate, emulator.certificate.with_name("key.pem"), PASSWORD)
    server.database.execute(COMPANY)
    yield server
    server.close()


@pytest.fixture(scope="module")
def run(redshift, alice, service, emulator) -> dict:
    """`run.json` of a run whose model reaches for more than it may, with its trace under `trace`."""
    s3 = emulator.client("s3")
    s3.put_object(Bucket=service.bucket, Key="knowledge/terms.yaml", Body=KNOWLEDGE.encode())
    replies = [
        {"signature": "WriteStep", "order": order, "model": "nobody", "reply": reply}
        for order, reply in enumerate((OUTSIDE, WITHIN), start=1)
    ]
    recording = emulator.folder / "outside-and-within.jsonl"
    recording.write_text("\n".join(map(json.dumps, replies)) + "\n")
    settings = {
        "KAISEKI_WAREHOUSE": f"redshift://analyst@127.0.0.1:{redshift.port}/memory",
        "KAISEKI_REDSHIFT_PASSWORD": PASSWORD,
        "KAISEKI_SCHEMAS": "sales",
        "KAISEKI_MODEL": f"recorded:{recording}",
        "SSL_CERT_FILE": str(emulator.certificate),
    }
    with service.task_environment(emulator, **settings):
        state = alice.ended(alice.ask("How many foreign orders are there?"))
    s3.delete_object(Bucket=service.bucket, Key="knowledge/terms.yaml")
    trace = next(artifact["url"] for artifact in state["artifacts"] if artifact["path"] == "trace.jsonl")
    return {**alice.fetch(state["links"]["run"]).json(), "trace": alice.fetch(trace).text}


def test_a_query_of_a_table_outside_the_environments_schemas_does_not_come_to_the_warehouse(run, redshift):
    assert (run["status"], run["outcome"], run["answer"]) == ("SUCCEEDED", "answered", "There are 2 foreign orders.")
    assert [step["accepted"] for step in run["steps"]] == [False, True]
    assert run["steps"][0]["failure"]["message"] == "the schema hr may not be read"
    assert "48151" not in run["trace"]
    asked = [sql for sql in redshift.log if "salaries" in sql]
    assert asked == []
    assert any("orders" in sql for sql in redshift.log)


def test_of_the_knowledge_in_the_bucket_the_run_uses_what_fits_those_schemas_and_says_nothing_of_the_rest(run):
    (used,) = run["knowledge"]
    assert (used["name"], used["source"]) == ("foreign order", "knowledge/terms.yaml, line 2")
    assert "payroll" not in json.dumps(run)


def test_a_question_for_a_schema_that_the_environment_does_not_show_is_refused_at_the_door(alice, service, emulator):
    wish = {"prompt": "What does everybody earn?", "options": {"warehouse_schemas": ["hr"]}}
    with service.api_environment(emulator, KAISEKI_SCHEMAS="sales"):
        answer = alice.call("POST", "/prompt", wish)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "schemas.denied"
