"""The sandbox behind a broker: the same sessions, in a process of another user, over a socket."""

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kaiseki.errors import SandboxError
from kaiseki.sandbox.brokered import BrokeredSandbox
from kaiseki.sandbox.limits import Limits

CLOCK = datetime(2026, 11, 21, tzinfo=UTC)
BROKER = ("-c", "from kaiseki.sandbox.broker import main; main()")


@pytest.fixture
def end() -> Iterator[socket.socket]:
    """The program's end of the socket to a running broker, which is gone when this has been closed."""
    ours, theirs = socket.socketpair()
    number = theirs.fileno()
    broker = subprocess.Popen([sys.executable, *BROKER, str(number)], pass_fds=(number,), env={}, cwd="/")
    theirs.close()
    with ours:
        yield ours
    assert broker.wait(60) == 0


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder that a session's own user can get to, unlike pytest's."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def sandbox(end: socket.socket) -> Iterator[BrokeredSandbox]:
    with BrokeredSandbox(end.fileno(), CLOCK, Limits()) as sandbox:
        yield sandbox


def test_a_session_keeps_its_state_and_tells_results_and_failures(sandbox: BrokeredSandbox, data: Path) -> None:
    with sandbox.open(data) as session:
        assert session.execute("x = 41", 1, 60).failure is None
        assert session.execute("print(x + 1)", 2, 60).stdout == "42\n"
        failure = session.execute("undefined", 3, 60).failure

    assert failure is not None
    assert (failure.type, failure.line) == ("NameError", 1)


def test_records_and_collected_files_come_through(sandbox: BrokeredSandbox, data: Path, tmp_path: Path) -> None:
    code = "fact('n', 3)\ntable('t', pd.DataFrame({'a': [1]}), 'T')\nimport os\nos.mkfifo('outbox/pipe')"
    with sandbox.open(data) as session:
        execution = session.execute(code, 1, 60)
        taken = session.collect(tmp_path / "bundle")

    assert [(record.kind, record.name) for record in execution.records] == [("fact", "n"), ("table", "t")]
    assert taken == ("tables/t.csv",)
    assert (tmp_path / "bundle" / "tables" / "t.csv").read_text() == "a\n1\n"
    assert [refused.path for refused in session.refused] == ["pipe"]


def test_limits_and_clock_are_those_of_the_program(end: socket.socket, data: Path) -> None:
    with BrokeredSandbox(end.fileno(), CLOCK, Limits(output=1_000)) as sandbox, sandbox.open(data) as session:
        execution = session.execute("import datetime\nprint(datetime.date.today(), 'x' * 10_000)", 1, 60)

    assert execution.stdout.startswith("2026-11-21")
    assert len(execution.stdout) < 2_000


def test_a_sandbox_can_be_opened_again_after_it_was_closed(end: socket.socket, data: Path) -> None:
    for _ in range(2):
        with BrokeredSandbox(end.fileno(), CLOCK) as sandbox, sandbox.open(data) as session:
            assert session.execute("print('here')", 1, 60).stdout == "here\n"


def test_sessions_live_side_by_side(sandbox: BrokeredSandbox, data: Path) -> None:
    with sandbox.open(data) as one, sandbox.open(data) as other:
        one.execute("x = 1", 1, 60)
        other.execute("x = 2", 1, 60)
        assert [session.execute("print(x)", 2, 60).stdout for session in (one, other)] == ["1\n", "2\n"]
        assert one.user is None or one.user != other.user


def test_sessions_end_with_the_program(end: socket.socket, data: Path) -> None:
    session = BrokeredSandbox(end.fileno(), CLOCK).open(data)
    pid = int(session.execute("import os; print(os.getpid())", 1, 60).stdout)
    assert Path(f"/proc/{pid}").exists()

    end.shutdown(socket.SHUT_RDWR)

    until = time.monotonic() + 60
    while Path(f"/proc/{pid}").exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()


def test_a_broker_that_has_gone_is_an_error_that_says_so(end: socket.socket, data: Path) -> None:
    sandbox = BrokeredSandbox(end.fileno(), CLOCK)
    end.shutdown(socket.SHUT_RDWR)

    with pytest.raises(SandboxError, match="the process that holds the sandbox has ended"):
        sandbox.open(data)


def test_a_descriptor_that_is_no_socket_is_refused_with_a_hint() -> None:
    with pytest.raises(SandboxError, match="there is no broker at descriptor 987654"):
        BrokeredSandbox(987654, CLOCK)


PROGRAM = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from kaiseki.sandbox.brokered import BrokeredSandbox

data, into = Path(sys.argv[2]), Path(sys.argv[3])
if os.geteuid() == 0:  # as in the image
    os.setgroups([])
    os.setresgid(12_345, 12_345, 12_345)
    os.setresuid(12_345, 12_345, 12_345)
code = "import os; open('outbox/x.txt', 'w').write('taken'); fact('n', 3); print(os.getcwd())"
with BrokeredSandbox(int(sys.argv[1]), datetime(2026, 11, 21, tzinfo=UTC)) as sandbox, sandbox.open(data) as session:
    execution = session.execute(code, 1, 60)
    folder = execution.stdout.strip()
    print(*(record.name for record in execution.records), *session.collect(into), (into / "x.txt").read_text())
print(Path(folder).exists(), session.user in (0, 12_345))
"""


def test_a_program_of_another_user_than_the_brokers_takes_records_and_files(end: socket.socket, data: Path) -> None:
    into = data / "taken"
    into.mkdir()
    into.chmod(0o777)
    number = end.fileno()
    command = [sys.executable, "-c", PROGRAM, str(number), str(data), str(into)]

    said = subprocess.run(command, pass_fds=(number,), cwd="/", capture_output=True, text=True, timeout=60)

    assert said.stderr == ""
    assert said.stdout.splitlines() == ["n x.txt taken", "False False"]
