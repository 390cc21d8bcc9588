"""What the abuse tests share: the modes they run in, what a mode does not cover, and attacks seen from outside.

    pytest tests/abuse                                     as whoever calls it
    pytest tests/abuse --without-landlock                  as on a kernel without Landlock
    pytest tests/abuse --without-mounts                    as in a container, which can make no mounts nor namespaces
    pytest tests/abuse --sandbox-user 12345                as an ordinary user (the caller must be root)

A case passes when the *effect* of its attack is missing outside: what it prints of itself proves nothing, unless it
prints what the test had hidden. Each case names what it attempts; the code is what a hostile step would contain.
"""

import errno
import os
import platform
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

sys.path.append(str(Path(__file__).parent))

from abuse_modes import NOT_COVERED, become, current_mode, landlock, take_away

from kaiseki.models import Execution
from kaiseki.sandbox.limits import MIB, Limits
from kaiseki.sandbox.local import LocalSandbox
from kaiseki.sandbox.session import Session

CLOCK = datetime(2026, 11, 21, tzinfo=UTC)
LIMITS = Limits(
    memory=400 * MIB,
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


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--without-landlock", action="store_true", help="as on a kernel that does not have it")
    parser.addoption("--without-mounts", action="store_true", help="as where neither mounts nor namespaces can be made")
    parser.addoption("--sandbox-user", type=int, metavar="UID", help="run everything as this ordinary user")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--without-landlock", default=False) and landlock():
        take_away(range(444, 447), errno.ENOSYS)
    if config.getoption("--without-mounts", default=False):
        take_away((272, 165) if platform.machine() == "x86_64" else (97, 40), errno.EPERM)  # unshare, mount
    user = config.getoption("--sandbox-user", default=None)
    if user is not None and os.geteuid() == 0:
        become(user)


def pytest_sessionstart(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and not hasattr(session.config, "workerinput"):
        mode = current_mode()
        gaps = [gap for gap in NOT_COVERED if gap.where(mode)]
        reporter.write_line(f"abuse: {mode}; {len(gaps)} of the threats are not covered in this mode")
        for gap in gaps:
            reporter.write_line(f"  not covered: {gap.test} ({gap.why})")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is not covered in this mode is not run."""
    mode = current_mode()
    uncovered = {gap.test for gap in NOT_COVERED if gap.where(mode)}
    left = [item for item in items if item.path.parent == Path(__file__).parent and uncovered & _names(item)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


def _names(item: pytest.Item) -> set[str]:
    return {f"{item.path.name}::{item.name.split('[')[0]}", f"{item.path.name}::{item.name}"}


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
