"""Where the question names tables, columns and values of the catalog."""

import re
import unicodedata
from dataclasses import dataclass, replace

from kaiseki.lm.offline.reading import Column, Table
from kaiseki.lm.offline.vocabulary import FUNCTION_WORDS, GLOSSARY, HARMLESS, KEYWORDS, STATISTICS

_GAP = re.compile(r"[ _\-./()*:%#&]{0,3}")
_QUOTES = "'\"`「」『』‘’“”"
_ENDINGS = frozenset(("", "s", "e", "y", "ing", "er", "ed", "ion", "ment", "al"))
_LONGEST = 8  # words of a name that are tried together


@dataclass(frozen=True)
class Mention:
    """A stretch of the folded question, and what of the catalog it can stand for."""

    start: int
    end: int
    quoted: bool
    tables: tuple[Table, ...] = ()
    columns: tuple[Column, ...] = ()
    values: tuple[tuple[Column, str], ...] = ()
    partial: bool = False  # a part of a name, or a translation, and not a name


def folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def find_mentions(text: str, tables: tuple[Table, ...]) -> tuple[Mention, ...]:
    """In the order of the question, which is folded; longer names win over shorter, whole names over parts."""
    exact = _candidates(text, _index(tables))
    taken = _without_overlap(exact)
    partial = _without_overlap(_partial(text, tables, taken), taken)
    return tuple(sorted((*taken, *partial), key=lambda m: m.start))


def stem(word: str) -> str:
    """An English noun without its plural ending, roughly."""
    if len(word) <= 3 or not word.isascii() or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word.removesuffix("s")


def _words(name: str) -> list[str]:
    pieces = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\x00-\x7f]+", unicodedata.normalize("NFKC", name))
    return [folded(piece) for piece in pieces]


def _key(name: str) -> str:
    """The form by which a name is looked up: letters and figures only, singular; if not ASCII, as it is."""
    text = folded(name).strip()
    return stem("".join(c for c in text if c.isalnum())) if text.isascii() else text


def _index(tables: tuple[Table, ...]) -> dict[str, Mention]:
    """Everything that has a name, by its key. Values come last, so that a column of that name goes first."""
    index: dict[str, Mention] = {}
    none = Mention(0, 0, False)
    for table in tables:
        if key := _key(table.name):
            old = index.get(key, none)
            index[key] = replace(old, tables=(*old.tables, table))
        for column in table.columns:
            if key := _key(column.name):
                old = index.get(key, none)
                index[key] = replace(old, columns=(*old.columns, column))
            for value in column.values if column.kind in ("category", "text") else ():
                if key := _key(value):
                    old = index.get(key, none)
                    index[key] = replace(old, values=(*old.values, (column, value)))
    return index


def _candidates(text: str, index: dict[str, Mention]) -> list[Mention]:
    found: list[Mention] = []
    tokens = list(re.finditer(r"[a-z0-9]+", text))
    for i, first in enumerate(tokens):
        joined = ""
        for j in range(i, min(i + _LONGEST, len(tokens))):
            if j > i and not _GAP.fullmatch(text, tokens[j - 1].end(), tokens[j].start()):
                break
            joined += tokens[j][0]
            if entry := index.get(stem(joined)):
                mention = _at(text, first.start(), tokens[j].end(), entry)
                sure = i != j or mention.quoted
                found += [mention] if sure else _plausible(text, mention, joined)
    for key, entry in index.items():
        if not key.isascii():
            found.extend(_at(text, m.start(), m.end(), entry) for m in re.finditer(re.escape(key), text))
    return found


def _plausible(text: str, mention: Mention, word: str) -> list[Mention]:
    """The mention without what one common word, letter or figure is unlikely to mean unless it follows its column."""
    before = text[: mention.start]
    if word in FUNCTION_WORDS and not re.search(r"(?:column|field|by|列|カラム) $", before):
        return []
    values = mention.values
    if len(word) == 1 or word.isdigit() or word in HARMLESS:
        values = tuple(v for v in values if re.search(rf"{re.escape(folded(v[0].name))} (?:= ?|is )?$", before))
    mention = replace(mention, values=values)
    return [mention] if mention.tables or mention.columns or mention.values else []


