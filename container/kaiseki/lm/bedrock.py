"""Models on Amazon Bedrock, spoken to by Converse, as an engine that DSPy drives."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from dspy import lm15

from kaiseki.aws_region import REGION_VARIABLES
from kaiseki.errors import SettingError
from kaiseki.lm.bedrock_errors import CREDENTIALS_HINT, as_lm15_errors
from kaiseki.lm.continuation import CONTINUE, joined
from kaiseki.lm.converse import Turn, adaptations, added, converse_arguments, read_stream, read_whole
from kaiseki.lm.prompt_text import prompt_sha256

if TYPE_CHECKING:
    from types_boto3_bedrock_runtime import BedrockRuntimeClient

READ_TIMEOUT_SECONDS = 900.0  # the longest that the service works on one answer
DEFAULT_MAX_TOKENS = 16_000
LARGEST_MAX_TOKENS = 64_000  # what the smallest of the current models can write at once
MOST_CALLS = 6  # for one reply: the first, and its continuations
_FINISH_REASONS = {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length"}
_NOTHING = lm15.Usage()
_DECLINED = {"guardrail_intervened", "content_filtered", "refusal"}


@dataclass(frozen=True)
class _Draft:
    """A reply as far as it has come; calls that only thought or were cut have been paid for and count."""

    max_tokens: int
    text: str = ""
    stop_reason: str = ""
    calls: int = 0
    lost_in_thought: bool = False  # the most room there is was not enough for a word of text
    usage: lm15.Usage = _NOTHING

    def followed_by(self, turn: Turn) -> "_Draft":
        only_thought = turn.stop_reason == "max_tokens" and not turn.text.strip()
        room = max(self.max_tokens, min(2 * self.max_tokens, LARGEST_MAX_TOKENS))
        return replace(
            self,
            max_tokens=room if only_thought else self.max_tokens,
            lost_in_thought=only_thought and room == self.max_tokens,
            text=joined(self.text, turn.text),
            stop_reason=turn.stop_reason,
            calls=self.calls + 1,
            usage=added(self.usage, turn.usage),
        )

    @property
    def unfinished(self) -> bool:
        cut = self.stop_reason == "max_tokens" and not self.lost_in_thought
        return self.calls == 0 or (cut and self.calls < MOST_CALLS)


class BedrockEngine:
    """One model of Amazon Bedrock. One call of DSPy is one reply, however many calls of the service it takes.

    The id is sent as it stands: its geography (`us.`, `eu.`, `jp.` ...) decides where data may go. Nothing is tried
    again here, since DSPy does that by the kind of error; what a reply had come to before an error is taken up again.
    """

    def __init__(
        self,
        model_id: str,
        *,
        region: str | None = None,
        max_tokens: int = DEFAULT_MAX_TOKENS,
        client: "BedrockRuntimeClient | None" = None,
        stream: bool = True,
    ) -> None:
        self._model_id = model_id
        self._max_tokens = max_tokens
        self._client = client or bedrock_client(region)
        self._stream = stream
        self._interrupted: dict[str, _Draft] = {}

    def complete(self, request: lm15.Request) -> lm15.Response:
        """The finished reply. Raises errors of lm15; `finish_reason` is "length" if it has no end after MOST_CALLS."""
        key = prompt_sha256(request)
        draft = self._interrupted.pop(key, None) or _Draft(request.config.max_tokens or self._max_tokens)
        try:
            while draft.unfinished:
                draft = draft.followed_by(self._ask(request, draft))
        except lm15.LM15Error:
            if draft.calls:
                self._interrupted[key] = draft
            raise
        self._require_a_reply(draft)
        return lm15.Response(
            id=None,
            model=self._model_id,
            message=lm15.Message.assistant(draft.text),
            finish_reason=_FINISH_REASONS.get(draft.stop_reason, "error"),
            usage=draft.usage,
            provider_data={"stop_reason": draft.stop_reason, "calls": draft.calls},
            adaptations=adaptations(request.config, self._model_id),
        )

    def _ask(self, request: lm15.Request, draft: _Draft) -> Turn:
        if draft.text.strip():
            written = (lm15.Message.assistant(draft.text), lm15.Message.user(CONTINUE))
            request = replace(request, messages=(*request.messages, *written))
        arguments = converse_arguments(request, self._model_id, draft.max_tokens)
        with as_lm15_errors(self._model_id):
            if self._stream:
                return read_stream(self._client.converse_stream(**arguments))
            return read_whole(self._client.converse(**arguments))

    def _require_a_reply(self, draft: _Draft) -> None:
        known = {"provider": "bedrock", "provider_code": draft.stop_reason}
        if draft.stop_reason in _DECLINED:
            said = f": {' '.join(draft.text.split())[:300]}" if draft.text.strip() else ""
            raise lm15.InvalidRequestError(f"the model declined to answer ({draft.stop_reason}){said}", **known)
        if draft.stop_reason == "model_context_window_exceeded":
            raise lm15.ContextLengthError("the conversation left no room in the model's context for a reply", **known)
        if draft.stop_reason == "max_tokens" and not draft.text.strip():
            thought = f"{draft.usage.output_tokens:,} tokens of thought in {draft.calls} calls"
            raise lm15.InvalidRequestError(f"the model wrote no reply: {thought} used up its room", **known)
        if draft.stop_reason == "malformed_model_output" or not draft.text.strip():
            raise lm15.ServerError(f"the model wrote an empty or broken reply ({draft.stop_reason})", **known)


def bedrock_client(region: str | None = None, read_timeout: float = READ_TIMEOUT_SECONDS) -> "BedrockRuntimeClient":
    """A client by AWS's own rules for region and credentials. Raises SettingError where either is missing."""
    try:
        core = botocore.session.Session(session_vars=REGION_VARIABLES)
        session = boto3.Session(botocore_session=core, region_name=region)
        if session.region_name is None:
            raise SettingError("Amazon Bedrock needs a region", hint="set AWS_REGION, for example AWS_REGION=us-east-1")
        if session.get_credentials() is None and not _has_token(core):
            raise SettingError("there are no AWS credentials for Amazon Bedrock", hint=CREDENTIALS_HINT)
        timing = Config(connect_timeout=10, read_timeout=read_timeout, retries={"total_max_attempts": 1})
        return session.client("bedrock-runtime", config=timing)
    except BotoCoreError as error:
        raise SettingError(f"AWS is not set up for Amazon Bedrock: {error}", hint=CREDENTIALS_HINT) from error


def _has_token(core: botocore.session.Session) -> bool:
    """Whether there is an API key of Bedrock's own, which takes the place of credentials."""
    return core.get_auth_token(signing_name="bedrock") is not None  # type: ignore[call-arg]  # newer than the stubs
