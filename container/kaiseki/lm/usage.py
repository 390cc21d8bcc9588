"""Tokens and dollars of model calls, read from what DSPy counted.

DSPy keeps, per model name, dictionaries like `{"prompt_tokens", "completion_tokens", "total_tokens",
"prompt_tokens_details": {"cached_tokens", "cache_creation_tokens"}}`. Vendors disagree on whether the prompt's count
includes its cached tokens (Bedrock: no, OpenAI: yes); the total always does, so the rest is found from there.
"""

from typing import TYPE_CHECKING, Any

from kaiseki.lm.pricing import dollars
from kaiseki.models import Usage

if TYPE_CHECKING:
    import dspy


def usage_of(prediction: "dspy.Prediction") -> Usage:
    """What one prediction cost. DSPy must have tracked it: `dspy.context(track_usage=True)`, else this is empty.

    A prediction bears one sum per model, so it counts as one call per model, however many its module made.
    """
    totals: dict[str, dict[str, Any]] = prediction.get_lm_usage() or {}
    return sum((_usage(name, total) for name, total in totals.items()), Usage())


def _usage(model: str, entry: dict[str, Any]) -> Usage:
    details = entry.get("prompt_tokens_details") or {}
    read = details.get("cached_tokens") or 0
    written = details.get("cache_creation_tokens") or 0
    output = entry.get("completion_tokens") or 0
    total = entry.get("total_tokens")
    uncached = entry.get("prompt_tokens") or 0 if total is None else total - output - read - written
    counted = Usage(
        calls=1,
        input_tokens=max(uncached, 0),
        output_tokens=output,
        cache_read_tokens=read,
        cache_write_tokens=written,
    )
    return counted.model_copy(update={"usd": dollars(model, counted)})