def _at(text: str, start: int, end: int, entry: Mention) -> Mention:
    around = text[start - 1 : start], text[end : end + 1]
    mention = replace(entry, start=start, end=end, quoted=all(c and c in _QUOTES for c in around))
    return _as_spelled(mention, text[start:end])


def _as_spelled(mention: Mention, word: str) -> Mention:
    """With a table `prices` that has a column `price`, each is meant where it is spelled so."""
    tables = tuple(t for t in mention.tables if folded(t.name) == word)
    columns = tuple(c for c in mention.columns if folded(c.name) == word)
    if bool(tables) == bool(columns):
        return mention
    return replace(mention, tables=tables, columns=columns)


def _without_overlap(found: list[Mention], taken: tuple[Mention, ...] = ()) -> tuple[Mention, ...]:
    kept: list[Mention] = []
    for mention in sorted(found, key=lambda m: (m.start - m.end, m.start)):
        if all(mention.end <= other.start or other.end <= mention.start for other in (*kept, *taken)):
            kept.append(mention)
    return tuple(kept)


def _partial(text: str, tables: tuple[Table, ...], taken: tuple[Mention, ...]) -> list[Mention]:
    """Words that are a part of a column's name ("amount" for order_amount), and Japanese words for English names."""
    found: list[Mention] = []
    for match in re.finditer(r"[a-z]{3,}", text):
        sorting = text.startswith("ordered by", match.start())
        if match[0] not in HARMLESS and not sorting and not _keyword(match[0]):
            found.extend(_part(text, match.start(), match.end(), match[0], tables))
    for said, english in GLOSSARY.items():
        for match in re.finditer(rf"\b{said}\b" if said.isascii() else said, text):
            for word in english.split():
                found.extend(_part(text, match.start(), match.end(), word, tables))
    return [m for m in found if not any(t.start < m.end and m.start < t.end for t in taken)]


def _keyword(word: str) -> bool:
    return any(pattern.fullmatch(word) for pattern in (*KEYWORDS, *(pattern for _, pattern in STATISTICS)))


def _part(text: str, start: int, end: int, word: str, tables: tuple[Table, ...]) -> list[Mention]:
    """Tables and columns in whose names `word` is, or a near form; of the columns those of the fewest words."""
    named = tuple(t for t in tables if any(_alike(stem(word), part) for part in _words(t.name)))
    holding = [
        (len(_words(c.name)), c)
        for t in tables
        for c in t.columns
        if any(_alike(stem(word), p) for p in _words(c.name))
    ]
    holding = holding or _tails(word, tables)
    fewest = min((size for size, _ in holding), default=0)
    columns = tuple(c for size, c in holding if size == fewest)
    return [_at(text, start, end, Mention(0, 0, False, named, columns, partial=True))] if named or columns else []


def _tails(word: str, tables: tuple[Table, ...]) -> list[tuple[int, Column]]:
    """The one column of categories whose name ends so ("type" for interactiontype)."""
    ending = stem(word)
    found = [c for t in tables for c in t.columns if c.classes and len(ending) >= 4 and _key(c.name).endswith(ending)]
    return [(1, column) for column in found] if len(found) == 1 else []


def _alike(word: str, part: str) -> bool:
    """The same word but for its ending ("smoking", "smoker"), or one an abbreviation of the other ("temp")."""
    part = stem(part)
    if word == part:
        return True
    if not word.isascii() or min(len(word), len(part)) < 4:
        return False
    shared = next((i for i, (a, b) in enumerate(zip(word, part, strict=False)) if a != b), min(len(word), len(part)))
    return shared >= 4 and (shared in (len(word), len(part)) or {word[shared:], part[shared:]} <= _ENDINGS)
