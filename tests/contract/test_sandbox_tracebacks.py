"""An error of generated code is told as plain Python would tell it: its lines, and none of the program's."""

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import pytest

from kaiseki.models import Failure
from kaiseki.sandbox.local import LocalSandbox
from kaiseki.sandbox.session import Session


@pytest.fixture(scope="module")
def sandbox() -> Iterator[LocalSandbox]:
    with LocalSandbox(clock=datetime(2026, 11, 21, tzinfo=UTC), preload=()) as sandbox:
        yield sandbox


@pytest.fixture
def session(sandbox: LocalSandbox, tmp_path: Path) -> Iterator[Session]:
    with sandbox.open(tmp_path) as session:
        yield session


def failure(session: Session, code: str, step: int = 1) -> Failure:
    execution = session.execute(dedent(code).lstrip("\n"), step, 60)
    assert execution.failure is not None
    assert execution.failure.kind == "code"
    return execution.failure


PLAIN = {
    "an error": (2, "x = [1]\nx[3]\n"),
    "an error in a function": (2, "def f(a):\n    return a / 0\n\nprint(f(1))\n"),
    "a chain of errors": (
        4,
        "try:\n    {}['key']\nexcept KeyError as error:\n    raise ValueError('no key') from error\n",
    ),
    "an error while one is handled": (4, "try:\n    1 / 0\nexcept ZeroDivisionError:\n    undefined\n"),
    "a suppressed context": (4, "try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise RuntimeError('x') from None\n"),
    "a group": (1, "raise ExceptionGroup('two', [ValueError('a'), TypeError('b')])\n"),
    "notes": (3, "e = ValueError('x')\ne.add_note('look here')\nraise e\n"),
    "recursion": (2, "def f(n):\n    return f(n + 1)\nf(0)\n"),
    "an own class": (3, "class Odd(Exception):\n    pass\nraise Odd('text', 1)\n"),
    "a syntax error": (2, "x = 1\ny = = 2\n"),
    "an indentation error": (2, "if True:\nx = 1\n"),
    "a syntax error in a string": (1, "eval('1 +')\n"),
    "several lines": (1, "print(\n    'a' +\n    1\n)\n"),
    "an import": (1, "import a_module_that_is_not_there\n"),
    "an error in the standard library": (2, "import json\njson.loads('{')\n"),
    "Japanese": (1, "raise ValueError('列がありません')\n"),
    "no message": (1, "raise ValueError\n"),
    "an assertion": (1, "assert 1 == 2, 'unequal'\n"),
}


@pytest.mark.parametrize("name", PLAIN)
def test_a_traceback_is_the_one_of_plain_python(session: Session, tmp_path: Path, name: str) -> None:
    line, code = PLAIN[name]
    (tmp_path / "step-01.py").write_text(code, encoding="utf-8")
    environment = {"PYTHONIOENCODING": "utf-8"}
    plain = subprocess.run(
        [sys.executable, "step-01.py"], cwd=tmp_path, capture_output=True, env=environment, check=False
    )
    expected = plain.stderr.decode().replace(f"{tmp_path}/", "")
    for library in sorted(sys.path, key=len, reverse=True):
        expected = expected.replace(f"{library}/", "") if library else expected
    told = failure(session, code)
    if name == "recursion":  # how deep it goes depends on where it begins
        assert told.traceback.count("[Previous line repeated") == expected.count("[Previous line repeated") == 1
        told = told.model_copy(update={"traceback": told.traceback.splitlines()[-1]})
        expected = expected.splitlines()[-1]
    assert told.traceback.strip() == expected.strip()
    assert told.line == line or name in ("several lines", "a syntax error in a string")


def test_type_and_message_are_those_of_the_error(session: Session) -> None:
    told = failure(session, "import pandas as pd\npd.DataFrame({'a': [1]})['b']")
    assert (told.type, told.message, told.line) == ("KeyError", "'b'", 2)
    told = failure(session, "x = = 1")
    assert (told.type, told.message, told.line) == ("SyntaxError", "invalid syntax", 1)


def test_the_line_is_the_one_of_the_step_that_failed_also_in_a_function_of_an_earlier_one(
    session: Session,
) -> None:
    session.execute("\n\ndef ratio(a, b):\n    return a / b", 1, 60)
    told = failure(session, "x = 1\nratio(x, 0)", 2)
    assert told.line == 2
    assert '  File "step-02.py", line 2, in <module>\n    ratio(x, 0)\n' in told.traceback
    assert '  File "step-01.py", line 4, in ratio\n    return a / b\n' in told.traceback


def test_frames_of_the_kit_are_left_out(session: Session) -> None:
    told = failure(session, "x = 1\nfact('Bad Name', x)", 5)
    assert told.type == "ValueError"
    assert told.line == 2
    assert told.traceback.count("File ") == 1
    assert "kaiseki" not in told.traceback


def test_an_error_in_the_display_of_the_last_value_has_no_frames_of_the_display(session: Session) -> None:
    told = failure(session, "class Broken:\n    def __repr__(self):\n        raise RuntimeError('no')\nBroken()")
    assert told.line == 3
    assert "interpreter" not in told.traceback


def test_the_middle_of_a_long_row_of_library_frames_is_left_out(session: Session) -> None:
    code = """
        import copy
        class Brittle:
            def __deepcopy__(self, memo): raise ValueError('no copy')
        nested = Brittle()
        for _ in range(20): nested = [nested]
        copy.deepcopy(nested)
    """
    told = failure(session, code)
    assert told.line == 3
    assert told.traceback.count('  File "copy.py"') == 8
    assert re.search(r"\n  \.\.\. \d+ frames of libraries \.\.\.\n", told.traceback)
    assert told.traceback.startswith('Traceback (most recent call last):\n  File "step-01.py", line 6, in <module>\n')
    assert told.traceback.endswith("ValueError: no copy\n")


def test_where_this_machine_keeps_its_libraries_is_not_told(session: Session) -> None:
    told = failure(session, "import pandas as pd\npd.DataFrame({'a': [1]})['b']")
    assert '  File "pandas/core/' in told.traceback
    assert str(Path(sys.executable).parent.parent) not in told.traceback


def test_an_exit_is_a_failure_unless_it_is_clean(session: Session) -> None:
    assert session.execute("import sys\nx = 1\nsys.exit()\nx = 2", 1, 60).failure is None
    assert session.execute("print(x)", 2, 60).stdout == "1\n"
    for code, exit_code, message in (("sys.exit(3)", 3, "3"), ("sys.exit('no data')", 1, "no data")):
        execution = session.execute(code, 3, 60)
        assert execution.failure is not None
        assert (execution.failure.type, execution.exit_code, execution.failure.message) == (
            "SystemExit",
            exit_code,
            message,
        )
        assert execution.killed == ""


def test_an_interrupt_is_an_error_like_others(session: Session) -> None:
    assert failure(session, "raise KeyboardInterrupt").type == "KeyboardInterrupt"
    assert failure(session, "import os, signal\nos.kill(os.getpid(), signal.SIGINT)").type == "KeyboardInterrupt"
    assert session.execute("1", 2, 60).stdout == "1\n"


def test_messages_of_any_length_are_kept_short(session: Session) -> None:
    told = failure(session, "raise ValueError('x' * 10_000_000)")
    assert "characters left out" in told.message
    assert len(told.message) < 5_000
    assert len(told.traceback) < 20_000


def test_an_error_that_cannot_be_shown_is_still_told(session: Session) -> None:
    told = failure(session, "class Mute(Exception):\n    def __str__(self): raise RuntimeError\nraise Mute")
    assert (told.type, told.line) == ("Mute", 3)
