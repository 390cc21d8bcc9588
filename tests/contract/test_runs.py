"""Whole runs with scripted replies: what is accepted, what goes back to the model, and how a run may end."""

from kaiseki.lifecycle import Outcome, Status
from kaiseki.stores.folder import load_run

COUNT = """Count the orders

```sql name=orders_per_country
SELECT country AS country, COUNT(*) AS orders FROM orders GROUP BY country ORDER BY country
```

```python
rows = load("orders_per_country")
fact("orders", int(rows["orders"].sum()))
fact("countries", list(rows["country"]))
```
"""
ANSWER = """The answer

```answer outcome=answered
There are {orders} orders from {countries|, }.
```
"""


def with_answer(step: str, answer: str = ANSWER) -> str:
    return step + "\n" + answer.split("\n", 2)[2]


def test_step_and_answer_in_one_reply_make_a_replayed_run(ask):
    run, bundle = ask("How many orders are there?", [with_answer(COUNT)])
    assert (run.status, run.outcome, run.reason) == (Status.SUCCEEDED, Outcome.ANSWERED, "")
    assert run.answer.strip() == "There are 60 orders from FR, JP, US."
    assert run.replayed
    assert load_run(bundle / "run.json") == run


def test_every_figure_leads_to_the_query_it_descends_from(ask):
    run, bundle = ask("How many orders are there?", [with_answer(COUNT)])
    (orders,) = [fact for fact in run.facts if fact.name == "orders"]
    assert orders.queries == ("orders_per_country",)
    assert (orders.step, orders.line) == (1, 2)
    assert {part.fact for part in run.answer_parts if not isinstance(part, str)} == {"orders", "countries"}
    assert (bundle / "queries" / "orders_per_country.sql").exists()
    assert (bundle / "data" / "orders_per_country.parquet").exists()


def test_every_file_of_the_bundle_is_listed_with_its_digest(ask):
    run, bundle = ask("How many orders are there?", [with_answer(COUNT)])
    listed = {artifact.path for artifact in run.artifacts}
    there = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}
    assert there - listed == {"run.json"}
    assert {"answer.md", "report.html", "analysis.ipynb", "analysis.py", "trace.jsonl"} <= listed


def test_failing_sql_and_failing_python_are_repaired_and_kept_in_the_bundle(ask):
    bad_sql = COUNT.replace("FROM orders", "FROM order_lines")
    bad_python = COUNT.replace('rows["orders"]', 'rows["order"]')
    mended = COUNT.split("```sql")[0] + "```python" + COUNT.split("```python")[1]
    run, bundle = ask("How many orders are there?", [bad_sql, bad_python, with_answer(mended)])
    assert run.outcome is Outcome.ANSWERED
    assert [step.accepted for step in run.steps] == [False, False, True]
    assert run.steps[0].failure.kind == "query"
    assert run.steps[1].failure.type == "KeyError"
    assert run.steps[1].failure.line == 2
    assert "KeyError" in (bundle / "steps" / "02" / "failure.txt").read_text()
    assert (bundle / "steps" / "01" / "orders_per_country.sql").exists()


def test_a_repair_resends_the_python_alone_because_the_rows_were_kept(ask):
    bad_python = COUNT.replace('rows["orders"]', 'rows["order"]')
    mended = COUNT.split("```sql")[0] + "```python" + COUNT.split("```python")[1]
    run, _ = ask("How many orders are there?", [bad_python, with_answer(mended)])
    assert run.outcome is Outcome.ANSWERED
    assert [query.name for query in run.steps[1].queries] == ["orders_per_country"]


def test_a_failed_step_leaves_no_variable_behind(ask):
    leaves = COUNT.replace('rows = load("orders_per_country")', 'rows = load("orders_per_country")\nleft = 1\n1 / 0')
    uses = with_answer("Use what was left\n\n```python\nprint(left)\n```\n", ANSWER)
    run, _ = ask("How many orders are there?", [leaves, uses, with_answer(COUNT)])
    assert run.steps[1].failure.type == "NameError"
    assert run.outcome is Outcome.ANSWERED


