"""How a name has to be written in Redshift SQL."""

import re

from kaiseki.reserved_words import RESERVED_WORDS

_PLAIN = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)


def quoted(name: str) -> str:
    """`name` as SQL must write it: in double quotes unless it is plain lower case and no reserved word."""
    if _PLAIN.fullmatch(name) and name not in RESERVED_WORDS:
        return name
    return '"' + name.replace('"', '""') + '"'
