"""What the abuse tests share: the modes they run in, what a mode does not cover, and attacks seen from outside.

    pytest tests/abuse                                     as whoever calls it
    pytest tests/abuse --without-landlock                  as on a kernel without Landlock
    pytest tests/abuse --without-mounts                    as in a container, which can make no mounts nor namespaces
    pytest tests/abuse --sandbox-user 12345                as an ordinary user (the caller must be root)

A case passes when the *effect* of its attack is missing outside: what it prints of itself proves nothing, unless it
prints what the test had hidden. Each case names what it attempts; the code is what a hostile step would contain.
"""

import ctypes
import errno
import os
import platform
import secrets
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kaiseki.models import Execution
from kaiseki.sandbox.limits import MIB, Limits
from kaiseki.sandbox.local import LocalSandbox
from kaiseki.sandbox.session import Session

_NEWNS, _NEWUSER, _REC, _PRIVATE = 0x0002_0000, 0x1000_0000, 0x4000, 0x4_0000
CLOCK = datetime(2026, 11, 21, tzinfo=UTC)
LIMITS = Limits(
    memory=400 * MIB,
    cpu=20.0,
    processes=24,
    open_files=256,
    file=20 * MIB,
    disk=30 * MIB,
    disk_entries=2_000,
    output=100_000,
    records=MIB,
    artifacts=50,
    artifact_bytes=5_000_000,
)

# ── modes ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Mode:
    """What the sandbox has to build on: users for its sessions, mounts of their own, Landlock's version (0: none).

    `alone` is a user in whose container all processes are its own.
    """

    separate_users: bool
    mounts: bool
    landlock: int
    alone: bool

    def __str__(self) -> str:
        users = "sessions under users of their own" if self.separate_users else "sessions under the caller's user"
        mounts = "with mounts of their own" if self.mounts else "without mounts of their own"
        return f"{users}, {mounts}, {f'with Landlock {self.landlock}' if self.landlock else 'without Landlock'}"


@dataclass(frozen=True)
class NotCovered:
    """A test, or one case of it, whose threat nothing in some modes can stop."""

    test: str  # file::function or file::function[case]
    where: Callable[[Mode], bool]
    why: str


def _bare(mode: Mode) -> bool:
    """Nothing but file modes stands between the sessions and the files."""
    return not mode.landlock and not mode.mounts


def _bare_same_user(mode: Mode) -> bool:
    return _bare(mode) and not mode.separate_users


