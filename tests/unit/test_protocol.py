"""The form of a reply: what is read, what is refused, and what a refusal tells the model."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaiseki.agent.protocol import NAME, AnswerDraft, QueryDraft, Reply, parse_reply
from kaiseki.lifecycle import Outcome
from kaiseki.models import Failure

WHOLE = """\
利用者の年齢の平均を求める
lookups: orders, "refund reason", 売上
requirements: scikit-learn, scipy>=1.9
replaces: 2

```sql name=people
SELECT age, "user name" FROM users
```

```python
people = load("people")
fact("mean_age", people["age"].mean(), note="欠損を除く")
```

```answer outcome=answered
平均年齢は {mean_age:.1f} 歳です。
```
"""


def refused(text: str) -> Failure:
    failure = parse_reply(text)
    assert isinstance(failure, Failure), failure
    assert failure.message
    assert "\n" not in failure.message
    assert failure.hint
    return failure


def accepted(text: str) -> Reply:
    reply = parse_reply(text)
    assert isinstance(reply, Reply), reply
    return reply


def test_a_step_with_an_answer_is_read_whole() -> None:
    assert accepted(WHOLE) == Reply(
        purpose="利用者の年齢の平均を求める",
        lookups=("orders", "refund reason", "売上"),
        requirements=("scikit-learn", "scipy>=1.9"),
        replaces=2,
        queries=(QueryDraft(name="people", sql='SELECT age, "user name" FROM users'),),
        code='people = load("people")\nfact("mean_age", people["age"].mean(), note="欠損を除く")',
        answer=AnswerDraft(outcome=Outcome.ANSWERED, template="平均年齢は {mean_age:.1f} 歳です。"),
    )


def test_line_ends_trailing_spaces_a_byte_order_mark_and_empty_lines_around_do_not_matter() -> None:
    spaced = re.sub(r"(```\w*.*)$", r"\1  \t", WHOLE, flags=re.MULTILINE)
    assert accepted("\ufeff\n\n" + spaced.replace("\n", "\r\n") + "\r\n\r\n") == accepted(WHOLE)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_an_answer_alone_is_a_reply_with_any_outcome(outcome: Outcome) -> None:
    reply = accepted(f"Answer\n\n```answer outcome={outcome}\nNo such table.\n```")
    assert reply.answer == AnswerDraft(outcome=outcome, template="No such table.")


def test_lookups_alone_are_a_reply() -> None:
    assert accepted('Look for refunds\nlookups: "refund, reason", orders').lookups == ("refund, reason", "orders")


def test_a_longer_fence_holds_shorter_ones() -> None:
    code = 'text = """\n```\n```sql name=x\n"""'
    assert accepted(f"Write\n\n````python\n{code}\n````").code == code
    template = "Run this:\n```python\n1 + 1\n```\nand see."
    reply = accepted(f"Explain\n\n`````answer outcome=partial\n{template}\n`````")
    assert reply.answer is not None
    assert reply.answer.template == template


def test_a_fence_inside_a_python_string_ends_the_block_and_the_refusal_says_how_to_hold_it() -> None:
    failure = refused('Write\n\n```python\ntext = """\n```\n"""\n```')
    assert (failure.kind, failure.line) == ("reply", 6)
    assert "one backtick more" in failure.hint


def test_indented_backticks_do_not_close_a_block() -> None:
    code = 'text = """\n    ```\n"""'
    assert accepted(f"Write\n\n```python\n{code}\n```").code == code


def test_line_separators_inside_a_string_do_not_move_the_lines_of_the_code() -> None:
    failure = refused('Write\n\n```python\na = "\u2028\x0b\x0c"\nb = = 1\n```')
    assert (failure.kind, failure.type, failure.line) == ("code", "SyntaxError", 2)