def test_variables_of_accepted_steps_survive_a_failure_between_them(ask):
    fails = "Divide\n\n```python\n1 / 0\n```\n"
    uses = """Use the rows of the first step

```python
fact("largest", int(rows["orders"].max()))
```

```answer outcome=answered
The largest has {largest}.
```
"""
    run, _ = ask("Which country has most orders?", [COUNT, fails, uses])
    assert run.outcome is Outcome.ANSWERED
    assert "The largest has 20." in run.answer


def test_a_constant_is_no_fact(ask):
    asserted = COUNT.replace('int(rows["orders"].sum())', "60")
    run, _ = ask("How many orders are there?", [asserted, with_answer(COUNT)])
    assert (run.steps[0].failure.kind, run.steps[0].failure.subject) == ("facts", "orders")
    assert run.outcome is Outcome.ANSWERED


def test_a_literal_figure_in_an_answer_goes_back_to_the_model(ask):
    literal = ANSWER.replace("{orders}", "60")
    run, _ = ask("How many orders are there?", [with_answer(COUNT, literal), ANSWER])
    assert run.outcome is Outcome.ANSWERED
    assert run.usage.calls == 2


def test_facts_that_differ_when_they_run_again_go_back_to_the_model(ask):
    unseeded = COUNT.replace(
        'fact("orders", int(rows["orders"].sum()))',
        'import os\nfact("orders", int(rows["orders"].sum()) + int.from_bytes(os.urandom(4)))',
    )
    mended = COUNT.split("```sql")[0].rstrip() + "\nreplaces: 1\n\n```python" + COUNT.split("```python")[1]
    run, bundle = ask("How many orders are there?", [with_answer(unseeded), with_answer(mended)])
    assert run.outcome is Outcome.ANSWERED
    assert run.steps[0].replaced_by == 2
    assert "There are 60 orders" in run.answer
    assert [query.name for query in run.accepted_steps[0].queries] == ["orders_per_country"]
    assert (bundle / "queries" / "orders_per_country.sql").exists()


def test_a_replaced_step_takes_its_place_and_later_steps_follow(ask):
    first = COUNT
    second = 'Double\n\n```python\nfact("twice", 2 * int(rows["orders"].sum()))\n```\n'
    other = """Only Japan
replaces: 1

```sql name=orders_in_japan
SELECT country AS country, COUNT(*) AS orders FROM orders WHERE country = 'JP' GROUP BY country
```

```python
rows = load("orders_in_japan")
fact("orders", int(rows["orders"].sum()))
```

```answer outcome=answered
Twice {orders} is {twice}.
```
"""
    run, _ = ask("How many orders are there?", [first, second, other])
    assert [step.number for step in run.accepted_steps] == [3, 2]
    assert run.answer.strip() == "Twice 20 is 40."
    assert [record.value for record in run.steps[1].execution.records] == [40]
    assert [query.name for query in run.accepted_steps[0].queries] == ["orders_in_japan"]


def test_a_replacement_sends_a_query_again_as_it_was_or_under_another_name(ask):
    """Else the step that is there would run on other rows than those of its SQL, if what is to replace it fails."""
    same = COUNT.replace("Count the orders\n", "Again\nreplaces: 1\n")
    other = same.replace("COUNT(*)", "COUNT(*) + 1").replace('rows["orders"]', 'rows["order"]')
    further = 'Go on\n\n```python\nfact("largest", int(rows["orders"].max()))\n```\n'
    run, _ = ask("How many orders are there?", [COUNT, other, further, with_answer(same)])
    assert run.steps[1].failure.type == "FrozenName"
    assert run.answer.strip() == "There are 60 orders from FR, JP, US."
    assert [fact.value for fact in run.facts if fact.name == "largest"] == [20]
    assert run.accepted_steps[0].queries == run.steps[0].queries


def test_rows_of_a_replaced_step_stay_where_a_later_step_loads_them(ask):
    second = 'Double\n\n```python\nfact("twice", 2 * int(load("orders_per_country")["orders"].sum()))\n```\n'
    other = """Only the countries
replaces: 1

```sql name=countries_alone
SELECT DISTINCT country AS country FROM orders
```

```python
fact("countries", len(load("countries_alone")))
```
"""
    again = COUNT.replace("Count the orders", "Again").replace("COUNT(*)", "COUNT(*) + 1")
    answer = "Done\n\n```answer outcome=answered\n{countries} countries, twice: {twice}.\n```\n"
    run, _ = ask("How many orders are there?", [COUNT, second, other, again, answer])
    assert [query.name for query in run.accepted_steps[0].queries] == ["orders_per_country", "countries_alone"]
    assert run.steps[3].failure.type == "FrozenName"
    assert run.answer.strip() == "3 countries, twice: 120."


