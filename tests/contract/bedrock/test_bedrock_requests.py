"""What the Bedrock engine sends and hands on, on a real wire: boto3 against a server on this machine."""

from itertools import pairwise

import pytest
from bedrock_service import CODE, SONNET, Says, Service, ask, request
from dspy import lm15

from kaiseki.lm.bedrock import BedrockEngine


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_an_answer_arrives_with_its_usage_and_the_request_is_what_converse_wants(
    service: Service, stream: bool
) -> None:
    service.answers = [Says(CODE, tokens=(7, 5, 3, 2))]

    response = BedrockEngine(SONNET, stream=stream, max_tokens=900).complete(request(stop=("END",)))

    assert response.text == CODE
    assert response.finish_reason == "stop"
    usage = response.usage
    assert (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens) == (7, 5, 3, 2)
    assert usage.total_tokens == 17
    assert service.paths == [f"/model/{SONNET}/converse{'-stream' if stream else ''}"]
    assert service.bodies == [
        {
            "system": [{"text": "# WriteStep\n\nBe brief."}],
            "messages": [{"role": "user", "content": [{"text": "How many?"}]}],
            "inferenceConfig": {"maxTokens": 900, "stopSequences": ["END"]},
        }
    ]


def test_a_reply_is_the_text_in_its_pieces_without_the_thoughts(service: Service) -> None:
    assert ask(service, Says("日本語の答え、短い。", thought="let me think")).text == "日本語の答え、短い。"


def test_messages_of_one_role_in_a_row_become_one_and_blank_ones_are_left_out(service: Service) -> None:
    service.answers = [Says("ok")]
    message = lm15.Message
    messages = (message.user("a"), message.developer("b"), message.assistant(" \n"), message.user("c"))

    BedrockEngine(SONNET).complete(lm15.Request(model="m", messages=messages))

    assert service.bodies[0]["messages"] == [{"role": "user", "content": [{"text": "a"}, {"text": "b"}, {"text": "c"}]}]
    assert "system" not in service.bodies[0]


def test_temperature_goes_only_to_models_that_take_it_and_its_loss_is_on_record(service: Service) -> None:
    dropped = ask(service, Says("ok"), temperature=0.3)
    ask(service, Says("ok"), model_id="eu.anthropic.claude-sonnet-4-6", temperature=0.3)

    assert [body["inferenceConfig"].get("temperature") for body in service.bodies] == [None, 0.3]
    assert [(a.field, a.action, a.asked) for a in dropped.adaptations] == [("config.temperature", "dropped", 0.3)]


def test_what_cannot_be_sent_is_refused_before_anything_is(service: Service) -> None:
    with pytest.raises(lm15.UnsupportedFeatureError, match="seed"):
        ask(service, Says("ok"), seed=1)

    assert service.bodies == []


def cached_after(body: dict) -> list[str]:
    """The first letters of each text that a cache point follows."""
    blocks = [*body.get("system", []), *(block for message in body["messages"] for block in message["content"])]
    return [before["text"][:6] for before, after in pairwise(blocks) if "cachePoint" in after]


def test_cache_points_follow_the_system_prompt_and_the_briefing(service: Service) -> None:
    service.answers = [Says("ok"), Says("ok")]
    message = lm15.Message
    turns = (message.user("briefing " * 600), message.assistant("step"), message.user("observed " * 600))
    engine = BedrockEngine(SONNET)

    engine.complete(lm15.Request(model="m", system="system " * 800, messages=turns))
    engine.complete(lm15.Request(model="m", system="short", messages=turns))

    assert [cached_after(body) for body in service.bodies] == [["system", "briefi"], ["briefi"]]


@pytest.mark.parametrize(
    ("model_id", "tokens", "cached"),
    [
        (SONNET, 1_000, False),
        (SONNET, 1_050, True),
        ("anthropic.claude-haiku-5-5", 520, True),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", 4_000, False),
        ("us.anthropic.claude-opus-4-6", 4_100, True),
        ("us.amazon.nova-pro-v1:0", 9_000, False),
    ],
)
def test_no_cache_point_stands_below_what_the_model_keeps(
    service: Service, model_id: str, tokens: int, cached: bool
) -> None:
    service.answers = [Says("ok")]

    BedrockEngine(model_id).complete(request(system="abcd" * tokens, user="?"))

    assert ({"cachePoint": {"type": "default"}} in service.bodies[0]["system"]) == cached
