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
    rows_per_query: int = 2_000_000


@dataclass(frozen=True)
class Terms:
    """What a run of this environment gets that does not ask, and the most that one may ask for."""

    usual: Budget = Budget()
    most: Caps = Caps()


def terms_of(environment: Mapping[str, str]) -> Terms:
    """From `KAISEKI_MAX_STEPS`, `_TOKENS`, `_USD`, `_SECONDS`, `_ROWS`, `_ROWS_PER_QUERY`, and of what runs usually get
    from `KAISEKI_ROWS_PER_QUERY`. Raises SettingError."""
    given = {field.name: environment.get(f"KAISEKI_MAX_{field.name.upper()}") for field in fields(Caps)}
    standard = Terms()
    rows = environment.get("KAISEKI_ROWS_PER_QUERY") or standard.usual.rows_per_query
    try:
        most = Caps(**{name: type(getattr(standard.most, name))(text) for name, text in given.items() if text})
        return Terms(Budget(rows_per_query=int(rows)), most)
    except ValueError as error:
        raise SettingError(f"a variable of the budget is no number: {error}", "Write it in digits.") from None


def granted(wish: BudgetWish, terms: Terms) -> dict[str, float]:
    """The whole budget of a run. Raises Refused (422) for what is above a cap."""
    budget: dict[str, float] = {}
    for field in fields(Budget):
        asked, cap = getattr(wish, field.name), getattr(terms.most, field.name)
        if asked is not None and asked > cap:
            raise invalid(
                "budget.over_cap",
                f"options.budget.{field.name} is {asked:,}; {cap:,} is the most in this environment",
                "ask for less, or have the environment's setting raised",
            )
        budget[field.name] = min(getattr(terms.usual, field.name), cap) if asked is None else asked
    return budget
