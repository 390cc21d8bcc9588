"""Where a question names something as a schema would: by quotes, by the shape of the word, or by saying "table"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["table", "column"]

_LONGEST_QUESTION = 20_000  # characters; what follows is pasted text
# One to one, so that positions in the folded text are positions in the question.
_TO_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}

_QUOTED = re.compile(
    r"`(?P<code>[^`\n]{1,64})`|「(?P<corner>[^」\n]{1,64})」|『(?P<white>[^』\n]{1,64})』|"
    r'"(?P<double>[^"\n]{1,64})"|“(?P<curly>[^”\n]{1,64})”|‘(?P<single_curly>[^’\n]{1,64})’|'
    r"(?<![A-Za-z0-9])'(?P<single>[^'\n]{1,64})'(?![A-Za-z0-9])"
)
_TABLE_SIGN, _COLUMN_SIGN = "(?<![代発図])表(?![示現す計明])", "(?<![行配系])列"
_TARGET = "目的変数|ターゲット(?!層|市場|顧客|ユーザー|マーケ|に(?:した|する))"
_TABLE_WORD = rf"(?:tables?\b|テーブル|{_TABLE_SIGN})"
_COLUMN_WORD = rf"(?:columns?\b|fields?\b|{_COLUMN_SIGN}|カラム|フィールド|target\b|{_TARGET})"
_ROLE_AFTER = re.compile(
    rf"\s*(?:という|を|as\s+(?:the\s+)?)?\s*(?:(?P<table>{_TABLE_WORD})|(?P<column>{_COLUMN_WORD}))", re.I
)
_SAYS = r"\s*(?:変数|variable|column|列)?\s*(?:is|are|named|called|は|を|が|[:=])?\s*"
_ROLE_BEFORE = re.compile(
    rf"(?:(?P<table>\btables?|テーブル|{_TABLE_SIGN})|"
    rf"(?P<column>\bcolumns?|\bfields?|\btarget|{_COLUMN_SIGN}|カラム|フィールド|{_TARGET})){_SAYS}$",
    re.I,
)

_WORD = r"[A-Za-z][A-Za-z0-9_]*"
_ANOTHER_WORD = rf"(?!(?:tables?|columns?|fields?)\b){_WORD}"
_START, _END = r"(?<![A-Za-z0-9_.\\/])", r"(?![A-Za-z0-9_])"
_IDENTIFIER = re.compile(
    rf"{_START}(?P<name>[A-Za-z_]\w*(?:\.\w+)+|[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+|[a-z]+(?:[A-Z][a-z0-9]*)+){_END}(?!\()",
    re.ASCII,
)
_FROM = re.compile(r"(?:\bfrom|\bjoin|\binto)\s+$", re.I)
_FILE = re.compile(r".*\.(?:csv|tsv|parquet|xlsx?|json|jsonl|txt|py|ipynb|sql|html|png|pdf|com|org|jp|io)", re.I)

_WORDS_BEFORE_ROLE = re.compile(
    rf"\b(?P<name>{_ANOTHER_WORD}(?:\s+{_ANOTHER_WORD}){{0,3}})\s+"
    r"(?:(?P<table>tables?)|(?P<column>columns?|fields?|as\s+(?:the\s+|a\s+)?target))\b"
    r"(?!\s+(?:charts?|graphs?|plots?|names?|types?|headers?|headings?|of\s+contents)\b)",
    re.I,
)
_WORD_AFTER_ROLE = re.compile(
    rf"\b(?:(?P<table>table)|(?P<column>column|field)|target(?:\s+(?:variable|column))?(?=\s*(?:is\b|[:=])))"
    rf"\s*(?P<named>\b(?:named|called|is)\b|=|(?<=target):|(?<=variable):)?:?\s*\b(?P<name>{_WORD}){_END}",
    re.I,
)
_JAPANESE_BEFORE_ROLE = re.compile(
    rf"(?:{_START}(?P<name>{_WORD})\s*(?:を\s*)?(?:(?P<table>テーブル|{_TABLE_SIGN})|(?P<column>列|カラム|フィールド|{_TARGET})))|"
    r"(?P<japanese>[\u30a1-\u30fa\u30fc\u4e00-\u9fff\u3005]{2,12}?)(?P<its_role>テーブル|カラム)"
)
_JAPANESE_AFTER_ROLE = re.compile(
    rf"(?:(?P<table>テーブル)|(?P<column>{_COLUMN_SIGN}|カラム|{_TARGET}))(?:変数|列)?\s*(?:名?は|を|が|[:=])?\s*(?P<name>{_WORD}){_END}"
)

_MADE_HERE = re.compile(
    r"(?:\b(?:create|add|derive|generate|define|introduce|compute|new)\b[^.\n]{0,20}\b(?:column|feature|variable|field)\b|"
    r"新しい|新規の?)[^.。\n「『'\"`]{0,20}[「『'\"`]?$",
    re.I,
)

_ORDINARY = """
a actual all and any appropriate as at available based be below by calculated categorical column columns comparison
complete computed confusion contingency correct correlation cross data database date decision derived different
display distinct dummy each empty entire every existing fact field final first following form format frequency from
full given has have if in index input into is it join joined key largest last league left long lookup main many merged
missing model more most multiple my new no non not numeric numerical of on one only or original other our output over
periodic pivot please previous proper raw reference relevant result resulting results right same sample second show
shown simple single smallest some source specific sql statistics such summary target temporary test text that the
their then these this those three to total train truth two type unique use used using value values variable variables
what whatever when where which whole wide with without you your
"""
_NOT_NAMES = frozenset(_ORDINARY.split())
_RELIED_ON = frozenset({"the", "this", "our", "my", "from", "in", "of"})
_ENDINGS_OF_ADJECTIVES = ("ed", "ing", "able", "ible", "ous", "ive", "ic", "est")
_NOT_NAMES_IN_JAPANESE = frozenset(
    "ピボット クロス クロス集計 集計 対象 両方 全 各 複数 結合 結果 該当 他 新規".split()
)


@dataclass(frozen=True)
class Mention:
    """A stretch of the question that may name something.

    text      as written
    kind      what the question says it is; None if it does not say
    explicit  called a table or column, in backquotes, or shaped like an identifier: certainly no ordinary word
    claimed   the question relies on its being there, so that its absence is worth saying
    readings  of several words before "table" the longest reading first; empty if `text` is the only one
    quoted    within quotes, so perhaps a value
    """

    text: str
    kind: Kind | None
    explicit: bool
    claimed: bool
    readings: tuple[str, ...] = ()
    quoted: bool = False


def mentions(question: str) -> tuple[Mention, ...]:
    """What the question names, in the order of the text, without the columns that it wants to be made."""
    text = question[:_LONGEST_QUESTION].translate(_TO_HALF_WIDTH)
    found: dict[int, Mention] = {}  # by where it begins
    taken = bytearray(len(text))
    for finder in (_quoted, _identifiers, _bare_words):
        for start, end, mention in finder(text, question):
            if not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                found[start] = mention
    made_here = {m.text for start, m in found.items() if _MADE_HERE.search(text[max(0, start - 80) : start])}
    return tuple(found[start] for start in sorted(found) if found[start].text not in made_here)


def _quoted(text: str, question: str) -> Iterator[tuple[int, int, Mention]]:
    for match in _QUOTED.finditer(text):
        group = match.lastgroup or ""
        start, end = match.span(group)
        if not text[start:end].strip() or len(text[start:end].split()) > 6:
            continue
        kind = _role(text, *match.span())
        yield (
            *match.span(),
            Mention(question[start:end].strip(), kind, kind is not None or group == "code", kind is not None, (), True),
        )


def _identifiers(text: str, question: str) -> Iterator[tuple[int, int, Mention]]:
    for match in _IDENTIFIER.finditer(text):
        start, end = match.span("name")
        if _FILE.fullmatch(match["name"]):
            continue
        kind = _role(text, start, end)
        from_it = bool(_FROM.search(text[max(0, start - 40) : start])) and "_" in match["name"]
        yield (
            start,
            end,
            Mention(question[start:end], kind or ("table" if from_it else None), True, kind is not None or from_it),
        )


def _role(text: str, start: int, end: int) -> Kind | None:
    match = _ROLE_AFTER.match(text, end) or _ROLE_BEFORE.search(text[max(0, start - 40) : start])
    if match is None:
        return None
    return "table" if match["table"] else "column"


def _bare_words(text: str, question: str) -> Iterator[tuple[int, int, Mention]]:
    for match in _WORDS_BEFORE_ROLE.finditer(text):
        yield from _phrase(match, text, question)
    for match in _WORD_AFTER_ROLE.finditer(text):
        yield from _word(match, match["name"], question, claimed=bool(match["named"]))
    for match in _JAPANESE_BEFORE_ROLE.finditer(text):
        if match["name"]:
            yield from _word(match, match["name"], question, claimed=True)
        elif match["japanese"] not in _NOT_NAMES_IN_JAPANESE:
            kind: Kind = "table" if match["its_role"] == "テーブル" else "column"
            yield *match.span("japanese"), Mention(match["japanese"], kind, False, True)
    for match in _JAPANESE_AFTER_ROLE.finditer(text):
        yield from _word(match, match["name"], question, claimed=True)


def _word(match: re.Match[str], name: str, question: str, claimed: bool) -> Iterator[tuple[int, int, Mention]]:
    if name.lower() not in _NOT_NAMES:
        start, end = match.span("name")
        yield start, end, Mention(question[start:end], "table" if match["table"] else "column", False, claimed)


def _phrase(match: re.Match[str], text: str, question: str) -> Iterator[tuple[int, int, Mention]]:
    """The last word before "table", and the readings of up to three words that end in it."""
    ends = match.end("name")
    starts = [match.start("name") + m.start() for m in re.finditer(r"\S+", match["name"])]
    readings = [question[start:ends] for start in starts if not _NOT_NAMES & set(text[start:ends].lower().split())]
    if not readings:
        return
    before = text[: starts[-1]].split()[-1:]
    relied_on = bool(_RELIED_ON & {word.lower() for word in before})
    claimed = relied_on and len(readings) == 1 and not readings[0].lower().endswith(_ENDINGS_OF_ADJECTIVES)
    kind: Kind = "table" if match["table"] else "column"
    yield starts[-1], ends, Mention(readings[-1], kind, False, claimed, tuple(readings))
