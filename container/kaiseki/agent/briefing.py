"""The first message of a conversation: the question, what it goes on from, the schema, and the means there are."""

from kaiseki.models import FollowUp, Request


def brief(request: Request, card: str, means: str) -> str:
    parts = (f"Question:\n{request.prompt}\n(end of question)", _earlier(request.follow_up), card.rstrip(), means)
    return "\n\n".join(part for part in parts if part)


def subject(request: Request) -> str:
    """The words by which tables are found: “and by month?” names none, the question before it did."""
    return f"{request.prompt}\n{request.follow_up.prompt}" if request.follow_up else request.prompt


def _earlier(follow_up: FollowUp | None) -> str:
    if follow_up is None:
        return ""
    return (
        f"It goes on from an earlier run, where the question was:\n{follow_up.prompt}\nand the answer:\n"
        f"{follow_up.answer}\n(end of the earlier run: its queries and facts are not here, measure again what you need)"
    )
