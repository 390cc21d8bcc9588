"""One connection: startup, TLS, md5 authentication, then the extended protocol until the client leaves."""

import hashlib
import os
import socket
import ssl
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from redshift_server import frames, parameters
from redshift_server.columns import Column
from redshift_server.errors import TIMED_OUT, ServerError
from redshift_server.prepared import Prepared
from redshift_server.statements import COPY, Statements

_TLS = 80_877_103
_STATUS = {"server_version": "8.0.2", "client_encoding": "UNICODE", "server_encoding": "UNICODE", "TimeZone": "UTC"}


@dataclass
class Faults:
    """What goes wrong on demand. `hang_up_after`: rows of a result, after which the connection is cut, once."""

    hang_up_after: int | None = None
    hang_up_on: str = ""  # a word of a statement whose arrival cuts the connection, once
    time_out_on: str = ""  # a word of a statement that takes longer than it may, once
    fetch_limit: int | None = None  # rows per FETCH, as on a cluster of one node


class HungUp(Exception):
    pass


class Session:
    def __init__(
        self,
        client: socket.socket,
        tls: ssl.SSLContext,
        password: str,
        statements: Statements,
        pid: int,
        faults: Faults,
    ) -> None:
        self._socket, self._tls, self._password = client, tls, password
        self.statements, self._pid, self._faults = statements, pid, faults
        self._sql = ""
        self._prepared: Prepared | None = None
        self._formats: tuple[int, ...] = ()
        self._types: tuple[int, ...] = ()  # of the parameters
        self._skipping = False
        self._extended = False
        self.log: list[str] = []

    def serve(self) -> None:
        """Until the client leaves, or a fault cuts it off. Raises OSError and HungUp."""
        self._stream = self._start_up()
        while True:
            code, body = frames.read_message(self._stream)
            if code in (b"", b"X"):
                return
            if self._skipping and code != b"S":
                continue
            try:
                self._answer(code, body)
            except ServerError as error:
                self.statements.fail()
                self._skipping = True
                self._send(frames.error(error.sqlstate, error.said, error.hint))
            if code in (b"S", b"H"):
                self._stream.flush()

    def _send(self, message: bytes) -> None:
        self._stream.write(message)

    # ── startup ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _start_up(self) -> BinaryIO:
        first = self._socket.recv(8, socket.MSG_WAITALL)
        if len(first) < 8 or struct.unpack("!ii", first)[1] != _TLS:
            raise HungUp  # somebody who only looked whether there is a port, or takes no TLS
        self._socket.sendall(b"S")
        self._socket = self._tls.wrap_socket(self._socket, server_side=True)
        stream = cast(BinaryIO, self._socket.makefile("rwb", buffering=1 << 16))
        size = struct.unpack("!i", stream.read(4))[0]
        words = stream.read(size - 4)[4:].split(b"\0")
        asked = {k.decode(): v.decode() for k, v in zip(words[::2], words[1::2], strict=False) if k}
        self._authenticate(stream, asked["user"])
        version = min(1, int(asked.get("client_protocol_version", "0")))
        self._extended = version >= 1
        for name, value in {**_STATUS, "server_protocol_version": str(version)}.items():
            stream.write(frames.parameter(name, value))
        stream.write(frames.message(b"K", struct.pack("!ii", self._pid, 7)) + frames.ready("I"))
        stream.flush()
        return stream

    def _authenticate(self, stream: BinaryIO, user: str) -> None:
        salt = os.urandom(4)
        stream.write(frames.message(b"R", struct.pack("!i", 5) + salt))
        stream.flush()
        _, answer = frames.read_message(stream)
        inner = hashlib.md5(self._password.encode() + user.encode()).hexdigest().encode()
        if answer.rstrip(b"\0") != b"md5" + hashlib.md5(inner + salt).hexdigest().encode():
            stream.write(frames.error("28000", f'password authentication failed for user "{user}"'))
            stream.flush()
            raise HungUp
        stream.write(frames.message(b"R", struct.pack("!i", 0)))

    # ── the extended protocol ─────────────────────────────────────────────────────────────────────────────────────

    def _answer(self, code: bytes, body: bytes) -> None:
        match code:
            case b"P":
                self._parse(body)
            case b"D":
                self._describe(statement=body[:1] == b"S")
            case b"Q":
                self._simple(frames.read_text(body, 0)[0])
            case b"B":
                self._bind(body)
            case b"E":
                self._execute()
            case b"C":
                self._send(frames.message(b"3"))
            case b"S":
                self._skipping = False
                self._send(frames.ready(self.statements.transaction))
            case b"H":
                pass
            case _:
                raise ServerError("08P01", f"the message {code!r} is not of the extended protocol")

    def _parse(self, body: bytes) -> None:
        _, start = frames.read_text(body, 0)
        self._sql, start = frames.read_text(body, start)
        number = struct.unpack_from("!h", body, start)[0]
        self._types = struct.unpack_from(f"!{number}i", body, start + 2)
        self._prepare(self._sql, parameters.unbound(self._sql, self._types))
        self._send(frames.message(b"1"))

    def _prepare(self, sql: str, runnable: str) -> None:
        self.log.append(sql)
        if self._faults.hang_up_on and self._faults.hang_up_on in sql:
            self._faults.hang_up_on = ""
            raise HungUp
        if self._faults.time_out_on and self._faults.time_out_on in sql:
            self._faults.time_out_on = ""
            raise TIMED_OUT
        self._prepared = self.statements.prepare(runnable)

    def _simple(self, sql: str) -> None:
        """One statement, with its rows as text."""
        try:
            self._prepare(sql, sql)
            self._sql, self._formats = sql, ()
            if self._prepared and self._prepared.columns is not None and self._prepared.tag != COPY:
                self._send(frames.row_description(self._prepared.columns, self._extended))
            self._execute()
        except ServerError as error:
            self.statements.fail()
            self._send(frames.error(error.sqlstate, error.said, error.hint))
        self._send(frames.ready(self.statements.transaction))
        self._stream.flush()

    def _describe(self, statement: bool) -> None:
        assert self._prepared is not None
        if statement:
            number = parameters.count(self._sql)
            types = [*self._types, *[1043] * number][:number]
            self._send(frames.message(b"t", struct.pack(f"!h{number}i", number, *types)))
        columns = self._prepared.columns
        if columns is None or self._prepared.tag == COPY:
            self._send(frames.message(b"n"))
        else:
            formats = () if statement else _each(self._formats, len(columns))
            self._send(frames.row_description(columns, self._extended, formats))

    def _bind(self, body: bytes) -> None:
        _, start = frames.read_text(body, 0)
        _, start = frames.read_text(body, start)
        formats, start = frames.read_shorts(body, start)
        number, start = struct.unpack_from("!h", body, start)[0], start + 2
        values: list[bytes | None] = []
        for _ in range(number):
            length, start = struct.unpack_from("!i", body, start)[0], start + 4
            values.append(None if length < 0 else body[start : start + length])
            start += max(length, 0)
        self._formats, _ = frames.read_shorts(body, start)
        if values:
            self._prepared = self.statements.prepare(parameters.bound(self._sql, self._types, formats, values))
        self._send(frames.message(b"2"))

    def _execute(self) -> None:
        prepared = self._prepared
        assert prepared is not None
        if prepared.tag == "FETCH" and self._faults.fetch_limit:
            _require_fetch_size(self._sql, self._faults.fetch_limit)
        rows, columns = 0, prepared.columns or ()
        copied = prepared.tag == COPY
        formats, code = ((1,), b"d") if copied else (self._formats, b"D")
        self._send(frames.copy_out(len(columns)) if copied else b"")
        for batch in self.statements.execute(self._sql, prepared.run):
            for row in _rows(columns, formats, batch, code):
                self._send(frames.first_copied(row) if copied and not rows else row)
                rows += 1
                self._count_down()
        self._send(frames.copy_done() if copied else b"")
        counted = f"{prepared.tag} {rows}" if prepared.tag == "FETCH" else prepared.tag
        self._send(frames.message(b"C", frames.text(counted)))

    def _count_down(self) -> None:
        if self._faults.hang_up_after is None:
            return
        self._faults.hang_up_after -= 1
        if self._faults.hang_up_after < 0:
            self._faults.hang_up_after = None
            self._stream.flush()
            raise HungUp


def _each(formats: tuple[int, ...], count: int) -> tuple[int, ...]:
    """One for each of `count` columns: none stands for text, one for all."""
    return formats if len(formats) == count else (formats or (0,)) * count


def _rows(columns: tuple[Column, ...], formats: tuple[int, ...], batch: object, code: bytes) -> Iterator[bytes]:
    each = zip(columns, _each(formats, len(columns)), batch.columns, strict=True)  # type: ignore[attr-defined]
    encoded = [column.encode(values, bool(form)) for column, form, values in each]
    yield from frames.data_rows(encoded, code)


def _require_fetch_size(sql: str, most: int) -> None:
    if int(sql.split()[2]) > most:
        said = f"Fetch size {sql.split()[2]} exceeds the limit of {most} for a single node configuration."
        raise ServerError("0A000", said, "Reduce the client fetch/cache size or upgrade to a multi node installation.")
