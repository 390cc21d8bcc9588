"""What is known of the models behind a Bedrock id, as AWS documented them in November 2026.

An id is `[<geography>.]anthropic.claude-<family>-<version>...`, or an ARN that ends in one. It is used as it was given:
a geography decides where data may be sent, so none is ever added or exchanged here, least of all `global.`.
"""

import re
from dataclasses import dataclass

_ID = re.compile(
    r"(?:^|/)(?:(?P<geography>us|eu|apac|jp|au|global)\.)?"
    r"anthropic\.claude-(?P<family>[a-z]+)-(?P<major>\d+)(?:-(?P<minor>\d{1,2}))?(?=$|[-:])"
)


@dataclass(frozen=True)
class Claude:
    geography: str  # empty: the id names no geography
    family: str  # "sonnet", "opus", "haiku"
    version: tuple[int, int]

    @property
    def smallest_cacheable_tokens(self) -> int:
        if self.version >= (5, 5):
            return 512
        if (self.family, self.version) in {("haiku", (4, 5)), ("opus", (4, 5)), ("opus", (4, 6))}:
            return 4_096
        return 1_024

    @property
    def takes_temperature(self) -> bool:
        """Newer models refuse a request that sets temperature or top_p."""
        return self.version <= (4, 6)


def claude(model_id: str) -> Claude | None:
    """None for another vendor's model, and for a profile whose ARN does not tell what is behind it."""
    match = _ID.search(model_id)
    if match is None:
        return None
    return Claude(match["geography"] or "", match["family"], (int(match["major"]), int(match["minor"] or 0)))