def test_a_table_of_a_replaced_step_cannot_be_cited(ask):
    with_table = COUNT.replace('fact("countries"', 'table("old", rows, "Old")\nfact("countries"')
    without = COUNT.split("```sql")[0].rstrip() + "\nreplaces: 1\n\n```python" + COUNT.split("```python")[1]
    cites = ANSWER.replace("{countries|, }.", "{countries|, }.\n\n{table:old}")
    run, bundle = ask("How many orders are there?", [with_table, with_answer(without, cites), ANSWER])
    assert (run.outcome, run.usage.calls) == (Outcome.ANSWERED, 3)
    assert not (bundle / "tables").exists()


def test_the_same_failure_twice_changes_the_approach(ask):
    wrong = COUNT.replace("FROM orders", "FROM order_lines")
    run, bundle = ask("How many orders are there?", [wrong, wrong, ("ChangeApproach", with_answer(COUNT))])
    assert run.outcome is Outcome.ANSWERED
    assert "ChangeApproach" in (bundle / "trace.jsonl").read_text()


def test_a_fault_that_comes_again_and_again_ends_the_run_with_its_reason(ask):
    wrong = COUNT.replace("FROM orders", "FROM order_lines")
    replies = [wrong, wrong, *[("ChangeApproach", wrong)] * 3]
    run, _ = ask("How many orders are there?", replies)
    assert (run.status, run.outcome, run.reason) == (Status.SUCCEEDED, Outcome.PARTIAL, "loop.stuck")


def test_a_spent_budget_leaves_what_was_measured(ask):
    run, bundle = ask("How many orders are there?", [COUNT, COUNT], budget_steps=1)
    assert (run.outcome, run.reason) == (Outcome.PARTIAL, "budget.steps")
    assert "60" in run.answer
    assert run.replayed
    assert (bundle / "report.html").exists()


def test_rows_and_tokens_are_budgets_too(ask):
    run, _ = ask("How many orders are there?", [COUNT, COUNT], budget_rows=3)
    assert run.reason == "budget.rows"
    run, _ = ask("How many orders are there?", [COUNT, COUNT], budget_tokens=10)
    assert run.reason == "budget.tokens"


def test_a_reply_without_the_form_is_told_what_the_form_is(ask):
    run, _ = ask("How many orders are there?", ["Let me think about this.\nThere are many.", with_answer(COUNT)])
    assert run.steps[0].failure.kind == "reply"
    assert run.steps[0].reply.startswith("Let me think")
    assert run.outcome is Outcome.ANSWERED


def test_an_answer_that_measured_nothing_is_not_an_answer(ask):
    idle = "Done\n\n```answer outcome=answered\nThere are plenty of orders.\n```\n"
    run, _ = ask("How many orders are there?", [idle, with_answer(COUNT)])
    assert run.outcome is Outcome.ANSWERED
    assert run.usage.calls == 2


def test_a_refusal_needs_no_step(ask):
    run, _ = ask("What will the weather be?", ["No\n\n```answer outcome=refused\nThere is no weather here.\n```\n"])
    assert (run.status, run.outcome) == (Status.SUCCEEDED, Outcome.REFUSED)
    assert run.steps == ()


def test_a_model_that_fails_for_good_fails_the_run_with_what_it_had(ask):
    run, bundle = ask("How many orders are there?", [COUNT])
    assert run.status is Status.FAILED
    assert run.failure["code"] == "model.recording_exhausted"
    assert [fact.name for fact in run.facts] == ["orders", "countries"]
    assert (bundle / "report.html").exists()


def test_a_truncated_result_is_said_so_everywhere(ask):
    rows = COUNT.replace(
        "SELECT country AS country, COUNT(*) AS orders FROM orders GROUP BY country ORDER BY country",
        "SELECT country AS country, order_id AS orders FROM orders",
    )
    run, _ = ask("How many orders are there?", [with_answer(rows)], budget_rows_per_query=10)
    assert run.steps[0].queries[0].truncated
    assert [check.status for check in run.checks if check.name == "rows.orders_per_country"] == ["warning"]
