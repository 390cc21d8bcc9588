"""Whether the tables that a question needs are found, and how fast.

    .venv/bin/python benchmarks/linking.py --data FOLDER [--only PART] [--markdown]

FOLDER holds `bird_dev_jar.json` and `bird_dev_tables_jar.json`: BIRD's development set, not part of this repository.
Exits with 1 where a target is missed. `--markdown` writes what was measured into benchmarks/README.md.
"""

import argparse
import gc
import multiprocessing
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "container")]

from conditions import conditions, write_figures  # noqa: E402
from linking_set import Asked, as_term, catalog, glossary, questions  # noqa: E402

from kaiseki.catalog import card  # noqa: E402
from kaiseki.catalog.guide import SchemaGuide  # noqa: E402
from kaiseki.catalog.knowledge.card import render_knowledge  # noqa: E402
from kaiseki.catalog.knowledge.entries import NOTHING_KNOWN  # noqa: E402
from kaiseki.catalog.knowledge.fitting import fit  # noqa: E402
from kaiseki.catalog.knowledge.search import KnowledgeIndex, Relevant  # noqa: E402
from kaiseki.catalog.linking import TableIndex  # noqa: E402
from kaiseki.models import Catalog, Column, Query, Table  # noqa: E402

BUDGET = 24_000  # characters of the card, as by default
CHARACTERS_PER_TOKEN = 3  # of names and types; prose has more
CARDS = 4  # every fourth question has its card written, which takes longer than all the rest
MOST_MS, MOST_SECONDS = 50.0, 2.0
FIRST = (1, 3, 5, 10)
_FRESH = multiprocessing.get_context("spawn")
Knows = Callable[[Asked], Relevant]

_WORDS = """
    account actual airport amount bill branch budget build campaign category channel claim click code commit count
    crew currency customer date day device diagnosis driver edge employee event fare flight forecast hour invoice item
    job label ledger limit line loan margin meter metric model month name node nurse order page patient payment plant
    plan policy price product quantity rate reading region return route salary score seat sensor session shift shipment
    site sku stage status stock supplier tariff task tax team ticket trade trip type unit user value vehicle visit ward
    warehouse week year zone
""".split()


def recall(folder: Path) -> Iterable[str]:
    schema, bare = catalog(folder), catalog(folder, readable=False)
    asked = questions(folder, schema)
    databases = sorted({each.database for each in asked})
    tuned_on = frozenset(databases[::2])
    tuned = tuple(each for each in asked if each.database in tuned_on)
    others = tuple(each for each in asked if each.database not in tuned_on)
    pool = KnowledgeIndex(fit(glossary(asked), schema))
    nothing = KnowledgeIndex(fit(NOTHING_KNOWN, schema))
    alone = lambda each: nothing.relevant(each.text)  # noqa: E731
    own = partial(_own, schema)
    width = sum(len(table.columns) for table in schema.tables)
    yield f"### All tables of a question: {len(schema.tables)} tables, {width} columns, {len(asked):,} questions"
    yield ""
    yield (
        "| what is known beside the question | questions | @1 | @3 | @5 | @10 | of the tables @10 | ms, median | p95 "
        "| in the card | tokens of the first 10 | target | kept |"
    )
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|---|"
    yield _row("nothing", schema, asked, alone, 90.0)
    yield _row("nothing: the databases that weights were chosen on", schema, tuned, alone)
    yield _row("nothing: the other databases", schema, others, alone)
    yield _row("nothing, and no comments in the schema", bare, asked, alone)
    yield _row("the question's hint, as a term", schema, asked, own, 97.0)
    yield _row("the question's hint: the databases that weights were chosen on", schema, tuned, own)
    yield _row("the question's hint: the other databases", schema, others, own)
    yield _row("the hints of all questions, as one glossary", schema, asked, lambda each: pool.relevant(each.text))


def _own(schema: Catalog, asked: Asked) -> Relevant:
    return KnowledgeIndex(fit(as_term(asked), schema)).relevant(asked.text)


def _row(name: str, schema: Catalog, asked: Sequence[Asked], knows: Knows, target: float | None = None) -> str:
    index = TableIndex(schema)
    shown = {table.qualified: len(card.section(table)) + 2 for table in schema.tables}
    whole = dict.fromkeys(FIRST, 0)
    of_tables, in_card, times, tokens = 0.0, 0, list[float](), list[float]()
    for number, each in enumerate(asked):
        known = knows(each)
        started = time.thread_time()
        ranked = index.rank(each.text, hints=known.hints)
        times.append((time.thread_time() - started) * 1000)
        names = [entry.table.qualified for entry in ranked]
        for first in FIRST:
            whole[first] += each.gold <= set(names[:first])
        of_tables += len(each.gold & set(names[:10])) / len(each.gold)
        tokens.append(sum(shown[name] for name in names[:10]) / CHARACTERS_PER_TOKEN)
        if number % CARDS == 0:
            in_card += each.gold <= _in_card(each, [entry.table for entry in ranked], schema, known)
    count = len(asked)
    shares = " | ".join(f"{100 * whole[first] / count:.1f}" for first in FIRST)
    median, slow = statistics.median(times), statistics.quantiles(times, n=20)[-1]
    kept, bound = "", ""
    if target is not None:
        bound = f"@10 at least {target:g}, p95 below {MOST_MS:g} ms"
        kept = "yes" if 100 * whole[10] / count >= target and slow < MOST_MS else "**no**"
    return (
        f"| {name} | {count:,} | {shares} | {100 * of_tables / count:.1f} | {median:.2f} | {slow:.2f} "
        f"| {100 * in_card / len(asked[::CARDS]):.1f} | {statistics.median(tokens):,.0f} | {bound} | {kept} |"
    )


