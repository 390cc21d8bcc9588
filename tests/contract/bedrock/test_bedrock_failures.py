"""What goes wrong between the engine and Bedrock, on a real wire, and what DSPy and a run make of it."""

import dspy
import pytest
from bedrock_service import (
    SONNET,
    Answer,
    BreaksOff,
    Refuses,
    Says,
    Service,
    Stalls,
    ask,
    field_reply,
    predict,
    request,
)
from dspy import lm15

from kaiseki.errors import ModelError, SettingError
from kaiseki.lm.bedrock import BedrockEngine, bedrock_client
from kaiseki.lm.language_model import LanguageModel
from kaiseki.lm.models import open_model
from kaiseki.lm.usage import usage_of


@pytest.mark.parametrize(
    ("refusal", "kind", "says"),
    [
        (Refuses(403, "AccessDeniedException", "not authorized"), lm15.AuthError, "bedrock:InvokeModel"),
        (Refuses(403, "UnrecognizedClientException", "bad token"), lm15.AuthError, "AWS_PROFILE"),
        (
            Refuses(400, "ValidationException", "Input is too long for requested model."),
            lm15.ContextLengthError,
            "long",
        ),
        (
            Refuses(400, "ValidationException", "prompt is too long: 210000 tokens > 200000"),
            lm15.ContextLengthError,
            "210000",
        ),
        (
            Refuses(400, "ValidationException", "Invocation with on-demand throughput isn't supported. Use a profile"),
            lm15.UnsupportedModelError,
            SONNET,
        ),
        (Refuses(404, "ResourceNotFoundException", "marked as Legacy"), lm15.UnsupportedModelError, "Legacy"),
        (Refuses(400, "ValidationException", "maximum tokens exceeds the limit"), lm15.InvalidRequestError, "limit"),
        (Refuses(408, "ModelTimeoutException", "try later"), lm15.TimeoutError, "try later"),
        (Refuses(424, "ModelErrorException", "try later"), lm15.ServerError, "try later"),
        (Refuses(500, "InternalServerException", "try later"), lm15.ServerError, "try later"),
        (BreaksOff("half a re", "throttlingException"), lm15.RateLimitError, "lost the thread"),
        (BreaksOff("half a re", "modelStreamErrorException"), lm15.ServerError, "lost the thread"),
        (BreaksOff("half a re"), lm15.TransportError, "broke off"),
        (Says("I will not say.", "refusal"), lm15.InvalidRequestError, "I will not say"),
        (Says("blocked", "guardrail_intervened"), lm15.InvalidRequestError, "guardrail_intervened"),
        (Says("", "content_filtered"), lm15.InvalidRequestError, "content_filtered"),
        (Says("so far", "model_context_window_exceeded"), lm15.ContextLengthError, "no room"),
        (Says("", "end_turn"), lm15.ServerError, "empty"),
    ],
)
def test_each_failure_has_its_kind(service: Service, refusal: Answer, kind: type[Exception], says: str) -> None:
    with pytest.raises(lm15.LM15Error, match=says) as raised:
        ask(service, refusal)

    assert type(raised.value) is kind
    assert len(service.bodies) == 1  # boto3 tries nothing again of its own


def test_a_service_that_does_not_answer_is_a_timeout(service: Service) -> None:
    service.answers = [Stalls(100)]
    engine = BedrockEngine(SONNET, client=bedrock_client(read_timeout=0.2))

    with pytest.raises(lm15.TimeoutError, match="in time"):
        engine.complete(request())


def test_a_service_that_cannot_be_reached_is_a_failed_connection(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://127.0.0.1:1")

    with pytest.raises(lm15.TransportError, match="connection"):
        ask(service)


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        (("AWS_REGION", "AWS_DEFAULT_REGION"), "needs a region"),
        (("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "no AWS credentials"),
    ],
)
def test_a_missing_region_or_key_is_told_before_anything_is_asked(
    service: Service, monkeypatch: pytest.MonkeyPatch, missing: tuple[str, ...], message: str
) -> None:
    for name in missing:
        monkeypatch.delenv(name)

    with pytest.raises(SettingError, match=message) as raised:
        open_model(f"bedrock/{SONNET}")

    assert "AWS_" in raised.value.hint


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_either_variable_that_aws_uses_names_the_region(
    service: Service, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    monkeypatch.setenv(variable, "ap-northeast-1")

    assert bedrock_client().meta.region_name == "ap-northeast-1"
    assert bedrock_client("eu-west-1").meta.region_name == "eu-west-1"


def test_an_api_key_of_bedrock_takes_the_place_of_credentials(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "test")

    with pytest.raises(lm15.ConfigurationError, match="Bearer authorization requires an HTTPS endpoint"):
        ask(service, Says("ok"))  # such a key is sent over TLS alone, and this server has none


def test_dspy_waits_out_throttling_and_the_failed_tries_cost_nothing(service: Service) -> None:
    throttled = Refuses(429, "ThrottlingException", "Too many requests", (("Retry-After", "0.05"),))
    service.answers = [throttled, throttled, Says(field_reply("42"), tokens=(1_000, 500, 2_000, 400))]
    opened = open_model(f"bedrock/{SONNET}", retries=2)

    prediction = predict(opened.lm)

    assert prediction.reply == "42"
    assert len(service.bodies) == 3
    usage = opened.usage_of(prediction)
    assert (usage.calls, usage.input_tokens, usage.output_tokens) == (1, 1_000, 500)
    assert (usage.cache_read_tokens, usage.cache_write_tokens, usage.simulated) == (2_000, 400, False)
    assert usage.usd == pytest.approx(1.1 * (1_700 * 2 + 500 * 10) / 1e6)


def test_throttling_that_does_not_end_is_an_error_of_ours_with_a_way_out(service: Service) -> None:
    service.answers = [Refuses(429, "ThrottlingException", "Too many requests", (("Retry-After", "0.01"),))] * 2
    opened = open_model(f"bedrock/{SONNET}", retries=1)

    with pytest.raises(ModelError, match=r"^Too many requests$") as raised:
        predict(opened.lm)

    assert raised.value.code == "model.throttled"
    assert raised.value.hint


def test_refused_access_is_not_tried_again_and_says_what_to_allow(service: Service) -> None:
    service.answers = [Refuses(403, "AccessDeniedException", "not authorized")]

    with pytest.raises(ModelError) as raised:
        predict(open_model(f"bedrock/{SONNET}").lm)

    assert raised.value.code == "model.access"
    assert SONNET in raised.value.hint
    assert len(service.bodies) == 1


def test_usage_of_several_calls_is_summed(service: Service) -> None:
    service.answers = [Says(field_reply("1")), Says(field_reply("2"), tokens=(1, 2, 3, 4))]
    lm = LanguageModel(f"bedrock/{SONNET}", engine=BedrockEngine(SONNET), cache=False)

    class Twice(dspy.Module):
        def forward(self) -> dspy.Prediction:
            step = dspy.Predict("question -> reply")
            step(question="first")
            return step(question="second")

    with dspy.context(lm=lm, adapter=dspy.ChatAdapter(), track_usage=True):
        prediction = Twice()()
    assert usage_of(prediction).tokens == 130
