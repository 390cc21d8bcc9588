"""The modes of the abuse tests: what the sandbox has to build on, what is not covered there, how to get there."""

import ctypes
import os
import struct
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from own_container import in_own_container

_NEWNS, _NEWUSER, _REC, _PRIVATE = 0x0002_0000, 0x1000_0000, 0x4000, 0x4_0000


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


def landlock() -> int:
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


def current_mode() -> Mode:
    status = Path("/proc/self/status").read_text()
    capabilities = int(status.split("CapEff:")[1].split()[0], 16)
    own_users = os.geteuid() == 0 and bool(capabilities & 1 << 7)  # CAP_SETUID
    return Mode(own_users, _may_mount(), landlock(), in_own_container())


def take_away(calls: Iterable[int], error: int) -> None:
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


def become(user: int) -> None:
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
