"""What the client adds to a query of Redshift: rows per second and memory from the wire to the rows at hand.

    .venv/bin/python benchmarks/redshift.py [--rows N] [--rounds N] [--markdown]

Client overhead, not Redshift's speed: all clients, connected, ask the same server, the tests' own over DuckDB, in
another process. What it takes to send the rows is part of the times, but not to make them: it remembers them. Each way
runs in a fresh process; memory is what it takes at its peak beyond what it had when it was connected. psycopg and ADBC
come from benchmarks/requirements.txt. `--markdown` writes the table into benchmarks/README.md.
"""

import argparse
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "container"), str(ROOT / "tests")]

import redshift_bucket  # noqa: E402
from conditions import conditions, write_figures  # noqa: E402
from other_interpreters import install  # noqa: E402
from redshift_clients import PASSWORD, PLACE, ROLE, WAYS, Servers  # noqa: E402

from loopback_certificate import write_certificate  # noqa: E402
from redshift_server import session  # noqa: E402
from redshift_server.server import RedshiftServer  # noqa: E402
from redshift_server.unloading import Destination  # noqa: E402

_FRESH = multiprocessing.get_context("spawn")
TABLE = """CREATE TABLE orders AS SELECT n AS id, (n % 10000)::INTEGER AS customer,
  (n % 500) * 0.25::DECIMAL(12,2) AS amount, n * 0.1::DOUBLE AS price, 'country ' || n % 50 AS country,
  n % 2 = 0 AS paid, DATE '2024-01-01' + (n % 365)::INT AS ordered_on,
  TIMESTAMP '2024-01-01' + to_seconds(n) AS at FROM range({rows}) AS r(n)"""


def remember_encoded_rows() -> None:
    """Each format of the rows is made once: what that takes, in Python, must not hide what the clients take."""
    encode = session._rows
    kept: dict[tuple[Any, ...], list[bytes]] = {}

    def remembered(columns: Any, formats: tuple[int, ...], batch: Any, code: bytes) -> Iterable[bytes]:
        if not columns or columns[0].name != "id" or not batch.num_rows:
            return encode(columns, formats, batch, code)
        key = (formats, code, batch.column(0)[0].as_py(), batch.num_rows)
        if key not in kept:
            kept[key] = list(encode(columns, formats, batch, code))
        return kept[key]

    session._rows = remembered  # type: ignore[assignment]


def serve(rows: int, folder: str, pipe: Pipe) -> None:
    remember_encoded_rows()
    certificate, key = write_certificate(Path(folder), "localhost")
    server, bucket = RedshiftServer(certificate, key, PASSWORD), redshift_bucket.serve_bucket()
    server.database.execute(TABLE.format(rows=rows))
    server.destination = Destination(redshift_bucket.client(bucket), ROLE, PLACE, max(1, rows // 4))
    server.copies = True
    pipe.send(Servers(server.port, bucket, str(certificate), rows, folder))
    pipe.recv()
    server.close()


@contextmanager
def servers(rows: int) -> Iterator[Servers]:
    ours, theirs = _FRESH.Pipe()
    with tempfile.TemporaryDirectory() as folder:
        process = _FRESH.Process(target=serve, args=(rows, folder, theirs))
        process.start()
        found = ours.recv()
        os.environ["SSL_CERT_FILE"] = found.certificate
        yield found
        ours.send(None)
        process.join()


def measure(way: str, asked: Servers, pipe: Pipe) -> None:
    fetch = WAYS[way](asked)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    fetch()
    seconds = time.perf_counter() - started
    pipe.send((seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024))


def once(way: str, asked: Servers) -> tuple[float, float]:
    """Seconds, and MiB at the peak. Raises RuntimeError where the way leads nowhere."""
    near, far = _FRESH.Pipe(duplex=False)
    process = _FRESH.Process(target=measure, args=(way, asked, far))
    process.start()
    far.close()
    try:
        found: tuple[float, float] = near.recv()
    except EOFError as error:
        raise RuntimeError(f"{way} failed") from error
    finally:
        process.join()
    return found


def table(rows: int, rounds: int) -> str:
    figures: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
    with servers(rows) as asked:
        for measured in (False, *[True] * rounds):  # the first round is the server's, to make its rows
            for way, found in figures.items():
                taken = once(way, asked)
                found += [taken] if measured else []
    lines = [f"### {rows:,} x 8, client overhead, not Redshift's speed ({rounds} rounds, medians)\n"]
    lines += ["| | seconds | rows per second | peak memory, MiB |", "|---|---:|---:|---:|"]
    for way, found in figures.items():
        seconds, memory = (statistics.median(each) for each in zip(*found, strict=True))
        lines.append(f"| {way} | {seconds:.1f} | {rows / seconds:,.0f} | {memory:.0f} |")
    return "\n".join(lines)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--markdown", action="store_true", help="write the table into benchmarks/README.md")
    chosen = options.parse_args()
    if missing := install():
        print(missing, file=sys.stderr)
        return 1
    about = conditions()
    measured = table(chosen.rows, chosen.rounds)
    print(f"{about}\n\n{measured}")
    if chosen.markdown:
        write_figures("figures of large results", about, [measured])
    return 0


if __name__ == "__main__":
    sys.exit(main())
