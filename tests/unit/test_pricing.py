"""What tokens cost."""

import pytest

from kaiseki.lm.bedrock_models import claude
from kaiseki.lm.pricing import dollars
from kaiseki.models import Usage

MILLION = 1_000_000


@pytest.mark.parametrize(
    ("model_id", "input_price", "output_price"),
    [
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", 3, 15),
        ("anthropic.claude-sonnet-4-6", 3, 15),
        ("anthropic.claude-sonnet-5", 2, 10),
        ("anthropic.claude-sonnet-5-5", 2, 10),
        ("bedrock/anthropic.claude-haiku-5-5", 0.1, 0.5),
        ("global.anthropic.claude-sonnet-5", 2, 10),
        ("us.anthropic.claude-sonnet-5", 2.2, 11),
        ("bedrock/jp.anthropic.claude-sonnet-4-6", 3.3, 16.5),
        ("arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu.anthropic.claude-sonnet-5", 2.2, 11),
    ],
)
def test_a_million_tokens_in_and_out(model_id: str, input_price: float, output_price: float) -> None:
    assert dollars(model_id, Usage(input_tokens=MILLION)) == pytest.approx(input_price)
    assert dollars(model_id, Usage(output_tokens=MILLION)) == pytest.approx(output_price)


def test_cached_tokens_are_cheap_to_read_and_a_little_dearer_to_write() -> None:
    assert dollars("anthropic.claude-sonnet-5", Usage(cache_read_tokens=MILLION)) == pytest.approx(0.2)
    assert dollars("anthropic.claude-sonnet-5", Usage(cache_write_tokens=MILLION)) == pytest.approx(2.5)


@pytest.mark.parametrize(
    "model_id",
    [
        "anthropic.claude-opus-5",
        "us.amazon.nova-pro-v1:0",
        "openai/gpt-5",
        "anthropic.claude-sonnet-6",
        "arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/abc123",
    ],
)
def test_an_unknown_price_is_unknown_and_not_nothing(model_id: str) -> None:
    assert dollars(model_id, Usage(input_tokens=1)) is None


def test_the_offline_model_costs_nothing() -> None:
    assert dollars("offline", Usage(input_tokens=MILLION)) == 0


def test_a_date_in_an_id_is_not_taken_for_a_version() -> None:
    model = claude("us.anthropic.claude-sonnet-4-20250514-v1:0")

    assert model is not None
    assert (model.geography, model.family, model.version) == ("us", "sonnet", (4, 0))
