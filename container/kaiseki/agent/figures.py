"""Figures that stand in an answer's text without a fact: digits are refused, number words are only remarked on."""

import re
from collections.abc import Collection, Iterable, Iterator

from kaiseki.agent.numerals import Numeral, numerals
from kaiseki.agent.templates import FactPlaceholder, TablePlaceholder, line_of, pieces
from kaiseki.models import Failure

HINT = (
    "record it with fact() or setting() and cite it as a placeholder, or leave it out; a figure of the question may "
    "stand with the words that it has there"
)

_CITED = "\ue000"  # stands for each character of a placeholder; private use, so no text has it
_GONE = "\ue001"  # stands for each character of what may stand
_CODE = re.compile(r"(?<!`)(`+)(?!`)([^\n]*?[^`\n])\1(?!`)")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*(?:\(\))?", re.ASCII)
_LIST_MARKER = re.compile(r"^[ \t>]*(?:[-*+][ \t]+)?((\d{1,2})[.)．）])(?=\s|[^\s\d\ue000])", re.MULTILINE)
_HEADING_NUMBER = re.compile(r"^#{1,6}[ \t]+((\d{1,2})(?:\.\d{1,2})*[.)．）]?)(?=[ \t])", re.MULTILINE)
_CJK = "ぁ-んァ-ヶー一-鿿々〇"
_MIXED = re.compile(rf"(?<![A-Za-z0-9])[^\W\d_{_CJK}]+(?:[-_]?[^\W_{_CJK}]+)*")
_MEASURED = re.compile(r"[.,．，]\d|\s?[%％万億兆割]")
_CURRENCY_CODE = re.compile(r"(?:usd|eur|jpy|gbp|chf|cny|krw|inr|rs)-?\d", re.IGNORECASE)
_VULGAR = re.compile(r"[¼-¾⅐-⅞]")
_SCALE_BEHIND = re.compile(rf"{_CITED}\s?([千万億兆割倍]|[kKmM]?(?:illion|thousand|hundred)\b|billion\b)")

_ENGLISH_WORDS = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
    r"|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundreds?|thousands?|millions?|billions?|dozens?|half|halves"
    r"|(?:two[- ]|one[- ]|a )thirds?|(?:a|one|three)[- ]quarters?|twice|thrice|double[sd]?|triple[sd]?"
    r"|(?:two|three|four|five|ten|hundred)fold)\b",
    re.IGNORECASE,
)
_KANJI = "〇一二三四五六七八九十百千万億兆"
_JAPANESE_WORDS = re.compile(
    rf"過半数?|半分|半数|大半|[{_KANJI}数]*倍(?!率)|[{_KANJI}数]+(?:割|分の[{_KANJI}]+)"
    rf"|[{_KANJI}]+(?:つ|人|件|個|円|回|年|月|日|時間|週間|店|社|点|位|種類|か所|番目|パーセント|ポイント|％|%)"
)


def loose_figures(template: str, question: str, names: Collection[str]) -> tuple[tuple[Failure, ...], tuple[str, ...]]:
    """Failures (kind "answer") for figures written out in `template`, and warnings for words that may be figures.

    `names` are those of tables, columns, facts and queries. What may stand: names, code identifiers in backticks, list
    and heading numbers in sequence, and figures of the question with the same unit and neighbour.
    """
    cited = _without_placeholders(template)
    text = _without(cited, _allowed_spans(cited, names))
    mixed = tuple(_mixed_tokens(text))
    plain = _without(text, (token.span() for token in mixed))
    measured = tuple(token for token in mixed if _is_measured(token, text))
    failures = [_loose(template, token.start(), token[0]) for token in measured]
    failures += [_loose(template, each.start, each.shown) for each in _unasked(plain, tuple(numerals(question)))]
    failures += [_loose(template, each.start(), each[0]) for each in _VULGAR.finditer(plain) if each[0] not in question]
    warnings = (
        *_scaled_placeholders(template, cited),
        *_unasked_tokens(template, (token for token in mixed if token not in measured), question),
        *_number_words(template, plain, question),
    )
    return tuple(sorted(failures, key=lambda failure: failure.line or 0)), tuple(dict.fromkeys(warnings))


