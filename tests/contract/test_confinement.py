"""What confined code can still do, by which layers it is held, and that nothing runs where they cannot be had."""

import ctypes
import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from kaiseki.cli import run_command
from kaiseki.errors import SandboxError
from kaiseki.sandbox.child.confinement import landlock, view
from kaiseki.sandbox.doctor import Check, Diagnosis, examine
from kaiseki.sandbox.layers import Layers
from kaiseki.sandbox.local import LocalSandbox
from kaiseki.sandbox.session import Session
from own_container import in_own_container

CLOCK = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    pd.DataFrame({"a": [1, 2, 3]}).to_parquet(folder / "numbers.parquet")
    return folder


@pytest.fixture(scope="module")
def sandbox() -> Iterator[LocalSandbox]:
    with LocalSandbox(clock=CLOCK, preload=()) as sandbox:
        yield sandbox


@pytest.fixture
def session(sandbox: LocalSandbox, data: Path) -> Iterator[Session]:
    with sandbox.open(data) as session:
        yield session


def printed(session: Session, code: str) -> str:
    execution = session.execute(textwrap.dedent(code), 1, 60)
    assert execution.failure is None, execution.failure.traceback or execution.failure.message
    return execution.stdout.strip()


# ── what it can do ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("print(np.linalg.norm(np.ones((50, 50)) @ np.ones(50)) > 0)", "True"),
        ("print(load('numbers').a.sum())", "6"),
        (
            """
            from sklearn.ensemble import RandomForestClassifier
            X = np.arange(200.0).reshape(-1, 1)
            print(RandomForestClassifier(10, n_jobs=2).fit(X, X[:, 0] > 99).score(X, X[:, 0] > 99) > 0.9)
            """,
            "True",
        ),
        (
            "from joblib import Parallel, delayed\nprint(Parallel(n_jobs=2)(delayed(abs)(-i) for i in range(3)))",
            "[0, 1, 2]",
        ),
        (
            "from joblib import Parallel, delayed\n"
            "print(Parallel(n_jobs=2, prefer='threads')(delayed(abs)(-i) for i in range(3)))",
            "[0, 1, 2]",
        ),
        ("import multiprocessing as m\nwith m.Pool(2) as pool: print(pool.map(abs, [-1, -2]))", "[1, 2]"),
        ("from multiprocessing.pool import ThreadPool\nprint(ThreadPool(2).map(abs, [-1, -2]))", "[1, 2]"),
        (
            "from concurrent.futures import ProcessPoolExecutor\n"
            "with ProcessPoolExecutor(2) as pool: print(*pool.map(abs, [-1, -2]))",
            "1 2",
        ),
        (
            "from multiprocessing.shared_memory import SharedMemory\n"
            "block = SharedMemory(create=True, size=9); block.buf[0] = 7; print(block.buf[0])\n"
            "block.close(); block.unlink()",
            "7",
        ),
        (
            """
            import matplotlib.pyplot as plt, os
            figure, axes = plt.subplots()
            axes.plot([1, 2])
            axes.set_title('京都')
            chart('line', figure, 'A line')
            print(*sorted(os.listdir('outbox/figures')))
            """,
            "line.png line.svg",
        ),
        (
            """
            import altair as alt, os
            frame = pd.DataFrame({'x': [1, 2], 'y': [3, 4]})
            chart('points', alt.Chart(frame).mark_point().encode(x='x', y='y'), 'Points')
            print(sorted(os.listdir('outbox/figures')))
            """,
            "['points.png', 'points.svg', 'points.vl.json']",
        ),
        ("pd.DataFrame({'x': [1]}).to_parquet('x.parquet'); print(len(pd.read_parquet('x.parquet')))", "1"),
        (
            "import duckdb, os\nfolder = os.environ['KAISEKI_DATA']\n"
            "print(duckdb.sql(f\"select sum(a) from '{folder}/numbers.parquet'\").fetchall())\n"
            "own = duckdb.connect('x.db'); own.execute('create table t as select 1 as a')\n"
            "print(own.execute('select * from t').fetchall())",
            "[(6,)]\n[(1,)]",
        ),
        ("import subprocess; print(subprocess.getoutput('echo $((20 + 1)) | tr 1 2 && uname | wc -l'))", "22\n1"),
        (
            "import subprocess, sys\n"
            "print(subprocess.run([sys.executable, '-c', 'import pandas; print(1)'], capture_output=True).stdout)",
            "b'1\\n'",
        ),
        (
            "import os, signal, subprocess\n"
            "child = subprocess.Popen(['sleep', '60'], start_new_session=True)\n"
            "os.killpg(child.pid, signal.SIGTERM); print(child.wait())",
            "-15",
        ),
        (
            "import asyncio\n"
            "async def main():\n"
            "    child = await asyncio.create_subprocess_exec('echo', 'x', stdout=-1)\n"
            "    return (await child.communicate())[0]\n"
            "print(asyncio.run(main()))",
            "b'x\\n'",
        ),
        (
            "import os, shutil\n"
            "os.makedirs('a/b'); open('a/b/c', 'w').close(); shutil.copytree('a', 'z'); os.rename('z/b/c', 'a/d')\n"
            "shutil.move('a', 'outbox/a'); print(sorted(os.listdir('outbox/a')))",
            "['b', 'd']",
        ),
        ("import sqlite3; print(sqlite3.connect('s.db').execute('select 1').fetchone())", "(1,)"),
    ],
)
def test_the_data_stack_works_inside(session: Session, code: str, shown: str) -> None:
    assert printed(session, code) == shown


