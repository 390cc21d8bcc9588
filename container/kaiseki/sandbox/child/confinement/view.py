"""A view of the file system of the session's own: read-only, without anybody's files, with its own /dev/shm.

Needs SYS_ADMIN, or a kernel that lets ordinary users make namespaces; containers usually have neither.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from kaiseki.sandbox.child.confinement import kernel, privileges, seccomp
from kaiseki.sandbox.child.confinement.errors import Unconfined

SHARED_MEMORY = "/dev/shm"  # noqa: S108
# All else at the top, /home and /tmp above all, is covered.
_SYSTEM = {"usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc", "proc", "sys", "nix", "gnu"}
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_LINKS = {
    "/dev/fd": "/proc/self/fd",
    "/dev/stdin": "/proc/self/fd/0",
    "/dev/stdout": "/proc/self/fd/1",
    "/dev/stderr": "/proc/self/fd/2",
}
_CLONE_NEWNS = 0x0002_0000
_CLONE_NEWIPC = 0x0800_0000
_CLONE_NEWUSER = 0x1000_0000
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_BIND, _MS_REC, _MS_PRIVATE = 0x2, 0x4, 0x8, 0x1000, 0x4000, 0x4_0000
_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000
_MOUNT_ATTR_RDONLY = 0x1


def why_not() -> str:
    """Why this process cannot make one; empty if it can. Tries it in a process of its own."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            privileges.open_to_own_user()  # else the maps of a new user namespace cannot be written
            enter((), "/", 1 << 20)
        except Exception as error:  # noqa: BLE001 - whatever it is, there is no view
            os.write(writer, str(error).encode()[:1000])
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as said:
        reason = said.read().decode("utf-8", "replace")
    os.waitpid(pid, 0)
    return reason


def enter(readable: Iterable[str], writable: str, shared_memory: int) -> None:
    """Shows the system and the paths that are `readable`, read-only, and the folder `writable`, to be written to.

    `shared_memory` is the size of /dev/shm in bytes. Below /proc a user other than root sees its own processes only,
    if this process is root's. Raises Unconfined; this process is of no use then.
    """
    try:
        _unshare()
        kernel.mount(None, "/", None, _MS_REC | _MS_PRIVATE)
        shown = sorted({*(path for path in (*readable, *_DEVICES) if Path(path).exists()), writable} - {"/"})
        covered = [folder for folder in _to_cover() if not any(Path(folder).is_relative_to(path) for path in shown)]
        opened = {path: os.open(path, os.O_PATH | os.O_CLOEXEC) for path in shown}
        for folder in covered:
            kernel.mount("tmpfs", folder, "tmpfs", _MS_NOSUID | _MS_NODEV, "mode=0755,size=1m")
        Path(SHARED_MEMORY).mkdir(exist_ok=True)
        kernel.mount("tmpfs", SHARED_MEMORY, "tmpfs", _MS_NOSUID | _MS_NODEV, f"mode=1777,size={shared_memory}")
        for path, descriptor in opened.items():
            if path == writable or any(Path(path).is_relative_to(folder) for folder in covered):
                _show(path, descriptor)
        for link, target in _LINKS.items():
            Path(link).symlink_to(target)
        if os.geteuid() == 0:  # this option is the mount's own since Linux 5.8; mount_setattr came later
            kernel.mount("proc", "/proc", "proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, "hidepid=2")
        _set_attributes("/", to_set=_MOUNT_ATTR_RDONLY, flags=_AT_RECURSIVE)
        for path in {writable, SHARED_MEMORY} - {"/"}:
            _set_attributes(path, to_clear=_MOUNT_ATTR_RDONLY)
        for descriptor in opened.values():
            os.close(descriptor)
    except OSError as error:
        raise Unconfined(f"mounts of its own: {(error.strerror or str(error)).lower()}") from error


def _unshare() -> None:
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        kernel.unshare(_CLONE_NEWNS | _CLONE_NEWIPC)
        return
    kernel.unshare(_CLONE_NEWUSER | _CLONE_NEWNS | _CLONE_NEWIPC)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def _to_cover() -> list[str]:
    with os.scandir("/") as entries:
        return [entry.path for entry in entries if entry.name not in _SYSTEM and entry.is_dir(follow_symlinks=False)]


def _show(path: str, descriptor: int) -> None:
    """Puts what is open where it was, under a folder that covers it now."""
    target = Path(path)
    if not target.exists():
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        make: Callable[[], None] = target.mkdir if Path(f"/proc/self/fd/{descriptor}").is_dir() else target.touch
        make()
    kernel.mount(f"/proc/self/fd/{descriptor}", path, None, _MS_BIND | _MS_REC)


def _set_attributes(path: str, to_set: int = 0, to_clear: int = 0, flags: int = 0) -> None:
    attributes = b"".join(value.to_bytes(8, "little") for value in (to_set, to_clear, 0, 0))
    number = seccomp.numbers()["mount_setattr"]
    kernel.syscall(number, _AT_FDCWD, os.fsencode(path), flags, attributes, len(attributes))
