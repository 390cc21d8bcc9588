"""The server of `introspection.py`. Its parts are imported in its own process, not in those that are measured."""

from multiprocessing.connection import Connection as Pipe
from pathlib import Path

COLUMNS = 30
PASSWORD = "benchmark"


def serve(tables: int, folder: str, pipe: Pipe) -> None:
    """Tells its port, then how many statements came since it was last asked, until it is told to end."""
    from loopback_certificate import write_certificate
    from redshift_server.catalog_views import SCHEMA
    from redshift_server.many_tables import create_tables, freeze
    from redshift_server.server import RedshiftServer

    server = RedshiftServer(*write_certificate(Path(folder), "localhost"), PASSWORD)
    create_tables(server.database, tables, COLUMNS)
    freeze(server.database, SCHEMA)
    pipe.send(server.port)
    seen = 0
    while pipe.recv():
        asked = [sql for sql in server.log if "svv_" in sql or "pg_constraint" in sql]
        pipe.send(len(asked) - seen)
        seen = len(asked)
    server.close()
