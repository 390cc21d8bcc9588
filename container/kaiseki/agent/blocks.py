"""The fenced blocks of a reply: where each opens and closes, and that nothing stands between them."""

import re
from dataclasses import dataclass

from kaiseki.agent.form import FORM, refused
from kaiseki.models import Failure

_FENCE = re.compile(r"(`{3,})([^`]*)")
_OWN_OPENING = re.compile(r"(`{3,})(?:sql name=\S*|python|answer outcome=\S*)\s*")


@dataclass(frozen=True)
class Block:
    info: str
    text: str
    line: int  # of its opening fence, 1-based


def read_blocks(lines: list[str], start: int) -> tuple[Block, ...] | Failure:
    """The blocks from index `start` on; nothing but blank lines may stand before, between and after them."""
    blocks: list[Block] = []
    at = start
    while at < len(lines):
        line = lines[at]
        if not line.strip():
            at += 1
            continue
        opening = _FENCE.fullmatch(line)
        if not opening or not opening[2].strip():
            return _refused_text(line, at + 1, after_block=bool(blocks))
        end = _closing(lines, at, fence=opening[1])
        if isinstance(end, Failure):
            return end
        blocks.append(Block(" ".join(opening[2].split()), "\n".join(lines[at + 1 : end]), at + 1))
        at = end + 1
    return tuple(blocks)


def _closing(lines: list[str], opening: int, fence: str) -> int | Failure:
    """The index of the line that closes the block opened at index `opening`."""
    for at in range(opening + 1, len(lines)):
        if lines[at].rstrip() == fence:
            return at
        nested = _OWN_OPENING.fullmatch(lines[at])
        if nested and nested[1] == fence:
            message = f"line {at + 1} opens a block inside the block opened in line {opening + 1}"
            hint = (
                f"close the first with a line of {fence}, or, if that line belongs to its text, fence it with {fence}`"
            )
            return refused("NestedBlock", at + 1, message, hint)
    message = f"the block opened in line {opening + 1} is not closed"
    hint = f"end the block with a line of exactly {fence}; send the whole reply again"
    return refused("UnclosedBlock", opening + 1, message, hint)


def _refused_text(line: str, number: int, after_block: bool) -> Failure:
    shown = line.strip()[:60]
    if line[0].isspace() and line.lstrip().startswith("```"):
        return refused(
            "IndentedFence", number, f"the fence in line {number} is indented", "begin fences in the first column"
        )
    if _FENCE.fullmatch(line):
        message = f"the fence in line {number} opens a block without saying which, or closes one that is not open"
        return refused("UnknownBlock", number, message, "open a block as sql name=..., python, or answer outcome=...")
    if after_block:
        message = f"line {number} stands outside of the blocks: {shown}"
        hint = (
            "remove it; if it belongs to the block above, which holds a line of backticks of its own, open and close "
            "that block with one backtick more"
        )
        return refused("TextOutsideBlocks", number, message, hint)
    message = f"line {number} is neither a header line nor a block: {shown}"
    hint = (
        f"one line of purpose, header lines directly below it, an empty line, then blocks; no thinking aloud:\n{FORM}"
    )
    return refused("TextOutsideBlocks", number, message, hint)
