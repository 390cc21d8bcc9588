"""Which columns look personal by their names, types and tables, in English and Japanese.

English compounds are judged by their last words (`customer_name`, not `name_length`); the names of things, and what
organisations publish, are let through (`product_name`, `store_phone`)."""

import re
import unicodedata
from functools import lru_cache

from kaiseki.personal import english, japanese
from kaiseki.personal.kinds import Kind

_TEXT = re.compile(r"(?:N?VAR|N|BP)?CHAR|TEXT|STRING", re.IGNORECASE)
_WHOLE = re.compile(r"(?:SMALL|BIG)?INT|(?:NUMERIC|DECIMAL)(?:\(\d+(?:,\s*0)?\))?$", re.IGNORECASE)
_TIME = re.compile(r"DATE|TIMESTAMP", re.IGNORECASE)
_DIGITS_TOO = (Kind.PHONE, Kind.IDENTITY, Kind.ACCOUNT, Kind.BIRTH)
_OF_ORGANISATIONS_TOO = (Kind.PHONE, Kind.ADDRESS, Kind.ACCOUNT)


def kind_by_name(table: str, column: str, type_: str) -> Kind | None:
    """What a column tells of people, if it does. `type_` is Redshift's name for its type."""
    kind = _kind(table, column)
    if kind is None or _TEXT.match(type_) or (kind is Kind.BIRTH and _TIME.match(type_)):
        return kind
    return kind if kind in _DIGITS_TOO and _WHOLE.match(type_) else None


@lru_cache(maxsize=100_000)
def _kind(table: str, column: str) -> Kind | None:
    table, column = (unicodedata.normalize("NFKC", name) for name in (table, column))
    subject = _subject(table)
    if not column.isascii() and (found := japanese.kind_of(column)) is not None:
        public = japanese.is_of_organisation(column) or subject == "organisation"
        return None if public and found in _OF_ORGANISATIONS_TOO else found
    if not column.isascii():
        return Kind.NAME if column == "名前" and subject == "person" else None
    words = english.content(column)
    kind, qualifiers = english.compound(words)
    if kind is not None:
        public = english.is_organisation(*qualifiers) or (not qualifiers and subject == "organisation")
        return None if public and kind in _OF_ORGANISATIONS_TOO else kind
    return Kind.NAME if english.is_name(words, of_people=subject == "person") else None


@lru_cache(maxsize=20_000)
def _subject(table: str) -> str:
    """What a row of the table is: "person", "organisation", or an empty string for anything else."""
    table = table.rpartition(".")[2]
    return english.subject(table) if table.isascii() else japanese.subject(table)
