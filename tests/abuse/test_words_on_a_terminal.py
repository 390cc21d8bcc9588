"""Text that code or data made, on the terminal of whoever runs Kaiseki: it is shown, and commands nothing."""

import io
from collections.abc import Callable
from typing import Any

import pytest

from kaiseki.cli import run_command
from kaiseki.models import Event
from kaiseki.terminal import disarmed, follow

TRICKS = {
    "clipboard": "\x1b]52;c;cm0gLXJm\x07",
    "title": "\x1b]0;another title\x07",
    "clear": "\x1b[2J\x1b[H",
    "answer-typed-in-return": "\x1b[6n\x1bP$q\x1b\\",
    "in-one-byte": "\x9b2J",
    "over-what-stands-there": "refused\rgranted",
    "backspaces": "refused\b\b\b\b\b\b\bgranted",
    "another-direction": "\u202edetnarg",
}


@pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS.keys())
def test_a_line_of_progress_commands_no_terminal(capsys: pytest.CaptureFixture[str], trick: str) -> None:
    with follow() as tell:
        tell(Event(kind="failed", message=f"before {trick} after", step=1))
    said = capsys.readouterr().err.rstrip("\n")
    assert said.endswith(" after")
    assert all(character.isprintable() for character in said)


def test_what_is_no_command_stays_as_it_is() -> None:
    text = "表\t1,234\r\n— naïve ✓ 👩\u200d🔬\n"
    assert disarmed(text) == text


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("terminal", "obeyed"), [(Terminal, False), (io.StringIO, True)])
def test_output_of_code_is_disarmed_on_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, terminal: Callable[[], io.StringIO], obeyed: bool
) -> None:
    file = tmp_path / "code.py"
    file.write_text(
        "import sys\nprint('a\\x1b[2Jb')\nprint('c\\x1b[2Jd', file=sys.stderr)\nraise ValueError('\\x1b[2J')"
    )
    out, err = terminal(), terminal()
    with monkeypatch.context() as patched:
        patched.setattr("sys.stdout", out)
        patched.setattr("sys.stderr", err)
        assert run_command(["sandbox", "run", str(file)]) == 1
    assert ("\x1b" in out.getvalue()) == obeyed
    assert (err.getvalue().count("\x1b") >= 2) == obeyed
    assert "\x1b" not in out.getvalue() + err.getvalue() or obeyed
