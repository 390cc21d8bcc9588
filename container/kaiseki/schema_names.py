"""Which schemas of the warehouse may be read, as settings, callers and requests name them; standard library only."""

import re
from collections.abc import Iterable

from kaiseki.errors import SettingError

LONGEST = 127  # bytes, of an identifier in Redshift
_SYSTEM = re.compile(r"pg_.*|information_schema|catalog_history")
_NAME = re.compile(r"""[^\x00-\x1f\x7f"';,]+""")


def schema_names(names: Iterable[str]) -> tuple[str, ...]:
    """The names in lower case, as SQL folds them, each once. Raises SettingError for none, and for what is no name."""
    folded = tuple(dict.fromkeys(name.strip().lower() for name in names))
    if not any(folded):
        raise SettingError("no schema is named", hint="name those that may be read: public,sales")
    for name in folded:
        if not _NAME.fullmatch(name) or len(name.encode()) > LONGEST:
            raise SettingError(f"{name[:LONGEST]!r} is no name of a schema", hint="write them as public,sales")
        if _SYSTEM.fullmatch(name):
            raise SettingError(f"{name} is a schema of the system and cannot be read", hint="leave it out")
    return folded


def listed_schemas(text: str) -> tuple[str, ...]:
    """Of a text as a setting has it: `public,sales`. Raises SettingError."""
    return schema_names(text.split(","))


def beyond(wished: tuple[str, ...] | None, allowed: tuple[str, ...] | None) -> tuple[str, ...]:
    """Those wished for that are not allowed; None stands for all there are, and wishes for no more than is allowed."""
    return () if wished is None or allowed is None else tuple(name for name in wished if name not in allowed)
