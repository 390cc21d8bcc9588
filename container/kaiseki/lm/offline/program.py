"""A reply in the making: queries, Python, answer, and the text that the parser reads."""

import re
from dataclasses import dataclass
from string import Template
from textwrap import dedent
from typing import Literal

Outcome = Literal["answered", "partial", "refused", "needs_input"]


@dataclass(frozen=True)
class Program:
    """One reply. `read_as` is what the question was understood to ask, in a sentence without placeholders."""

    purpose: str
    answer: str
    outcome: Outcome = "answered"
    queries: tuple[tuple[str, str], ...] = ()
    code: str = ""
    read_as: str = ""

    def reply(self, resend_queries: bool = True, only_answer: bool = False) -> str:
        """The text of the reply. A query that succeeded keeps its rows, so a repair of the Python leaves it out."""
        blocks = []
        if not only_answer:
            blocks += [_fenced(f"sql name={name}", sql) for name, sql in self.queries if resend_queries]
            blocks += [_fenced("python", self.code)] if self.code else []
        blocks.append(_fenced(f"answer outcome={self.outcome}", self.answer))
        return "\n\n".join((" ".join(self.purpose.split()), *blocks)) + "\n"


def fill(template: str, **values: str) -> str:
    """A template of code with its `$names` filled in; a line that is only a name goes if its value is empty."""
    lines = []
    for line in dedent(template).strip("\n").splitlines():
        alone = re.fullmatch(r"\s*\$(\w+)\s*", line)
        if not alone or values.get(alone[1], "-"):
            lines.append(line)
    return Template("\n".join(lines)).substitute(values)


def shown(name: str) -> str:
    """A name as an answer shows it: as code, and with no brace that could open a placeholder."""
    return "`" + name.replace("`", "'").replace("{", "{{").replace("}", "}}") + "`"


def unmarked(text: str) -> str:
    """A text for charts and tables, which know neither Markdown nor placeholders."""
    return text.replace("`", "").replace("{{", "{").replace("}}", "}")


def lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _fenced(info: str, text: str) -> str:
    longest = max((len(run) for run in re.findall(r"^`{3,}", text, re.MULTILINE)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{info}\n{text.strip()}\n{fence}"
