"""English words reduced to their roots, so that `published`, `publisher` and `publishing` meet.

Porter's algorithm of 1980, with British spellings made American. For finding tables only: names that differ in an
ending are different names all the same.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from kaiseki.catalog.words import terms

_CONSONANT = "(?:[^aeiouy]|(?<=[aeiou])y|^y)"
_VOWEL = f"(?!{_CONSONANT})[aeiouy]"
_GROUP = re.compile(f"{_VOWEL}{_CONSONANT}")
_HAS_VOWEL = re.compile(_VOWEL)
_ADVERB = re.compile(r"...[cdeghkmnrt]li$")  # its y is an i by then
_ENDS_IN_Y = re.compile(r".[^aeiou]y$")
_DOUBLED = re.compile(r"([^aeiouylsz])\1$")
_SHORT = re.compile(f"(?:{_CONSONANT}){_VOWEL}(?:(?![wxy]){_CONSONANT})$")
_BRITISH = (
    (re.compile(r"^(.{2,}[^aeiou])our(?=$|s$|ed$|ing$|less$|ful$|able$)"), r"\1or"),
    (re.compile(r"([a-z]{3,})is(?=e$|es$|ed$|ing$|ation$)"), r"\1iz"),
    (re.compile(r"([a-z]{3,}[bt])re$"), r"\1er"),
)
_NOT_BRITISH = frozenset("hour our four pour tour sour your flour contour".split())

_DERIVED = (
    ("ational", "ate"),
    ("tional", "tion"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("iveness", "ive"),
    ("alism", "al"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("abli", "able"),
    ("alli", "al"),
    ("entli", "ent"),
    ("ousli", "ous"),
    ("eli", "e"),
    ("ator", "ate"),
)
_SHORTENED = (
    ("icate", "ic"),
    ("ative", ""),
    ("alize", "al"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ness", ""),
    ("ful", ""),
)
_DROPPED = tuple(
    "ement ance ence able ible ment ant ent ism ate iti ous ive ize ion al er ic ou".split()
)  # longest of one end first


def roots(text: str) -> tuple[str, ...]:
    """The terms of a name or a sentence, English ones reduced to their roots."""
    return tuple(map(root, terms(text)))


@lru_cache(maxsize=100_000)
def root(word: str) -> str:
    """The root of a lower-case word; short words, numbers and words of other languages are their own."""
    if len(word) <= 3 or not word.isascii() or not word.isalpha():
        return word
    return _trimmed(_without_suffix(_shortened(_derived(_singular(_american(word))))))


def _american(word: str) -> str:
    if word in _NOT_BRITISH:
        return word
    for british, american in _BRITISH:
        word = british.sub(american, word)
    return word


def _measure(stem: str) -> int:
    """How often a vowel is followed by a consonant: about the number of syllables."""
    return len(_GROUP.findall(stem))


def _singular(word: str) -> str:
    if word.endswith(("sses", "ies")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) else word
    for ending in ("ed", "ing"):
        stem = word.removesuffix(ending)
        if stem != word and _HAS_VOWEL.search(stem):
            word = _completed(stem)
            break
    return word[:-1] + "i" if _ENDS_IN_Y.search(word) else word


def _completed(stem: str) -> str:
    if stem.endswith(("at", "bl", "iz")):
        return stem + "e"
    if _DOUBLED.search(stem):
        return stem[:-1]
    return stem + "e" if _measure(stem) == 1 and _SHORT.search(stem) else stem


def _derived(word: str) -> str:
    replaced = _replaced(word, _DERIVED)
    return replaced[:-2] if replaced == word and _ADVERB.search(word) else replaced


def _shortened(word: str) -> str:
    return _replaced(word, _SHORTENED)


def _replaced(word: str, endings: Iterable[tuple[str, str]]) -> str:
    for ending, replacement in endings:
        if word.endswith(ending):
            stem = word.removesuffix(ending)
            return stem + replacement if _measure(stem) > 0 else word
    return word


def _without_suffix(word: str) -> str:
    for ending in _DROPPED:
        if word.endswith(ending):
            stem = word.removesuffix(ending)
            fits = _measure(stem) > 1 and (ending != "ion" or stem.endswith(("s", "t")))
            return stem if fits else word
    return word


def _trimmed(word: str) -> str:
    if word.endswith("e"):
        stem = word[:-1]
        if _measure(stem) > 1 or (_measure(stem) == 1 and not _SHORT.search(stem)):
            word = stem
    return word[:-1] if word.endswith("ll") and _measure(word) > 1 else word
