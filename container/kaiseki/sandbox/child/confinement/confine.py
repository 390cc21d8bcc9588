"""The way from a free process to one that may run generated code, step by step. Every step is for good."""

import contextlib
import os
import resource
from dataclasses import dataclass
from pathlib import Path

from kaiseki.sandbox.child import processes
from kaiseki.sandbox.child.confinement import identity, kernel, landlock, paths, privileges, seccomp, view
from kaiseki.sandbox.child.confinement.errors import Unconfined
from kaiseki.sandbox.layers import ABSENT, ACTIVE, Layer, Layers
from kaiseki.sandbox.limits import Limits

_MOST_FILES = 1 << 20
_STARTED_BY_OTHERS = 256  # threads that other programs of the same user may start during the session
_KEPT_FOR_HOST = 256  # threads of those that its user may run
_UNTOUCHED = 1 << 30  # bytes of writable memory that libraries ask for and never use: stacks, V8's heaps
_FOR_GROUP = 0o002  # the umask that lets the host, which is in the group of the workdir, take files out of it


@dataclass(frozen=True)
class Bounds:
    """What one session is held to.

    uid                 the session's own user; None: the host's
    no_user             why it has none; empty if it has one
    no_view             why the session has no view of its own; empty if it gets one
    readable            folders and files beyond the system's: Python, the kit, the data
    listable            folders whose entries' names Python looks through
    spared, ..._groups  processes, and groups of them, that may not be sent signals
    """

    folder: Path
    limits: Limits
    layers: Layers
    uid: int | None
    no_user: str
    no_view: str
    readable: tuple[str, ...]
    listable: tuple[str, ...]
    spared: tuple[int, ...]
    spared_groups: tuple[int, ...]


def confine(bounds: Bounds, parent: int, first_file_to_close: int) -> tuple[Layer, ...]:
    """Confines this process, which must have one thread, and all that will come from it. Raises Unconfined.

    Afterwards it stands in the session's folder, and ends with `parent`.
    """
    os.setsid()
    os.closerange(first_file_to_close, _MOST_FILES)
    kernel.use_files_as(os.geteuid(), os.getegid())
    privileges.open_to_own_user()
    _offer_to_the_oom_killer()
    _set_limits(bounds)
    in_view = _enter_view(bounds)
    own_user = _become_user(bounds)
    processes.die_with_parent(parent)
    privileges.drop_capabilities()
    privileges.forbid_new_privileges()
    locked = _restrict_files(bounds)
    seccomp.install(seccomp.assemble(bounds.spared, bounds.spared_groups))
    if os.getuid() == 0 and locked.state != ACTIVE:
        raise Unconfined(
            f"generated code would run as root, and read all that root may: no user of its own ({own_user.detail}), "
            f"no Landlock ({locked.detail})"
        )
    os.chdir(bounds.folder)
    return (
        Layer("system call filter", ACTIVE, os.uname().machine),
        Layer("no new privileges", ACTIVE),
        Layer("no capabilities", ACTIVE),
        own_user,
        in_view,
        locked,
    )


def _offer_to_the_oom_killer() -> None:
    with contextlib.suppress(OSError):  # where /proc may not be written to
        Path("/proc/self/oom_score_adj").write_text("1000")


def _set_limits(bounds: Bounds) -> None:
    limits = bounds.limits
    # Not 0: where the machine has a program for crashes, which runs as root and outside, 1 alone keeps it from that.
    _limit(resource.RLIMIT_CORE, 1)
    for kind in (resource.RLIMIT_RTPRIO, resource.RLIMIT_NICE):  # some users may go before all others
        _limit(kind, 0)
    _limit(resource.RLIMIT_FSIZE, limits.file)
    _limit(resource.RLIMIT_NOFILE, limits.open_files)
    _limit(resource.RLIMIT_CPU, int(limits.cpu) + 1)
    # The data segment, not the address space, of which JavaScript engines and allocators reserve many times what they
    # use. It makes a MemoryError of a request that is far too large; what is really used, the watchdog sees.
    _limit(resource.RLIMIT_DATA, _data_segment() + limits.memory + _UNTOUCHED)
    _limit(resource.RLIMIT_NPROC, limits.threads if bounds.uid is not None else _beyond_what_runs(limits.threads))


def _beyond_what_runs(threads: int) -> int:
    """Where the host is the same user. The kernel counts all that a user runs, and no file tells how much that is; what
    runs on the whole system bounds it, and a fork bomb stays small enough for the watchdog to end it at once."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    running = int(Path("/proc/loadavg").read_text().split()[3].partition("/")[2])
    wanted = running + threads + _STARTED_BY_OTHERS
    return wanted if allowed == resource.RLIM_INFINITY else min(wanted, max(allowed - _KEPT_FOR_HOST, 1))


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def _data_segment() -> int:
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmData:"))


def _enter_view(bounds: Bounds) -> Layer:
    name = "view of its own"
    if bounds.no_view:
        return Layer(name, ABSENT, bounds.no_view)
    view.enter(bounds.readable, str(bounds.folder), bounds.limits.memory)
    return Layer(name, ACTIVE, "read-only, without anybody's files")


def _become_user(bounds: Bounds) -> Layer:
    name = "user of its own"
    if bounds.uid is None:
        return Layer(name, ABSENT, bounds.no_user)
    identity.become(bounds.uid)
    os.umask(_FOR_GROUP)
    privileges.open_to_own_user()  # a change of user closed it again
    return Layer(name, ACTIVE, str(bounds.uid))


def _restrict_files(bounds: Bounds) -> Layer:
    name = "Landlock"
    if not bounds.layers.landlock:
        return Layer(name, ABSENT, "left out")
    version = landlock.version()
    if not version:
        return Layer(name, ABSENT, "the kernel has none, or hides it")
    proc_is_own = bounds.uid is not None and not bounds.no_view
    proc = paths.PROC if proc_is_own else paths.PROC_OF_INTERPRETER
    if not proc_is_own:
        _leave_out_psutil()
    landlock.restrict(
        readable=(*paths.READABLE, *proc, *bounds.readable),
        listable=bounds.listable,
        writable=(str(bounds.folder), *paths.WRITABLE),
    )
    return Layer(name, ACTIVE, f"version {version}")


def _leave_out_psutil() -> None:
    """For programs that the session starts, which see no process below /proc, themselves included.

    Workers of joblib die of an error in psutil; where it is not installed they do without.
    """
    os.environ["PYTHONPATH"] = paths.WITHOUT_PSUTIL
