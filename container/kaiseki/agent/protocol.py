"""What the model may reply, and nothing else: a purpose, header lines and fenced blocks. Strict, to be certain.

A reply that does not keep to the form comes back as a `Failure` with the line at fault and what to write instead.
"""

import re
import traceback
import warnings

from kaiseki.agent.blocks import Block, read_blocks
from kaiseki.agent.form import FORM, refused
from kaiseki.agent.headers import HEADER, Headers, read_headers
from kaiseki.lifecycle import Outcome
from kaiseki.models import Failure, Value

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
PURPOSE_LIMIT = 300  # characters; beyond it the "purpose" is somebody thinking aloud

_OUTCOMES = "|".join(Outcome)


class QueryDraft(Value):
    """One statement to run, and the name under which its rows are loaded."""

    name: str
    sql: str


class AnswerDraft(Value):
    """The answer as written: its figures are placeholders still."""

    outcome: Outcome
    template: str


class Reply(Value):
    """One reply: a step (queries, code), a look at the schema (lookups alone), an answer, or a step and an answer."""

    purpose: str
    lookups: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    replaces: int | None = None
    queries: tuple[QueryDraft, ...] = ()
    code: str = ""
    answer: AnswerDraft | None = None


def parse_reply(text: str) -> Reply | Failure:
    """The reply, or why it is none: kind "reply" with a line of `text`, or kind "code" with a line of its Python."""
    if lone := re.search("[\ud800-\udfff]", text):
        line = len(_lines(text[: lone.start()]))
        return refused("InvalidText", line, f"line {line} holds half of a character", "send whole Unicode characters")
    lines = _lines(text)
    start = next((i for i, line in enumerate(lines) if line.strip()), None)
    if start is None:
        return refused("EmptyReply", 1, "the reply is empty", f"write:\n{FORM}")
    purpose = lines[start].strip()
    if failure := _refused_purpose(purpose, start + 1):
        return failure
    read = read_headers(lines, start + 1)
    if isinstance(read, Failure):
        return read
    headers, body = read
    blocks = read_blocks(lines, body)
    if isinstance(blocks, Failure):
        return blocks
    reply = _assembled(purpose, headers, blocks)
    if isinstance(reply, Failure):
        return reply
    return _refused_content(reply) or _refused_code(reply.code) or reply


def _lines(text: str) -> list[str]:
    # Not splitlines(): U+2028, form feeds and the like stand inside strings, and do not end a line of Python.
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _refused_purpose(purpose: str, line: int) -> Failure | None:
    if purpose.startswith(("```", "~~~")) or HEADER.match(purpose):
        message = f"line {line} should be the purpose, but a block or a header line stands there"
        return refused("MissingPurpose", line, message, f"begin with one line of plain text:\n{FORM}")
    if len(purpose) > PURPOSE_LIMIT:
        message = f"the purpose in line {line} has {len(purpose)} characters, and at most {PURPOSE_LIMIT} are allowed"
        return refused(
            "LongPurpose", line, message, f"say in one short line what the step does, and nothing else:\n{FORM}"
        )
    return None


def _assembled(purpose: str, headers: Headers, blocks: tuple[Block, ...]) -> Reply | Failure:
    queries: dict[str, QueryDraft] = {}
    code: str | None = None
    answer: AnswerDraft | None = None
    for block in blocks:
        word, _, attribute = block.info.partition(" ")
        if not block.text.strip():
            return refused(
                "EmptyBlock", block.line, f"the {word} block in line {block.line} is empty", "fill it or leave it out"
            )
        if word == "sql":
            query = _query(block, attribute.strip())
            if isinstance(query, Failure):
                return query
            if query.name in queries:
                message = f"two sql blocks are named {query.name}; the second stands in line {block.line}"
                return refused("DuplicateName", block.line, message, "give each query a name of its own")
            queries[query.name] = query
        elif block.info == "python":
            if code is not None:
                message = f"a second python block opens in line {block.line}"
                return refused("DuplicateBlock", block.line, message, "put all Python of the step into one block")
            code = block.text
        elif word == "answer":
            if answer is not None:
                message = f"a second answer block opens in line {block.line}"
                return refused("DuplicateBlock", block.line, message, "give one answer")
            draft = _answer(block, attribute.strip())
            if isinstance(draft, Failure):
                return draft
            answer = draft
        else:
            message = f"line {block.line} opens a block {block.info[:40]!r}, which there is not"
            hint = f"the blocks are: sql name=<name>, python, answer outcome={_OUTCOMES}"
            return refused("UnknownBlock", block.line, message, hint)
    return Reply(
        purpose=purpose,
        lookups=headers.lookups,
        requirements=headers.requirements,
        replaces=headers.replaces,
        queries=tuple(queries.values()),
        code=code or "",
        answer=answer,
    )


def _query(block: Block, attribute: str) -> QueryDraft | Failure:
    key, _, name = attribute.partition("=")
    if key != "name" or not name:
        message = f"the sql block in line {block.line} has no name"
        return refused("MissingName", block.line, message, "open it with ```sql name=people")
    if not NAME.fullmatch(name):
        message = f"{name[:70]!r} in line {block.line} is no name of a query"
        return refused(
            "InvalidName", block.line, message, "use a lower-case letter, then letters a-z, digits and _; at most 63"
        )
    return QueryDraft(name=name, sql=block.text)


def _answer(block: Block, attribute: str) -> AnswerDraft | Failure:
    key, _, outcome = attribute.partition("=")
    if key != "outcome" or outcome not in set(Outcome):
        message = f"the answer block in line {block.line} does not say its outcome"
        return refused(
            "InvalidOutcome", block.line, message, f"open it with ```answer outcome={_OUTCOMES}, one of these"
        )
    return AnswerDraft(outcome=Outcome(outcome), template=block.text)


def _refused_content(reply: Reply) -> Failure | None:
    step = bool(reply.queries or reply.code)
    if not step and not reply.lookups and reply.answer is None:
        return refused(
            "NothingToDo", None, "the reply has neither a step, nor lookups, nor an answer", f"write:\n{FORM}"
        )
    if not step and reply.lookups and reply.answer is not None:
        message = "the reply looks something up and answers at once, before the lookups can be seen"
        return refused("LookupsWithAnswer", None, message, "send the lookups alone, or the answer without lookups")
    if not step and reply.replaces is not None:
        message = f"the reply would replace step {reply.replaces}, but has neither queries nor Python"
        return refused("NothingToReplaceWith", None, message, "send the whole step that takes its place")
    return None


def _refused_code(code: str) -> Failure | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(code, "code", "exec", dont_inherit=True)
    except SyntaxError as error:
        return Failure(
            kind="code",
            type=type(error).__name__,
            message=error.msg,
            line=error.lineno,
            traceback="".join(traceback.format_exception_only(error)).rstrip(),
            hint="nothing was run; send the step again with all its Python",
        )
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        message = f"the Python cannot be compiled: {error}"
        return Failure(kind="code", type="SyntaxError", message=message, hint="write plainer, shorter expressions")
    return None
