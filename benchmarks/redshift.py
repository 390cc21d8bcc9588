"""What the client adds to a query of Redshift: rows per second and memory from the wire to a Parquet file.

    .venv/bin/python benchmarks/redshift.py [--rows N] [--rounds N]

Client overhead, not Redshift's speed: the server is the tests' own over DuckDB, in another process on this machine, and
its work is part of the times. By a cursor server and client take turns; `fetchall()` lets both work at once.
Each way runs in a fresh process; memory is what it takes at its peak beyond its imports.
"""

import argparse
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "container"), str(ROOT / "tests")]

import redshift_connector  # noqa: E402

from kaiseki.warehouses.redshift import RedshiftWarehouse  # noqa: E402
from kaiseki.warehouses.redshift_login import Login  # noqa: E402
from loopback_certificate import write_certificate  # noqa: E402
from redshift_server.server import RedshiftServer  # noqa: E402

PASSWORD = "benchmark"
SQL = "SELECT id, customer, amount, price, country, paid, ordered_on, at FROM orders"
TABLE = """CREATE TABLE orders AS SELECT n AS id, (n % 10000)::INTEGER AS customer,
  (n % 500) * 0.25::DECIMAL(12,2) AS amount, n * 0.1::DOUBLE AS price, 'country ' || n % 50 AS country,
  n % 2 = 0 AS paid, DATE '2024-01-01' + (n % 365)::INT AS ordered_on,
  TIMESTAMP '2024-01-01' + to_seconds(n) AS at FROM range({rows}) AS r(n)"""


def serve(rows: int, folder: str, pipe: Pipe) -> None:
    server = RedshiftServer(*write_certificate(Path(folder), "localhost"), PASSWORD)
    server.database.execute(TABLE.format(rows=rows))
    pipe.send(server.port)
    pipe.recv()
    server.close()


def kaiseki(port: int, rows: int, folder: str) -> None:
    login = Login("localhost", port, "memory", "analyst", PASSWORD)
    warehouse = RedshiftWarehouse(lambda: login, query_seconds=600)
    query = warehouse.run("rows", SQL, Path(folder) / "rows.parquet", rows)
    assert (query.rows, query.failure) == (rows, None), query.failure
    warehouse.close()


def driver(port: int, rows: int, _: str) -> None:
    connection = redshift_connector.connect(
        host="localhost", port=port, database="memory", user="analyst", password=PASSWORD, sslmode="verify-full"
    )
    cursor = connection.cursor()
    cursor.execute(SQL)
    assert len(cursor.fetchall()) == rows
    connection.close()


WAYS: dict[str, Callable[[int, int, str], None]] = {
    "Kaiseki: cursor, exact, to Parquet": kaiseki,
    "the driver alone: fetchall()": driver,
}


def measure(way: str, port: int, rows: int, pipe: Pipe) -> None:
    with tempfile.TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.perf_counter()
        WAYS[way](port, rows, folder)
        seconds = time.perf_counter() - started
        pipe.send((seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    fresh = multiprocessing.get_context("spawn")
    ours, theirs = fresh.Pipe()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SSL_CERT_FILE"] = f"{folder}/server.crt"
        server = fresh.Process(target=serve, args=(arguments.rows, folder, theirs))
        server.start()
        port = ours.recv()
        figures: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
        for _ in range(arguments.rounds):
            for way, found in figures.items():
                near, far = fresh.Pipe()
                process = fresh.Process(target=measure, args=(way, port, arguments.rows, far))
                process.start()
                found.append(near.recv())
                process.join()
        ours.send(None)
        server.join()
    print(f"Client overhead, not Redshift's speed: {arguments.rows:,} x 8, medians of {arguments.rounds}\n")
    print("| way | seconds | rows/s | peak memory beyond imports, MiB |\n|---|---|---|---|")
    for way, found in figures.items():
        seconds = statistics.median(s for s, _ in found)
        memory = statistics.median(m for _, m in found)
        print(f"| {way} | {seconds:.1f} | {arguments.rows / seconds:,.0f} | {memory:.0f} |")


if __name__ == "__main__":
    main()
