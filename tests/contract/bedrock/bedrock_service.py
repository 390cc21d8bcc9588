"""Bedrock as far as the engine meets it: a server on this machine, and how the tests ask by way of it."""

import json
import struct
import time
import urllib.parse
from binascii import crc32
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

import dspy
from dspy import lm15

from kaiseki.lm.bedrock import BedrockEngine

SONNET = "us.anthropic.claude-sonnet-5"
CODE = "Mean by group\n\n```python\nrows = load('a')\nfact('mean', rows['価格'].mean())\nprint('done')\n```\n"


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