_EVERYBODY = "file modes allow it to everybody; in the image nothing secret has such modes"
_OWNER = "file modes allow it to the caller's user"
NOT_COVERED = (
    NotCovered("test_files_outside.py::test_a_file_that_everybody_may_read_is_not_read", _bare, _EVERYBODY),
    NotCovered("test_files_outside.py::test_a_folder_that_everybody_may_write_to_stays_empty", _bare, _EVERYBODY),
    NotCovered("test_files_outside.py::test_a_private_file_is_not_read", _bare_same_user, _OWNER),
    NotCovered("test_files_outside.py::test_a_private_file_is_not_changed", _bare_same_user, _OWNER),
    NotCovered("test_files_outside.py::test_a_private_folder_stays_empty", _bare_same_user, _OWNER),
    NotCovered("test_files_outside.py::test_the_program_itself_cannot_be_written", _bare_same_user, _OWNER),
    NotCovered("test_files_outside.py::test_the_data_of_the_run_stay_as_they_are", _bare_same_user, _OWNER),
    NotCovered("test_credentials.py::test_credentials_of_files_are_not_read", _bare_same_user, _OWNER),
    NotCovered("test_other_sessions.py::test_the_files_of_another_session_are_not_read", _bare_same_user, _OWNER),
    NotCovered("test_other_sessions.py::test_the_files_of_another_session_are_not_changed", _bare_same_user, _OWNER),
    NotCovered(
        "test_files_outside.py::test_the_attributes_of_a_private_file_stay",
        lambda mode: not mode.separate_users and not mode.mounts,
        "Landlock has no rule for modes, times and attributes",
    ),
    NotCovered(
        "test_files_outside.py::test_the_terminal_is_out_of_reach",
        lambda mode: not mode.separate_users and not mode.landlock,
        "it is the caller's, and a mount that is read-only lets devices be written to",
    ),
    NotCovered(
        "test_files_outside.py::test_a_program_of_root_runs_without_its_rights",
        lambda mode: not mode.separate_users,
        "only root can make one for the test",
    ),
    NotCovered(
        "test_proc.py::test_what_proc_shows_to_everybody_is_not_read",
        lambda mode: not mode.landlock,
        "/proc shows everybody the names and arguments of processes; nothing secret may stand there",
    ),
    NotCovered(
        "test_other_sessions.py::test_shared_memory_of_another_session_is_not_read",
        lambda mode: not mode.separate_users and not mode.mounts,
        "/dev/shm must be writable, for pools of threads and processes",
    ),
    *(
        NotCovered(
            f"test_other_sessions.py::test_nothing_is_left_for_a_later_session[{case}]",
            lambda mode: not mode.separate_users and not mode.mounts and not mode.alone,
            "files in /dev/shm are not told apart from those of the user's other programs",
        )
        for case in (
            "shared-memory",
            "shared-memory-folder",
            "shared-memory-of-python",
            "shared-memory-that-is-closed",
            "semaphore",
        )
    ),
    NotCovered(
        "test_other_sessions.py::test_the_files_of_another_session_are_not_changed[folder-closed]",
        lambda mode: not mode.separate_users and not mode.mounts,
        "Landlock has no rule for modes, times and attributes",
    ),
    NotCovered(
        "test_proc.py::test_entries_for_those_who_may_trace_are_not_read[open-files-of-a-thread-session]",
        lambda mode: not mode.separate_users and not mode.landlock,
        "a session may look at the open files of another session of the same user",
    ),
    NotCovered(
        "test_signals.py::test_processes_of_the_sandbox_live_on",
        lambda mode: not mode.separate_users and mode.landlock < 6,
        "the kernel has no filter for signals to processes that were not known beforehand",
    ),
    NotCovered(
        "test_bombs.py::test_memory_ends_or_the_code_does[files-of-shared-memory]",
        lambda mode: not mode.separate_users and not mode.mounts,
        "files in /dev/shm are not told apart from others of the caller's user",
    ),
    NotCovered(
        "test_bombs.py::test_memory_ends_or_the_code_does[named-shared-memory]",
        lambda mode: not mode.separate_users and not mode.mounts,
        "files in /dev/shm are not told apart from others of the caller's user",
    ),
    NotCovered("test_artifacts.py::test_no_link_leads_the_collector_elsewhere[a-moved-file]", _bare_same_user, _OWNER),
    NotCovered(
        "test_signals.py::test_a_neighbour_of_the_same_user_lives_on",
        lambda mode: not mode.separate_users and mode.landlock < 6,
        "the kernel has no filter for signals to processes that were not known beforehand",
    ),
)


def _landlock() -> int:
    """The version of Landlock that this process could use."""
    return max(ctypes.CDLL(None).syscall(444, None, 0, 1), 0)


def _may_mount() -> bool:
    """Tried in a process of its own, whose mounts end with it."""
    pid = os.fork()
    if pid == 0:
        libc = ctypes.CDLL(None)
        done = libc.unshare(_NEWNS) == 0 or libc.unshare(_NEWNS | _NEWUSER) == 0
        done = done and libc.mount(None, b"/", None, _REC | _PRIVATE, None) == 0
        os._exit(not (done and libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, None) == 0))
    return os.waitpid(pid, 0)[1] == 0


