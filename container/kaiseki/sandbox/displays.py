"""What code displayed, as the host takes it: of a known kind, of bounded size, and nothing it only claims to be."""

import base64
from dataclasses import dataclass
from typing import Any

_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Display:
    """An image ("image/png") or a table ("text/markdown")."""

    media_type: str
    data: str  # base64 of an image, or the text


def checked(reported: Any, limit: int) -> tuple[Display, ...]:
    """The displays that are in order, of `limit` bytes together; others are left out."""
    found: list[Display] = []
    for each in reported if isinstance(reported, list) else ():
        try:
            data = base64.b64decode(each["data"], validate=True)
            limit -= len(data)
            if limit < 0:
                break
            if each["media_type"] == "image/png" and data.startswith(_PNG):
                found.append(Display("image/png", each["data"]))
            elif each["media_type"] == "text/markdown":
                found.append(Display("text/markdown", data.decode()))
        except (KeyError, TypeError, ValueError):
            continue
    return tuple(found)
