"""In which language a question is asked, as far as the program's own words need to know."""

import re
from typing import Literal

Language = Literal["en", "ja"]
_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f]")


def language_of(text: str) -> Language:
    return "ja" if _JAPANESE.search(text) else "en"
