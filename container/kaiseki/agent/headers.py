"""The header lines below the purpose of a reply: lookups, requirements, replaces."""

import re
from dataclasses import dataclass

from kaiseki.agent.form import refused
from kaiseki.models import Failure

HEADER = re.compile(r"(lookups|requirements|replaces):(.*)")
_NEARLY_HEADER = re.compile(r"\s*(look ?ups?|requirements?|requires|replaces?)\s*[:：]", re.IGNORECASE)
_ITEM = re.compile(r'\s*(?:"([^"]*)"|([^",、，]*))\s*')
_REQUIREMENT = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:\[[A-Za-z0-9._, -]+\])?"
    r"(?:\s*(?:[<>=!~]=|===|<|>)\s*[A-Za-z0-9.*+!_-]+(?:\s*,\s*(?:[<>=!~]=|<|>)\s*[A-Za-z0-9.*+!_-]+)*)?"
)


@dataclass(frozen=True)
class Headers:
    lookups: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    replaces: int | None = None


def read_headers(lines: list[str], start: int) -> tuple[Headers, int] | Failure:
    """The headers that stand from index `start` on, and the index of the first line that is none."""
    found: dict[str, str] = {}
    at = start
    while at < len(lines) and (header := HEADER.fullmatch(lines[at].rstrip())):
        key, value = header[1], header[2].strip()
        if key in found:
            return _refused(at, f"{key} stands twice", f"write one line {key}: ...")
        found[key] = value
        if failure := _refused_value(key, value, at):
            return failure
        at += 1
    if at < len(lines) and _NEARLY_HEADER.match(lines[at]):
        return _refused(
            at, "this is nearly a header", "write lookups: a, b or requirements: a, b or replaces: 2, exactly so"
        )
    headers = Headers(
        lookups=_items(found.get("lookups", "")) or (),
        requirements=_items(found.get("requirements", "")) or (),
        replaces=int(found["replaces"]) if "replaces" in found else None,
    )
    return headers, at


def _refused(at: int, message: str, hint: str) -> Failure:
    return refused("InvalidHeader", at + 1, f"header in line {at + 1}: {message}", hint)


def _refused_value(key: str, value: str, at: int) -> Failure | None:
    if key == "replaces":
        if re.fullmatch(r"[1-9][0-9]{0,3}", value):
            return None
        return _refused(
            at, f"{value[:40]!r} is not the number of a step", "write the number of one accepted step: replaces: 2"
        )
    items = _items(value)
    if items is None:
        return _refused(
            at, f"{value[:60]!r} is not a list", f'separate by commas, quote phrases: {key}: orders, "refund reason"'
        )
    if key == "requirements":
        for item in items:
            if not _REQUIREMENT.fullmatch(item):
                return _refused(
                    at, f"{item[:40]!r} is not the name of a package", "write names: requirements: scikit-learn, scipy"
                )
    return None


def _items(value: str) -> tuple[str, ...] | None:
    """The items of a comma-separated list, where quotes keep a comma in; None if it is malformed."""
    items: list[str] = []
    at = 0
    while True:
        match = _ITEM.match(value, at)
        item = (match[1] if match[1] is not None else match[2]).strip() if match else ""
        if not match or not item:
            return None
        items.append(item)
        at = match.end()
        if at == len(value):
            return tuple(items)
        if value[at] != ",":
            return None
        at += 1