def test_a_shell_works_inside(session: Session) -> None:
    code = (
        "import subprocess\n"
        "command = ['/bin/bash', '-c', 'echo a | tr a b; cat <(echo c)']\n"
        "print(subprocess.run(command, text=True, capture_output=True).stdout)"
    )
    assert printed(session, code) == "b\nc"


def test_rows_that_arrive_while_a_session_is_open_can_be_read(sandbox: LocalSandbox, tmp_path: Path) -> None:
    with sandbox.open(tmp_path) as session:
        late = tmp_path / "late.parquet"
        pd.DataFrame({"a": [1]}).to_parquet(late)
        late.chmod(0o600)
        assert printed(session, "print(len(load('late')))") == "1"


# ── by what it is held ────────────────────────────────────────────────────────────────────────────────────────────


def states(session: Session) -> dict[str, str]:
    return {layer.name: layer.state for layer in session.layers}


def test_the_filter_and_the_loss_of_privileges_are_always_there(session: Session) -> None:
    code = (
        "status = dict(line.split(':') for line in open('/proc/self/status'))\n"
        "print([status[name].strip() for name in ('CapPrm', 'CapEff', 'NoNewPrivs', 'Seccomp')])"
    )
    assert printed(session, code) == "['0000000000000000', '0000000000000000', '1', '2']"
    assert states(session)["system call filter"] == "active"
    assert states(session)["no new privileges"] == "active"


def closed_to_others() -> bool:
    """Whether a folder above Python or its packages is the caller's alone, as root's home is."""
    homes = (Path(prefix).resolve() for prefix in (sys.prefix, sys.base_prefix))
    return any(not folder.stat().st_mode & 0o001 for home in homes for folder in (home, *home.parents))


@pytest.mark.parametrize("layers", [Layers(landlock=False), Layers(private_view=False), Layers(own_user=False)])
def test_without_any_one_layer_the_others_hold_or_root_gets_no_session(layers: Layers) -> None:
    with LocalSandbox(clock=CLOCK, preload=(), layers=layers) as sandbox:
        diagnosis = examine(sandbox)
    no_view = not layers.private_view or bool(view.why_not())
    unreachable = layers.own_user and no_view and closed_to_others()
    unheld = not layers.own_user and not landlock.version()
    if os.geteuid() == 0 and (unreachable or unheld):
        assert "would run as root" in diagnosis.problem
        assert diagnosis.checks == ()
    else:
        assert diagnosis.problem == ""
        assert diagnosis.safe


def test_two_sessions_have_different_users_where_they_have_their_own(sandbox: LocalSandbox, data: Path) -> None:
    with sandbox.open(data) as one, sandbox.open(data) as other:
        users = [printed(session, "import os; print(os.getuid(), os.getgid())") for session in (one, other)]
        own = os.geteuid() == 0 and states(one)["user of its own"] == "active"
        assert (users[0] != users[1]) == own
        assert own == (f"{os.getuid()} {os.getgid()}" not in users)


