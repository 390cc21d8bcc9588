"""The words of Bedrock's Converse API: a request as it is sent, and an answer as it comes back, whole or in pieces."""

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from dspy import lm15

from kaiseki.lm.bedrock_models import claude
from kaiseki.lm.prompt_text import estimated_tokens, message_text, system_text

if TYPE_CHECKING:
    from types_boto3_bedrock_runtime.type_defs import ConverseResponseTypeDef, ConverseStreamResponseTypeDef

_CACHE_POINT = {"cachePoint": {"type": "default"}}
_CARRIED = {"max_tokens", "temperature", "top_p", "stop", "cache"}


@dataclass(frozen=True)
class Turn:
    """One answer of the service: its text without what the model thought, why it stopped, and what it cost."""

    text: str
    stop_reason: str
    usage: lm15.Usage


# ── sending ───────────────────────────────────────────────────────────────────────────────────────────────────────


def converse_arguments(request: lm15.Request, model_id: str, max_tokens: int) -> dict[str, Any]:
    """Keyword arguments of `converse` and `converse_stream`. Raises UnsupportedFeatureError for what has no place.

    A cache point stands after the system prompt and after the first user message, which holds all that stays the same
    from call to call, if what comes before it is long enough for the model to keep.
    """
    _refuse_what_has_no_place(request)
    system = system_text(request)
    messages: list[dict[str, Any]] = []
    for message in request.messages:
        text = message_text(message)
        if text.strip():  # the service refuses blank text
            _append(messages, "assistant" if message.role == "assistant" else "user", text)
    arguments: dict[str, Any] = {"modelId": model_id, "messages": messages}
    if system.strip():
        arguments["system"] = [{"text": system}]
    if request.config.cache is None or request.config.cache.mode != "off":
        _place_cache_points(arguments, model_id)
    arguments["inferenceConfig"] = {"maxTokens": max_tokens, **_sampling(request.config, model_id)}
    return arguments


def _refuse_what_has_no_place(request: lm15.Request) -> None:
    asked = [field.name for field in fields(request.config) if getattr(request.config, field.name) not in (None, ())]
    foreign = sorted(set(asked) - _CARRIED) + (["tools"] if request.tools else [])
    if foreign:
        raise lm15.UnsupportedFeatureError(f"the Bedrock engine does not send {', '.join(foreign)}", feature=foreign[0])


def _append(messages: list[dict[str, Any]], role: str, text: str) -> None:
    """Adds a message; two of one role in a row become one, since the service wants the roles to alternate."""
    if messages and messages[-1]["role"] == role:
        messages[-1]["content"].append({"text": text})
    else:
        messages.append({"role": role, "content": [{"text": text}]})


def _place_cache_points(arguments: dict[str, Any], model_id: str) -> None:
    model = claude(model_id)
    if model is None:
        return
    first_user = next((m["content"] for m in arguments["messages"] if m["role"] == "user"), None)
    tokens = 0
    for content in (arguments.get("system"), first_user):
        if content:
            tokens += sum(estimated_tokens(block["text"]) for block in content)
            if tokens >= model.smallest_cacheable_tokens:
                content.append(_CACHE_POINT)


def _sampling(config: lm15.Config, model_id: str) -> dict[str, Any]:
    model = claude(model_id)
    sampling: dict[str, Any] = {"stopSequences": list(config.stop)} if config.stop else {}
    if model is None or model.takes_temperature:
        if config.temperature is not None:
            sampling["temperature"] = config.temperature
        if config.top_p is not None:
            sampling["topP"] = config.top_p
    return sampling


def adaptations(config: lm15.Config, model_id: str) -> tuple[lm15.Adaptation, ...]:
    """What was asked for and not sent, since the model would refuse it."""
    sent = _sampling(config, model_id)
    asked = {"temperature": ("temperature", config.temperature), "topP": ("top_p", config.top_p)}
    return tuple(
        lm15.Adaptation(f"config.{name}", "dropped", f"{model_id} takes no {name}", asked=value)
        for key, (name, value) in asked.items()
        if value is not None and key not in sent
    )


# ── receiving ─────────────────────────────────────────────────────────────────────────────────────────────────────


def read_whole(response: "ConverseResponseTypeDef") -> Turn:
    blocks = response["output"].get("message", {}).get("content", ())
    text = "".join(block.get("text", "") for block in blocks)
    return Turn(text, response["stopReason"], _usage(response.get("usage")))


def read_stream(response: "ConverseStreamResponseTypeDef") -> Turn:
    """Reads to the end. Raises TransportError if the end is missing."""
    pieces: list[str] = []
    stop_reason = ""
    usage: Mapping[str, Any] | None = None
    with closing(response["stream"]) as stream:
        events: Iterable[Mapping[str, Any]] = stream
        for event in events:
            if piece := event.get("contentBlockDelta", {}).get("delta", {}).get("text"):
                pieces.append(piece)
            stop_reason = event.get("messageStop", {}).get("stopReason", stop_reason)
            usage = event.get("metadata", {}).get("usage", usage)
    if not stop_reason:
        raise lm15.TransportError("the model's stream broke off before its end")
    return Turn("".join(pieces), stop_reason, _usage(usage))


def _usage(counts: Mapping[str, Any] | None) -> lm15.Usage:
    """The service's input count leaves cached tokens out; the total here includes them."""
    counts = counts or {}
    tokens = {
        "input_tokens": counts.get("inputTokens", 0),
        "output_tokens": counts.get("outputTokens", 0),
        "cache_read_tokens": counts.get("cacheReadInputTokens", 0),
        "cache_write_tokens": counts.get("cacheWriteInputTokens", 0),
    }
    return lm15.Usage(**tokens, total_tokens=sum(tokens.values()))


def added(one: lm15.Usage, other: lm15.Usage) -> lm15.Usage:
    names = ("input_tokens", "output_tokens", "total_tokens", "cache_read_tokens", "cache_write_tokens")
    return lm15.Usage(**{name: (getattr(one, name) or 0) + (getattr(other, name) or 0) for name in names})