def test_a_syntax_error_names_the_line_of_the_code_and_shows_it() -> None:
    failure = refused("集計\n\n```sql name=a\nSELECT 1 AS n\n```\n\n```python\nx = 1\n売上 = (\n```")
    assert (failure.kind, failure.type, failure.line) == ("code", "SyntaxError", 2)
    assert "売上 = (" in failure.traceback
    assert "kaiseki" not in failure.traceback


@pytest.mark.parametrize("code", ["return 1", "x = '\x00'", "(" * 500 + ")" * 500, "if True:\nx = 1"])
def test_python_that_cannot_be_compiled_is_refused(code: str) -> None:
    assert refused(f"Try\n\n```python\n{code}\n```").kind == "code"


@pytest.mark.parametrize(
    ("text", "type_", "line"),
    [
        ("", "EmptyReply", 1),
        (" \n\n\t\n", "EmptyReply", 1),
        ("Only a purpose", "NothingToDo", None),
        ("```sql name=a\nSELECT 1\n```", "MissingPurpose", 1),
        ("lookups: a", "MissingPurpose", 1),
        ("まず考えます。" * 60 + "\n\n```python\nx = 1\n```", "LongPurpose", 1),
        ("Let me think.\nFirst the users.\n\n```python\nx = 1\n```", "TextOutsideBlocks", 2),
        ("Let me think.\n\nCount users\n\n```python\nx = 1\n```", "TextOutsideBlocks", 3),
        ("Count\n\n```sql name=a\nSELECT 1\n```\nNow the Python:\n```python\nx = 1\n```", "TextOutsideBlocks", 6),
        ("Count\n\n```python\nx = 1\n```\n以上です。", "TextOutsideBlocks", 6),
        ("Count\n\nlookups: a\n", "TextOutsideBlocks", 3),
        ("Count\n\n```python\nx = 1", "UnclosedBlock", 3),
        ("Count\n\n```python\nx = 1\n````", "UnclosedBlock", 3),
        ("Count\n\n````python\nx = 1\n```", "UnclosedBlock", 3),
        ("Count\n\n```sql name=a\nSELECT 1\n\n```python\nx = 1\n```", "NestedBlock", 6),
        ("Count\n\n  ```python\nx = 1\n```", "IndentedFence", 3),
        ("Count\n\n```\nx = 1\n```", "UnknownBlock", 3),
        ("Count\n\n```py\nx = 1\n```", "UnknownBlock", 3),
        ("Count\n\n```python name=a\nx = 1\n```", "UnknownBlock", 3),
        ("Count\n\n```SQL name=a\nSELECT 1\n```", "UnknownBlock", 3),
        ("Count\n\n~~~python\nx = 1\n~~~", "TextOutsideBlocks", 3),
        ("Count\n\n```sql\nSELECT 1\n```", "MissingName", 3),
        ("Count\n\n```sql name=\nSELECT 1\n```", "MissingName", 3),
        ("Count\n\n```sql title=a\nSELECT 1\n```", "MissingName", 3),
        ("Count\n\n```sql name=Users\nSELECT 1\n```", "InvalidName", 3),
        ("Count\n\n```sql name=売上\nSELECT 1\n```", "InvalidName", 3),
        ("Count\n\n```sql name=a b\nSELECT 1\n```", "InvalidName", 3),
        (f"Count\n\n```sql name={'a' * 64}\nSELECT 1\n```", "InvalidName", 3),
        ("Count\n\n```sql name=a\nSELECT 1\n```\n```sql name=a\nSELECT 2\n```", "DuplicateName", 6),
        ("Count\n\n```sql name=a\n\n```", "EmptyBlock", 3),
        ("Count\n\n```python\nx = 1\n```\n\n```python\ny = 1\n```", "DuplicateBlock", 7),
        ("Say\n\n```answer outcome=answered\na\n```\n```answer outcome=partial\nb\n```", "DuplicateBlock", 6),
        ("Say\n\n```answer\na\n```", "InvalidOutcome", 3),
        ("Say\n\n```answer outcome=done\na\n```", "InvalidOutcome", 3),
        ("Say\nlookups: a\n\n```answer outcome=answered\na\n```", "LookupsWithAnswer", None),
        ("Count\n\n```python\nx = '\ud800'\n```", "InvalidText", 4),
        ("Again\nreplaces: 2\nlookups: a", "NothingToReplaceWith", None),
    ],
)
def test_what_is_not_in_form_is_refused_with_its_line(text: str, type_: str, line: int | None) -> None:
    failure = refused(text)
    assert (failure.kind, failure.type, failure.line) == ("reply", type_, line)