def _in_card(asked: Asked, ranked: Sequence[Table], schema: Catalog, known: Relevant) -> set[str]:
    """The tables that the card shows with columns, of a schema that nobody has profiled."""
    told = render_knowledge(known, int(BUDGET * 0.15)).text
    text = card.render(asked.text, (), ranked, schema, date(2026, 11, 21), 200_000, BUDGET, told)
    shown = {line.split()[1].replace('"', "") for line in text.splitlines() if line.startswith("table ")}
    return shown & {table.qualified for table in schema.tables}


def scale(_: Path) -> Iterable[str]:
    yield "### By size of the schema: made-up tables in 40 schemas, the best 100 for each of 60 questions"
    yield ""
    yield (
        "| tables | columns | the first question, s | of these the index | MB more at the peak "
        "| ms a further question, median | p95 | target | kept |"
    )
    yield "|---:|---:|---:|---:|---:|---:|---:|---|---|"
    for count in (100, 1_000, 10_000):
        near, far = _FRESH.Pipe(duplex=False)
        process = _FRESH.Process(target=_tell_scale_row, args=(count, far))
        process.start()
        yield near.recv()
        process.join()


def _tell_scale_row(count: int, pipe: Pipe) -> None:
    pipe.send(_scale_row(count))


def _scale_row(count: int) -> str:
    chance = random.Random(count)
    schema = Catalog(tables=tuple(_made_up(number, chance) for number in range(count)))
    columns = sum(len(table.columns) for table in schema.tables)
    before, started = _peak(), time.thread_time()
    guide = SchemaGuide(_Unprofiled(schema), date(2026, 11, 21), 200_000, BUDGET)
    guide.study("What is the average salary of each `custmer` by region, compared with the fares of last year?")
    whole, more = time.thread_time() - started, _peak() - before
    del guide
    gc.collect()
    started = time.thread_time()
    index = TableIndex(schema)
    building = time.thread_time() - started
    times = []
    for _ in range(60):
        one, two, three, four = chance.sample(_WORDS, 4)
        question = f"What is the average {one} of each {two} by {three}, compared with the {four} of last year?"
        started = time.thread_time()
        index.rank(question, first=100)
        times.append((time.thread_time() - started) * 1000)
    slow = statistics.quantiles(times, n=20)[-1]
    kept = "yes" if slow < MOST_MS and whole < MOST_SECONDS else "**no**"
    return (
        f"| {count:,} | {columns:,} | {whole:.2f} | {building:.2f} | {more:.0f} | {statistics.median(times):.1f} "
        f"| {slow:.1f} | the first below {MOST_SECONDS:g} s, p95 below {MOST_MS:g} ms | {kept} |"
    )


def _peak() -> float:
    """MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


class _Unprofiled:
    """A warehouse whose schema has been read, and which tells nothing of its values."""

    def __init__(self, schema: Catalog) -> None:
        self._schema = schema

    def introspect(self) -> Catalog:
        return self._schema

    def profile(self, table: Table) -> Table:
        return table

    def run(self, name: str, sql: str, into: Path, row_cap: int) -> Query:
        raise NotImplementedError

    def close(self) -> None: ...


def _made_up(number: int, chance: random.Random) -> Table:
    def name(words: int) -> str:
        return "_".join(chance.choices(_WORDS, k=words))

    columns = ["id", *(f"{name(2)}_{i}" for i in range(30))]
    return Table(
        name=f"{name(2)}_{number}",
        schema_name=f"{_WORDS[number % 40]}_data",
        columns=tuple(
            Column(name=column, type="VARCHAR(64)", comment=name(4).replace("_", " ") if i % 3 == 0 else "")
            for i, column in enumerate(columns)
        ),
    )


PARTS: dict[str, Callable[[Path], Iterable[str]]] = {"recall": recall, "scale": scale}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="where BIRD's two files are")
    options.add_argument("--only", choices=PARTS, action="append", help="one part instead of all")
    options.add_argument("--markdown", action="store_true", help="write the tables into benchmarks/README.md")
    chosen = options.parse_args()
    about = conditions()
    print(about)
    tables = []
    for name, part in PARTS.items():
        if name in (chosen.only or PARTS):
            tables.append("\n".join(part(chosen.data)))
            print(f"\n{tables[-1]}")
    if chosen.markdown:
        write_figures("figures of linking", about, tables)
    return int(any("**no**" in table for table in tables))


if __name__ == "__main__":
    sys.exit(main())
