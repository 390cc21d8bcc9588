"""What a stream of output keeps: its beginning and its end."""

import codecs


class HeadAndTail:
    """The first and the last half of `limit` bytes of all that is added; the middle is only counted."""

    def __init__(self, limit: int) -> None:
        self._half = limit // 2
        self._head = bytearray()
        self._tail = bytearray()
        self._left_out = 0

    def add(self, data: bytes) -> None:
        room = self._half - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        self._tail += data
        excess = len(self._tail) - self._half
        if excess > 0:
            del self._tail[:excess]
            self._left_out += excess

    def text(self) -> str:
        """Bytes that are not UTF-8 show as U+FFFD; a character that the cut would halve is left out whole."""
        if not self._left_out:
            return (self._head + self._tail).decode("utf-8", "replace")
        head = codecs.getincrementaldecoder("utf-8")("replace").decode(bytes(self._head))
        start = next((i for i, byte in enumerate(self._tail[:3]) if byte & 0xC0 != 0x80), 3)
        tail = self._tail[start:].decode("utf-8", "replace")
        return f"{head}\n... [{self._left_out:,} bytes left out] ...\n{tail}"
