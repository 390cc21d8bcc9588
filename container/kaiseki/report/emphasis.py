"""Emphasis in scripts that put no spaces between words.

CommonMark lets `**` close only next to a space or punctuation on one side. In Japanese the sentence goes on at once
after `**…。**`, so the asterisks would be printed. Here an asterisk next to a CJK character may open or close wherever
the other side is not a space.
"""

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter

_CJK = (
    range(0x2E80, 0xA4D0),  # radicals, kana, ideographs, CJK punctuation
    range(0xAC00, 0xD7B0),  # hangul
    range(0xF900, 0xFB00),  # compatibility ideographs
    range(0xFE30, 0xFE50),  # vertical forms
    range(0xFF00, 0xFFEF),  # full-width forms
    range(0x20000, 0x3FFFE),
)


def allow_emphasis_within_cjk(markdown: MarkdownIt) -> None:
    markdown.inline.ruler.at("emphasis", _scan)


def _scan(state: StateInline, silent: bool) -> bool:
    """The scanner of emphasis delimiters; pairing them stays the library's."""
    marker = state.src[state.pos]
    if silent or marker not in "*_":
        return False
    scanned = state.scanDelims(state.pos, marker == "*")
    before = state.src[state.pos - 1] if state.pos else " "
    end = state.pos + scanned.length
    after = state.src[end] if end < state.posMax else " "
    beside_cjk = marker == "*" and (_is_cjk(before) or _is_cjk(after))
    for _ in range(scanned.length):
        token = state.push("text", "", 0)
        token.content = marker
        state.delimiters.append(
            Delimiter(
                marker=ord(marker),
                length=scanned.length,
                token=len(state.tokens) - 1,
                end=-1,
                open=scanned.can_open or (beside_cjk and not after.isspace()),
                close=scanned.can_close or (beside_cjk and not before.isspace()),
            )
        )
    state.pos += scanned.length
    return True


def _is_cjk(character: str) -> bool:
    return any(ord(character) in block for block in _CJK)
