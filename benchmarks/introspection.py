"""What reading the schema of a Redshift costs, by the number of its tables: time, questions to the server, and memory.

    .venv/bin/python benchmarks/introspection.py [--tables N ...] [--rounds N] [--markdown]

The server is the tests' own over DuckDB, in another process on this machine. Each reading has a fresh process; its
memory is all that it takes at its peak, imports included. `--markdown` writes the table into benchmarks/README.md.
"""

import argparse
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "container"), str(ROOT / "tests")]

from conditions import conditions, write_figures  # noqa: E402
from introspection_server import COLUMNS, PASSWORD, serve  # noqa: E402

from kaiseki.stores.caches import FolderCache  # noqa: E402
from kaiseki.warehouses.redshift.login import Login  # noqa: E402
from kaiseki.warehouses.redshift.warehouse import RedshiftWarehouse  # noqa: E402

SIZES = (100, 1_000, 10_000)
MOST_SECONDS, MOST_MEGABYTES = 10.0, 300.0  # of the largest
_FRESH = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Reading:
    seconds: float
    megabytes: float
    questions: int


def read(port: int, tables: int, cache: str, pipe: Pipe) -> None:
    login = Login("localhost", port, "memory", "analyst", PASSWORD)
    warehouse = RedshiftWarehouse(lambda: login, cache=FolderCache(Path(cache)) if cache else None, cursor_rows=1_000)
    started = time.perf_counter()
    found = warehouse.introspect().tables
    seconds = time.perf_counter() - started
    assert (len(found), sum(len(t.columns) for t in found)) == (tables, tables * COLUMNS)
    warehouse.close()
    pipe.send((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6))


@contextmanager
def server_of(tables: int) -> Iterator[tuple[int, Pipe]]:
    ours, theirs = _FRESH.Pipe()
    with tempfile.TemporaryDirectory() as folder:
        process = _FRESH.Process(target=serve, args=(tables, folder, theirs))
        process.start()
        port = ours.recv()
        os.environ["SSL_CERT_FILE"] = f"{folder}/certificate.pem"
        yield port, ours
        ours.send(False)
        process.join()


def once(port: int, server: Pipe, tables: int, cache: str) -> Reading:
    ours, theirs = _FRESH.Pipe()
    process = _FRESH.Process(target=read, args=(port, tables, cache, theirs))
    process.start()
    seconds, megabytes = ours.recv()
    process.join()
    server.send(True)
    return Reading(seconds, megabytes, server.recv())


def measured(tables: int, rounds: int) -> dict[str, list[Reading]]:
    found: dict[str, list[Reading]] = {"read": [], "read, and kept": [], "kept before": []}
    with server_of(tables) as (port, server), tempfile.TemporaryDirectory() as folder:
        for n in range(rounds):
            for way in found:
                cache = "" if way == "read" else f"{folder}/{n}"
                found[way].append(once(port, server, tables, cache))
    return found


def table(sizes: tuple[int, ...], rounds: int) -> str:
    lines = [f"### Tables of {COLUMNS} columns each (median of rounds: {rounds}; memory: the most)\n"]
    lines += [
        "| tables | | seconds | questions | peak memory, MB | kept to the targets |",
        "|---:|---|---:|---:|---:|---|",
    ]
    for size in sizes:
        for way, readings in measured(size, rounds).items():
            seconds = statistics.median(each.seconds for each in readings)
            megabytes = max(each.megabytes for each in readings)
            kept = "yes" if seconds < MOST_SECONDS and megabytes < MOST_MEGABYTES else "**no**"
            lines.append(f"| {size:,} | {way} | {seconds:.2f} | {readings[0].questions} | {megabytes:.0f} | {kept} |")
    return "\n".join(lines)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--tables", type=int, nargs="+", default=SIZES)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--markdown", action="store_true", help="write the table into benchmarks/README.md")
    chosen = options.parse_args()
    about = conditions()
    figures = table(tuple(chosen.tables), chosen.rounds)
    print(f"{about}\n\n{figures}")
    if chosen.markdown:
        write_figures("figures of introspection", about, [figures])
    return int("**no**" in figures)


if __name__ == "__main__":
    sys.exit(main())
