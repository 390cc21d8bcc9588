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


def read_shorts(body: bytes, start: int) -> tuple[tuple[int, ...], int]:
    """A list of 16-bit numbers behind their count."""
    count = struct.unpack_from("!h", body, start)[0]
    return struct.unpack_from(f"!{count}h", body, start + 2), start + 2 + 2 * count


def error(sqlstate: str, said: str, hint: str = "") -> bytes:
    fields = {"S": "ERROR", "C": sqlstate, "M": said, "H": hint}
    return message(b"E", b"".join(key.encode() + text(value) for key, value in fields.items() if value) + b"\0")


def parameter(name: str, value: str) -> bytes:
    return message(b"S", text(name) + text(value))


def ready(transaction: str) -> bytes:
    """`transaction`: I outside of one, T inside, E inside a failed one."""
    return message(b"Z", transaction.encode())


def row_description(columns: Sequence[Column], extended: bool, formats: Sequence[int] = ()) -> bytes:
    """`extended`: Redshift's own addition, the origin of each column. `formats`: of each, where they are agreed on."""
    body = struct.pack("!h", len(columns))
    for column, form in zip(columns, formats or [0] * len(columns), strict=True):
        body += text(column.name) + struct.pack("!ihihih", 0, 0, column.oid, column.size, column.modifier, form)
        if extended:
            body += b"\0\0\0\0" + struct.pack("!h", 0)
    return message(b"T", body)


def copy_out(columns: int) -> bytes:
    """Before binary rows of COPY, which are messages like those of a result."""
    return message(b"H", struct.pack(f"!bh{columns}h", 1, columns, *[1] * columns))


def first_copied(row: bytes) -> bytes:
    """The message of the first row, which has a head of its own before it."""
    return message(b"d", b"PGCOPY\n\xff\r\n\0" + bytes(8) + row[5:])


def copy_done() -> bytes:
    return message(b"d", struct.pack("!h", -1)) + message(b"c")


def data_rows(columns: Sequence[Sequence[bytes]], code: bytes = b"D") -> Iterable[bytes]:
    """One message per row, from columns of values that carry their length before them."""
    count = struct.pack("!h", len(columns))
    for row in zip(*columns, strict=True):
        values = b"".join(row)
        yield code + struct.pack("!i", len(values) + 6) + count + values
