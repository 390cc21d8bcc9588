"""Recorded model traffic: writing down what a model replied, and playing it back without the model.

A recording is a file of JSON lines, one reply each. A reply is found again by what was asked for (the signature) and
its place among the replies to that, not by the prompt, so that a change of the prompt does not void it; the prompt's
digest tells that there was one. Prompts themselves are not written down.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Protocol

from dspy import lm15
from pydantic import Field, ValidationError

from kaiseki.errors import InputError, ModelError
from kaiseki.lm.prompt_text import estimated_tokens, message_text, prompt_sha256, signature_of, system_text
from kaiseki.models import Value


class Tokens(Value):
    """As the service counted them; cached input tokens are apart from `input_tokens`."""

    input_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)
    cache_read_tokens: int = Field(default=0, ge=0)
    cache_write_tokens: int = Field(default=0, ge=0)


class RecordedReply(Value):
    """One line of a recording. One written by hand may lack `usage`, which is then estimated, and the digest."""

    signature: str
    order: int = Field(ge=1)  # among the replies to this signature
    prompt_sha256: str = ""  # empty: not known, so there is nothing to drift from
    model: str = Field(min_length=1)
    reply: str
    usage: Tokens | None = None
    finish_reason: str = Field(default="stop", pattern="^(stop|length|content_filter|error)$")
    note: str = ""


class Engine(Protocol):
    def complete(self, request: lm15.Request) -> lm15.Response: ...


class RecordedEngine:
    """Replays the file at `path`. Raises InputError where it cannot be read.

    A prompt whose digest is not the recorded one is told of in `drifted`; with `strict` it is a ModelError, as is a
    call beyond the recording's end.
    """

    def __init__(self, path: Path, strict: bool = False) -> None:
        self.drifted: list[str] = []
        self._path = path
        self._strict = strict
        self._replies = read_recording(path)
        self._asked: Counter[str] = Counter()

    @property
    def model(self) -> str:
        """The model whose replies these are: the first one's, should there be several."""
        return next(iter(self._replies.values())).model

    def complete(self, request: lm15.Request) -> lm15.Response:
        signature = signature_of(request)
        order = self._asked[signature] + 1
        recorded = self._replies.get((signature, order))
        if recorded is None:
            raise self._exhausted(signature, order)
        self._compare(recorded, request)
        self._asked[signature] = order
        return lm15.Response(
            id=None,
            model=recorded.model,
            message=lm15.Message.assistant(recorded.reply),
            finish_reason=recorded.finish_reason,
            usage=_lm15_usage(recorded.usage or _estimate(request, recorded.reply)),
        )

    def _compare(self, recorded: RecordedReply, request: lm15.Request) -> None:
        if recorded.prompt_sha256 == prompt_sha256(request):
            return
        prompt = f"the prompt of {_named(recorded.signature)} no. {recorded.order}"
        drift = f"{prompt} is not the one that was recorded"
        if not recorded.prompt_sha256:
            if not self._strict:
                return
            drift = f"{prompt} cannot be compared: no digest was recorded"
        if self._strict:
            raise ModelError(
                f"{drift} in {self._path}", hint="record the run again, or replay without --strict", code="model.drift"
            )
        self.drifted.append(drift)

    def _exhausted(self, signature: str, order: int) -> ModelError:
        held = Counter(name for name, _ in self._replies)
        listed = ", ".join(f"{count} of {_named(name)}" for name, count in held.items())
        return ModelError(
            f"the recording {self._path} has no reply no. {order} to {_named(signature)}; it holds {listed}",
            hint="the run took another course than the recorded one: record it again",
            code="model.recording_exhausted",
        )


class Recorder:
    """Hands each request to `engine` and appends its reply to the file at `path`. Failed calls are not recorded."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine = engine
        self._path = path
        self._order: Counter[str] = Counter()
        if path.exists() and path.stat().st_size:
            self._order.update(signature for signature, _ in read_recording(path))
        self._append("")  # an unwritable place is known before the first reply is paid for

    def complete(self, request: lm15.Request) -> lm15.Response:
        response = self._engine.complete(request)
        signature = signature_of(request)
        self._order[signature] += 1
        entry = RecordedReply(
            signature=signature,
            order=self._order[signature],
            prompt_sha256=prompt_sha256(request),
            model=request.model,
            reply=response.text or "",
            usage=_tokens(response.usage),
            finish_reason=response.finish_reason,
        )
        self._append(json.dumps(entry.model_dump(mode="json"), ensure_ascii=False) + "\n")
        return response

    def _append(self, line: str) -> None:
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(line)
        except OSError as error:
            raise InputError(
                f"the recording {self._path} cannot be written: {error.strerror}",
                hint="name a file that can be written",
            ) from error


def read_recording(path: Path) -> dict[tuple[str, int], RecordedReply]:
    """Signature and order -> reply. Raises InputError naming the file, and the line that is broken."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise InputError(
            f"the recording {path} cannot be read: {error.strerror}", hint="check the file's name"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(f"the recording {path} is not UTF-8 text", hint="name a file of JSON lines") from error
    replies: dict[tuple[str, int], RecordedReply] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        reply = _parsed(line, path, number)
        if (reply.signature, reply.order) in replies:
            raise _broken(path, number, f"{_named(reply.signature)} no. {reply.order} is there twice")
        replies[reply.signature, reply.order] = reply
    if not replies:
        raise InputError(f"the recording {path} is empty", hint="name a file that a run was recorded into")
    return replies


def _parsed(line: str, path: Path, number: int) -> RecordedReply:
    try:
        return RecordedReply.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _broken(path, number, f"{where}: {first['msg']}" if where else first["msg"]) from error


def _broken(path: Path, number: int, what: str) -> InputError:
    return InputError(f"the recording {path} is broken in line {number}: {what}", hint="mend the line or record again")


def _named(signature: str) -> str:
    return signature or "a prompt without a name"


def _tokens(usage: lm15.Usage) -> Tokens:
    return Tokens(**{name: getattr(usage, name) or 0 for name in Tokens.model_fields})


def _lm15_usage(tokens: Tokens) -> lm15.Usage:
    counts = tokens.model_dump()
    return lm15.Usage(**counts, total_tokens=sum(counts.values()))


def _estimate(request: lm15.Request, reply: str) -> Tokens:
    read = [system_text(request), *(message_text(message) for message in request.messages)]
    return Tokens(input_tokens=sum(map(estimated_tokens, read)), output_tokens=estimated_tokens(reply))
