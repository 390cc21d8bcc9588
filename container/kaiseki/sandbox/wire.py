"""The frames between host, supervisor and interpreter: four bytes of length, then one JSON object.

Each request bears an `id`, and its answer the same one. A peer may be hostile: whatever is not a frame of a sane size
raises BadFrame. Standard library only, since both sides of the wall import it.
"""

import json
import select
import socket
import struct
import time
from typing import Any

Message = dict[str, Any]

LARGEST = 64 * 1024 * 1024
MOST_VALUES = 500_000  # at a time, of what generated code may write: see `values_in`
_CHUNK = 256 * 1024
_LENGTH = struct.Struct(">I")
# Bound here, before generated code can put something else in their place.
_dumps = json.dumps
_loads = json.loads


class BadFrame(Exception):
    """The peer sent what is no message."""


def encode(message: Message) -> bytes:
    """Escapes everything outside ASCII, so that lone surrogates pass."""
    body = _dumps(message).encode("ascii")
    if len(body) > LARGEST:
        raise BadFrame(f"a message of {len(body):,} bytes; at most {LARGEST:,} are sent")
    return _LENGTH.pack(len(body)) + body


def decode(body: bytes) -> Message:
    try:
        message = _loads(body.decode("ascii"))  # of bytes it would look for other encodings, which takes imports
    except (ValueError, RecursionError) as error:
        raise BadFrame("a frame that is not JSON") from error
    if not isinstance(message, dict):
        raise BadFrame("a frame that is not an object")
    return message


def values_in(data: bytes) -> int:
    """At most so many are in this JSON, as commas of texts count too: many small ones take much more memory than it."""
    return sum(map(data.count, (b",", b"[", b"{")))


class Decoder:
    """Bytes in, as they come; whole messages out."""

    def __init__(self, largest: int = LARGEST, most_values: int | None = None) -> None:
        """`most_values` bounds what a frame can grow to when it is decoded."""
        self._largest = largest
        self._most_values = most_values
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def next(self) -> Message | None:
        """The next whole message, or None. Raises BadFrame."""
        if len(self._buffer) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(self._buffer)
        if length > self._largest:
            raise BadFrame(f"a frame of {length:,} bytes; at most {self._largest:,} are read")
        end = _LENGTH.size + length
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[_LENGTH.size : end])
        del self._buffer[:end]
        if self._most_values is not None and values_in(body) > self._most_values:
            raise BadFrame(f"a frame of more than {self._most_values:,} values")
        return decode(body)


class Channel:
    """A blocking view of one end of a stream socket."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._decoder = Decoder()

    def send(self, message: Message) -> None:
        """Raises OSError if the peer has gone."""
        self._socket.sendall(encode(message))

    def receive(self, seconds: float | None = None) -> Message:
        """Raises EOFError if the peer has gone, TimeoutError after `seconds`, BadFrame."""
        until = None if seconds is None else time.monotonic() + seconds
        while (message := self._decoder.next()) is None:
            if until is not None:
                left = until - time.monotonic()
                poll = select.poll()
                poll.register(self._socket, select.POLLIN)
                if left <= 0 or not poll.poll(left * 1000):
                    raise TimeoutError
            try:
                data = self._socket.recv(_CHUNK)
            except ConnectionResetError:
                data = b""
            if not data:
                raise EOFError
            self._decoder.feed(data)
        return message

    def hang_up(self) -> None:
        """Tells the peer that nothing more will come; what it still says can be read."""
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def close(self) -> None:
        self._socket.close()
