"""One connection to Redshift by its own driver: TLS verified, the session limited, a lost connection told as such."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import ceil
from ssl import SSLError
from typing import Any

import redshift_connector
from redshift_connector.core import DATA_ROW
from redshift_connector.core import Connection as DriverConnection
from redshift_connector.error import Error, ProgrammingError

from kaiseki.errors import WarehouseError
from kaiseki.warehouses.redshift.grants import QUERY_GROUP
from kaiseki.warehouses.redshift.login import Login
from kaiseki.warehouses.redshift.values import ServerColumn, wire_formats

_REACH_SECONDS = 10.0
_CANCEL_SECONDS = 3.0
_GRACE_SECONDS = 30.0  # by which the server's own timeout comes first
# The text protocol: in the binary one the driver rounds NUMERIC to 28 digits and TIME to less than a microsecond.
_PROTOCOL = 1
_ENDED = ("08", "57P")  # SQLSTATEs after which there is no connection: it failed, the server shuts down


class ServerError(Exception):
    """Redshift refused or ended a statement."""

    def __init__(self, sqlstate: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.sqlstate, self.message, self.hint = sqlstate, message, hint


class ConnectionLost(Exception):
    """The connection broke, or was silent for longer than a statement may take."""


@dataclass(frozen=True)
class Answer:
    columns: tuple[ServerColumn, ...]
    rows: "tuple[list[Any], ...]"


@dataclass(frozen=True)
class Packed:
    """The rows as they came over the wire: `redshift_wire` takes them apart."""

    columns: tuple[ServerColumn, ...]
    rows: list[bytes]


class Connection:
    """Made by `connect`. Not for several threads; `cancel` alone may come from another."""

    def __init__(self, driver: DriverConnection, login: Login) -> None:
        self._driver = driver
        self.login = login
        self._cursor = driver.cursor()
        self.pid = 0

    def execute(self, sql: str) -> Answer:
        """Raises ServerError and ConnectionLost."""
        with _as_own_errors():
            self._cursor.execute(sql, merge_socket_read=True)
            described = (self._cursor.ps or {}).get("row_desc", [])
            columns = tuple(ServerColumn(d["label"].decode(), d["type_oid"], d["type_modifier"]) for d in described)
            return Answer(columns, self._cursor.fetchall() if columns else ())

    def fetch(self, sql: str) -> Packed:
        """Like `execute`, for many rows."""
        rows: list[bytes] = []
        # The driver makes an object of each value, which takes most of its time.
        self._driver.message_types[DATA_ROW] = lambda row, _cursor: rows.append(row)
        try:
            return Packed(self.execute(sql).columns, rows)
        finally:
            self._driver.message_types[DATA_ROW] = self._driver.handle_DATA_ROW

    def cancel(self) -> bool:
        """Stops the statement that runs here, on the server, by a second connection. False: it could not be reached."""
        try:
            other = connect(self.login, _CANCEL_SECONDS, reach_seconds=_CANCEL_SECONDS)
        except WarehouseError:
            return False
        try:
            other.execute(f"SELECT pg_cancel_backend({self.pid:d})")
        except (ServerError, ConnectionLost):
            return False
        finally:
            other.close()
        return True

    def close(self) -> None:
        buffered: Any = getattr(self._driver, "_sock", None)
        with suppress(Error, OSError, AttributeError):
            self._driver.close()
        # Of a lost connection the driver drops its file unclosed, which then complains of what it could not send.
        with suppress(OSError, ValueError, AttributeError):
            buffered.close()


def connect(login: Login, silence_seconds: float, reach_seconds: float = _REACH_SECONDS) -> Connection:
    """`silence_seconds`: after so long without a word from the server the connection counts as lost.

    Raises WarehouseError.
    """
    _reach(login, reach_seconds)
    try:
        driver = redshift_connector.connect(
            host=login.host,
            port=login.port,
            database=login.database,
            user=login.user,
            password=login.password,
            sslmode="verify-full",
            timeout=ceil(silence_seconds),
            tcp_keepalive_idle=60,
            application_name="kaiseki",
            client_protocol_version=_PROTOCOL,
            max_prepared_statements=0,
        )
    except SSLError as error:
        raise _untrusted(login, error) from error
    except (Error, OSError, struct.error, IndexError) as error:
        raise _not_connected(login, error) from error
    driver.autocommit = True  # or the driver would begin a transaction that may write
    driver.redshift_types.update(wire_formats(driver.redshift_types))
    return Connection(driver, login)


def open_session(login: Login, query_seconds: float) -> Connection:
    """A connection whose statements may take `query_seconds` each. Raises WarehouseError."""
    connection = connect(login, query_seconds + _GRACE_SECONDS)
    try:
        connection.execute(f"SET statement_timeout TO {round(query_seconds * 1_000):d}")
        connection.execute(f"SET query_group TO '{QUERY_GROUP}'")
        connection.execute("SET search_path TO public")  # as the guard has it: no schema that is called as the user
        connection.pid = int(connection.execute("SELECT pg_backend_pid()").rows[0][0])
    except (ServerError, ConnectionLost) as error:
        connection.close()
        raise WarehouseError(f"{login.host} let go of a new connection: {error}", "try again") from error
    return connection


def _reach(login: Login, seconds: float) -> None:
    """The driver has one timeout for connecting and for working; who cannot be reached should be known sooner."""
    try:
        socket.create_connection((login.host, login.port), seconds).close()
    except OSError as error:
        hint = "see the address, the security group and the route from here; a paused cluster must be resumed"
        raise WarehouseError(
            f"Redshift cannot be reached at {login.host}:{login.port}: {_line(error)}", hint
        ) from error


def _untrusted(login: Login, error: Exception) -> WarehouseError:
    hint = "use the name that its certificate has; SSL_CERT_FILE names certificates to trust besides"
    return WarehouseError(f"the certificate of {login.host} cannot be trusted: {_line(error)}", hint)


def _not_connected(login: Login, error: Exception) -> WarehouseError:
    cause = next((e for e in (*error.args, error.__cause__, error.__context__) if isinstance(e, SSLError)), None)
    if cause is not None:
        return _untrusted(login, cause)
    details = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    if str(details.get("C", "")).startswith("28"):
        hint = "see its password or secret, or which database users the IAM role may be"
        return WarehouseError(f"Redshift does not let {login.user} in: {_line(details.get('M', ''))}", hint)
    if str(details.get("C", "")) == "3D000":
        return WarehouseError(f"there is no database {login.database} at {login.host}", "mend the setting warehouse")
    said = _line(details.get("M") or error)
    return WarehouseError(f"the connection to {login.host} failed: {said}", "try again; see whether it is available")


@contextmanager
def _as_own_errors() -> Iterator[None]:
    try:
        yield
    except ProgrammingError as error:
        details = error.args[0] if error.args else ""
        if not isinstance(details, dict):
            raise ConnectionLost(_line(error)) from error
        if str(details.get("C", "")).startswith(_ENDED):
            raise ConnectionLost(_line(details.get("M", ""))) from error
        raise ServerError(details.get("C", ""), _line(details.get("M", "")), _line(details.get("H", ""))) from error
    except (Error, OSError, struct.error, LookupError, ValueError, AttributeError) as error:
        raise ConnectionLost(_line(error)) from error  # the driver reads on after an end that it has not noticed


def _line(said: object) -> str:
    return " ".join(str(said).split())[:300]
