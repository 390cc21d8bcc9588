"""What generated code finds in a session of the sandbox, and what it leaves for the next execution."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from kaiseki.models import Execution
from kaiseki.sandbox.local import LocalSandbox
from kaiseki.sandbox.result import as_content
from kaiseki.sandbox.session import Session

CLOCK = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    pd.DataFrame({"city": ["京都", "Oslo"], "visits": [3, 4]}).to_parquet(folder / "cities.parquet")
    return folder


@pytest.fixture(scope="module")
def sandbox() -> Iterator[LocalSandbox]:
    os.environ["KAISEKI_CANARY"] = "a-secret-of-the-host"
    with LocalSandbox(clock=CLOCK, seed=7, preload=()) as sandbox:
        yield sandbox
    del os.environ["KAISEKI_CANARY"]


@pytest.fixture
def session(sandbox: LocalSandbox, data: Path) -> Iterator[Session]:
    with sandbox.open(data) as session:
        yield session


def printed(session: Session, code: str, step: int = 1) -> str:
    execution = session.execute(code, step, 60)
    assert execution.failure is None, execution.failure
    return execution.stdout.strip()


def test_names_stay_from_one_execution_to_the_next(session: Session) -> None:
    printed(session, "import math\nradius = 2\ndef area(r): return math.pi * r * r", 1)
    assert printed(session, "print(round(area(radius), 2))", 2) == "12.57"


def test_a_failure_leaves_the_session_usable(session: Session) -> None:
    failed = session.execute("before = 1\nraise ValueError('no')", 1, 60)
    assert failed.failure is not None
    assert failed.exit_code == 1
    assert printed(session, "before", 2) == "1"


def test_two_sessions_know_nothing_of_each_other(sandbox: LocalSandbox, data: Path) -> None:
    with sandbox.open(data) as one, sandbox.open(data) as other:
        printed(one, "mine = 1; open('mine.txt', 'w').write('x')")
        seen = other.execute("mine", 1, 60)
        assert seen.failure is not None
        assert seen.failure.type == "NameError"
        assert printed(other, "import os; print(os.path.exists('mine.txt'), os.getcwd())").startswith("False")
        assert printed(one, "mine") == "1"


def test_the_value_of_a_last_expression_is_shown_as_in_a_notebook(session: Session) -> None:
    assert printed(session, "x = 20\nx + 1") == "21"
    assert printed(session, "None") == ""
    assert printed(session, "x = 1") == ""
    assert "characters left out" in printed(session, "'y' * 100_000")


def test_future_statements_hold_for_a_last_expression_too(session: Session) -> None:
    code = "from __future__ import annotations\n(lambda: 1)\ndef f(x: Undefined): pass\nf.__annotations__"
    assert printed(session, code) == "{'x': 'Undefined'}"


def test_the_kit_loads_data_and_its_records_belong_to_their_execution(session: Session) -> None:
    first = session.execute("cities = load('cities')\nfact('visits', int(cities.visits.sum()), unit='visits')", 1, 60)
    second = session.execute("\nsetting('level', 0.05, note='usual')", 2, 60)
    assert [(r.kind, r.name, r.step, r.line) for r in first.records] == [
        ("load", "cities", 1, 1),
        ("fact", "visits", 1, 2),
    ]
    assert first.records[1].value == 7
    assert [(r.kind, r.name, r.step, r.line) for r in second.records] == [("setting", "level", 2, 2)]


def test_nothing_of_the_environment_of_the_host_is_seen(session: Session) -> None:
    code = (
        "import os, subprocess\n"
        "print(dict(os.environ), open('/proc/self/environ').read(), subprocess.getoutput('env'))\n"
        "pid = os.getpid()\n"
        "for _ in range(2):\n"
        "    try:\n"
        "        pid = int(open(f'/proc/{pid}/stat').read().rpartition(')')[2].split()[1])\n"
        "        print(open(f'/proc/{pid}/environ').read())\n"
        "    except OSError: pass\n"
    )
    seen = printed(session, code)
    assert "KAISEKI_OUTBOX" in seen
    assert "a-secret-of-the-host" not in seen
    assert "CANARY" not in seen


def test_home_temporary_files_and_the_current_folder_lie_in_the_workdir(session: Session) -> None:
    shown = printed(
        session, "import os, tempfile\nprint(os.getcwd(), os.path.expanduser('~'), tempfile.mkdtemp(), sep='\\n')"
    )
    workdir, home, temporary = shown.splitlines()
    assert Path(workdir).stat().st_mode & 0o007 == 0
    assert Path(home).is_relative_to(workdir)
    assert Path(temporary).is_relative_to(workdir)


def test_the_program_itself_is_no_library_for_generated_code(session: Session) -> None:
    for code in ("import kaiseki", "from kaiseki.sandbox import wire", "import kaiseki.models"):
        execution = session.execute(code, 1, 60)
        assert execution.failure is not None
        assert execution.failure.type == "ModuleNotFoundError"


def test_nothing_of_the_host_is_open_in_a_session(session: Session) -> None:
    with Path(__file__).open() as held:
        os.set_inheritable(held.fileno(), True)
        targets = printed(
            session,
            "import os\nfor fd in os.listdir('/proc/self/fd'):\n    print(os.path.realpath(f'/proc/self/fd/{fd}'))",
        )
    assert Path(__file__).name not in targets
    assert targets.count("socket:") == 1


def test_the_wall_clock_stands_still_at_the_given_moment(session: Session) -> None:
    code = (
        "import datetime, time\n"
        "first = datetime.datetime.now(); time.sleep(0.02)\n"
        "print(first, datetime.date.today(), pd.Timestamp.now(), datetime.datetime.now() == first)\n"
    )
    assert printed(session, code) == "2026-11-21 09:30:00 2026-11-21 2026-11-21 09:30:00 True"


def test_waits_and_timeouts_still_end(session: Session) -> None:
    code = (
        "import queue, subprocess, threading, time\n"
        "from joblib import Parallel, delayed\n"
        "start = time.monotonic()\n"
        "print(threading.Event().wait(0.05))\n"
        "try: queue.Queue().get(timeout=0.05)\n"
        "except queue.Empty: print('empty')\n"
        "try: subprocess.run(['sleep', '9'], timeout=0.05)\n"
        "except subprocess.TimeoutExpired: print('expired')\n"
        "print(time.monotonic() - start > 0.1)\n"
        "print(Parallel(n_jobs=2, backend='threading')(delayed(abs)(-n) for n in range(3)))\n"
        "print(Parallel(n_jobs=2, timeout=60)(delayed(abs)(-n) for n in range(3)))\n"
    )
    assert printed(session, code).split("\n") == ["False", "empty", "expired", "True", "[0, 1, 2]", "[0, 1, 2]"]


def test_random_numbers_and_the_order_of_sets_are_the_same_in_every_session(sandbox: LocalSandbox, data: Path) -> None:
    code = (
        "import random\n"
        "print(random.random(), np.random.rand(), np.random.default_rng().random(), np.random.default_rng().random())\n"
        "print(np.random.default_rng(3).integers(100), list({'one', 'two', 'three', 'four'}), hash('x'))\n"
        "print(pd.Series(range(100)).sample(5).tolist())\n"
    )
    seen = []
    for _ in range(2):
        with sandbox.open(data) as session:
            seen.append(printed(session, code))
    assert seen[0] == seen[1]
    numbers = seen[0].split("\n")[0].split()
    assert len(set(numbers)) == len(numbers), "two generators without a seed must differ from each other"


def test_text_in_any_script_and_lone_surrogates_pass(session: Session) -> None:
    assert printed(session, "print('解析 💡 ' + 'é' * 3)") == "解析 💡 ééé"
    assert printed(session, "print('\\udcff')") == "\\udcff"
    broken = session.execute("x = '\udcff'", 1, 60)
    assert broken.failure is not None
    assert broken.failure.type == "UnicodeEncodeError"
    raised = session.execute("raise ValueError('\\udcff' + chr(0))", 1, 60)
    assert raised.failure is not None
    assert raised.failure.message == "\\udcff\x00"
    assert Execution.model_validate_json(raised.model_dump_json()) == raised


def test_null_bytes_in_the_code_are_an_error_of_the_code(session: Session) -> None:
    execution = session.execute("x = 1\x00", 1, 60)
    assert execution.failure is not None
    assert "null bytes" in execution.failure.message
    assert printed(session, "1") == "1"


def test_code_of_several_megabytes_runs(session: Session) -> None:
    assert printed(session, f"x = {'a' * 3_000_000!r}\nlen(x)") == "3000000"


def test_output_of_subprocesses_and_of_c_is_taken(session: Session) -> None:
    code = (
        "import ctypes, os, subprocess, sys\n"
        "print('python', flush=True)\n"
        "subprocess.run('echo shell; echo problem >&2', shell=True)\n"
        "ctypes.CDLL(None).puts(b'c library')\n"
        "os.write(1, b'\\xff\\xfe raw\\n')\n"
        "print('error', file=sys.stderr)\n"
    )
    execution = session.execute(code, 1, 60)
    assert set(execution.stdout.splitlines()) == {"python", "shell", "c library", "\ufffd\ufffd raw"}
    assert execution.stderr.splitlines() == ["problem", "error"]


def test_streams_that_a_step_replaced_or_closed_are_back_in_the_next(session: Session) -> None:
    printed(session, "import io, os, sys\nsys.stdout = io.StringIO()\nprint('nowhere')")
    assert printed(session, "print('here')") == "here"
    printed(session, "sys.stdout.close(); os.close(1); os.close(2)")
    assert printed(session, "print('again')") == "again"


def test_standard_input_is_empty(session: Session) -> None:
    execution = session.execute("input('name? ')", 1, 60)
    assert execution.failure is not None
    assert execution.failure.type == "EOFError"


def test_what_the_code_defines_can_be_pickled_and_sent_to_workers(session: Session) -> None:
    code = (
        "import multiprocessing, pickle\n"
        "class Point:\n"
        "    def __init__(self, x): self.x = x\n"
        "def double(p): return p.x * 2\n"
        "print(pickle.loads(pickle.dumps(Point(4))).x)\n"
        "with multiprocessing.Pool(2) as pool: print(pool.map(double, [Point(1), Point(2)]))\n"
    )
    assert printed(session, code) == "4\n[2, 4]"


def test_a_forked_child_that_runs_off_the_end_of_a_step_does_not_answer_for_it(session: Session) -> None:
    assert (
        printed(
            session,
            "import os, time\nchild = os.fork()\nif child: os.waitpid(child, 0)\nprint('parent' if child else 'child')",
        )
        == "child\nparent"
    )
    assert printed(session, "2", 2) == "2"


def test_seconds_and_peak_memory_are_those_of_the_execution(session: Session) -> None:
    session.execute("blob = bytearray(150_000_000); del blob", 1, 60)
    small = session.execute("import time; time.sleep(0.2)", 2, 60)
    large = session.execute("blob = bytearray(200_000_000); del blob", 3, 60)
    assert 0.2 <= small.seconds < 60
    assert large.peak_memory_bytes - small.peak_memory_bytes > 150_000_000


def test_a_result_has_the_shape_of_agentcore(session: Session) -> None:
    good = as_content(session.execute("print('out')", 1, 60))
    assert good["content"] == [{"type": "text", "text": "out\n"}]
    assert good["structuredContent"].keys() == {"stdout", "stderr", "exitCode", "executionTime"}
    assert (good["isError"], good["outcome"], good["structuredContent"]["exitCode"]) == (False, "ok", 0)
    bad = as_content(session.execute("print('out')\n1/0", 1, 60))
    assert bad["structuredContent"]["stdout"] == "out\n"
    assert bad["structuredContent"]["stderr"].endswith("ZeroDivisionError: division by zero\n")
    assert (bad["isError"], bad["outcome"], bad["structuredContent"]["exitCode"]) == (True, "error", 1)
    ended = as_content(session.execute("import os; os._exit(5)", 1, 60))
    assert (ended["isError"], ended["outcome"], ended["structuredContent"]["exitCode"]) == (True, "killed", 5)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('{"kind": "fact", "name": "x"}', "Field required"),
        ('{"kind": "verdict", "name": "x", "step": 1, "line": 1}', "kind"),
        ('{"kind": "fact", "name": "x", "step": 1, "line": 1, "queries": ["q"]}', "queries"),
        ('{"kind": "fact", "name": "x", "step": 1, "line": 1, "value": NaN}', "NaN"),
        ('{"kind": "fact", "name": "\\ud800", "step": 1, "line": 1}', "surrogates"),
        ('{"kind": "fact", "name": "x", "step": 1, "line": 1, "files": ["../../host"]}', "outside"),
        ("not json", "Expecting value"),
        ("[" * 100_000, "nested too deep"),
        ('{"kind": "fact", "na', "Unterminated"),
    ],
)
def test_a_garbled_record_is_told_and_the_good_ones_are_kept(session: Session, line: str, complaint: str) -> None:
    records = "os.environ['KAISEKI_OUTBOX'] + '/records.jsonl'"
    code = f"import os\nfact('good', 1)\nwith open({records}, 'a') as file: file.write({line!r} + '\\n')"
    execution = session.execute(code, 1, 60)
    assert execution.failure is not None
    assert execution.failure.kind == "facts"
    assert complaint in execution.failure.message
    assert [record.name for record in execution.records] == ["good"]
    assert [record.name for record in session.execute("fact('later', 2)", 2, 60).records] == ["later"]


def test_bytes_that_are_not_text_are_no_record(session: Session) -> None:
    execution = session.execute(
        "import os\nopen(os.environ['KAISEKI_OUTBOX'] + '/records.jsonl', 'ab').write(b'\\xff\\xfe\\n')", 1, 60
    )
    assert execution.failure is not None
    assert execution.failure.kind == "facts"


@pytest.mark.parametrize(
    "trick",
    [
        "os.truncate(f, 3)",
        "os.unlink(f)",
        "os.unlink(f); os.mkfifo(f)",
        "os.unlink(f); os.symlink('/etc/passwd', f)",
        "os.rename(f, f + '2'); open(f, 'w').write(open(f + '2').read() * 2)",
    ],
)
def test_records_that_were_tampered_with_afterwards_are_noticed(session: Session, trick: str) -> None:
    session.execute("fact('good', 1)", 1, 60)
    execution = session.execute(f"import os\nf = os.environ['KAISEKI_OUTBOX'] + '/records.jsonl'\n{trick}", 2, 60)
    assert execution.failure is not None
    assert execution.failure.kind == "facts"
    assert execution.records == ()
