"""What is asked of the server, within its time, and once more where the connection turns out to be lost."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from kaiseki.errors import WarehouseError
from kaiseki.warehouses.redshift import errors as redshift_errors
from kaiseki.warehouses.redshift.connection import Connection, ConnectionLost, ServerError, open_session
from kaiseki.warehouses.redshift.login import Login
from kaiseki.warehouses.redshift.results import HalfRead
from kaiseki.warehouses.refusal import Refusal

LOST_HINT = "try again; see whether the cluster restarts, is paused or resized"
_T = TypeVar("_T")


class Server:
    """Connects when it is first asked. Not for several threads."""

    def __init__(self, sign_in: Callable[[], Login], query_seconds: float) -> None:
        """`sign_in` is called for each connection whose credentials have run out, and may raise KaisekiError."""
        self._sign_in = sign_in
        self.query_seconds = query_seconds
        self._login: Login | None = None
        self.connection: Connection | None = None

    def must_read(self, what: str, read: Callable[[Connection], _T]) -> _T:
        """What must be there for the analysis to go on, whatever a query may do. Raises WarehouseError."""
        try:
            return self.ask(read)
        except ServerError as error:
            raise self.unreadable(what, error) from error

    def unreadable(self, what: str, error: ServerError) -> WarehouseError:
        hint = error.hint or "grant the user USAGE on the schema and SELECT on its tables"
        return WarehouseError(f"{what} cannot be read from Redshift: {error.message}", hint)

    def ask(self, question: Callable[[Connection], _T], seconds: float | None = None) -> _T:
        """Within `seconds`, or those of a query. Raises ServerError, and what `question` raises.

        Raises WarehouseError where there is no connection to be had.
        """
        seconds = seconds or self.query_seconds
        try:
            return self._timed(question, seconds)
        except ConnectionLost:
            self.close()
        try:
            return self._timed(question, seconds)
        except ConnectionLost as lost:
            self.close()
            raise WarehouseError(f"the connection to Redshift was lost: {lost}", LOST_HINT) from lost

    def explained(self, error: ServerError) -> Refusal:
        return redshift_errors.explained(error, self.query_seconds, deadline=isinstance(error, Overdue))

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def _timed(self, question: Callable[[Connection], _T], seconds: float) -> _T:
        """Whatever ends the asking early, a deadline or Ctrl-C, ends the statement on the server too."""
        connection = self._connected()
        deadline = _Deadline(connection, seconds)
        try:
            with deadline:
                answered = question(connection)
        except (ServerError, ConnectionLost, HalfRead) as error:
            if deadline.over:  # whether the cancel came in time or not: nothing is asked of this connection any more
                self.close()
                raise Overdue(redshift_errors.CANCELLED, str(error), "") from error
            if isinstance(error, HalfRead):
                self.close()
            raise
        except (KeyboardInterrupt, SystemExit):
            connection.cancel()
            self.close()
            raise
        if deadline.over:  # answered at the last moment: the cancel may still meet the next statement
            self.close()
        return answered

    def _connected(self) -> Connection:
        if self.connection is None:
            if self._login is None or not self._login.valid:
                self._login = self._sign_in()
            self.connection = open_session(self._login, self.query_seconds)
        return self.connection


class Overdue(ServerError):
    """Ended because its time was over."""


@dataclass
class _Deadline:
    """Cancels what runs on `connection` after `seconds`: the server's own timeout is for each FETCH anew."""

    connection: Connection
    seconds: float
    over: bool = False
    _timer: threading.Timer = field(init=False)

    def __enter__(self) -> None:
        self._timer = threading.Timer(self.seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._timer.join()  # it may have gone off just now

    def _end(self) -> None:
        self.over = True
        self.connection.cancel()
