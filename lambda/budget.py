"""What a run may use up: as its owner asks, within what the environment allows."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from bodies import BudgetWish
from kaiseki.errors import SettingError
from refusals import invalid


@dataclass(frozen=True)
class Budget:
    """The fields of `kaiseki.models.Budget`, and what a run gets that does not ask."""

    steps: int = 12
    tokens: int = 400_000
    usd: float = 2.0
    seconds: float = 900.0
    rows: int = 5_000_000
    rows_per_query: int = 200_000


@dataclass(frozen=True)
class Caps(Budget):
    """The most that a run of this environment may ask for."""

    steps: int = 40
    tokens: int = 2_000_000
    usd: float = 10.0
    seconds: float = 3_600.0
    rows: int = 50_000_000
    rows_per_query: int = 1_000_000


def caps_of(environment: Mapping[str, str]) -> Caps:
    """From `KAISEKI_MAX_STEPS`, `_TOKENS`, `_USD`, `_SECONDS`, `_ROWS`, `_ROWS_PER_QUERY`. Raises SettingError."""
    given = {field.name: environment.get(f"KAISEKI_MAX_{field.name.upper()}") for field in fields(Caps)}
    standard = Caps()
    try:
        return Caps(**{name: type(getattr(standard, name))(text) for name, text in given.items() if text})
    except ValueError as error:
        raise SettingError(f"a KAISEKI_MAX_ variable is no number: {error}", "Write it in digits.") from None


def granted(wish: BudgetWish, caps: Caps) -> dict[str, float]:
    """The whole budget of a run. Raises Refused (422) for what is above a cap."""
    budget: dict[str, float] = {}
    for field in fields(Budget):
        asked, cap = getattr(wish, field.name), getattr(caps, field.name)
        if asked is not None and asked > cap:
            raise invalid(
                "budget.over_cap",
                f"options.budget.{field.name} is {asked:,}; {cap:,} is the most in this environment",
                "ask for less, or have the environment's setting raised",
            )
        budget[field.name] = min(field.default, cap) if asked is None else asked
    return budget
