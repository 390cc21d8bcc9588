"""How a rule says no: raised inside this package, turned into a `Failure` at its edge."""

from difflib import get_close_matches

from kaiseki.models import Failure


class Refusal(Exception):
    """A statement that will not be run, and what to write instead."""

    def __init__(self, type_: str, message: str, line: int | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.type = type_
        self.message = message
        self.line = line
        self.hint = hint

    def as_failure(self, query: str) -> Failure:
        return Failure(
            kind="query", type=self.type, message=self.message, line=self.line, subject=query, hint=self.hint
        )


def nearest(name: str, known: list[str], most: int = 3) -> list[str]:
    """The names most like `name`, best first; plural and prefix count as near."""
    wanted = name.lower()
    by_folded = {k.lower(): k for k in known}
    found = get_close_matches(wanted, by_folded, n=most, cutoff=0.6)
    if len(wanted) > 2:
        found += [k for k in by_folded if k not in found and (wanted in k or (len(k) > 2 and k in wanted))]
    return [by_folded[k] for k in found[:most]]
