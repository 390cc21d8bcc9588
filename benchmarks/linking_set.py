"""BIRD's development set (Li et al. 2023, CC BY-SA 4.0) as a schema and questions, read where the user has put it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlglot
from sqlglot import exp

from kaiseki.catalog.knowledge.entries import Knowledge, Term
from kaiseki.models import Catalog, Column, Table

TABLES, QUESTIONS = "bird_dev_tables_jar.json", "bird_dev_jar.json"
_TYPES = {"integer": "BIGINT", "real": "DOUBLE PRECISION", "date": "DATE", "datetime": "TIMESTAMP"}
_SAYS = re.compile(r"\s+(?:refers? to|means?|stands? for|is|are)\s+|\s*=\s*", re.I)


@dataclass(frozen=True)
class Asked:
    """A question, the hint that the set gives to it (may be empty), and the tables that its own SQL reads."""

    text: str
    evidence: str
    gold: frozenset[str]
    database: str


def catalog(folder: Path, readable: bool = True) -> Catalog:
    """The tables of all databases as one schema. `readable`: the set's names in plain words stand as comments."""
    listed = json.loads((folder / TABLES).read_text(encoding="utf-8")).values()
    return Catalog(tables=tuple(_table(each, readable) for each in listed))


def questions(folder: Path, schema: Catalog) -> tuple[Asked, ...]:
    names = {table.name.casefold(): table.name for table in schema.tables}
    listed = json.loads((folder / QUESTIONS).read_text(encoding="utf-8"))
    asked = (Asked(q["question"], q["evidence"], _gold(q["sql"], names), q["db_id"]) for q in listed)
    return tuple(each for each in asked if each.gold)


def as_term(asked: Asked) -> Knowledge:
    """The hint as the one term of a knowledge base, which the question says: nothing is to be found, all to be used."""
    if not asked.evidence:
        return Knowledge()
    term = Term(name=asked.text[:120], means=asked.evidence[:1000], source="the question's own hint")
    return Knowledge(terms=(term,))


def glossary(asked: tuple[Asked, ...]) -> Knowledge:
    """The hints of all questions of all databases as one knowledge base: “x refers to y” is the term x, meaning y.

    No term tells of which database it is, and one that was given several meanings has them all.
    """
    meanings: dict[str, dict[str, None]] = {}
    for name, means in (found for each in asked for found in _definitions(each.evidence)):
        meanings.setdefault(name, {})[means] = None
    numbered = enumerate(meanings.items(), start=1)
    return Knowledge(
        terms=tuple(Term(name=n, means="; ".join(all_)[:1000], source=f"hint {i}") for i, (n, all_) in numbered)
    )


def _definitions(evidence: str) -> Iterator[tuple[str, str]]:
    for clause in re.split(r"[;\n]", evidence):
        name, *means = (part.strip(" \"'`.") for part in _SAYS.split(clause, maxsplit=1))
        if means and means[0] and 0 < len(name) <= 120:
            yield name.casefold(), means[0]


def _table(listed: dict[str, list[str]], readable: bool) -> Table:
    name, in_words = str(listed["table_name_original"]), str(listed["table_name"])
    columns = zip(listed["column_names_original"], listed["column_names"], listed["column_types"], strict=True)
    return Table(
        name=name,
        comment=in_words if readable and in_words.casefold() != name.casefold() else "",
        columns=tuple(
            Column(
                name=column,
                type=_TYPES.get(kind, "VARCHAR"),
                comment=words if readable and words.casefold() != column.casefold() else "",
            )
            for column, words, kind in columns
        ),
    )


def _gold(sql: str, names: dict[str, str]) -> frozenset[str]:
    read = sqlglot.parse_one(sql, dialect="sqlite").find_all(exp.Table)
    return frozenset(names[table.name.casefold()] for table in read if table.name.casefold() in names)
