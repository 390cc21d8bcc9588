"""The answer as HTML, each of its figures a link into the ledger, and as Markdown.

Words of the model are Markdown without HTML, images or unsafe links. A figure stands in the Markdown as a number
between two Unicode noncharacters. The renderer lets them through as letters; the model cannot write them, since they
are removed from its text first and no entity yields them. So a fact's value is never read as Markdown, and no Markdown
passes for a figure.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape

from kaiseki.cells import is_number
from kaiseki.models import Citation
from kaiseki.report.emphasis import allow_emphasis_within_cjk
from kaiseki.report.wording import Wording

_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
_MARK = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_MARK_ALONE = re.compile(f"[{_OPEN}{_CLOSE}]")
_MARK_IN_ADDRESS = quote(_OPEN)
_SAFE_SCHEMES = ("https://", "http://", "mailto:")
_WORDS_FROM = 32  # characters: no figure any more
_DEEPEST_HEADING = 6
_HEADINGS_ABOVE = 2  # the page's own h1 and h2


@dataclass(frozen=True)
class CitedFigure:
    """`number` counts the figures of the answer from 1; `anchor` is the id of the fact's row in the ledger."""

    number: int
    citation: Citation
    anchor: str


def answer_html(parts: Sequence[str | Citation], anchor: Callable[[str], str], t: Wording) -> Markup:
    figures: list[CitedFigure] = []
    source: list[str] = []
    for part in parts:
        if isinstance(part, Citation):
            source.append(f"{_OPEN}{len(figures)}{_CLOSE}")
            figures.append(CitedFigure(len(figures) + 1, part, anchor(part.fact)))
        else:
            source.append(_MARK_ALONE.sub("", part))
    renderer = _renderer()
    html: str = renderer.render("".join(source), {"figures": tuple(figures), "wording": t})
    return Markup(html)  # noqa: S704 - markdown-it escapes all text, and HTML in the source is off


def harmless_markdown(text: str) -> str:
    """The same words for viewers that render HTML and load images: neither is left in it."""
    without_images = text.replace("![", r"\![")
    return re.sub(r"<(?=[A-Za-z/!?])", r"\\<", without_images)


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        """Links that lead out of the page, and bear no figure in their address; others stay text."""
        return url.lower().startswith(_SAFE_SCHEMES) and _MARK_IN_ADDRESS not in url


def _renderer() -> MarkdownIt:
    markdown = _Markdown("commonmark", {"html": False}).enable("table")
    markdown.core.ruler.push("figures", _figures_apart)
    markdown.core.ruler.push("headings", _headings_below_ours)
    markdown.core.ruler.push("numbers", _numbers_to_the_right)
    allow_emphasis_within_cjk(markdown)
    for name, rule in _RULES.items():
        markdown.add_render_rule(name, rule)
    return markdown


# ── the token stream ──────────────────────────────────────────────────────────────────────────────────────────────


def _figures_apart(state: StateCore) -> None:
    """Splits text at the marks, so that a figure is a token of its own."""
    figures: tuple[CitedFigure, ...] = state.env["figures"]
    for token in state.tokens:
        if token.type == "inline":
            token.children = [piece for child in token.children or [] for piece in _split(child, figures)]


def _split(token: Token, figures: tuple[CitedFigure, ...]) -> list[Token]:
    if token.type != "text":
        return [token]
    pieces: list[Token] = []
    for index, piece in enumerate(_MARK.split(token.content)):
        if index % 2:
            pieces.append(Token("figure", "", 0, meta={"figure": figures[int(piece)]}))
        elif piece:
            pieces.append(Token("text", "", 0, content=piece))
    return pieces


def _headings_below_ours(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1:]) + _HEADINGS_ABOVE, _DEEPEST_HEADING)}"


def _numbers_to_the_right(state: StateCore) -> None:
    """Cells that hold one number are set as numbers, and style attributes, which the page's policy forbids, go."""
    figures: tuple[CitedFigure, ...] = state.env["figures"]
    for cell, inline in pairwise(state.tokens):
        if cell.type not in ("td_open", "th_open"):
            continue
        style = cell.attrs.pop("style", "")
        text = _MARK.sub(lambda mark: figures[int(mark.group(1))].citation.shown, inline.content)
        if style == "text-align:right" or is_number(text.replace(",", "").removesuffix("%")):
            cell.attrs["class"] = "number"


# ── the HTML ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _link(figure: CitedFigure) -> Markup:
    shown = figure.citation.shown
    kind = "figure-link words" if len(shown) > _WORDS_FROM else "figure-link"
    return Markup('<a class="{}" id="figure-{}" href="#{}">{}</a>').format(kind, figure.number, figure.anchor, shown)


def _figure(_: RendererHTML, tokens: Sequence[Token], index: int, __: OptionsDict, ___: EnvType) -> str:
    return _link(tokens[index].meta["figure"])


def _inline_code(_: RendererHTML, tokens: Sequence[Token], index: int, __: OptionsDict, env: EnvType) -> str:
    return Markup("<code>{}</code>").format(_with_links(tokens[index].content, env))


def _code_block(_: RendererHTML, tokens: Sequence[Token], index: int, __: OptionsDict, env: EnvType) -> str:
    return Markup('<pre tabindex="0"><code>{}</code></pre>\n').format(_with_links(tokens[index].content, env))


def _with_links(text: str, env: EnvType) -> Markup:
    pieces = _MARK.split(text)
    links = (_link(env["figures"][int(p)]) if i % 2 else escape(p) for i, p in enumerate(pieces))
    return Markup("").join(links)


def _image(_: RendererHTML, tokens: Sequence[Token], index: int, __: OptionsDict, env: EnvType) -> str:
    token = tokens[index]
    words, address = _with_links(token.content, env), str(token.attrs.get("src", ""))
    return Markup('<span class="left-out">[{}: {} {}]</span>').format(env["wording"].image_left_out, words, address)


def _link_open(_: RendererHTML, tokens: Sequence[Token], index: int, __: OptionsDict, ___: EnvType) -> str:
    address = str(tokens[index].attrs.get("href", ""))
    return Markup('<a href="{}" rel="noopener noreferrer nofollow">').format(address)


def _link_close(_: RendererHTML, tokens: Sequence[Token], index: int, __: OptionsDict, ___: EnvType) -> str:
    """Shows where the link leads: its words were chosen by a model that had read the data."""
    address, depth = "", 0
    for token in reversed(tokens[:index]):
        depth += {"link_close": 1, "link_open": -1}.get(token.type, 0)
        if depth < 0:
            address = str(token.attrs.get("href", ""))
            break
    return Markup('</a> <span class="address">({})</span>').format(address)


_RULES: dict[str, Any] = {
    "figure": _figure,
    "code_inline": _inline_code,
    "code_block": _code_block,
    "fence": _code_block,
    "image": _image,
    "link_open": _link_open,
    "link_close": _link_close,
}
