"""Sessions as AgentCore's Code Interpreter has them: code, commands and files by the id of a session."""

import base64
import contextlib
import io
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from kaiseki.errors import InputError
from kaiseki.sandbox.brokered import BrokeredSandbox
from kaiseki.sandbox.code_interpreter import CodeInterpreter
from kaiseki.sandbox.limits import MIB, Limits
from kaiseki.sandbox.local import LocalSandbox
from kaiseki.sandbox.zygote_sandbox import ZygoteSandbox

LIMITS = Limits(memory=500 * MIB, processes=24, transfer=2 * MIB)


CLOCK = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
BROKER = ("-c", "from kaiseki.sandbox.broker import main; main()")


@contextlib.contextmanager
def own_zygote() -> Iterator[ZygoteSandbox]:
    with LocalSandbox(CLOCK, LIMITS, preload=()) as sandbox:
        yield sandbox


@contextlib.contextmanager
def held_by_a_broker() -> Iterator[ZygoteSandbox]:
    """As in the image, where the broker is root and this program is not."""
    ours, theirs = socket.socketpair()
    number = theirs.fileno()
    broker = subprocess.Popen([sys.executable, *BROKER, str(number)], pass_fds=(number,), env={}, cwd="/")
    theirs.close()
    with ours, BrokeredSandbox(ours.fileno(), CLOCK, LIMITS) as sandbox:
        yield sandbox
    assert broker.wait(60) == 0


@pytest.fixture(scope="module", params=[own_zygote, held_by_a_broker])
def interpreter(request: pytest.FixtureRequest) -> Iterator[CodeInterpreter]:
    with request.param() as sandbox, CodeInterpreter(sandbox, timeout=60) as interpreter:
        yield interpreter


@pytest.fixture
def session(interpreter: CodeInterpreter) -> Iterator[str]:
    name = interpreter.start()
    yield name
    interpreter.stop(name)


def stdout(result: dict[str, Any]) -> str:
    assert not result["isError"], result
    text = result["structuredContent"]["stdout"]
    assert isinstance(text, str)
    return text.strip()


def text_of(result: dict[str, Any]) -> str:
    return "\n".join(part["text"] for part in result["content"] if part["type"] == "text")


def names(result: dict[str, Any]) -> list[str]:
    assert not result["isError"], result
    return [link["name"] for link in result["content"]]


def new_marker() -> str:
    """Seconds for a `sleep` that no other process of this machine sleeps."""
    return f"300.{secrets.randbelow(10**9):09}"


def bearing(marker: str, pids: Iterable[int]) -> list[Path]:
    """The folders below /proc of those processes that bear `marker` in their command line."""
    found = []
    for folder in (Path("/proc", str(pid)) for pid in pids):
        with contextlib.suppress(OSError):
            if marker.encode() in (folder / "cmdline").read_bytes():
                found.append(folder)
    return found


def started(marker: str) -> list[Path]:
    """Of the sandbox's processes. Others, asked for their arguments, may keep one waiting for as long as they do."""
    return bearing(marker, [process.pid for process in psutil.Process().children(recursive=True)])


def is_running(marker: str) -> bool:
    """Anywhere on this machine."""
    return bool(bearing(marker, psutil.pids()))


# ── code ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_variables_stay_until_the_context_is_cleared_and_files_stay_after(
    interpreter: CodeInterpreter, session: str
) -> None:
    interpreter.execute_code(session, "x = 6; open('kept.txt', 'w').write('still here')")
    assert stdout(interpreter.execute_code(session, "x * 7")) == "42"
    cleared = interpreter.execute_code(session, "x", clear_context=True)
    assert cleared["isError"]
    assert "NameError" in cleared["structuredContent"]["stderr"]
    assert stdout(interpreter.execute_code(session, "print(open('kept.txt').read())")) == "still here"


def test_clearing_the_context_ends_what_the_code_had_started(interpreter: CodeInterpreter, session: str) -> None:
    marker = new_marker()
    interpreter.execute_code(session, f"import subprocess; subprocess.Popen(['sleep', '{marker}'])")
    assert is_running(marker)
    interpreter.execute_code(session, "1", clear_context=True)
    assert not is_running(marker)