def test_the_end_of_a_session_hits_nobody_in_a_container_who_has_its_user_too(
    sandbox: LocalSandbox, data: Path
) -> None:
    # A user namespace is what containers mostly do not have: their users are the machine's.
    with sandbox.open(data) as session:
        apart = session.user is not None and states(session)["view of its own"] == "active"
        as_session = ("setpriv", f"--reuid={session.user}", f"--regid={session.user}", "--clear-groups")
        in_container = ("unshare", "--pid", "--fork", "--kill-child", *as_session) if apart else ()
        lives_until_told = [*in_container, "sh", "-c", "echo runs; exec cat"]
        with subprocess.Popen(lives_until_told, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == b"runs\n"
            child = int(printed(session, "import subprocess; print(subprocess.Popen(['sleep', '60']).pid)"))
            session.close()
            assert not Path(f"/proc/{child}").exists()
            with pytest.raises(subprocess.TimeoutExpired):
                other.wait(0.3)


def test_shared_memory_of_a_session_ends_with_it(sandbox: LocalSandbox, data: Path) -> None:
    with sandbox.open(data) as session:
        code = (
            "import os\nfrom joblib import Parallel, delayed\n"
            "Parallel(n_jobs=2)(delayed(abs)(-i) for i in range(3)); print(os.getpid())"
        )
        interpreter = printed(session, code)
        session.execute("import os; os.kill(os.getpid(), 9)", 2, 60)
    names = [path.name for path in Path("/dev/shm").iterdir()]
    assert not [name for name in names if re.search(f"[-_]{interpreter}[-_]", name)]  # as joblib writes it into them


def test_shared_memory_of_other_programs_is_left_alone_on_a_machine_that_is_no_container(data: Path) -> None:
    others = Path("/dev/shm", f"of-another-program-{os.getpid()}")  # nobody has it open, as between two uses
    others.write_text("kept")
    try:
        layers = Layers(own_user=False)
        with LocalSandbox(clock=CLOCK, preload=(), layers=layers) as sandbox, sandbox.open(data) as session:
            assert printed(session, "print('done')") == "done"
        assert others.exists() is not in_own_container()
    finally:
        others.unlink(missing_ok=True)


def test_no_session_is_opened_where_the_filter_cannot_be_installed(data: Path) -> None:
    """A filter of the caller's own refuses the installation of another, as some containers do."""
    program = f"""
import ctypes, struct, sys
from datetime import UTC, datetime
from pathlib import Path
from kaiseki.errors import SandboxError
from kaiseki.sandbox.child.confinement import bpf, seccomp
from kaiseki.sandbox.local import LocalSandbox
libc = ctypes.CDLL(None)
prctl = {{"x86_64": 157, "aarch64": 167}}[__import__("os").uname().machine]
filter_ = (
    bpf.only_architecture(seccomp._table()[0])
    + bpf.rule(prctl, bpf.errno_action(1), [bpf.Condition(0, 22)])
    + bpf.otherwise(bpf.ALLOW)
)
assert libc.prctl(38, 1, 0, 0, 0) == 0
code = ctypes.create_string_buffer(filter_)
assert libc.prctl(22, 2, struct.pack("HxxxxxxP", len(filter_) // 8, ctypes.addressof(code)), 0, 0) == 0
with LocalSandbox(datetime.now(UTC), preload=()) as sandbox:
    try:
        sandbox.open(Path({str(data)!r})).execute("print('ran')", 1, 60)
    except SandboxError as error:
        print(error.message)
"""
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=100).stdout
    assert shown.startswith("the session cannot start: the filter on system calls (seccomp) cannot be installed")
    assert shown.count("\n") == 1


def test_no_session_is_opened_as_root_where_nothing_would_hold_it_from_files(data: Path) -> None:
    with LocalSandbox(clock=CLOCK, preload=(), layers=Layers(own_user=False, landlock=False)) as sandbox:
        if os.geteuid() == 0:
            with pytest.raises(SandboxError, match="would run as root"):
                sandbox.open(data)
        else:
            with sandbox.open(data) as session:
                assert printed(session, "1") == "1"


def test_the_doctor_reports_and_tries(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["sandbox", "doctor", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["safe"] is True
    assert {layer["name"] for layer in report["layers"]} >= {"system call filter", "user of its own", "Landlock"}
    assert all(check["held"] for check in report["checks"])
    assert run_command(["sandbox", "doctor"]) == 0
    assert "Generated code can be run safely here." in capsys.readouterr().out


def test_a_diagnosis_is_safe_only_if_everything_holds() -> None:
    held, missed = Check("no network", held=True), Check("no network", held=False)
    assert Diagnosis(checks=(held,)).safe
    assert not Diagnosis(checks=(held, missed)).safe
    assert not Diagnosis(problem="no filter", checks=(held,)).safe
    assert not Diagnosis().safe


def test_this_process_can_be_read_by_no_other_of_its_user(session: Session) -> None:
    get_dumpable = 3
    assert ctypes.CDLL(None).prctl(get_dumpable, 0, 0, 0, 0) == 0
