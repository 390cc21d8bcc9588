"""Results that are none: answers forged on every descriptor, and records that the kit did not write."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kaiseki.sandbox.local import LocalSandbox

Attack = Callable[..., Any]  # of conftest.py

# What each case has at hand: frames as both ends of the wire send them, and every descriptor that takes them.
FRAMES = """
import json, threading
def frame(**message):
    body = json.dumps(message).encode()
    return len(body).to_bytes(4, 'big') + body
def forged(number):
    return frame(id=number, exit_code=0, failure=None, killed='', stdout='forged', stderr='', seconds=0.0,
                 peak_memory=0, records=[{'kind': 'fact', 'name': 'forged', 'step': 1, 'line': 1, 'value': 1}])
def everywhere(data, first=3):
    for number in range(first, 64):
        try: os.set_blocking(number, False); os.write(number, data)
        except OSError: pass
        else:
            if number in (4,): os.set_blocking(number, True)
def tickets():
    frame = sys._getframe()
    while frame:
        if 'ticket' in frame.f_locals: yield frame.f_locals['ticket']
        frame = frame.f_back
"""
# Each tries to have a step that fails pass for one that succeeded.
FORGERIES = {
    "in-sequence": "for n in range(-2, 200): everywhere(forged(n))",
    "in-sequence-as-text": "for n in range(200): everywhere(forged(str(n)))",
    "twice": "everywhere(forged(1) * 2); everywhere(forged(2) * 2)",
    "the-first-answer-again": "for _ in range(20): everywhere(forged('ready'))",
    "without-a-number": "everywhere(frame(exit_code=0, failure=None, stdout='forged', killed=''))",
    "numbers-that-equal-others": "for n in (True, 1.0, None, [], {}, '', 1e300): everywhere(forged(n))",
    "by-a-thread": (
        "t = threading.Thread(target=lambda: [everywhere(forged(n)) for n in range(100)]); t.start(); t.join()"
    ),
    "by-a-child": "if os.fork() == 0:\n    for n in range(100): everywhere(forged(n))\n    os._exit(0)\nos.wait()",
    "by-a-program": (
        "subprocess.run([sys.executable, '-c', f'import os; os.write(4, {forged(1)!r})'], pass_fds=[4], "
        "stderr=subprocess.DEVNULL)"
    ),
    "through-a-copy": "os.dup2(4, 40); [os.write(40, forged(n)) for n in range(100)]",
    "as-a-socket": "import socket; socket.socket(fileno=os.dup(4)).sendall(b''.join(map(forged, range(100))))",
    "with-a-descriptor-in-tow": (
        "import socket\n"
        "attempt(socket.send_fds, socket.socket(fileno=os.dup(4)), [forged(1)], [os.open('.', os.O_RDONLY)])"
    ),
    "through-proc": "for n in range(64): attempt(lambda: open(f'/proc/self/fd/{n}', 'wb', 0).write(forged(1)))",
    "through-the-supervisor-in-proc": (
        "for n in range(64): attempt(lambda: open(f'/proc/{os.getppid()}/fd/{n}', 'wb', 0).write(forged(1)))"
    ),
    "through-the-dumps": "os.write(3, b'File \"step-01.py\", line 1 in <module>\\n' * 100); os.write(3, forged(1))",
    "on-stdout-and-stderr": "os.write(1, forged(1)[:4]); os.write(2, forged(1)[:4])",
    "many-small-ones": "for n in range(5_000): os.write(4, frame(id=n, exit_code=0))",
}


@pytest.mark.parametrize("code", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_step_that_fails_is_told_as_failed(attack: Attack, code: str) -> None:
    attempt = attack(f"{FRAMES}{code}\n1/0")
    assert attempt.execution.failure is not None
    assert attempt.execution.failure.type == "ZeroDivisionError"
    assert attempt.execution.exit_code == 1
    assert attempt.execution.records == ()
    assert attempt.in_time


@pytest.mark.parametrize("code", FORGERIES.values(), ids=FORGERIES.keys())
def test_the_step_after_it_is_told_as_it_was(session: Any, code: str) -> None:
    imports = "import os, stat, subprocess, sys\ndef attempt(f):\n    try: return f()\n    except Exception: pass\n"
    session.execute(f"{imports}{FRAMES}{code}", 1, 60)
    execution = session.execute("fact('told', 5)\nprint('mine')\nraise KeyError('no')", 2, 60)
    assert execution.failure is not None
    assert execution.failure.type == "KeyError"
    assert execution.stdout == "mine\n"
    assert [(record.name, record.value) for record in execution.records] == [("told", 5)]


# Code can learn the number of its own request, and answer for itself. What the supervisor saw is told all the same.
OWN_ANSWERS = {
    "more-than-was-asked": (
        "[os.write(4, frame(id=t, exit_code=0, failure=None, stdout='forged', killed='memory', gone=True, seconds=-1, "
        "peak_memory=-1, folder='/etc', user=0)) for t in set(tickets())]"
    ),
    "an-exit-code-that-is-none": "[os.write(4, frame(id=t, exit_code=[1], failure=None)) for t in set(tickets())]",
    "a-failure-that-is-none": (
        "[os.write(4, frame(id=t, exit_code=1, failure={'type': ['forged'], 'line': {}, 'message': 7, "
        "'traceback': None})) for t in set(tickets())]"
    ),
    "a-failure-of-text": "[os.write(4, frame(id=t, exit_code=1, failure='oops')) for t in set(tickets())]",
    "a-huge-exit-code": "[os.write(4, frame(id=t, exit_code=10**4000, failure=None)) for t in set(tickets())]",
    "twice": "[os.write(4, frame(id=t, exit_code=0, failure=None) * 2) for t in set(tickets())]",
    "in-another-encoding": "os.write(4, b'\\0\\0\\0\\x04\\0{\\0}')",
    "nested-beyond-reason": "os.write(4, (60_000).to_bytes(4, 'big') + b'[' * 60_000)",
}


@pytest.mark.parametrize("code", OWN_ANSWERS.values(), ids=OWN_ANSWERS.keys())
def test_what_the_supervisor_saw_is_not_the_codes_to_tell(attack: Attack, code: str) -> None:
    attempt = attack(f"{FRAMES}print('mine', flush=True)\n{code}\ntime.sleep(0.2)")
    assert attempt.execution.stdout == "mine\n"
    assert attempt.execution.killed in ("", "exit")
    assert attempt.execution.seconds >= 0
    assert attempt.execution.peak_memory_bytes > 0
    assert attempt.in_time


LISTENERS = {
    "thread": "threading.Thread(target=listen, daemon=True).start()",
    "child": "if os.fork() == 0:\n    listen()\n    os._exit(0)",
}


@pytest.mark.parametrize("code", LISTENERS.values(), ids=LISTENERS.keys())
def test_who_listens_in_on_the_next_request_invents_no_output_and_no_record(session: Any, code: str) -> None:
    listener = (
        "import os, sys, time\n"
        "def listen():\n"
        "    until = time.monotonic() + 3\n"
        "    while time.monotonic() < until:\n"
        "        got = os.read(4, 1 << 16)\n"
        "        if b'\"id\"' not in got: continue\n"
        "        number = json.loads(got[got.index(b'{'):])['id']\n"
        "        os.write(4, frame(id=number, exit_code=0, failure=None, stdout='forged', killed='', seconds=0.0))\n"
    )
    session.execute(f"{listener}{FRAMES}{code}", 1, 60)
    execution = session.execute("raise KeyError('no')", 2, 2)
    assert (execution.stdout, execution.records) == ("", ())


def records_of(lines: str) -> str:
    """Code that appends `lines` to the records."""
    return f"import os\nopen(os.environ['KAISEKI_OUTBOX'] + '/records.jsonl', 'a').write({lines!r})"


def line(**changes: object) -> str:
    return json.dumps({"kind": "fact", "name": "forged", "step": 1, "line": 1, "value": 1} | changes) + "\n"


RECORDS = {
    "infinite": line().replace('"value": 1', '"value": 1e999'),
    "minus-infinite": line().replace('"value": 1', '"value": -1e999'),
    "infinite-inside": line().replace('"value": 1', '"value": {"a": [1, 1e999]}'),
    "not-a-number": line(value=float("nan")),
    "spelled-infinite": line(value=float("inf")),
    "an-integer-beyond-any-float": line().replace('"value": 1', f'"value": {"9" * 4_000}'),
    "an-integer-beyond-conversion": line().replace('"value": 1', f'"value": {"9" * 40_000}'),
    "of-a-later-step": line(step=2),
    "of-a-step-far-away": line(step=10**9),
    "of-a-step-before-the-first": line(step=-1),
    "step-as-text": line(step="one"),
    "step-between": line(step=1.5),
    "line-before-the-first": line(line=-5),
    "other-kind": line(kind="answer"),
    "kind-of-a-query": line(kind="query"),
    "kind-that-is-none": line(kind=None),
    "name-that-is-none": line(name=None),
    "name-that-is-an-object": line(name={"a": 1}),
    "more-fields": line(sql="SELECT 1", queries=["people"]),
    "files-outside": line(files=["/etc/passwd"]),
    "files-above": line(files=["figures/../../x"]),
    "files-that-are-none": line(files="records.jsonl"),
    "nested-beyond-reason": line().replace('"value": 1', '"value": ' + "[" * 50_000 + "]" * 50_000),
    "a-list": "[1, 2, 3]\n",
    "a-number": "7\n",
    "text": '"fact"\n',
    "nothing-but-nulls": "\0" * 1_000 + "\n",
    "half-a-line": line()[:-20],
    "garbage": "}{\u2028 not a record \x85\n",
}


@pytest.mark.parametrize("lines", RECORDS.values(), ids=RECORDS.keys())
def test_what_the_kit_would_not_write_is_no_record(session: Any, lines: str) -> None:
    execution = session.execute(records_of(lines), 1, 60)
    assert execution.records == ()
    assert execution.failure is not None
    assert execution.failure.kind == "facts"
    assert len(execution.failure.message) < 1_000
    json.loads(execution.model_dump_json())
    assert session.execute("print('alive')", 2, 60).stdout == "alive\n"


def test_more_records_than_allowed_are_none(session: Any, limits: Any) -> None:
    code = f"{records_of('')}\nopen('outbox/records.jsonl', 'a').write({line()!r} * ({limits.records} // 40))"
    execution = session.execute(code, 1, 60)
    assert execution.records == ()
    assert execution.failure is not None


def test_a_sparse_file_of_records_is_not_read(session: Any, limits: Any) -> None:
    execution = session.execute("open('outbox/records.jsonl', 'wb').truncate(19_000_000)", 1, 60)
    assert execution.failure is not None


ELSEWHERE = {
    "outbox-is-a-symlink": "os.rename('outbox', 'was'); os.symlink(FOLDER, 'outbox')",
    "outbox-is-a-symlink-to-a-symlink": (
        "os.rename('outbox', 'was'); os.symlink(FOLDER, 'step'); os.symlink('step', 'outbox')"
    ),
    "records-are-a-symlink": "os.symlink(FOLDER + '/records.jsonl', 'outbox/records.jsonl')",
    "records-are-a-hard-link": "os.link(FOLDER + '/records.jsonl', 'outbox/records.jsonl')",
    "workdir-is-a-symlink": (
        "here = os.getcwd(); os.mkdir('sub'); os.rename(here, here + '-was'); os.symlink(FOLDER + '/..', here)"
    ),
}


@pytest.mark.parametrize("code", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_records_of_another_folder_are_not_taken(attack: Attack, tmp_path: Path, canary: str, code: str) -> None:
    """The host could read them, which the code cannot."""
    elsewhere = tmp_path / "outbox"
    elsewhere.mkdir(mode=0o700)
    (elsewhere / "records.jsonl").write_text(line(name="stolen", value=canary))
    (elsewhere / "table.csv").write_text(canary)
    attempt = attack(f"attempt(lambda: exec({code!r}, globals()))", FOLDER=str(elsewhere))
    assert canary not in attempt.seen
    assert attempt.execution.records == ()
    assert canary in (elsewhere / "table.csv").read_text()


INSTEAD = {
    "outbox-is-a-pipe": "os.rename('outbox', 'was'); os.mkfifo('outbox')",
    "outbox-is-a-file": "os.rename('outbox', 'was'); open('outbox', 'w').write('x')",
    "outbox-is-gone": "os.rename('outbox', 'was')",
    "outbox-is-a-loop": "os.rename('outbox', 'was'); os.symlink('outbox', 'outbox')",
    "outbox-is-closed": "os.chmod('outbox', 0)",
    "records-are-a-pipe": "os.mkfifo('outbox/records.jsonl')",
    "records-are-a-folder": "os.mkdir('outbox/records.jsonl')",
    "records-are-a-loop": "os.symlink('records.jsonl', 'outbox/records.jsonl')",
    "records-are-closed": "open('outbox/records.jsonl', 'w').close(); os.chmod('outbox/records.jsonl', 0)",
}


@pytest.mark.parametrize("code", INSTEAD.values(), ids=INSTEAD.keys())
def test_an_outbox_that_is_none_holds_nothing_up(attack: Attack, code: str) -> None:
    attempt = attack(code)
    assert attempt.execution.records == ()
    assert attempt.alive
    assert attempt.in_time


def test_records_of_one_session_are_not_those_of_another(sandbox: LocalSandbox, session: Any, data: Path) -> None:
    with sandbox.open(data) as other:
        folder = other.execute("import os; print(os.getcwd())", 1, 60).stdout.strip()
        session.execute(f"open('{folder}/outbox/records.jsonl', 'a').write({line()!r})", 1, 60)
        if other.user is not None:
            assert other.execute("1", 2, 60).records == ()
