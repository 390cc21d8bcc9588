"""What a user meets: the program in the image, with the offline model and the sample data."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

PROMPT = (
    "'interaction'テーブルから機械学習モデルを作成してください。'purchase'列をターゲット変数として使用してください。"
)
RENDER = """
import io
import altair as alt
import vl_convert as vlc
from matplotlib.figure import Figure
from kaiseki_kit.fonts import teach_matplotlib, teach_vega

def drawn_by_matplotlib(text):
    figure = Figure(figsize=(2, 1))
    figure.text(0.1, 0.5, text, family="IPAexGothic")
    out = io.BytesIO()
    figure.savefig(out, format="raw")
    return out.getvalue()

def drawn_by_vega(text):
    spec = alt.Chart(alt.Data(values=[{"x": 1}])).mark_text(text=text, font="IPAexGothic").to_json()
    return vlc.vegalite_to_png(spec)

teach_matplotlib()
teach_vega()
chart("labels", alt.Chart(alt.Data(values=[{"x": "解析"}])).mark_bar().encode(x="x:N"), "解析")
# Two characters without a glyph look alike.
print([draw("解") != draw("析") for draw in (drawn_by_matplotlib, drawn_by_vega)])
"""


@pytest.fixture
def results(engine) -> Iterator[str]:
    """The option that mounts a volume for results, which outlives a container."""
    name = f"kaiseki-test-{uuid4().hex[:8]}"
    yield f"--volume={name}:/workspace/results"
    subprocess.run([engine.command, "volume", "rm", "--force", name], capture_output=True, timeout=300)


@pytest.mark.timeout(1000)
@pytest.mark.parametrize("capabilities", ["three", "default"])
def test_a_prompt_is_answered_and_its_bundle_replays(engine, results: str, capabilities: str) -> None:
    given = [results, f"--volume={engine.repository / 'input'}:/workspace/input:ro"]

    asked = engine.run("ask", PROMPT, "--json", options=given, capabilities=capabilities)

    assert asked.returncode == 0, asked.stderr
    run = json.loads(asked.stdout)
    assert (run["status"], run["outcome"]) == ("SUCCEEDED", "answered")
    replayed = engine.run("replay", run["id"], options=[results], capabilities=capabilities)
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert "facts are the same: replayed" in replayed.stdout


@pytest.mark.parametrize("capabilities", ["three", "default"])
def test_the_sandbox_is_found_safe_and_gives_sessions_users_of_their_own(engine, capabilities: str) -> None:
    examined = engine.run("sandbox", "doctor", "--json", capabilities=capabilities)

    assert examined.returncode == 0, examined.stdout + examined.stderr
    diagnosis = json.loads(examined.stdout)
    assert diagnosis["safe"] is True
    assert "active" in [layer["state"] for layer in diagnosis["layers"] if layer["name"] == "user of its own"]


def test_the_result_of_generated_code_passes_the_broker(engine) -> None:
    ran = engine.run("sandbox", "run", "-", "--json", text="print('解析' * 100_000)\nraise ValueError('no')")

    assert ran.returncode == 1, ran.stderr
    result = json.loads(ran.stdout)
    assert result["isError"] is True
    assert "ValueError: no" in json.dumps(result)
    assert "解析解析" in ran.stdout


def test_japanese_labels_are_drawn(engine) -> None:
    ran = engine.run("sandbox", "run", "-", text=RENDER)

    assert ran.stdout == "[True, True]\n", ran.stderr
    assert "missing from font" not in ran.stderr


def test_a_request_to_stop_reaches_the_program(engine, tmp_path: Path) -> None:
    container = engine.start("print('started', flush=True)\nimport time\ntime.sleep(900)", tmp_path)
    container_is_up = container.execute("/opt/venv/bin/python", "-c", WAIT_FOR_SESSION).returncode == 0

    container.signal("TERM")

    assert container_is_up
    assert container.wait() == 130
    assert "interrupted" in container.output()


# Until a process runs under a user that no account has.
WAIT_FOR_SESSION = """
import os, time
from pathlib import Path
until = time.monotonic() + 200
while not any(p.name.isdecimal() and p.exists() and p.stat().st_uid > 10001 for p in Path('/proc').iterdir()):
    assert time.monotonic() < until
    time.sleep(0.1)
"""


def test_an_ordinary_user_may_start_it_too(engine) -> None:
    ran = engine.run(
        "sandbox", "run", "-", text="import os; print(os.getuid())", options=["--user=10001"], capabilities="none"
    )

    assert (ran.returncode, ran.stdout) == (0, "10001\n"), ran.stderr


def test_root_without_its_three_capabilities_is_refused(engine) -> None:
    ran = engine.run("--version", capabilities="none")

    assert ran.returncode == 2
    assert "without the capabilities SETUID, SETGID and KILL" in ran.stderr


def test_what_the_program_says_at_its_end_is_the_exit_code(engine) -> None:
    assert engine.run("--version").returncode == 0
    assert engine.run("ask", "").returncode == 2
