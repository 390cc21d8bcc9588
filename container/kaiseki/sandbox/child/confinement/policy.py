"""Which system calls generated code may not make, and what they answer.

A list of what is refused, since the data stack needs most of the rest; what the kernel gained after this list was
written does not exist for the session.
"""

import errno
from collections.abc import Iterator

from kaiseki.sandbox.child.confinement import bpf
from kaiseki.sandbox.child.confinement.bpf import Condition

LAST_KNOWN = "set_mempolicy_home_node"
_X32 = 0x4000_0000  # the bit that marks calls of the x32 table on x86_64

# Options of sockets: larger buffers, and programs for the kernel.
_NETWORK = "socket connect bind listen accept accept4 setsockopt"
_OTHER_PROCESSES = (
    "ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp pidfd_getfd pidfd_send_signal "
    "rt_sigqueueinfo rt_tgsigqueueinfo tkill move_pages migrate_pages perf_event_open"
)
_KERNEL_SURFACE = (
    "bpf userfaultfd add_key request_key keyctl fanotify_init lookup_dcookie nfsservctl uselib modify_ldt iopl ioperm "
    "_sysctl vhangup"
)
_MEMORY_THAT_NO_LIMIT_COUNTS = (
    "memfd_create memfd_secret shmget shmat shmctl shmdt semget semop semctl semtimedop msgget msgsnd msgrcv msgctl "
    "mq_open mq_unlink"
)
_MOUNTS_AND_NAMESPACES = (
    "mount umount2 pivot_root chroot open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr "
    "setns unshare name_to_handle_at open_by_handle_at"
)
_THE_MACHINE = (
    "kexec_load kexec_file_load init_module finit_module delete_module create_module query_module get_kernel_syms "
    "reboot swapon swapoff quotactl quotactl_fd acct syslog sethostname setdomainname settimeofday clock_settime "
    "clock_adjtime adjtimex"
)
# Libraries try these first, and do without where the kernel has none. The arguments of clone3 and openat2 lie in
# memory, where no filter can read them.
_NOT_THERE = "clone3 openat2 io_uring_setup io_uring_enter io_uring_register"
# Pipes and sockets that hold pages as they are, up to a huge one for each byte, whose memory then is no process's.
_PAGES_THAT_NO_PROCESS_HAS = "vmsplice splice tee sendfile"
# What goes on in folders that may not be read: neither Landlock nor anything else is asked.
_WATCHES = "inotify_init inotify_init1"
# They take up memory or disk beside what files do; of others' files they are no matter of Landlock.
_ATTRIBUTES = "setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr"

# Open files on their way from one process to another are in none, and take up disk that nobody counts.
_FILES_THAT_NO_PROCESS_HAS = "sendmsg sendmmsg"

_NEW_NAMESPACES = (0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000)
_CLONE_FILES = 0x400
_CLONE_THREAD = 0x10000
_CLOSE_RANGE_UNSHARE = 2
_SETUID_BIT = 0o4000
_O_CREAT = 0o100
_O_TMPFILE = 0o20000000
_AF_UNIX = 1
_SOCKET_TYPES = 0xF
_SOCK_STREAM, _SOCK_SEQPACKET = 1, 5
_SECCOMP_FILTER_FLAG_NEW_LISTENER = 8
_PRIO_PROCESS = 0
_IOPRIO_WHO_PROCESS = 1
_QUERY_PERSONALITY = 0xFFFF_FFFF
_RLIMIT_CORE = 4
_PR_SCHED_CORE = 62
_FCNTL = {
    # The kernel sends signals.
    "F_SETOWN": 8,
    "F_SETOWN_EX": 15,
    "F_NOTIFY": 1026,
    # Who opens the file, or changes the folder, waits for its holder.
    "F_SETLEASE": 1024,
    "F_SETDELEG": 1040,
    # Memory of the kernel; the watchdog takes each pipe for one of the usual size.
    "F_SETPIPE_SZ": 1031,
}
# The terminal's requests type into it, take it over or change how the kernel drives it.
_IOCTL = {
    "FIOASYNC": 0x5452,
    "FIOSETOWN": 0x8901,
    "SIOCSPGRP": 0x8902,
    "TIOCSCTTY": 0x540E,
    "TIOCSTI": 0x5412,
    "TIOCLINUX": 0x541C,
    "TIOCSETD": 0x5423,
}

_Rule = tuple[str, int, tuple[Condition, ...]]


