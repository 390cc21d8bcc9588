"""A reply of Bedrock that is cut off is gone on with, on a real wire."""

import pytest
from bedrock_service import CODE, SONNET, Refuses, Says, Service, ask, request
from dspy import lm15

from kaiseki.lm.bedrock import BedrockEngine


def test_a_reply_cut_three_times_inside_a_fence_is_one_reply_with_the_sum_of_usage(service: Service) -> None:
    cuts = [CODE[:40], "```python\n" + CODE[40:60], CODE[50:75], CODE[75:]]
    answers = [Says(text, "max_tokens", (10, 4, 100, 0)) for text in cuts[:3]]

    response = ask(service, *answers, Says(cuts[3], tokens=(10, 4, 100, 0)))

    assert response.text == CODE
    assert response.finish_reason == "stop"
    assert (response.usage.input_tokens, response.usage.output_tokens, response.usage.cache_read_tokens) == (
        40,
        16,
        400,
    )
    last = service.bodies[-1]["messages"]
    assert [message["role"] for message in last] == ["user", "assistant", "user"]
    assert last[1]["content"][0]["text"] == CODE[:75]
    assert "only the rest" in last[2]["content"][0]["text"]


def test_a_reply_that_was_all_thought_is_asked_again_with_more_room(service: Service) -> None:
    response = ask(service, Says("", "max_tokens", thought="hm"), Says("ok"), max_tokens=1_000)

    assert response.text == "ok"
    assert [body["inferenceConfig"]["maxTokens"] for body in service.bodies] == [1_000, 2_000]
    assert len(service.bodies[1]["messages"]) == 1


def test_a_reply_without_end_is_given_up_after_six_calls_and_says_so(service: Service) -> None:
    response = ask(service, *[Says(f"part {number} of many\n", "max_tokens") for number in range(9)])

    assert response.finish_reason == "length"
    assert len(service.bodies) == 6


def test_an_error_in_a_continuation_does_not_throw_away_what_was_written(service: Service) -> None:
    service.answers = [
        Says("first half, ", "max_tokens"),
        Refuses(503, "ServiceUnavailableException"),
        Says("the rest"),
    ]
    engine = BedrockEngine(SONNET)

    with pytest.raises(lm15.ServerError):
        engine.complete(request())
    response = engine.complete(request())

    assert response.text == "first half, the rest"
    assert response.usage.output_tokens == 40
    assert len(service.bodies) == 3
