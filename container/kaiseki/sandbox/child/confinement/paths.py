"""What every session may read and write beside its own folder and data."""

import sys
from functools import cache
from pathlib import Path

READABLE = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/ld.so.preload", "/etc/alternatives"),
    *("/etc/localtime", "/etc/timezone", "/etc/locale.alias", "/etc/default/locale", "/etc/mime.types"),
    *("/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/hosts", "/etc/fonts", "/etc/os-release"),
    *("/etc/bash.bashrc", "/etc/profile", "/etc/inputrc", "/etc/terminfo", "/var/cache/fontconfig"),
    *("/sys/devices/system", "/sys/fs/cgroup", "/sys/kernel/mm"),
    *("/dev/random", "/dev/urandom"),
)
PROC = ("/proc",)
# Of the processes the interpreter alone: what is told of others would tell of the host too.
PROC_OF_INTERPRETER = (
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/loadavg", "/proc/uptime", "/proc/version"),
    *("/proc/filesystems", "/proc/vmstat", "/proc/sys"),
)
# A folder with a psutil that cannot be imported.
WITHOUT_PSUTIL = str(Path(__file__).parent / "without_psutil")
WRITABLE = ("/dev/null", "/dev/zero", "/dev/full", "/dev/shm")  # noqa: S108 - shared memory of libraries


@cache
def of_python() -> tuple[str, ...]:
    """Where this interpreter and its packages lie, by the names it knows and the real ones; outside of the system."""
    places = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}
    places |= {entry for entry in sys.path if "site-packages" in entry or "dist-packages" in entry}
    places |= {str(Path(place).resolve()) for place in places}
    return tuple(sorted(place for place in places if place not in ("", "/")))