def program(audit_arch: int, numbers: dict[str, int], spared: tuple[int, ...], spared_groups: tuple[int, ...]) -> bytes:
    """The filter. `spared` are processes, `spared_groups` process groups, that may not be sent signals."""
    parts = [bpf.only_architecture(audit_arch), bpf.above(_X32 - 1, bpf.KILL_PROCESS)]
    parts += [
        bpf.rule(numbers[name], action, conditions)
        for name, action, conditions in (*_refused(), *_by_argument(), *_signals(spared, spared_groups))
        if name in numbers  # older architectures have calls that newer ones lack
    ]
    parts += [bpf.above(numbers[LAST_KNOWN], bpf.errno_action(errno.ENOSYS)), bpf.otherwise(bpf.ALLOW)]
    return b"".join(parts)


def _refused() -> Iterator[_Rule]:
    for names, number in (
        (_NETWORK, errno.EACCES),
        (_OTHER_PROCESSES, errno.EPERM),
        (_KERNEL_SURFACE, errno.EPERM),
        (_MEMORY_THAT_NO_LIMIT_COUNTS, errno.EPERM),
        (_FILES_THAT_NO_PROCESS_HAS, errno.EPERM),
        (_MOUNTS_AND_NAMESPACES, errno.EPERM),
        (_THE_MACHINE, errno.EPERM),
        (_NOT_THERE, errno.ENOSYS),
        (_PAGES_THAT_NO_PROCESS_HAS, errno.ENOSYS),
        (_WATCHES, errno.ENOSYS),
        (_ATTRIBUTES, errno.EOPNOTSUPP),
    ):
        for name in names.split():
            yield name, bpf.errno_action(number), ()


def _by_argument() -> Iterator[_Rule]:
    refuse = bpf.errno_action(errno.EPERM)
    # A pair of datagram sockets can send to sockets of other processes; the kernel makes one of a raw pair, too.
    yield "socketpair", refuse, (Condition(0, _AF_UNIX, equal=False),)
    yield (
        "socketpair",
        refuse,
        tuple(Condition(1, kind, mask=_SOCKET_TYPES, equal=False) for kind in (_SOCK_STREAM, _SOCK_SEQPACKET)),
    )
    for flag in _NEW_NAMESPACES:
        yield "clone", refuse, (Condition(0, flag, mask=flag),)
    # A thread with open files of its own: what /proc shows of its process does not tell them.
    yield "clone", refuse, (Condition(0, _CLONE_THREAD, mask=_CLONE_THREAD | _CLONE_FILES),)
    yield "close_range", refuse, (Condition(2, _CLOSE_RANGE_UNSHARE, mask=_CLOSE_RANGE_UNSHARE),)
    for name, mode in (("chmod", 1), ("fchmod", 1), ("fchmodat", 2), ("creat", 1), ("mknod", 1), ("mknodat", 2)):
        yield name, refuse, (Condition(mode, _SETUID_BIT, mask=_SETUID_BIT),)
    for name, flags in (("open", 1), ("openat", 2)):
        for creates in (_O_CREAT, _O_TMPFILE):  # without these, no mode is passed
            yield (
                name,
                refuse,
                (
                    Condition(flags, creates, mask=creates),
                    Condition(flags + 1, _SETUID_BIT, mask=_SETUID_BIT),
                ),
            )
    # A filter that asks its owner could answer calls of programs in ways that they do not expect.
    listens = _SECCOMP_FILTER_FLAG_NEW_LISTENER
    yield "seccomp", refuse, (Condition(1, listens, mask=listens),)
    for name in ("prlimit64", "sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler"):
        yield name, refuse, (Condition(0, 0, equal=False),)  # of other processes
    for name, which in (("setpriority", _PRIO_PROCESS), ("ioprio_set", _IOPRIO_WHO_PROCESS)):
        yield name, refuse, (Condition(0, which, equal=False),)
        yield name, refuse, (Condition(1, 0, equal=False),)
    yield (
        "personality",
        refuse,
        (Condition(0, 0, equal=False), Condition(0, _QUERY_PERSONALITY, equal=False)),
    )
    # The limit that keeps crashes from the machine's own program for them: see confine.py.
    yield "setrlimit", refuse, (Condition(0, _RLIMIT_CORE),)
    for upper in (False, True):  # without a new limit it only reads
        yield "prlimit64", refuse, (Condition(1, _RLIMIT_CORE), Condition(2, 0, equal=False, upper=upper))
    yield "prctl", refuse, (Condition(0, _PR_SCHED_CORE),)  # keeps other programs off half of a core
    for command in _FCNTL.values():
        yield "fcntl", refuse, (Condition(1, command),)
    for request in _IOCTL.values():
        yield "ioctl", refuse, (Condition(1, request),)


def _signals(spared: tuple[int, ...], spared_groups: tuple[int, ...]) -> Iterator[_Rule]:
    refuse = bpf.errno_action(errno.EPERM)
    for pid in (-1, 1, *spared, *(-group for group in spared_groups)):
        yield "kill", refuse, (Condition(0, pid & 0xFFFF_FFFF),)
    for pid in (1, *spared):
        yield "tgkill", refuse, (Condition(0, pid),)
