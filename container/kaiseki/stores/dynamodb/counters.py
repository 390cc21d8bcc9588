"""The counters that limits are checked against: places of live runs, and dollars by day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from kaiseki.stores.dynamodb.record import iso
from kaiseki.stores.dynamodb.writes import change

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

ENVIRONMENT = "*"
COUNTER = "counter"
"""What stands in `live` of a counter, so that the index lists the counters too."""
_ACTIVE = "ACTIVE#"
_SPEND_KEPT = timedelta(days=40)


@dataclass(frozen=True)
class Counter:
    """How many places `whose` runs take: a principal's live ones, or those launched in the environment ("*")."""

    whose: str
    active: int
    changed_at: str


def counter_of(item: dict[str, Any]) -> Counter:
    return Counter(item["pk"]["S"].removeprefix(_ACTIVE), int(item["active"]["N"]), item["changed_at"]["S"])


def place_key(whose: str) -> str:
    return _ACTIVE + whose


def take_place(table: str, whose: str, most: int, now: datetime) -> "TransactWriteItemTypeDef":
    """Fails where `whose` places are all taken."""
    return _move(table, whose, 1, now, "attribute_not_exists(#active) OR #active < :most", {"most": most})


def give_place_back(table: str, whose: str, now: datetime) -> "TransactWriteItemTypeDef":
    return _move(table, whose, -1, now, "", {})


def _move(
    table: str, whose: str, by: int, now: datetime, condition: str, given: dict[str, int]
) -> "TransactWriteItemTypeDef":
    kept = {"live": COUNTER, "changed_at": iso(now)}
    return {"Update": change(table, place_key(whose), condition, given, assign=kept, add={"active": by})}


def put_right(table: str, counter: Counter, active: int, now: datetime) -> Any:
    """Holds only where the counter has not moved since it was read."""
    return change(
        table,
        place_key(counter.whose),
        "#active = :seen AND #changed_at = :seen_at",
        {"seen": counter.active, "seen_at": counter.changed_at},
        assign={"active": active, "changed_at": iso(now)},
    )


def reserve_dollars(table: str, whose: str, usd: float, most: float, day: datetime) -> "TransactWriteItemTypeDef":
    """Fails where `usd` more would come to more than `most`, or nothing is left; the first of a day is let through."""
    condition = "attribute_not_exists(#usd) OR (#usd < :most AND #usd <= :room)"
    return add_dollars(table, whose, usd, day, condition, {"most": most, "room": most - usd})


def add_dollars(
    table: str,
    whose: str,
    usd: float,
    day: datetime,
    condition: str = "",
    given: Mapping[str, float] | None = None,
) -> "TransactWriteItemTypeDef":
    expires = {"expires_at": int((day + _SPEND_KEPT).timestamp())}
    return {"Update": change(table, _spend(whose, day), condition, given, assign=expires, add={"usd": usd})}


def _spend(whose: str, day: datetime) -> str:
    return f"SPEND#{whose}#{iso(day)[:10]}"
