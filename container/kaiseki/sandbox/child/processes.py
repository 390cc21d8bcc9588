"""The processes below one, as /proc shows them.

A process that asked to be the *subreaper* inherits every orphan below it, so that neither setsid nor a double fork
leads out of its tree; and when waitpid says that it has no child, there is none left anywhere below.
"""

import ctypes
import errno
import os
import signal
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None, use_errno=True)
# Not every kernel is built with these files.
_HAS_CHILDREN_FILES = Path("/proc/thread-self/children").exists()
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_MANY_ADDRESSES = 4 << 30  # bytes; the page tables of fewer take 8 MiB at most
_RETRY_SECONDS = 0.002
_LARGEST_EXIT_CODE = 0x7FFF_FFFF


@dataclass(frozen=True)
class Load:
    """What the processes of a tree use at this moment: resident bytes, CPU seconds (with those of reaped children)."""

    processes: int
    threads: int
    memory: int
    cpu: float


@dataclass(frozen=True)
class Exit:
    code: int  # negative: the signal
    peak_memory: int  # bytes


def exit_code(told: int) -> int:
    """What a process may say that it ended with: beyond this, a number is none."""
    return told if abs(told) <= _LARGEST_EXIT_CODE else 1


def become_subreaper() -> None:
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(parent: int) -> None:
    """Has the kernel kill this process when its parent ends. Call it after any change of user."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the call
        os._exit(1)


def descendants(pid: int) -> list[int]:
    """Parents before their children."""
    if not _HAS_CHILDREN_FILES:
        return _below(pid, _children_by_scan())
    found: list[int] = []
    pending = [pid]
    while pending:
        children = children_of(pending.pop())
        found += children
        pending += children
    return found


def children_of(pid: int) -> list[int]:
    if not _HAS_CHILDREN_FILES:
        return _children_by_scan().get(pid, [])
    found: list[int] = []
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (thread / "children").read_bytes().split())
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ESRCH):
            raise
    return found


def any_in_containers(uid: int) -> bool:
    """Whether processes of user `uid` run in containers that this process sees from outside.

    These have numbers of their own there, beside those that they have here.
    """
    for entry in os.listdir("/proc"):  # noqa: PTH208 - at the end of each session
        if not entry.isdecimal():
            continue
        try:
            status = Path(f"/proc/{entry}/status").read_bytes()
        except OSError:  # it has ended
            continue
        numbers = status.partition(b"\nNSpid:")[2].partition(b"\n")[0].split()
        if len(numbers) > 1 and f"\nUid:\t{uid}\t".encode() in status:
            return True
    return False


def is_child(pid: int) -> bool:
    """Whether this process still has a child `pid`, dead or alive."""
    return pid in children_of(os.getpid())


def load(pids: list[int]) -> Load:
    memory = processes = threads = 0
    cpu = 0.0
    for pid in pids:
        fields = _stat(pid)
        if fields:
            processes += fields[0] != "Z"
            threads += int(fields[17])
            cpu += sum(map(int, fields[11:15])) / _TICKS
            memory += int(fields[21]) * _PAGE + _page_tables(pid, fields)
    return Load(processes, threads, memory, cpu)


def awaits_its_turn(pid: int, cpu: float) -> bool:
    """Whether a process could run, and has had no more of the processor than the `cpu` seconds of an earlier look."""
    fields = _stat(pid)
    return bool(fields) and fields[0] == "R" and load([pid]).cpu <= cpu


def proportional_memory(pids: list[int]) -> int:
    """Like Load.memory, with each shared page counted once; slow. As resident, where the kernel does not tell."""
    total = 0
    for pid in pids:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) * 1024
            total += _page_tables(pid, _stat(pid))
        except (OSError, StopIteration):
            total += load([pid]).memory
    return total


def _page_tables(pid: int, fields: list[str]) -> int:
    """Bytes; 0 where they cannot be many. Addresses that are only read take up no other memory of the process."""
    if not fields or int(fields[20]) < _MANY_ADDRESSES:
        return 0
    return _bytes_told(pid, "VmPTE:")


def peak_memory(pid: int) -> int:
    """The most that one process had resident since `reset_peak_memory`, in bytes; 0 if it is gone."""
    return _bytes_told(pid, "VmHWM:")


def reset_peak_memory(pid: int) -> None:
    try:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    except OSError:
        return


def kill(pid: int, number: int = signal.SIGKILL) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def reap() -> tuple[dict[int, Exit], bool]:
    """Collects the children that have ended; and whether any are left."""
    ended: dict[int, Exit] = {}
    while True:
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return ended, False
        if pid == 0:
            return ended, True
        ended[pid] = Exit(os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024)


def end_descendants(seconds: float) -> dict[int, Exit]:
    """Kills and reaps everything below this process, which must be a subreaper. Gives up after `seconds`."""
    until = time.monotonic() + seconds
    ended: dict[int, Exit] = {}
    while True:
        for pid in _halted(until):
            kill(pid)
        reaped, left = reap()
        ended |= reaped
        if not left or time.monotonic() > until:
            return ended
        time.sleep(_RETRY_SECONDS)


def _halted(until: float) -> set[int]:
    """All below this process, stopped first: what forks while it is killed can grow again as fast as it falls."""
    found: set[int] = set()
    while (new := set(descendants(os.getpid())) - found) and time.monotonic() < until:
        for pid in new:
            kill(pid, signal.SIGSTOP)
        found |= new
    return found


def _children_by_scan() -> dict[int, list[int]]:
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and (fields := _stat(int(entry.name))):
            children[int(fields[1])].append(int(entry.name))
    return children


def _below(pid: int, children: dict[int, list[int]]) -> list[int]:
    found: list[int] = []
    pending = [pid]
    while pending:
        below = children.get(pending.pop(), [])
        found += below
        pending += below
    return found


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat from the state on; empty if the process is gone."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return []
    return line[line.rindex(")") + 2 :].split()  # the name before it may hold anything


def _bytes_told(pid: int, name: str) -> int:
    """A field of /proc/<pid>/status, in bytes; 0 if the process is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith(name)), 0)


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
