"""Rows as they come over the wire, taken apart by column: numpy cuts, Arrow parses, no value becomes an object."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_Offsets = npt.NDArray[np.int64]
_COUNT = 2  # bytes before the first value of a row
_LENGTH = 4  # bytes before each value
_PADDING = bytes(16)  # so that the place of a NULL at the very end can be read like any other
_LONG = 64  # bytes of a text, on average, from which copying it whole is cheaper than byte by byte


@dataclass(frozen=True)
class WireColumn:
    """The values of one column: where each lies in `data`, and its length in bytes, which is -1 for NULL."""

    data: npt.NDArray[np.uint8]
    starts: _Offsets
    lengths: npt.NDArray[np.int32]

    @property
    def nulls(self) -> npt.NDArray[np.bool_]:
        return self.lengths < 0

    def numbers(self, form: str) -> npt.NDArray[Any]:
        """Values of one fixed size, `form` being numpy's name for them on the wire (">i4"); of a NULL any."""
        kind = np.dtype(form)
        if not np.all((self.lengths == kind.itemsize) | self.nulls):
            raise ValueError(f"a value has not the {kind.itemsize} bytes of its type")
        return self._bytes(kind.itemsize).view(kind)[:, 0].astype(kind.newbyteorder("="))

    def texts(self) -> pa.Array:
        """Raises ArrowInvalid for what is no UTF-8."""
        lengths = np.maximum(self.lengths, 0)
        offsets = np.zeros(len(lengths) + 1, np.int64)
        np.cumsum(lengths, out=offsets[1:])
        offsets_type, kind = (np.int32, pa.string()) if offsets[-1] < 2**31 else (np.int64, pa.large_string())
        valid = None if not self.nulls.any() else pa.py_buffer(np.packbits(~self.nulls, bitorder="little"))
        buffers = [valid, pa.py_buffer(offsets.astype(offsets_type)), self._joined(lengths, offsets)]
        texts = pa.Array.from_buffers(kind, len(lengths), buffers)
        texts.validate(full=True)
        return texts

    def _bytes(self, size: int) -> npt.NDArray[np.uint8]:
        """`size` bytes of each value, in rows."""
        found: npt.NDArray[np.uint8] = self.data[self.starts[:, None] + np.arange(size)]
        return found

    def _joined(self, lengths: npt.NDArray[np.int32], offsets: _Offsets) -> pa.Buffer:
        total = int(offsets[-1])
        if total > _LONG * len(lengths):
            whole = self.data.data
            ends = self.starts + lengths
            return pa.py_buffer(b"".join([whole[a:b] for a, b in zip(self.starts, ends, strict=True)]))
        places = np.repeat(self.starts - offsets[:-1], lengths) + np.arange(total)
        return pa.py_buffer(self.data[places])


def columns_of(rows: Sequence[bytes], count: int) -> tuple[WireColumn, ...]:
    """The `count` columns of these rows, each the body of a DataRow message."""
    data = np.frombuffer(b"".join((*rows, _PADDING)), np.uint8)
    sizes = np.fromiter(map(len, rows), np.int64, len(rows))
    places = np.cumsum(sizes) - sizes + _COUNT
    columns = []
    for _ in range(count):
        lengths = data[places[:, None] + np.arange(_LENGTH)].view(">i4")[:, 0].astype(np.int32)
        column = WireColumn(data, places + _LENGTH, lengths)
        columns.append(column)
        places = column.starts + np.maximum(lengths, 0)
    return tuple(columns)
