"""Values in PostgreSQL's binary format where it is more than a number of fixed size."""

import struct
from collections.abc import Sequence
from decimal import Decimal

import pyarrow as pa

NULL = struct.pack("!i", -1)
_DAYS_1970_TO_2000 = 10_957
_NEGATIVE = 0x4000


def dates(values: pa.Array) -> Sequence[bytes]:
    """Days since 2000."""
    days = values.cast(pa.int32()).to_pylist()
    return [NULL if d is None else struct.pack("!ii", 4, d - _DAYS_1970_TO_2000) for d in days]


def numerics(values: pa.Array) -> Sequence[bytes]:
    return [NULL if value is None else _numeric(value) for value in values.to_pylist()]


def _numeric(value: Decimal) -> bytes:
    """Digits of base 10,000, the weight of the first of them, sign and scale."""
    whole, _, fraction = format(abs(value), "f").partition(".")
    padded = whole.zfill(-(-len(whole) // 4) * 4) + fraction.ljust(-(-len(fraction) // 4) * 4, "0")
    digits = [int(padded[n : n + 4]) for n in range(0, len(padded), 4)]
    weight = -(-len(whole) // 4) - 1
    while digits and digits[0] == 0:
        digits.pop(0)
        weight -= 1
    while digits and digits[-1] == 0:
        digits.pop()
    sign = _NEGATIVE if value < 0 else 0
    body = struct.pack(f"!hhHh{len(digits)}h", len(digits), weight if digits else 0, sign, len(fraction), *digits)
    return struct.pack("!i", len(body)) + body