def _mode() -> Mode:
    status = Path("/proc/self/status").read_text()
    capabilities = int(status.split("CapEff:")[1].split()[0], 16)
    own_users = os.geteuid() == 0 and bool(capabilities & 1 << 7)  # CAP_SETUID
    alone = Path("/proc/1/status").read_text().split("Uid:")[1].split()[0] == str(os.geteuid())
    return Mode(own_users, _may_mount(), _landlock(), alone)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--without-landlock", action="store_true", help="as on a kernel that does not have it")
    parser.addoption("--without-mounts", action="store_true", help="as where neither mounts nor namespaces can be made")
    parser.addoption("--sandbox-user", type=int, metavar="UID", help="run everything as this ordinary user")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--without-landlock", default=False) and _landlock():
        _take_away(range(444, 447), errno.ENOSYS)
    if config.getoption("--without-mounts", default=False):
        _take_away((272, 165) if platform.machine() == "x86_64" else (97, 40), errno.EPERM)  # unshare, mount
    user = config.getoption("--sandbox-user", default=None)
    if user is not None and os.geteuid() == 0:
        _become(user)


def pytest_sessionstart(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and not hasattr(session.config, "workerinput"):
        mode = _mode()
        gaps = [gap for gap in NOT_COVERED if gap.where(mode)]
        reporter.write_line(f"abuse: {mode}; {len(gaps)} of the threats are not covered in this mode")
        for gap in gaps:
            reporter.write_line(f"  not covered: {gap.test} ({gap.why})")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is not covered in this mode is not run."""
    mode = _mode()
    uncovered = {gap.test for gap in NOT_COVERED if gap.where(mode)}
    left = [item for item in items if item.path.parent == Path(__file__).parent and uncovered & _names(item)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


def _names(item: pytest.Item) -> set[str]:
    return {f"{item.path.name}::{item.name.split('[')[0]}", f"{item.path.name}::{item.name}"}


def _take_away(calls: Iterable[int], error: int) -> None:
    """Has these system calls fail, in this process and all below, as where the kernel does not have or allow them."""
    load, jump_if_equal, give, allow, fail = 0x20, 0x15, 0x06, 0x7FFF0000, 0x00050000
    program = [(load, 0, 0, 0)]  # the number of the system call
    for call in calls:
        program += [(jump_if_equal, 0, 1, call), (give, 0, 0, fail | error)]
    program.append((give, 0, 0, allow))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *instruction) for instruction in program))
    filter_ = struct.pack("HxxxxxxP", len(program), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(22, 2, filter_, 0, 0):  # PR_SET_SECCOMP; only root may without PR_SET_NO_NEW_PRIVS
        libc.prctl(38, 1, 0, 0, 0)
        if libc.prctl(22, 2, filter_, 0, 0):
            raise pytest.UsageError("no seccomp filter can be set here")


def _become(user: int) -> None:
    home = Path(tempfile.mkdtemp(prefix="abuse-home-"))
    os.chown(home, user, user)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    # An undumpable process could not read its own entries in /proc.
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
    os.environ |= {"HOME": str(home), "USER": f"user{user}", "LOGNAME": f"user{user}"}
    if not os.access(sys.executable, os.X_OK):
        raise pytest.UsageError(f"user {user} may not run {sys.executable}: use a Python that everybody may read")


# ── attacks ───────────────────────────────────────────────────────────────────────────────────────────────────────

# No machine is so slow that it needs as long; what holds anybody up by force holds them up for longer.
IN_TIME = 60.0  # seconds

# At the disposal of the code of each case.
PRELUDE = """
import ctypes, errno, os, platform, stat, subprocess, sys, time
libc = ctypes.CDLL(None, use_errno=True)

def call(number, *arguments, arm=None):
    '''A raw system call; `arm` is its number on aarch64 where that differs.'''
    number = arm if arm is not None and platform.machine() == 'aarch64' else number
    return libc.syscall(number, *(ctypes.c_long(a) if isinstance(a, int) else a for a in arguments))

def attempt(function, *arguments, **options):
    try:
        return function(*arguments, **options)
    except Exception as error:
        print(type(error).__name__, error)

def sockets():
    found = []
    for number in range(256):
        try:
            if stat.S_ISSOCK(os.fstat(number).st_mode): found.append(number)
        except OSError:
            pass
    return found
"""


@dataclass(frozen=True)
class Attempt:
    """What an attack left to be seen from outside."""

    execution: Execution
    following: Execution
    seen: str  # all that came out: streams, failures, records, names and contents of collected files
    in_time: bool  # far sooner than anything takes that waits for what the code left running

    @property
    def alive(self) -> bool:
        """Whether the session still ran code afterwards."""
        return self.following.stdout.endswith("alive\n")


Attack = Callable[..., Attempt]


def given(names: dict[str, Any]) -> str:
    """Assignments of what the attacker is assumed to know."""
    return "".join(f"{name} = {value!r}\n" for name, value in names.items())


class Bystander:
    """A session that was opened before, and whose state must survive whatever happens to others."""

    def __init__(self, sandbox: LocalSandbox, data: Path) -> None:
        self._sandbox = sandbox
        self._data = data
        self._open()

    def _open(self) -> None:
        self.session = self._sandbox.open(self._data)
        shown = self.session.execute("import os\nx = 42\nprint(os.getpid(), os.getppid(), os.getcwd())", 1, 60).stdout
        pid, supervisor, folder = shown.split()
        self.pid, self.supervisor, self.folder = int(pid), int(supervisor), Path(folder)

    def check(self) -> None:
        answered = self.session.execute("print(x)", 2, 60)
        if answered.stdout != "42\n":
            self.session.close()
            self._open()
        assert answered.stdout == "42\n", f"a bystander lost its state: {answered}"


@pytest.fixture(scope="module")
def limits() -> Limits:
    return LIMITS


@pytest.fixture(scope="module")
def sandbox(limits: Limits) -> Iterator[LocalSandbox]:
    with LocalSandbox(clock=CLOCK, limits=limits, preload=()) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of query results that all sessions of a run read."""
    folder = tmp_path_factory.mktemp("data")
    pq.write_table(pa.table({"name": ["Aoki", "Baba"]}), folder / "people.parquet")
    return folder


@pytest.fixture(scope="module")
def bystander(sandbox: LocalSandbox, data: Path) -> Iterator[Bystander]:
    """After all attacks of a module a new session works, too; each of them had one."""
    yield Bystander(sandbox, data)
    with sandbox.open(data) as fresh:
        assert fresh.execute("print(len(load('people')))", 1, 60).stdout == "2\n"


@pytest.fixture
def session(sandbox: LocalSandbox, data: Path, bystander: Bystander) -> Iterator[Session]:
    """A session to attack from. Afterwards a bystander still has its state."""
    with sandbox.open(data) as session:
        yield session
    bystander.check()


@pytest.fixture
def attack(session: Session, tmp_path: Path) -> Attack:
    """Runs hostile code as a step, and harmless code after it, which gets `patience` seconds.

    Both end sooner, unless the attack is about just that.

    Other keywords become variables that the hostile code may use.
    """

    def run(code: str, timeout: float = 60.0, patience: float = 60.0, **known: object) -> Attempt:
        started = time.monotonic()
        execution = session.execute(given(known) + PRELUDE + code, 1, timeout)
        following = session.execute("print('alive')", 2, patience)
        seconds = time.monotonic() - started
        into = tmp_path / "collected"
        session.collect(into)
        files = [f"{path.name}\n{path.read_bytes().decode('latin-1')}" for path in into.rglob("*") if path.is_file()]
        seen = "\n".join((execution.model_dump_json(), following.model_dump_json(), *files))
        return Attempt(execution, following, seen, seconds < IN_TIME)

    return run


@pytest.fixture
def canary() -> str:
    """What no attack may bring to light."""
    return f"canary-{secrets.token_hex(16)}"


@pytest.fixture
def private_file(tmp_path: Path, canary: str) -> Path:
    """A file that its owner alone may read, in a folder that its owner alone may enter."""
    folder = tmp_path / "private"
    folder.mkdir(mode=0o700)
    file = folder / "secret.txt"
    file.write_text(canary)
    file.chmod(0o600)
    return file


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that everybody may enter and read."""
    with tempfile.TemporaryDirectory(prefix="public-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
