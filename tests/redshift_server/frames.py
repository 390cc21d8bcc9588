"""Messages of the PostgreSQL protocol 3.0, as bytes."""

import struct
from collections.abc import Iterable, Sequence
from typing import BinaryIO

from redshift_server.columns import Column


def message(code: bytes, body: bytes = b"") -> bytes:
    return code + struct.pack("!i", len(body) + 4) + body


def text(value: str) -> bytes:
    return value.encode() + b"\0"


def read_message(stream: BinaryIO) -> tuple[bytes, bytes]:
    """Code and body; (b"", b"") where the client has gone."""
    head = stream.read(5)
    if len(head) < 5:
        return b"", b""
    return head[:1], stream.read(struct.unpack("!i", head[1:])[0] - 4)


def read_text(body: bytes, start: int) -> tuple[str, int]:
    end = body.index(b"\0", start)
    return body[start:end].decode(), end + 1


def error(sqlstate: str, said: str, hint: str = "") -> bytes:
    fields = {"S": "ERROR", "C": sqlstate, "M": said, "H": hint}
    return message(b"E", b"".join(key.encode() + text(value) for key, value in fields.items() if value) + b"\0")


def parameter(name: str, value: str) -> bytes:
    return message(b"S", text(name) + text(value))


def ready(transaction: str) -> bytes:
    """`transaction`: I outside of one, T inside, E inside a failed one."""
    return message(b"Z", transaction.encode())


def row_description(columns: Sequence[Column], extended: bool) -> bytes:
    """`extended`: Redshift's own addition, the origin of each column."""
    body = struct.pack("!h", len(columns))
    for column in columns:
        body += text(column.name) + struct.pack("!ihihih", 0, 0, column.oid, column.size, column.modifier, 0)
        if extended:
            body += b"\0\0\0\0" + struct.pack("!h", 0)
    return message(b"T", body)


def data_rows(columns: Sequence[Sequence[bytes]]) -> Iterable[bytes]:
    """One message per row, from columns of values that carry their length before them."""
    count = struct.pack("!h", len(columns))
    for row in zip(*columns, strict=True):
        values = b"".join(row)
        yield b"D" + struct.pack("!i", len(values) + 6) + count + values
