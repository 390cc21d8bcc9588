"""What tokens cost on Amazon Bedrock, on demand, in US dollars.

From the price list as read in November 2026: Claude Sonnet 4.x 3 / 15 dollars per million tokens in / out, Sonnet 5 and
5.5 2 / 10, Haiku 5.5 0.1 / 0.5; most profiles of a geography (`us.`, `eu.`, `jp.` ...) 10 % more, `global.` not.
Cached tokens are taken to cost a tenth to read and 1.25 times to write (five minutes), as the vendor has long charged;
that ratio was not checked against the list. The dollars of a run are an estimate, the bill is AWS's.
"""

from kaiseki.lm.bedrock_models import Claude, claude
from kaiseki.models import Usage

_MILLION = 1_000_000
_GEOGRAPHY_FACTOR = 1.1
_CACHE_READ_FACTOR = 0.1
_CACHE_WRITE_FACTOR = 1.25


def dollars(model_id: str, usage: Usage) -> float | None:
    """The price of `usage`; None where the model's price is not known, which must not be shown as nothing.

    `model_id` may bear the prefix `bedrock/`. The offline model is no service: 0.
    """
    if model_id == "offline":
        return 0.0
    model = claude(model_id)
    rates = _rates(model) if model is not None else None
    if model is None or rates is None:
        return None
    input_rate, output_rate = rates
    input_tokens = (
        usage.input_tokens
        + usage.cache_read_tokens * _CACHE_READ_FACTOR
        + usage.cache_write_tokens * _CACHE_WRITE_FACTOR
    )
    factor = _GEOGRAPHY_FACTOR if model.geography not in ("", "global") else 1.0
    return factor * (input_tokens * input_rate + usage.output_tokens * output_rate) / _MILLION


def _rates(model: Claude) -> tuple[float, float] | None:
    """Dollars per million tokens, in and out."""
    match model.family, model.version:
        case "sonnet", (4, _):
            return 3.0, 15.0
        case "sonnet", (5, 0 | 5):
            return 2.0, 10.0
        case "haiku", (5, 5):
            return 0.1, 0.5
    return None
