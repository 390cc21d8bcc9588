"""A server that Redshift's own driver takes for Redshift: its wire protocol over TLS, its SQL run by DuckDB."""

import itertools
import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path

import duckdb

from kaiseki.warehouses.duckdb.sources import prepare
from redshift_server import errors
from redshift_server.catalog_views import create_views
from redshift_server.session import Faults, HungUp, Session
from redshift_server.statements import Statements
from redshift_server.unloading import Destination


class RedshiftServer:
    """Serves `database` on a port of its own until it is closed; each connection has a thread."""

    def __init__(self, certificate: Path, key: Path, password: str) -> None:
        self.database = duckdb.connect(config={"threads": 1})  # the tests share the machine
        prepare(self.database)
        self.database.execute("CREATE SCHEMA public")
        create_views(self.database)
        self.database.execute("SET search_path = 'public'")
        self.faults = Faults()
        self.copies = False
        self.destination: Destination | None = None  # of UNLOAD
        self.sessions: dict[int, Session] = {}
        self._past: list[str] = []
        self._closing = threading.Lock()
        self._password = password
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate, key)
        self._pids = itertools.count(1001)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name="redshift", daemon=True).start()

    @property
    def log(self) -> list[str]:
        """All statements that came, those of open sessions last."""
        with self._closing:
            return self._past + [sql for session in list(self.sessions.values()) for sql in session.log]

    @property
    def running(self) -> list[str]:
        """The statements at work now."""
        return [s.statements.running for s in list(self.sessions.values()) if s.statements.running]

    def cancel(self, pid: int) -> bool:
        session = self.sessions.get(pid)
        if session is not None:
            session.statements.stop(errors.CANCELLED)
        return session is not None

    def hang_up(self) -> None:
        """Cuts every open connection."""
        for session in list(self.sessions.values()):
            with suppress(OSError):
                session._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        pid = next(self._pids)
        statements = Statements(self.database, pid, self)
        session = Session(client, self._tls, self._password, statements, pid, self.faults)
        self.sessions[pid] = session
        try:
            with suppress(OSError, HungUp, EOFError, ValueError, AssertionError, duckdb.Error):
                session.serve()
        finally:
            with self._closing:
                self._past += self.sessions.pop(pid).log
            with suppress(OSError):
                session._socket.shutdown(socket.SHUT_RDWR)
            session._socket.close()
            with suppress(duckdb.Error):
                statements.close()