def test_code_that_is_killed_takes_its_variables_but_not_the_session(
    interpreter: CodeInterpreter, session: str
) -> None:
    interpreter.execute_code(session, "x = 1; open('kept.txt', 'w').write('still here')")
    killed = interpreter.execute_code(session, "while True: pass", timeout=0.3)
    assert (killed["isError"], killed["outcome"]) == (True, "killed")
    assert "variables are gone" in text_of(killed)
    assert stdout(interpreter.execute_code(session, "'x' in globals(), open('kept.txt').read()")).startswith("(False")


def test_only_python_is_run(interpreter: CodeInterpreter, session: str) -> None:
    with pytest.raises(InputError, match="javascript"):
        interpreter.execute_code(session, "1", language="javascript")


# ── commands ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_command_runs_in_the_folder_as_the_sessions_user(interpreter: CodeInterpreter, session: str) -> None:
    where = stdout(interpreter.execute_code(session, "import os; print(os.getcwd(), os.getuid())"))
    result = interpreter.execute_command(session, "echo $PWD $(id -u); echo problem >&2; echo 1 > made.txt; exit 3")
    assert result["structuredContent"]["stdout"].strip() == where
    assert result["structuredContent"]["stderr"].startswith("problem\n")
    assert result["structuredContent"]["exitCode"] == 3
    assert result["isError"]
    assert stdout(interpreter.execute_code(session, "print(open('made.txt').read())")) == "1"


def test_a_command_is_confined_like_the_code(interpreter: CodeInterpreter, session: str) -> None:
    marker = new_marker()  # read from outside: inside, a session without a user of its own sees nothing below /proc
    command = threading.Thread(target=interpreter.execute_command, args=(session, f"sleep {marker}"))
    command.start()
    while not (found := started(f"sleep\0{marker}")) and command.is_alive():
        time.sleep(0.01)
    status = dict(line.split(":\t") for line in (found[0] / "status").read_text().splitlines())
    os.kill(int(found[0].name), signal.SIGKILL)
    assert (status["CapEff"], status["NoNewPrivs"], status["Seccomp"]) == ("0000000000000000", "1", "2")
    command.join()
    attack = "python -c 'import socket; socket.socket()' 2>&1 | tail -1"
    assert "Permission" in stdout(interpreter.execute_command(session, attack))


def test_a_command_that_takes_too_long_is_ended_with_all_below_it_and_the_variables_stay(
    interpreter: CodeInterpreter, session: str
) -> None:
    marker = new_marker()
    interpreter.execute_code(session, "x = 5")
    result = interpreter.execute_command(session, f"(setsid sleep {marker} & ) ; sleep {marker}", timeout=0.5)
    assert result["outcome"] == "killed"
    assert not is_running(marker)
    assert stdout(interpreter.execute_code(session, "x")) == "5"


def test_what_a_command_leaves_in_the_background_ends_with_it(interpreter: CodeInterpreter, session: str) -> None:
    marker = new_marker()
    assert stdout(interpreter.execute_command(session, f"setsid sleep {marker} & echo done")) == "done"
    assert not is_running(marker)


def test_a_command_that_kills_the_process_that_watches_it_leaves_nothing_behind(
    interpreter: CodeInterpreter, session: str
) -> None:
    marker = new_marker()
    result = interpreter.execute_command(session, f"setsid sleep {marker} & kill -9 $PPID; sleep {marker}")
    assert result["outcome"] == "killed"
    assert not is_running(marker)
    assert stdout(interpreter.execute_code(session, "1")) == "1"


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_files_are_written_read_listed_and_removed(interpreter: CodeInterpreter, session: str) -> None:
    picture = bytes(range(256))
    written = [{"path": "data/in.csv", "text": "a\n解析\n"}, {"path": "data/x.bin", "blob": picture}]
    assert not interpreter.write_files(session, written)["isError"]
    assert stdout(interpreter.execute_code(session, "print(open('data/in.csv').read())")) == "a\n解析"
    text, blob = (
        part["resource"] for part in interpreter.read_files(session, ["data/in.csv", "data/x.bin"])["content"]
    )
    assert (text["type"], text["mimeType"], text["text"]) == ("text", "text/csv", "a\n解析\n")
    assert (blob["type"], base64.b64decode(blob["blob"])) == ("blob", picture)
    assert names(interpreter.list_files(session, "data")) == ["in.csv", "x.bin"]
    assert names(interpreter.list_files(session)) == ["data", "outbox"]
    assert not interpreter.remove_files(session, ["data"])["isError"]
    assert names(interpreter.list_files(session)) == ["outbox"]


