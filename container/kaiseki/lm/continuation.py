"""Putting together a reply that was cut off at the length limit and went on in a further message.

New models refuse to be handed the beginning of their own reply to go on from, so they are asked for the rest. They
obey, but some repeat the last words, open the code fence again, or begin the block anew.
"""

import re
from dataclasses import dataclass

CONTINUE = (
    "Your reply was cut off at the length limit. Output only the rest of it, beginning with the very next character "
    "after your last one. Repeat nothing, do not open again a fence that is open, add no remark."
)

_LONGEST_OVERLAP = 2_000
_SURE_OVERLAP = 8  # characters, and of some variety: `0, 0, 0, 0` may go on like this
_SURE_VARIETY = 5
_SURE_LINE = 6  # characters of a line that was left unfinished and is begun again
_SURE_RESTART = 20
_FENCE = re.compile(r"(?P<marks>`{3,})(?P<info>[^`]*)")


@dataclass(frozen=True)
class Fence:
    marks: str
    info: str
    body: int  # where its content begins


def joined(text: str, rest: str) -> str:
    """`text` with its continuation, without what the continuation repeats."""
    if not text.strip() or _begins_again(text, rest):
        return rest
    if repeated := _overlap(text, rest):
        return text + rest[repeated:]
    unfinished = text.rpartition("\n")[2]
    if unfinished and not unfinished.strip("`"):
        return _joined_at_marks(text.removesuffix(unfinished), unfinished, rest)
    fence = open_fence(text)
    if fence is None:
        return text + rest
    content = _content_of_reopened(rest, fence)
    if _begins_again(text[fence.body :], content):
        return text[: fence.body] + content
    if content is not rest:
        return text + content[_overlap(text, content) :]
    if unfinished and _first_line(rest) == fence.marks:
        return f"{text}\n{rest}"
    return text + rest


def _joined_at_marks(lines: str, marks: str, rest: str) -> str:
    """The cut went through the marks of a fence, or came right after them."""
    fence = open_fence(lines)
    complete = fence.marks if fence else "```"
    if not rest.startswith(complete):
        return lines + marks + rest
    if fence and marks == complete and _first_line(rest) != complete:
        return f"{lines}{marks}\n{rest}"
    return lines + rest


def open_fence(text: str) -> Fence | None:
    """The code fence that `text` ends in; None if all are closed."""
    fence: Fence | None = None
    position = 0
    *finished, last = text.split("\n")
    for line in finished:
        position += len(line) + 1
        fence = _after_line(fence, line, position)
    return None if fence is not None and last.rstrip() == fence.marks else fence


def _after_line(fence: Fence | None, line: str, following: int) -> Fence | None:
    if fence is not None:
        return None if line.rstrip() == fence.marks else fence
    match = _FENCE.fullmatch(line.rstrip())
    return Fence(match["marks"], match["info"].strip(), following) if match else None


def _begins_again(text: str, rest: str) -> bool:
    compared = min(len(text), len(rest), 80)
    return compared >= _SURE_RESTART and text[:compared] == rest[:compared]


def _overlap(text: str, rest: str) -> int:
    """How many characters of `rest` say the end of `text` again."""
    longest = min(len(text), len(rest), _LONGEST_OVERLAP)
    return next((n for n in range(longest, 0, -1) if text.endswith(rest[:n]) and _is_repetition(text, rest[:n])), 0)


def _is_repetition(text: str, shared: str) -> bool:
    words = shared.strip()
    if len(shared) >= _SURE_OVERLAP and len(set(words)) >= _SURE_VARIETY:
        return True
    unfinished = text.rpartition("\n")[2]
    return shared in (unfinished, unfinished.lstrip()) and len(words) >= _SURE_LINE


def _content_of_reopened(rest: str, fence: Fence) -> str:
    """`rest` without a first line that opens `fence` again; `rest` itself where there is none."""
    begun = rest.lstrip("\n")
    first = _first_line(begun)
    following = begun[len(first) + 1 :]
    match = _FENCE.fullmatch(first)
    if match is None or match["marks"] != fence.marks:
        return rest
    info = match["info"].strip()
    if info:
        return following if info.split()[0] == (fence.info.split() or [""])[0] else rest
    return following if _next_fence_is_bare(following) else rest


def _next_fence_is_bare(text: str) -> bool:
    """Whether the next fence line closes something: then a bare fence before it was an opening one."""
    fences = (_FENCE.fullmatch(line.rstrip()) for line in text.split("\n"))
    return next((not match["info"].strip() for match in fences if match), False)


def _first_line(text: str) -> str:
    return text.partition("\n")[0].rstrip()