@pytest.mark.parametrize(
    "header",
    [
        "replaces: x",
        "replaces: 0",
        "replaces: -1",
        "replaces: ２",
        "replaces:",
        "replaces: 1, 2",
        "lookups:",
        "lookups: a,,b",
        "lookups: a,",
        'lookups: "a',
        'lookups: "a" b',
        "lookups: 売上、返品",
        "lookups：売上",
        "Lookups: a",
        "lookup: a",
        "requirements: -r other.txt",
        "requirements: git+https://example.org/x",
        "replaces: 1\nreplaces: 1",
    ],
)
def test_a_malformed_header_is_refused_and_the_right_one_is_shown(header: str) -> None:
    failure = refused(f"Count\n{header}\n\n```python\nx = 1\n```")
    assert failure.type == "InvalidHeader"
    assert failure.line == 1 + len(header.splitlines())


def test_thinking_aloud_is_answered_with_the_right_form() -> None:
    failure = refused("I will first look at the data.\nThen I will count.\n\n```python\nx = 1\n```")
    assert "```sql name=people" in failure.hint
    assert "no thinking aloud" in failure.hint


def test_equal_faults_have_equal_fingerprints_wherever_python_put_them() -> None:
    first = refused("Try\n\n```python\nx = (\n```")
    second = refused("Try\n\n```python\n\n\nx = (\n```")
    assert first.fingerprint == second.fingerprint


MARKS = "``` ```` python sql name= answer outcome= answered lookups: replaces: \" 1 、 売上 ｛ { } def f(: '''"
MARKUP = st.lists(st.sampled_from([*MARKS.split(), "\n", "\r\n", " ", "\x00", "\u2028", "\ud800"]), max_size=40).map(
    "".join
)


@given(st.one_of(st.text(), MARKUP))
@settings(max_examples=400, deadline=None)
def test_no_text_makes_the_parser_raise(text: str) -> None:
    result = parse_reply(text)
    assert isinstance(result, Reply | Failure)
    if isinstance(result, Failure) and result.kind == "reply" and result.line is not None:
        assert 1 <= result.line <= max(1, len(re.split(r"\r\n|\r|\n", text)))


def _fenced(info: str, body: str) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", body)), default=0))
    return f"{fence}{info}\n{body}\n{fence}\n"


BODY = st.text(st.characters(codec="utf-8", exclude_characters="\r"), min_size=1).filter(str.strip)


@given(
    queries=st.dictionaries(st.from_regex(NAME, fullmatch=True), BODY, max_size=3),
    template=BODY,
    outcome=st.sampled_from(Outcome),
    replaces=st.none() | st.integers(1, 99),
)
@settings(deadline=None)
def test_what_is_written_in_form_is_read_as_it_was_written(
    queries: dict[str, str], template: str, outcome: Outcome, replaces: int | None
) -> None:
    code = "x = '```'\n"
    text = "目的 purpose\n" + (f"replaces: {replaces}\n" if replaces else "") + "\n"
    text += "".join(_fenced(f"sql name={name}", sql) for name, sql in queries.items())
    text += _fenced("python", code) + _fenced(f"answer outcome={outcome}", template)
    assert accepted(text) == Reply(
        purpose="目的 purpose",
        replaces=replaces,
        queries=tuple(QueryDraft(name=name, sql=sql) for name, sql in queries.items()),
        code=code,
        answer=AnswerDraft(outcome=outcome, template=template),
    )
