"""What the Bedrock engine sends and makes of the answers, on a real wire: boto3 against a server on this machine."""

import json
import struct
import threading
import time
import urllib.parse
from binascii import crc32
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import dspy
import pytest
from dspy import lm15

from kaiseki.errors import ModelError, SettingError
from kaiseki.lm.bedrock import BedrockEngine, bedrock_client
from kaiseki.lm.language_model import LanguageModel
from kaiseki.lm.models import open_model
from kaiseki.lm.usage import usage_of

SONNET = "us.anthropic.claude-sonnet-5"
CODE = "Mean by group\n\n```python\nrows = load('a')\nfact('mean', rows['価格'].mean())\nprint('done')\n```\n"


# ── the service ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Says:
    text: str
    stop: str = "end_turn"
    tokens: tuple[int, int, int, int] = (100, 20, 0, 0)  # in, out, read from cache, written to cache
    thought: str = ""


@dataclass(frozen=True)
class Refuses:
    status: int
    kind: str
    message: str = "no"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class BreaksOff:
    """A stream that begins with `text` and ends in an exception frame, or in nothing."""

    text: str
    kind: str = ""


@dataclass(frozen=True)
class Stalls:
    seconds: float


Answer = Says | Refuses | BreaksOff | Stalls


@dataclass
class Service:
    """Answers in the given order; as new Claude models do, it refuses prefill and temperature."""

    answers: list[Answer] = field(default_factory=list)
    bodies: list[dict] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def answer(self, path: str, body: dict) -> Answer:
        self.paths.append(urllib.parse.unquote(path))
        self.bodies.append(body)
        if body["messages"][-1]["role"] == "assistant":
            return Refuses(400, "ValidationException", "This model does not support assistant message prefill.")
        if "temperature" in body["inferenceConfig"] and "sonnet-5" in path:
            return Refuses(400, "ValidationException", "`temperature` is deprecated for this model.")
        return self.answers.pop(0)


def frame(kind: str, payload: dict, message_type: str = "event") -> bytes:
    name = ":exception-type" if message_type == "exception" else ":event-type"
    headers = b""
    for key, value in ((name, kind), (":content-type", "application/json"), (":message-type", message_type)):
        headers += bytes([len(key)]) + key.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
    body = json.dumps(payload, ensure_ascii=False).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(body), len(headers))
    prelude += struct.pack(">I", crc32(prelude))
    return prelude + headers + body + struct.pack(">I", crc32(prelude + headers + body))


def usage_json(says: Says) -> dict:
    names = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheWriteInputTokens")
    return {**dict(zip(names, says.tokens, strict=True)), "totalTokens": sum(says.tokens)}


def stream_of(answer: Says | BreaksOff) -> bytes:
    frames = [frame("messageStart", {"role": "assistant"})]
    if isinstance(answer, Says) and answer.thought:
        delta = {"reasoningContent": {"text": answer.thought}}
        frames.append(frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": delta}))
        frames.append(frame("contentBlockStop", {"contentBlockIndex": 0}))
    for start in range(0, len(answer.text), 3):
        delta = {"text": answer.text[start : start + 3]}
        frames.append(frame("contentBlockDelta", {"contentBlockIndex": 1, "delta": delta}))
    if isinstance(answer, Says):
        frames.append(frame("contentBlockStop", {"contentBlockIndex": 1}))
        frames.append(frame("messageStop", {"stopReason": answer.stop}))
        frames.append(frame("metadata", {"usage": usage_json(answer), "metrics": {"latencyMs": 1}}))
    elif answer.kind:
        frames.append(frame(answer.kind, {"message": "the service lost the thread"}, "exception"))
    return b"".join(frames)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service: Service

    def log_message(self, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        match self.service.answer(self.path, body):
            case Stalls(seconds):
                time.sleep(seconds)
                self.close_connection = True
            case Refuses(status, kind, message, headers):
                self.send_json(status, {"message": message}, (("x-amzn-ErrorType", kind), *headers))
            case Says() as says if self.path.endswith("/converse"):
                content = [{"text": says.text}] if says.text else []
                message = {"role": "assistant", "content": content}
                reply = {"output": {"message": message}, "stopReason": says.stop, "usage": usage_json(says)}
                self.send_json(200, {**reply, "metrics": {"latencyMs": 1}})
            case Says() | BreaksOff() as streamed:
                self.send_chunks(stream_of(streamed))

    def send_json(self, status: int, payload: dict, headers: tuple[tuple[str, str], ...] = ()) -> None:
        body = json.dumps(payload).encode()
        self.send_response(status)
        for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def send_chunks(self, data: bytes, size: int = 7) -> None:
        """Pieces that cut frames, prelude and characters of several bytes anywhere."""
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.amazon.eventstream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for start in range(0, len(data), size):
            piece = data[start : start + size]
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    service = Service()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"service": service}))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    for name, value in {
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": f"http://127.0.0.1:{server.server_port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    yield service
    server.shutdown()
    server.server_close()


def request(system: str = "# WriteStep\n\nBe brief.", user: str = "How many?", **config: object) -> lm15.Request:
    return lm15.Request(model="m", system=system, messages=(lm15.Message.user(user),), config=lm15.Config(**config))


def ask(service: Service, *answers: Answer, model_id: str = SONNET, **config: object) -> lm15.Response:
    service.answers = list(answers)
    return BedrockEngine(model_id).complete(request(**config))


def predict(lm: dspy.LM, question: str = "How many?") -> dspy.Prediction:
    with dspy.context(lm=lm, adapter=dspy.ChatAdapter(use_json_adapter_fallback=False), track_usage=True):
        return dspy.Predict("question -> reply")(question=question)


def field_reply(text: str) -> str:
    return f"[[ ## reply ## ]]\n{text}\n\n[[ ## completed ## ]]"


# ── a plain answer ────────────────────────────────────────────────────────────────────────────────────────────────


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


def test_text_is_handed_on_while_it_is_written_and_thoughts_are_not(service: Service) -> None:
    service.answers = [Says("日本語の答え、短い。", thought="let me think")]
    pieces: list[str] = []

    response = BedrockEngine(SONNET, on_text=pieces.append).complete(request())

    assert len(pieces) > 2
    assert "".join(pieces) == response.text == "日本語の答え、短い。"


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


# ── cache points ──────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── a reply that is cut off ───────────────────────────────────────────────────────────────────────────────────────


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


# ── what goes wrong ───────────────────────────────────────────────────────────────────────────────────────────────


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
    service.answers = [Stalls(2)]
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


# ── through DSPy ──────────────────────────────────────────────────────────────────────────────────────────────────


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
