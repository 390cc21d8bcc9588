"""`knowledge/*.yaml`: what may stand there, and how a fault is told."""

import pytest

from kaiseki.catalog.knowledge.files import parse_knowledge
from kaiseki.errors import InputError

GOOD = """\
terms:
  - name: churned customer
    synonyms: [lost customer, 解約顧客]
    means: A customer whose last subscription ended more than 90 days ago.
    tables: [sales.subscriptions]
    columns: [sales.subscriptions.ended_at]
    filter: |
      ended_at IS NOT NULL -- open ones have no end
      AND ended_at < CURRENT_DATE - 90

questions:
  - question: How many customers did we lose last year?
    sql: |
      SELECT COUNT(*) AS lost
      FROM sales.subscriptions
      WHERE DATE_PART(year, ended_at) = 2025;
"""


def test_terms_and_questions_are_read_with_the_line_that_they_begin_on() -> None:
    knowledge = parse_knowledge({"knowledge/sales.yaml": GOOD})
    (term,), (question,) = knowledge.terms, knowledge.questions
    assert (term.name, term.names[2], term.source) == ("churned customer", "解約顧客", "knowledge/sales.yaml, line 2")
    assert term.filter == "ended_at IS NOT NULL AND ended_at < CURRENT_DATE - 90"
    assert question.source == "knowledge/sales.yaml, line 12"


def test_empty_files_and_sections_hold_nothing() -> None:
    knowledge = parse_knowledge({"a.yaml": "", "b.yaml": "# nothing yet\n", "c.yaml": "terms:\nquestions:\n"})
    assert (knowledge.terms, knowledge.questions) == ((), ())


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("- just a list", 1, "mapping"),
        ("terms:\n  - name: [unclosed", 2, "YAML"),
        ("a: &x [1]\nb: *x", 1, "alias"),
        ("term:\n  - name: x", 1, "no section `term`"),
        ("terms:\n  name: x", 2, "no list"),
        ("terms:\n  - churn", 2, "name and means"),
        ("terms:\n  - name: churn", 2, "means: it is missing"),
        (
            "terms:\n  - name: churn\n    means: gone\n    meens: x",
            4,
            "no key `meens` here: the keys are name",
        ),
        ("terms:\n  - name: churn\n    means: gone\n    source: x", 4, "there is no key `source`"),
        ("terms:\n  - nam: churn\n    means: gone", 2, "there is no key `nam`"),
        ("terms:\n  - name: churn\n    means: gone\n    means: left", 4, "twice"),
        ("terms:\n  - name: 2024\n    means: gone", 2, "write it as text"),
        ("terms:\n  - name: churn\n    means: gone\n    tables: sales", 4, "write it as a list"),
        ("terms:\n  - name: churn\n    means: gone\n    tables:\n      - a\n      - 7", 6, "write it as text"),
        ("terms:\n  - name: churn\n    means: gone\n    filter: a > 1; DROP TABLE b", 4, "no condition"),
        (
            "terms:\n  - name: churn\n    means: gone\n    filter: >\n      a > 1 -- big\n      AND b",
            4,
            "ends in a comment",
        ),
        ("questions:\n  - question: how many?\n    sql: >\n      SELECT a FROM b -- big\n      WHERE c", 3, "comment"),
        ("questions:\n  - question: how many?\n    sql: DELETE FROM a", 3, "not one SELECT"),
        ("questions:\n  - question: how many?\n    sql: SELECT 1; SELECT 2", 3, "not one SELECT"),
        ("questions:\n  - question: how many?\n    sql: SELECT FROM WHERE (", 3, "sql: "),
        ("terms:\n  - name: !!python/name:os.system x\n    means: y", 2, "YAML"),
    ],
)
def test_a_fault_is_told_in_one_line_with_file_line_and_what_to_mend(text: str, line: int, said: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_knowledge({"knowledge/bad.yaml": text})
    assert caught.value.message.startswith(f"knowledge/bad.yaml, line {line}: ")
    assert said in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("value", ['!!int ""', '!!float ""', "!!bool perhaps", "!!timestamp x", "!!int x"])
def test_a_tag_that_does_not_fit_its_text_is_a_fault_like_others(value: str) -> None:
    with pytest.raises(InputError, match="no YAML"):
        parse_knowledge({"a.yaml": f"terms:\n- name: {value}\n  means: x\n"})


def test_a_name_has_one_meaning_in_all_files() -> None:
    one = "terms:\n  - name: Churn\n    means: gone\n"
    with pytest.raises(InputError, match=r"b\.yaml, line 2: .churn. has a meaning already: a\.yaml, line 2"):
        parse_knowledge({"a.yaml": one, "b.yaml": one.replace("Churn", "leaver\n    synonyms: [churn]")})