def _loose(template: str, start: int, shown: str) -> Failure:
    line = line_of(template, start)
    message = f"the figure {shown.strip()!r} stands in line {line} of the answer without a fact"
    return Failure(kind="answer", type="LooseFigure", subject=shown.strip(), line=line, message=message, hint=HINT)


def _without_placeholders(template: str) -> str:
    """The template with each placeholder masked, character by character, so that offsets stay."""
    masked = list(template)
    for piece in pieces(template):
        if isinstance(piece, FactPlaceholder | TablePlaceholder):
            masked[piece.start : piece.start + len(piece.source)] = _CITED * len(piece.source)
    return "".join(masked)


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    masked = list(text)
    for start, end in spans:
        masked[start:end] = _GONE * (end - start)
    return "".join(masked)


def _allowed_spans(text: str, names: Collection[str]) -> Iterator[tuple[int, int]]:
    for code in _CODE.finditer(text):
        content = code[2].strip()
        if content in names or _IDENTIFIER.fullmatch(content):
            yield code.span()
    there = (n for n in names if _has_digit(n) and n in text)  # of a large schema's names hardly any is
    worded = sorted((n for n in there if re.search(r"[^\W\d_]", n)), key=len, reverse=True)
    if worded:
        alternatives = "|".join(map(re.escape, worded))
        for name in re.finditer(rf"(?<![A-Za-z0-9_.,])(?:{alternatives})(?![A-Za-z0-9_]|[.,]\d)", text):
            yield name.span()
    for markers in (_LIST_MARKER, _HEADING_NUMBER):
        yield from _in_sequence(markers, text)


def _has_digit(name: str) -> bool:
    return any(char.isdecimal() for char in name)


def _in_sequence(markers: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    """Numbers that number something: they begin at one and go on by one, or stay."""
    seen: set[int] = set()
    for marker in markers.finditer(text):
        number = int(marker[2])
        if number == 1 or number in seen or number - 1 in seen:
            seen.add(number)
            yield marker.span(1)


def _mixed_tokens(text: str) -> Iterator[re.Match[str]]:
    """Words that begin with a letter and hold digits: COVID-19, F1, p95."""
    return (token for token in _MIXED.finditer(text) if _has_digit(token[0]))


def _is_measured(token: re.Match[str], text: str) -> bool:
    """Whether it is a figure all the same: `Around-40%`, `USD5000`."""
    return bool(_MEASURED.match(text, token.end()) or _CURRENCY_CODE.match(token[0]))


def _unasked_tokens(template: str, tokens: Iterable[re.Match[str]], question: str) -> Iterator[str]:
    for token in tokens:
        if token[0] not in question or not re.search(rf"(?<!\w){re.escape(token[0])}(?!\w)", question):
            line = line_of(template, token.start())
            yield f"{token[0]!r} in line {line} of the answer holds digits without a fact"


def _number_words(template: str, text: str, question: str) -> Iterator[str]:
    asked = question.casefold()
    for words in (_ENGLISH_WORDS, _JAPANESE_WORDS):
        for word in words.finditer(text):
            if word[0].casefold() not in asked:
                line = line_of(template, word.start())
                yield f"{word[0]!r} in line {line} of the answer may be a figure without a fact"


def _unasked(text: str, asked: tuple[Numeral, ...]) -> Iterator[Numeral]:
    return (numeral for numeral in numerals(text) if not any(numeral.same_as(other) for other in asked))


def _scaled_placeholders(template: str, cited: str) -> Iterator[str]:
    for scale in _SCALE_BEHIND.finditer(cited):
        line = line_of(template, scale.start())
        yield f"{scale[1]!r} behind a placeholder in line {line} of the answer scales its figure; check the fact's unit"
