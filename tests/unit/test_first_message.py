"""The first message of a conversation: what the question goes on from is told, and is not the question."""

from datetime import UTC, datetime

from kaiseki.agent.briefing import brief, subject
from kaiseki.lm.offline.reading import read_briefing
from kaiseki.models import FollowUp, Request

ASKED = Request(run_id="r", prompt="And by month?", created_at=datetime(2026, 11, 21, tzinfo=UTC))
EARLIER = FollowUp(run_id="earlier", prompt="How many orders?", answer="There are 60 orders.")
CARD = "Today is 2026-11-21. A query returns at most 200,000 rows. 0 of 0 tables shown.\n"


def test_a_question_by_itself_stands_before_the_schema_and_the_means() -> None:
    assert brief(ASKED, CARD, "Left: all.") == (
        f"Question:\nAnd by month?\n(end of question)\n\n{CARD.rstrip()}\n\nLeft: all."
    )
    assert subject(ASKED) == "And by month?"


def test_a_question_that_goes_on_brings_the_earlier_question_and_answer() -> None:
    message = brief(ASKED.model_copy(update={"follow_up": EARLIER}), CARD, "Left: all.")
    assert "How many orders?" in message
    assert "There are 60 orders." in message
    assert "measure again what you need" in message
    assert read_briefing(message).question == "And by month?"


def test_tables_are_found_by_the_words_of_both_questions() -> None:
    words = subject(ASKED.model_copy(update={"follow_up": EARLIER}))
    assert "orders" in words
    assert "month" in words
