"""Which schemas of the warehouse a run may read: the environment's, narrowed by the caller's token and by the wish."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kaiseki.errors import SettingError
from kaiseki.schema_names import beyond, listed_schemas, schema_names
from refusals import invalid, no_schema


@dataclass(frozen=True)
class Readable:
    """`allowed` in this environment, None: all that its warehouse's user may read; `claim`: which one of a token names
    those of its bearer, empty: none does."""

    allowed: tuple[str, ...] | None = None
    claim: str = ""

    def by(self, event: Mapping[str, Any]) -> tuple[str, ...] | None:
        """Those that the caller of an HTTP API event may read. Raises Refused (403) where there is none."""
        if not self.claim or self.allowed is None:
            return self.allowed
        authorizer = (event.get("requestContext") or {}).get("authorizer") or {}
        claims = (authorizer.get("jwt") or {}).get("claims") or {}
        named = _named(claims.get(self.claim))
        readable = tuple(name for name in self.allowed if name in named)
        if not readable:
            raise no_schema(self.claim)
        return readable


def readable_of(environment: Mapping[str, str]) -> Readable:
    """From `KAISEKI_SCHEMAS` and `KAISEKI_SCHEMAS_CLAIM`. Raises SettingError."""
    listed, claim = environment.get("KAISEKI_SCHEMAS"), environment.get("KAISEKI_SCHEMAS_CLAIM", "")
    if claim and listed is None:
        raise SettingError(
            "KAISEKI_SCHEMAS_CLAIM narrows a list that is not there", "Deploy again, with schemas in the environment."
        )
    return Readable(None if listed is None else listed_schemas(listed), claim)


def granted_schemas(wish: list[str] | None, readable: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Those that the run may read; None: all that its warehouse's user may. Raises Refused (422)."""
    if wish is None:
        return readable
    try:
        wished = schema_names(wish)
    except SettingError as error:
        raise invalid("schemas.invalid", f"options.warehouse_schemas: {error.message}", error.hint) from None
    denied = beyond(wished, readable)
    if denied:
        hint = f"you may read {', '.join(readable or ())}"
        raise invalid("schemas.denied", f"options.warehouse_schemas: you may not read {', '.join(denied)}"[:500], hint)
    return wished


def _named(claim: object) -> set[str]:
    """API Gateway hands over a list as the text `[sales finance]`; others write `sales,finance`."""
    words = claim if isinstance(claim, list) else str(claim or "").strip("[]").replace(",", " ").split()
    return {str(word).lower() for word in words}
