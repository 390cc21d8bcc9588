"""How a reply that was cut off is put together again."""

import pytest

from kaiseki.lm.continuation import joined, open_fence

REPLY = (
    "Mean order value by country\n\n"
    "```sql name=orders\nSELECT country, AVG(amount) AS mean_amount\nFROM orders\nGROUP BY country\n```\n\n"
    "```python\nrows = load('orders')\nfor zero in [0, 0, 0, 0, 0, 0, 0, 0]:\n    pass\n"
    "fact('countries', len(rows))\n```\n\n"
    "```answer outcome=answered\nThere are {countries} countries.\n```\n"
)
CUTS = range(len(REPLY) + 1)


def test_a_faithful_continuation_is_appended_wherever_the_cut_was() -> None:
    assert [cut for cut in CUTS if joined(REPLY[:cut], REPLY[cut:]) != REPLY] == []


@pytest.mark.parametrize("repeated", [12, 30, 90, 200])
def test_words_that_are_said_again_are_said_once_wherever_the_cut_was(repeated: int) -> None:
    cuts = [cut for cut in CUTS if cut >= repeated and len(set(REPLY[cut - repeated : cut])) > 7]

    assert [cut for cut in cuts if joined(REPLY[:cut], REPLY[cut - repeated :]) != REPLY] == []


def test_a_fence_opened_again_is_not_opened_twice() -> None:
    begin = REPLY.index("rows = load")
    for cut in range(begin, REPLY.index("```\n\n```answer")):
        assert joined(REPLY[:cut], "```python\n" + REPLY[cut:]) == REPLY


@pytest.mark.parametrize(
    ("text", "rest", "whole"),
    [
        ("do\n\n```python\nx = 1\n", "```\ny = 2\n```\n", "do\n\n```python\nx = 1\ny = 2\n```\n"),
        ("do\n\n```python\nx = 1\n", "```\n", "do\n\n```python\nx = 1\n```\n"),
        ("do\n\n```python\nx = 1", "```\n", "do\n\n```python\nx = 1\n```\n"),
        ("do\n\n```python\nx = 1\n", "```\n\n```answer outcome=answered\nok\n```", None),
        ("do\n\n```python\nx = 1\n", "\n```python\ny = 2\n```\n", "do\n\n```python\nx = 1\ny = 2\n```\n"),
        ("do\n\n```python\nx = 1\n``", "```\n", "do\n\n```python\nx = 1\n```\n"),
        ("do\n\n```python\nx = 1\n``", "`\n", "do\n\n```python\nx = 1\n```\n"),
        ("do\n\n```pyth", "```python\nx = 1\n```\n", "do\n\n```python\nx = 1\n```\n"),
        ("do\n\n```python\n    total = su", "    total = sum(x)\n```", "do\n\n```python\n    total = sum(x)\n```"),
        ("do\n\n```python\n    total = su", "total = sum(x)\n```", "do\n\n```python\n    total = sum(x)\n```"),
        (
            "do\n\n```python\nx = 1\n```",
            "```answer outcome=answered\nok\n```",
            "do\n\n```python\nx = 1\n```\n```answer outcome=answered\nok\n```",
        ),
        ("do\n\n```python\nx = 1\n```", "```\n", "do\n\n```python\nx = 1\n```\n"),
        ("do\n\n```", "```python\nx = 1\n", "do\n\n```python\nx = 1\n"),
        ("do\n\n````answer outcome=partial\n```\nold\n", "```\nmore\n````\n", None),
        ("", "all of it", "all of it"),
        ("\n", "all of it", "all of it"),
    ],
)
def test_what_models_do_when_they_go_on(text: str, rest: str, whole: str | None) -> None:
    assert joined(text, rest) == (text + rest if whole is None else whole)


def test_a_block_that_is_begun_anew_replaces_its_beginning() -> None:
    cut = REPLY.index("fact('countries'")
    anew = REPLY[REPLY.index("```python") :]

    assert joined(REPLY[:cut], anew) == REPLY


def test_a_reply_that_is_begun_anew_replaces_its_beginning() -> None:
    assert joined(REPLY[:150], REPLY) == REPLY


def test_a_fence_is_open_until_as_many_marks_stand_alone() -> None:
    fence = open_fence("a\n````answer outcome=answered\n```\n")

    assert fence is not None
    assert (fence.marks, fence.info) == ("````", "answer outcome=answered")
    assert open_fence("a\n```python\nx\n```") is None
    assert open_fence("a\n```pyth") is None
