"""The name of a run: sorts by time, can be told apart by eye, cannot be guessed."""

import re
import secrets
from datetime import UTC, datetime

WORDS = 2
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # without characters that look alike
_COMMON = frozenset(
    "the and for with from what which how many much does did are was were per each all any give show me please "
    "build make create model table tables column using use target".split()
)


def new_run_id(prompt: str, now: datetime) -> str:
    """`20261121-093015-interactions-purchase-<12 characters>`; at most 64 characters, which ECS takes as a token."""
    words = [word.lower() for word in re.findall(r"[A-Za-z][A-Za-z0-9_]{2,15}", prompt[:2_000])]
    telling = list(dict.fromkeys(word.strip("_") for word in words if word not in _COMMON))[:WORDS] or ["run"]
    end = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    return "-".join((now.astimezone(UTC).strftime("%Y%m%d-%H%M%S"), *telling, end)).replace("_", "-")
