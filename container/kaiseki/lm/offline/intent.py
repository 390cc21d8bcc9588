"""What a question asks for, as far as the offline model understands it."""

from dataclasses import dataclass
from typing import Literal

from kaiseki.lm.offline.conditions import Condition
from kaiseki.lm.offline.reading import Column, Table

Language = Literal["en", "ja"]
Ask = Literal["overview", "aggregate", "relation", "prediction", "beyond"]


@dataclass(frozen=True)
class Intent:
    ask: Ask
    language: Language
    tables: tuple[Table, ...]  # named in the question, what is counted first; or all
    named: bool  # whether the question names any of them
    columns: tuple[Column, ...] = ()  # named, and neither groups nor conditions nor the target
    statistic: str = ""  # empty where it cannot be told what is to be measured
    measure: Column | None = None
    groups: tuple[Column, ...] = ()
    grain: str = ""
    conditions: tuple[Condition, ...] = ()
    top: int | None = None
    ranked: bool = False  # the first or the last of the groups are asked for
    ascending: bool = False
    target: Column | None = None
    regression: bool = False
    left_out: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()  # names that are nearly right: as asked, as found
    matched: frozenset[str] = frozenset()  # what the question calls the tables and columns that were found
    correlation: bool = False
    compared: Condition | None = None  # what to take the share of, rather than to look at nothing else
    unit: Table | None = None  # what the question speaks of, where the rows measured are of another table
