"""Names and sentences taken apart into comparable terms, in English and Japanese."""

import re
import unicodedata
from functools import lru_cache

_JAPANESE = "\u3041-\u3096\u30a1-\u30fa\u30fc\u3400-\u4dbf\u4e00-\u9fff\u3005"
_PIECE = re.compile(
    rf"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[\u30a1-\u30fa\u30fc]+|[\u3400-\u4dbf\u4e00-\u9fff\u3005]+|"
    rf"[\u3041-\u3096]+|[^\W\d_A-Za-z{_JAPANESE}]+"
)
_HIRAGANA = re.compile(r"[\u3041-\u3096]+")
_IDEOGRAPHIC = re.compile(rf"[{_JAPANESE}]+")

# Words of questions that say nothing about a schema.
_STOP_WORDS = """
    a about above after all also am an and any are as at be been before being below between both but by can could did do
    does doing down during each few for from further give had has have having he her here hers him his how i if in into
    is it its itself just let list many me more most much must my no nor not of off on once only or other our out over
    own per please same shall she should show so some such tell than that the their them then there these they this
    those through to too under until up us very was we were what when where which while who whom whose why will with
    would you your
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())


def folded(text: str) -> str:
    """`text` for comparison only: full-width forms made half-width, case removed."""
    if not text.isascii():
        return unicodedata.normalize("NFKC", text).casefold()
    return text if text.islower() else text.lower()  # names mostly are, and need no second string


def key(name: str) -> str:
    """A name without case, spaces, underscores and other marks."""
    joined = folded(name).replace("_", "")
    return joined if joined.isalnum() else "".join(c for c in joined if c.isalnum())


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The singular of a lower-case English word, roughly; equal for the forms of one noun."""
    if len(word) <= 3 or not word.isascii():
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def pieces(text: str) -> list[str]:
    """The runs of letters of one kind, or of digits, as they are written; `customerID` has two."""
    return _PIECE.findall(text if text.isascii() else unicodedata.normalize("NFKC", text))


def words(text: str) -> tuple[str, ...]:
    """The words of a name or sentence in order, folded and singular; a Japanese run of one script is one word."""
    return tuple(map(_WORDS.__getitem__, pieces(text)))


class _Words(dict[str, str]):
    """The word of each piece. Names are many and each is asked for a few times; the pieces they are made of are few."""

    def __missing__(self, piece: str) -> str:
        word = stem(piece.lower())
        if not piece.isdigit():  # of numbers there is no end
            self[piece] = word
        return word


_WORDS = _Words()


def terms(text: str) -> tuple[str, ...]:
    """The words of `text`, with Japanese as character bigrams, since it has no spaces to split at."""
    if text.isascii():
        return words(text)
    found: list[str] = []
    for word in words(text):
        if not _IDEOGRAPHIC.fullmatch(word):
            found.append(word)
        elif len(word) == 1:
            if not _HIRAGANA.fullmatch(word):
                found.append(word)
        elif not _HIRAGANA.fullmatch(word):
            found.extend(word[i : i + 2] for i in range(len(word) - 1))
    return tuple(found)
