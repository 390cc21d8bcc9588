"""Ways to bring the rows of one query here: each connects, and returns what then fetches them."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import redshift_bucket
import redshift_connector

from kaiseki.warehouses.redshift.login import Login
from kaiseki.warehouses.redshift.unload import UnloadSettings
from kaiseki.warehouses.redshift.warehouse import RedshiftWarehouse

PASSWORD, ROLE = "benchmark", "arn:aws:iam::111122223333:role/unload"
PLACE = f"s3://{redshift_bucket.BUCKET}/staging"
SQL = "SELECT id, customer, amount, price, country, paid, ordered_on, at FROM orders"


@dataclass(frozen=True)
class Servers:
    """The ports of the warehouse and the bucket, its certificate, how many rows there are, and a folder to write to."""

    warehouse: int
    bucket: int
    certificate: str
    rows: int
    folder: str

    @property
    def uri(self) -> str:
        trust = f"sslmode=verify-full&sslrootcert={self.certificate}&gssencmode=disable"
        return f"postgresql://analyst:{PASSWORD}@localhost:{self.warehouse}/memory?{trust}"


Fetch = Callable[[], None]


def kaiseki(servers: Servers, unload: UnloadSettings | None = None) -> Fetch:
    login = Login("localhost", servers.warehouse, "memory", "analyst", PASSWORD)
    warehouse = RedshiftWarehouse(lambda: login, query_seconds=600, unload=unload, cursor_rows=servers.rows)
    warehouse.introspect()

    def fetch() -> None:
        query = warehouse.run("rows", SQL, Path(servers.folder) / "rows.parquet", servers.rows)
        assert (query.rows, query.failure, query.warnings) == (servers.rows, None, ()), query

    return fetch


def kaiseki_unloading(servers: Servers) -> Fetch:
    client = redshift_bucket.client(servers.bucket)
    return kaiseki(servers, UnloadSettings(ROLE, PLACE, min(200_000, servers.rows // 5), lambda: client))


def _driver(servers: Servers) -> Any:
    return redshift_connector.connect(
        host="localhost",
        port=servers.warehouse,
        database="memory",
        user="analyst",
        password=PASSWORD,
        sslmode="verify-full",
    )


def driver(servers: Servers) -> Fetch:
    cursor = _driver(servers).cursor()

    def fetch() -> None:
        cursor.execute(SQL)
        assert len(cursor.fetchall()) == servers.rows

    return fetch


def dropping(servers: Servers) -> Fetch:
    connection = _driver(servers)
    connection.message_types[b"D"] = lambda *_: None
    return lambda: connection.cursor().execute(SQL, merge_socket_read=True)


def psycopg(servers: Servers, binary: bool) -> Fetch:
    connection = import_module("psycopg").connect(servers.uri, autocommit=True)

    def fetch() -> None:
        assert len(connection.cursor(binary=binary).execute(SQL).fetchall()) == servers.rows

    return fetch


def adbc(servers: Servers, use_copy: bool) -> Fetch:
    connection = import_module("adbc_driver_postgresql.dbapi").connect(servers.uri, autocommit=True)
    cursor = connection.cursor()
    if not use_copy:
        cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": "false"})

    def fetch() -> None:
        cursor.execute(SQL)
        assert cursor.fetch_arrow_table().num_rows == servers.rows
        cursor.close()
        connection.close()

    return fetch


WAYS: dict[str, Callable[[Servers], Fetch]] = {
    "Kaiseki: cursor, to Parquet": kaiseki,
    "Kaiseki: UNLOAD, to Parquet": kaiseki_unloading,
    "redshift-connector: fetchall()": driver,
    "psycopg, text: fetchall()": lambda servers: psycopg(servers, binary=False),
    "psycopg, binary: fetchall()": lambda servers: psycopg(servers, binary=True),
    "ADBC, use_copy=false: Arrow": lambda servers: adbc(servers, use_copy=False),
    "ADBC, as it comes (COPY, which Redshift has not): Arrow": lambda servers: adbc(servers, use_copy=True),
    "rows read from the wire and dropped": dropping,
}
