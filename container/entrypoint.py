"""What the image starts: the program as an ordinary user, and the sandbox that must not be one, apart from each other.

    1  this process     root with SETUID, SETGID and KILL: passes signals on and waits
    ├─ the broker       root with the same, started without the environment: holds the sandbox (kaiseki.sandbox.broker)
    │  └─ ...           its sessions, each under a user of its own
    └─ the program      user `kaiseki`, no capabilities: holds the credentials, and a socket to the broker

Started as another user than root, the program runs as that user and the sessions do too. `--healthy` tells the engine
whether all of them are alive.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

USER = GROUP = 10001
HOME = "/workspace"  # never a folder that sessions may write to: settings of libraries are read from there
CAP_KILL, CAP_SETGID, CAP_SETUID = 5, 6, 7
KEPT = (CAP_KILL, CAP_SETGID, CAP_SETUID)
PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
BROKER = ("-P", "-s", "-c", "from kaiseki.sandbox.broker import main; main()")
ENVIRONMENT = {"PATH": os.pathsep.join((str(Path(sys.executable).parent), "/usr/bin", "/bin")), "LANG": "C.UTF-8"}
USAGE_ERROR = 2

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38
_SI_KERNEL = 0x80  # of a terminal, which has sent it to the program as well
_CAPABILITY_VERSION_3 = 0x20080522
_libc = ctypes.CDLL(None, use_errno=True)


def main() -> NoReturn:
    if os.geteuid() != 0:
        run_program()
    missing = [capability for capability in KEPT if not capabilities() >> capability & 1]
    if missing:
        print(
            "kaiseki: started as root without the capabilities SETUID, SETGID and KILL, on which the sandbox rests\n"
            "  add these three, or start the image as an ordinary user: --user 10001",
            file=sys.stderr,
        )
        sys.exit(USAGE_ERROR)
    drop_other_capabilities()
    _prctl(_PR_SET_DUMPABLE, 0)
    # Before anything is started: a signal that comes early waits until there is somebody to pass it on to.
    signal.pthread_sigmask(signal.SIG_BLOCK, {*PASSED_ON, signal.SIGCHLD})
    ours, theirs = socket.socketpair()
    with theirs:
        start_broker(theirs)
    program = os.fork()
    if program == 0:
        become_program(ours)
    ours.close()
    stand_by(program)


def start_broker(end: socket.socket) -> None:
    command = [sys.executable, *BROKER, str(end.fileno())]
    subprocess.Popen(  # noqa: S603
        command, env=ENVIRONMENT, cwd="/", pass_fds=(end.fileno(),), start_new_session=True, preexec_fn=_unblock
    )


def become_program(end: socket.socket) -> NoReturn:
    """Not by exec, after which its memory would be open to every process of the user again."""
    _unblock()
    os.setgroups([])
    os.setresgid(GROUP, GROUP, GROUP)
    os.setresuid(USER, USER, USER)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.environ |= {"HOME": HOME, "KAISEKI_BROKER": str(end.detach())}
    run_program()


def run_program() -> NoReturn:
    from kaiseki.__main__ import main as program

    program()
    raise AssertionError("the program exits of itself")


def stand_by(program: int) -> NoReturn:
    """Passes signals on and collects what ends, until the program does. What then still runs, the kernel ends."""
    while True:
        signalled = signal.sigwaitinfo({*PASSED_ON, signal.SIGCHLD})
        if signalled.si_signo != signal.SIGCHLD and signalled.si_code != _SI_KERNEL:
            os.kill(program, signalled.si_signo)
        for pid, status in iter(_ended, None):
            if pid == program:
                code = os.waitstatus_to_exitcode(status)
                os._exit(code if code >= 0 else 128 - code)


def healthy() -> bool:
    """Whether the process 1 has both its children, the one of root and the program's."""
    owners = {_owner(pid) for pid in Path("/proc/1/task/1/children").read_text().split()}
    return {0, USER} <= owners


def capabilities() -> int:
    """The effective ones of this process, a bit each."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("CapEff:")[1].split()[0], 16)


def drop_other_capabilities() -> None:
    """Also from the bounding set, where SETPCAP is there to do it; where it is not, the engine has done it."""
    for capability in range(int(Path("/proc/sys/kernel/cap_last_cap").read_text()) + 1):
        if capability not in KEPT:
            _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    kept = sum(1 << capability for capability in KEPT)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(kept, kept, 0, 0, 0, 0)  # effective, permitted, inheritable; twice 32 bits
    if _libc.capset(header, sets):
        raise OSError(ctypes.get_errno(), "the other capabilities cannot be dropped")


def _owner(pid: str) -> int | None:
    """The user of a process that lives, and is not stopped."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return None if fields["State"].split()[0] in "ZXT" else int(fields["Uid"].split()[0])


def _ended() -> tuple[int, int] | None:
    try:
        pid, status = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return (pid, status) if pid else None


def _unblock() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {*PASSED_ON, signal.SIGCHLD})


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


if __name__ == "__main__":
    if sys.argv[1:] == ["--healthy"]:
        sys.exit(not healthy())
    main()
