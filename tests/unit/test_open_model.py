"""From the text of a setting to a model that answers."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import dspy
import pytest

from kaiseki.errors import InputError, ModelError, SettingError
from kaiseki.lm.models import open_model


def recording(path: Path, *replies: str) -> Path:
    usage = {"input_tokens": 1_000_000, "output_tokens": 1_000_000}
    lines = [
        {
            "signature": "",
            "order": n,
            "prompt_sha256": "0" * 64,
            "model": "bedrock/anthropic.claude-sonnet-5",
            "reply": reply,
            "usage": usage,
        }
        for n, reply in enumerate(replies, start=1)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def field_reply(text: str) -> str:
    return f"[[ ## reply ## ]]\n{text}\n\n[[ ## completed ## ]]"


def predict(lm: dspy.LM, question: str = "How many?") -> dspy.Prediction:
    with dspy.context(lm=lm, adapter=dspy.ChatAdapter(use_json_adapter_fallback=False), track_usage=True):
        return dspy.Predict("question -> reply")(question=question)


@pytest.mark.parametrize(
    ("spec", "hint"),
    [
        ("", "forms are offline, bedrock/<model id>, recorded:<file>, <provider>/<model>"),
        ("ofline", "did you mean offline?"),
        ("Offline", "did you mean offline?"),
        ("bedrock", "did you mean bedrock/<model id>?"),
        ("bedrock/", "did you mean bedrock/<model id>?"),
        ("bedrock:us.anthropic.claude-sonnet-5", "did you mean bedrock/<model id>?"),
        ("recorded:", "did you mean recorded:<file>?"),
        ("recorded/run.jsonl", "did you mean recorded:<file>?"),
        ("gpt", "for example bedrock/us.anthropic.claude-sonnet-5"),
        ("/x", "forms are"),
    ],
)
def test_a_model_of_no_known_form_is_refused_with_the_nearest_form(spec: str, hint: str) -> None:
    with pytest.raises(SettingError, match=f"^the model '{spec}' is not of a known form$") as raised:
        open_model(spec)

    assert hint in raised.value.hint
    assert "\n" not in raised.value.hint


@pytest.mark.parametrize(
    ("spec", "meant"), [("openai/gpt-5", ""), ("bedrok/claude", " (did you mean bedrock/<model id>?)")]
)
def test_other_providers_need_the_extra_and_the_message_says_which(spec: str, meant: str) -> None:
    assert importlib.util.find_spec("litellm") is None

    with pytest.raises(SettingError) as raised:
        open_model(spec)

    assert raised.value.message == f"the model '{spec}'{meant} needs LiteLLM"
    assert raised.value.hint == "pip install 'kaiseki[litellm]'"


def test_a_recorded_model_answers_with_simulated_usage_at_the_recorded_models_price(tmp_path: Path) -> None:
    path = recording(tmp_path / "run.jsonl", field_reply("42"))

    opened = open_model(f"recorded:{path}")
    prediction = predict(opened.lm)

    assert prediction.reply == "42"
    assert opened.name == f"recorded:{path}"
    usage = opened.usage_of(prediction)
    assert (usage.calls, usage.tokens, usage.usd, usage.simulated) == (1, 2_000_000, pytest.approx(12.0), True)


def test_drift_is_listed_once_it_has_happened(tmp_path: Path) -> None:
    opened = open_model(f"recorded:{recording(tmp_path / 'run.jsonl', field_reply('42'))}")
    assert list(opened.drift()) == []

    predict(opened.lm)

    assert len(opened.drift()) == 1


def test_strict_makes_drift_an_error_of_ours_even_through_dspy(tmp_path: Path) -> None:
    opened = open_model(f"recorded:{recording(tmp_path / 'run.jsonl', field_reply('42'))}", strict=True)

    with pytest.raises(ModelError) as raised:
        predict(opened.lm)

    assert raised.value.code == "model.drift"


def test_a_recording_that_ends_too_early_is_an_error_of_ours_even_through_dspy(tmp_path: Path) -> None:
    opened = open_model(f"recorded:{recording(tmp_path / 'run.jsonl', field_reply('42'))}")
    predict(opened.lm)

    with pytest.raises(ModelError, match=r"no reply no\. 2") as raised:
        predict(opened.lm)

    assert raised.value.code == "model.recording_exhausted"


def test_the_same_question_twice_is_asked_twice(tmp_path: Path) -> None:
    opened = open_model(f"recorded:{recording(tmp_path / 'run.jsonl', field_reply('1'), field_reply('2'))}")

    assert [predict(opened.lm).reply for _ in range(2)] == ["1", "2"]


def test_what_is_recorded_replays_strictly(tmp_path: Path) -> None:
    source = recording(tmp_path / "source.jsonl", field_reply("1"), field_reply("2"))
    copy = tmp_path / "copy.jsonl"
    recorded = open_model(f"recorded:{source}", record=copy)
    replies = [predict(recorded.lm, question).reply for question in ("a", "b")]

    replayed = open_model(f"recorded:{copy}", strict=True)

    assert [predict(replayed.lm, question).reply for question in ("a", "b")] == replies
    assert replayed.drift() == ()
    assert replayed.lm.model == "bedrock/anthropic.claude-sonnet-5"


def test_a_recording_is_not_written_over(tmp_path: Path) -> None:
    path = recording(tmp_path / "run.jsonl", field_reply("1"))
    before = path.read_bytes()

    with pytest.raises(SettingError, match="already holds"):
        open_model(f"recorded:{path}", record=path)

    assert path.read_bytes() == before


def test_a_recording_that_is_missing_is_known_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.jsonl"):
        open_model(f"recorded:{tmp_path / 'none.jsonl'}")


def test_the_offline_model_is_there_without_settings_and_costs_nothing() -> None:
    opened = open_model("offline")

    assert opened.name == opened.lm.model == "offline"
    assert opened.simulated
    assert opened.drift() == ()


def test_nothing_is_written_to_the_home_folder(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    path = recording(tmp_path / "run.jsonl", field_reply("42"))
    program = f"""
import dspy
from kaiseki.lm.models import open_model
lm = open_model("recorded:{path}").lm
with dspy.context(lm=lm, adapter=dspy.ChatAdapter()):
    print(dspy.Predict("question -> reply")(question="?").reply)
"""

    done = subprocess.run(
        [sys.executable, "-c", program], env={"HOME": str(home)}, cwd=home, capture_output=True, text=True, check=False
    )

    assert done.stdout == "42\n", done.stderr
    assert list(home.rglob("*")) == []


def test_importing_the_module_pays_for_neither_dspy_nor_boto3() -> None:
    program = "import sys, kaiseki.lm.models, kaiseki.lm.pricing; print(sorted({'dspy', 'boto3'} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
