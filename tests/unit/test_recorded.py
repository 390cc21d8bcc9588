"""Recording a model's replies, and replaying them without the model."""

import json
from pathlib import Path

import pytest
from dspy import lm15

from kaiseki.errors import InputError, ModelError
from kaiseki.lm.recorded import RecordedEngine, Recorder


class Counting:
    """A model that says how often it was asked, and what."""

    def __init__(self) -> None:
        self.calls = 0

    def complete(self, request: lm15.Request) -> lm15.Response:
        self.calls += 1
        text = f"reply {self.calls} to {request.messages[-1].text} ```日本```"
        usage = lm15.Usage(input_tokens=10, output_tokens=5, cache_read_tokens=3, cache_write_tokens=1)
        return lm15.Response(
            id="x", model="served", message=lm15.Message.assistant(text), finish_reason="stop", usage=usage
        )


def request(user: str, signature: str = "WriteStep", system: str = "Be brief.") -> lm15.Request:
    messages = (lm15.Message.user(user),)
    return lm15.Request(model="bedrock/m", system=f"# {signature}\n\n{system}", messages=messages)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Two replies to WriteStep with one to Review between them."""
    path = tmp_path / "run.jsonl"
    recorder = Recorder(Counting(), path)
    for question, signature in (("a", "WriteStep"), ("b", "Review"), ("c", "WriteStep")):
        recorder.complete(request(question, signature))
    return path


def entries(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_recording_holds_replies_digests_and_usage_but_no_prompt(recording: Path) -> None:
    written = entries(recording)

    assert [(entry["signature"], entry["order"]) for entry in written] == [
        ("WriteStep", 1),
        ("Review", 1),
        ("WriteStep", 2),
    ]
    assert written[0]["reply"] == "reply 1 to a ```日本```"
    assert written[0]["model"] == "bedrock/m"
    assert written[0]["usage"] == {
        "input_tokens": 10,
        "output_tokens": 5,
        "cache_read_tokens": 3,
        "cache_write_tokens": 1,
    }
    assert len(written[0]["prompt_sha256"]) == 64
    assert "Be brief" not in recording.read_text(encoding="utf-8")
    assert set(written[0]) == {
        "signature", "order", "prompt_sha256", "model", "reply", "usage", "finish_reason", "note",
    }  # fmt: skip


def test_replies_come_back_by_signature_and_order_whatever_the_order_of_the_signatures(recording: Path) -> None:
    engine = RecordedEngine(recording)

    replies = [
        engine.complete(request(question, signature))
        for question, signature in (("a", "WriteStep"), ("c", "WriteStep"), ("b", "Review"))
    ]

    assert [reply.text for reply in replies] == [
        f"reply {n} to {q} ```日本```" for n, q in ((1, "a"), (3, "c"), (2, "b"))
    ]
    assert replies[0].usage.total_tokens == 19
    assert replies[0].finish_reason == "stop"
    assert engine.drifted == []
    assert engine.model == "bedrock/m"


@pytest.mark.parametrize(
    "changed",
    [request("another question"), request("a", system="Be long."), request("a\n")],
    ids=["message", "system", "end of line"],
)
def test_a_changed_prompt_is_answered_and_reported(recording: Path, changed: lm15.Request) -> None:
    engine = RecordedEngine(recording)

    reply = engine.complete(changed)

    assert reply.text == "reply 1 to a ```日本```"
    assert engine.drifted == ["the prompt of WriteStep no. 1 is not the one that was recorded"]


def test_a_changed_prompt_is_an_error_if_strict(recording: Path) -> None:
    engine = RecordedEngine(recording, strict=True)
    engine.complete(request("a"))

    with pytest.raises(ModelError, match=r"WriteStep no\. 2 .*run\.jsonl") as raised:
        engine.complete(request("not c"))

    assert raised.value.code == "model.drift"


def test_a_reply_without_a_digest_is_not_good_enough_if_strict(tmp_path: Path) -> None:
    path = tmp_path / "hand.jsonl"
    path.write_text(GOOD, encoding="utf-8")

    with pytest.raises(ModelError, match="no digest was recorded"):
        RecordedEngine(path, strict=True).complete(request("a"))


def test_the_same_text_in_another_role_is_another_prompt(recording: Path) -> None:
    engine = RecordedEngine(recording)
    message = lm15.Message

    engine.complete(lm15.Request(model="m", system="# WriteStep\n\nBe brief.", messages=(message.developer("a"),)))

    assert len(engine.drifted) == 1


def test_asking_beyond_the_end_names_what_was_asked_and_what_there_is(recording: Path) -> None:
    engine = RecordedEngine(recording)
    engine.complete(request("b", "Review"))

    with pytest.raises(ModelError, match=r"no reply no\. 2 to Review; it holds 2 of WriteStep, 1 of Review"):
        engine.complete(request("b", "Review"))
    with pytest.raises(ModelError, match=r"no reply no\. 1 to a prompt without a name"):
        engine.complete(lm15.Request(model="m", messages=(lm15.Message.user("hi"),)))


def test_a_replay_can_be_recorded_anew_which_renews_its_digests(recording: Path, tmp_path: Path) -> None:
    renewed = tmp_path / "renewed.jsonl"
    Recorder(RecordedEngine(recording), renewed).complete(request("a", system="A better prompt."))

    assert entries(renewed)[0]["reply"] == entries(recording)[0]["reply"]
    RecordedEngine(renewed, strict=True).complete(request("a", system="A better prompt."))


def test_a_second_recorder_goes_on_where_the_first_stopped(recording: Path) -> None:
    Recorder(Counting(), recording).complete(request("d"))

    assert [entry["order"] for entry in entries(recording) if entry["signature"] == "WriteStep"] == [1, 2, 3]


def test_a_call_that_fails_is_not_recorded(tmp_path: Path) -> None:
    class Failing:
        def complete(self, request: lm15.Request) -> lm15.Response:
            raise lm15.RateLimitError("slow down")

    path = tmp_path / "run.jsonl"
    with pytest.raises(lm15.RateLimitError):
        Recorder(Failing(), path).complete(request("a"))

    assert path.read_text() == ""


def test_replies_written_by_hand_need_neither_usage_nor_digest_and_may_hold_blank_lines_between(tmp_path: Path) -> None:
    path = tmp_path / "hand.jsonl"
    entry = {
        "signature": "WriteStep",
        "order": 1,
        "model": "bedrock/m",
        "reply": "four letters" * 10,
        "note": "by hand",
    }
    path.write_text(f"\n{json.dumps(entry)}\n\n", encoding="utf-8")

    engine = RecordedEngine(path)
    usage = engine.complete(request("質問" * 20)).usage

    assert engine.drifted == []
    assert usage.output_tokens == 30
    assert usage.input_tokens is not None
    assert 40 < usage.input_tokens < 60


GOOD = '{"signature": "WriteStep", "order": 1, "model": "m", "reply": "r"}'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f"{GOOD}\n{{broken", r"run\.jsonl is broken in line 2: Invalid JSON"),
        (f"{GOOD}\n{GOOD}", "line 2: WriteStep no. 1 is there twice"),
        ('{"signature": "WriteStep", "order": 1, "model": "m"}', "line 1: reply: Field required"),
        (GOOD.replace('"order": 1', '"order": 0'), "line 1: order: "),
        (GOOD.replace('"reply"', '"rely": 1, "reply"'), "line 1: rely: "),
        ("\n\n", "is empty"),
    ],
)
def test_a_broken_recording_is_named_with_its_line(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(InputError, match=message):
        RecordedEngine(path)


def test_a_recording_that_is_missing_or_not_text_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.jsonl cannot be read: No such file"):
        RecordedEngine(tmp_path / "none.jsonl")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not UTF-8"):
        RecordedEngine(tmp_path / "binary")


def test_a_place_that_cannot_be_written_is_known_before_the_model_is_asked(tmp_path: Path) -> None:
    model = Counting()

    with pytest.raises(InputError, match="cannot be written"):
        Recorder(model, tmp_path / "no such folder" / "run.jsonl")

    assert model.calls == 0
