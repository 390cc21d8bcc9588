"""Ways to bring the rows of one query here, each from connecting to holding all rows."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import redshift_bucket
import redshift_connector

from kaiseki.warehouses.redshift import RedshiftWarehouse
from kaiseki.warehouses.redshift_login import Login
from kaiseki.warehouses.redshift_unload import UnloadSettings

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


def kaiseki(servers: Servers, unload: UnloadSettings | None = None) -> None:
    login = Login("localhost", servers.warehouse, "memory", "analyst", PASSWORD)
    warehouse = RedshiftWarehouse(lambda: login, query_seconds=600, unload=unload)
    query = warehouse.run("rows", SQL, Path(servers.folder) / "rows.parquet", servers.rows)
    assert (query.rows, query.failure, query.warnings) == (servers.rows, None, ()), query
    warehouse.close()


def kaiseki_unloading(servers: Servers) -> None:
    client = redshift_bucket.client(servers.bucket)
    kaiseki(servers, UnloadSettings(ROLE, PLACE, min(200_000, servers.rows // 5), lambda: client))


def _driver(servers: Servers) -> Any:
    return redshift_connector.connect(
        host="localhost",
        port=servers.warehouse,
        database="memory",
        user="analyst",
        password=PASSWORD,
        sslmode="verify-full",
    )


def driver(servers: Servers) -> None:
    connection = _driver(servers)
    cursor = connection.cursor()
    cursor.execute(SQL)
    assert len(cursor.fetchall()) == servers.rows
    connection.close()


def dropping(servers: Servers) -> None:
    connection = _driver(servers)
    connection.message_types[b"D"] = lambda *_: None
    connection.cursor().execute(SQL, merge_socket_read=True)
    connection.close()


def psycopg(servers: Servers, binary: bool) -> None:
    module = import_module("psycopg")
    with module.connect(servers.uri, autocommit=True) as connection:
        rows = connection.cursor(binary=binary).execute(SQL).fetchall()
        assert len(rows) == servers.rows


def adbc(servers: Servers, use_copy: bool) -> None:
    dbapi = import_module("adbc_driver_postgresql.dbapi")
    with dbapi.connect(servers.uri, autocommit=True) as connection, connection.cursor() as cursor:
        if not use_copy:
            cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": "false"})
        cursor.execute(SQL)
        assert cursor.fetch_arrow_table().num_rows == servers.rows


@dataclass(frozen=True)
class Way:
    """`module`: what is imported before the clock runs."""

    fetch: Callable[[Servers], None]
    module: str = "redshift_connector"


WAYS = {
    "Kaiseki: cursor, to Parquet": Way(kaiseki),
    "Kaiseki: UNLOAD, to Parquet": Way(kaiseki_unloading),
    "redshift-connector: fetchall()": Way(driver),
    "psycopg, text: fetchall()": Way(lambda servers: psycopg(servers, binary=False), "psycopg"),
    "psycopg, binary: fetchall()": Way(lambda servers: psycopg(servers, binary=True), "psycopg"),
    "ADBC, use_copy=false: Arrow": Way(lambda servers: adbc(servers, use_copy=False), "adbc_driver_postgresql.dbapi"),
    "ADBC, as it comes (COPY, which Redshift has not): Arrow": Way(
        lambda servers: adbc(servers, use_copy=True), "adbc_driver_postgresql.dbapi"
    ),
    "rows read from the wire and dropped": Way(dropping),
}
