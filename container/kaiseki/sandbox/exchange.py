"""The messages between the program and its broker: eight bytes of length, one JSON object, at most one descriptor.

Both ends belong to the program. Requests and answers alternate.
"""

import json
import os
import socket
import struct
from typing import Any

Message = dict[str, Any]

_LENGTH = struct.Struct(">Q")


def send(end: socket.socket, message: Message, descriptor: int | None = None) -> None:
    """Raises OSError if the peer has gone."""
    body = json.dumps(message).encode("ascii")
    # The descriptor travels with the length: a read of exactly so many bytes does not miss it.
    socket.send_fds(end, [_LENGTH.pack(len(body))], [] if descriptor is None else [descriptor])
    end.sendall(body)


def receive(end: socket.socket) -> tuple[Message, int | None]:
    """The message, and the descriptor that came with it, which is the caller's to close.

    Raises EOFError if the peer has gone, OSError.
    """
    head, descriptors, _, _ = socket.recv_fds(end, _LENGTH.size, 1)
    head += _exactly(end, _LENGTH.size - len(head)) if head else b""
    if not head:
        raise EOFError
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    message: Message = json.loads(_exactly(end, _LENGTH.unpack(head)[0]))
    return message, descriptors[0] if descriptors else None


def _exactly(end: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        data = end.recv(min(size - len(parts), 1 << 20))
        if not data:
            raise EOFError
        parts += data
    return bytes(parts)