@pytest.mark.parametrize("path", ["../out.txt", "/etc/passwd", "a/../../b", "", ".", "a\0b", "x" * 5_000])
def test_paths_that_do_not_lie_in_the_folder_are_refused(interpreter: CodeInterpreter, session: str, path: str) -> None:
    assert interpreter.read_files(session, [path])["isError"]
    assert interpreter.write_files(session, [{"path": path, "text": "x"}])["isError"]
    assert interpreter.remove_files(session, [path])["isError"]
    if path not in ("", "."):
        assert interpreter.list_files(session, path)["isError"]


def test_links_lead_nowhere(interpreter: CodeInterpreter, session: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary.txt"
    canary.write_text("a secret of the host", encoding="utf-8")
    code = f"import os; os.symlink({str(canary)!r}, 'file'); os.symlink({str(tmp_path)!r}, 'folder')"
    assert not interpreter.execute_code(session, code)["isError"]
    for path in ("file", "folder/canary.txt"):
        result = interpreter.read_files(session, [path])
        assert result["isError"]
        assert "secret" not in str(result)
    assert interpreter.list_files(session, "folder")["isError"]
    assert interpreter.write_files(session, [{"path": "folder/new.txt", "text": "x"}])["isError"]
    assert interpreter.remove_files(session, ["folder/canary.txt"])["isError"]
    assert not interpreter.write_files(session, [{"path": "file", "text": "replaced"}])["isError"]
    assert not interpreter.remove_files(session, ["folder"])["isError"]
    assert [path.name for path in tmp_path.iterdir()] == ["canary.txt"]
    assert canary.read_text(encoding="utf-8") == "a secret of the host"


def test_a_fifo_is_not_waited_for_and_makes_way_for_a_file(interpreter: CodeInterpreter, session: str) -> None:
    interpreter.execute_code(session, "import os; os.mkfifo('pipe')")
    assert "no regular file" in text_of(interpreter.read_files(session, ["pipe"]))
    assert not interpreter.write_files(session, [{"path": "pipe", "text": "x"}])["isError"]
    assert stdout(interpreter.execute_code(session, "print(open('pipe').read())")) == "x"


def test_files_that_are_too_large_are_refused_in_both_directions(interpreter: CodeInterpreter, session: str) -> None:
    interpreter.execute_code(session, "open('huge', 'wb').truncate(900_000_000)")
    assert "too large" in text_of(interpreter.read_files(session, ["huge"]))
    with pytest.raises(InputError, match="cannot be written"):
        interpreter.write_files(session, [{"path": "x", "text": "x" * 3 * MIB}])
    assert "1" in stdout(interpreter.execute_code(session, "1"))


def test_what_belongs_to_the_session_stays(interpreter: CodeInterpreter, session: str) -> None:
    assert "stays" in text_of(interpreter.remove_files(session, ["outbox"]))
    assert interpreter.read_files(session, ["missing.txt"])["isError"]


# ── sessions ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_sessions_are_apart(interpreter: CodeInterpreter, session: str) -> None:
    other = interpreter.start()
    assert {session, other} <= {each.id for each in interpreter.list()}
    interpreter.execute_code(session, "x = 1; open('mine.txt', 'w').write('x')")
    assert "NameError" in interpreter.execute_code(other, "x")["structuredContent"]["stderr"]
    assert names(interpreter.list_files(other)) == ["outbox"]
    interpreter.stop(other)
    assert other not in {each.id for each in interpreter.list()}
    with pytest.raises(InputError, match="stopped"):
        interpreter.execute_code(other, "1")
    assert stdout(interpreter.execute_code(session, "x")) == "1"


def test_a_session_ends_with_its_time_to_live_and_says_so(interpreter: CodeInterpreter) -> None:
    short = interpreter.start(ttl_seconds=3)
    folder = Path(stdout(interpreter.execute_code(short, "import os; print(os.getcwd())")))
    killed = interpreter.execute_code(short, "import time; time.sleep(600)")  # no call outlives its session
    assert killed["outcome"] == "killed"
    until = time.monotonic() + 60
    while folder.exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not folder.exists()
    with pytest.raises(InputError, match="time to live"):
        interpreter.execute_code(short, "1")


@pytest.mark.parametrize("call", ["code", "command"])
def test_stopping_a_session_ends_the_call_that_is_under_way_at_once(interpreter: CodeInterpreter, call: str) -> None:
    name, marker = interpreter.start(), new_marker()
    work = {
        "code": lambda: interpreter.execute_code(name, f"import subprocess; subprocess.run(['sleep', '{marker}'])"),
        "command": lambda: interpreter.execute_command(name, f"sleep {marker}"),
    }[call]
    with ThreadPoolExecutor() as pool:
        under_way = pool.submit(work)
        while not started(marker) and not under_way.done():
            time.sleep(0.01)
        interpreter.stop(name)
        ended = under_way.result(60)
    assert ended["isError"]
    assert "The session has ended: it was stopped." in text_of(ended)
    assert not is_running(marker)
    with pytest.raises(InputError, match="it was stopped"):
        interpreter.execute_code(name, "1")


def test_a_call_that_waits_for_another_is_told_that_the_session_was_stopped(interpreter: CodeInterpreter) -> None:
    name, marker = interpreter.start(), new_marker()
    code = f"import subprocess; subprocess.run(['sleep', '{marker}'])"
    with ThreadPoolExecutor() as pool:
        calls = [pool.submit(interpreter.execute_code, name, code) for _ in range(2)]
        while not started(marker) and not any(call.done() for call in calls):
            time.sleep(0.01)
        interpreter.stop(name)
        errors = [call.exception(60) for call in calls]
    assert sorted(type(error).__name__ for error in errors) == ["InputError", "NoneType"]


def test_sessions_work_at_the_same_time(interpreter: CodeInterpreter, session: str) -> None:
    other = interpreter.start()
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(interpreter.execute_code, other, "import time; time.sleep(600)")
        assert stdout(interpreter.execute_code(session, "6 * 7", timeout=60)) == "42"
        assert not waiting.done()
        interpreter.stop(other)


@pytest.mark.parametrize("ttl", [0, -1, 28_801, float("nan")])
def test_a_life_that_is_too_long_or_none_is_refused(interpreter: CodeInterpreter, ttl: float) -> None:
    with pytest.raises(InputError):
        interpreter.start(ttl)


def test_an_id_that_was_never_given_is_unknown(interpreter: CodeInterpreter) -> None:
    with pytest.raises(InputError, match="no session"):
        interpreter.stop("nonsense")


# ── displays ──────────────────────────────────────────────────────────────────────────────────────────────────────


def images(result: dict[str, Any]) -> list[bytes]:
    assert not result["isError"], result
    return [base64.b64decode(part["data"]) for part in result["content"] if part["type"] == "image"]


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nplt.plot([3])\nplt.show()", 2),
        ("import matplotlib.pyplot as plt\nfigure, _ = plt.subplots()\nfigure", 1),
        ("from matplotlib.figure import Figure\nfigure = Figure()\ndisplay(figure, figure)", 2),
        ("import altair as alt\nalt.Chart(pd.DataFrame({'x': [1]})).mark_bar().encode(x='x:Q')", 1),
        ("6 * 7", 0),
    ],
)
def test_figures_and_charts_come_back_as_png(interpreter: CodeInterpreter, session: str, code: str, count: int) -> None:
    from matplotlib.image import imread

    found = images(interpreter.execute_code(session, code))
    heights = [imread(io.BytesIO(image), format="png").shape[0] for image in found]
    assert len(heights) == count
    assert all(height > 5 for height in heights)


def test_a_table_comes_back_as_markdown_with_a_limit_on_its_rows(interpreter: CodeInterpreter, session: str) -> None:
    result = interpreter.execute_code(session, "pd.DataFrame({'city': ['a|b'] * 900})")
    (table,) = (part["resource"] for part in result["content"] if part["type"] == "resource")
    lines = table["text"].splitlines()
    assert table["mimeType"] == "text/markdown"
    assert lines[:3] == ["|  | city |", "| --- | --- |", "| 0 | a\\|b |"]
    assert lines[-1].startswith("50 of 900 rows")


def test_displays_are_bounded(interpreter: CodeInterpreter, session: str) -> None:
    result = interpreter.execute_code(session, "for _ in range(300): display(pd.Series([1]))")
    assert len(result["content"]) < 30
    assert "too much to display" in result["structuredContent"]["stderr"]
