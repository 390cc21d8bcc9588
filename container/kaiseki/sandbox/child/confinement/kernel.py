"""System calls that the standard library does not offer."""

import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_libc.prctl.restype = ctypes.c_int


def syscall(number: int, *arguments: object) -> int:
    """Raises OSError."""
    ctypes.set_errno(0)
    return _checked(_libc.syscall(ctypes.c_long(number), *map(_as_c, arguments)))


def prctl(option: int, *arguments: object) -> int:
    """Raises OSError."""
    ctypes.set_errno(0)
    given = [*arguments, *[0] * (4 - len(arguments))]
    return _checked(_libc.prctl(option, *map(_as_c, given)))


def mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    """Raises OSError."""
    texts = [None if text is None else os.fsencode(text) for text in (source, target, kind, options)]
    _checked(_libc.mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3]))


def unshare(flags: int) -> None:
    """Raises OSError."""
    _checked(_libc.unshare(flags))


def use_files_as(user: int, group: int) -> None:
    """From here on the kernel judges by `user` and `group` what this thread may do with files, and by nothing else."""
    _libc.setfsgid(group)
    _libc.setfsuid(user)
    # Both answer with the id that held before, and say nothing of failure: -1 is no id, so these only ask.
    if files_are_used_as() != (user, group):
        raise PermissionError(f"files cannot be used as user {user} and group {group}")


def files_are_used_as() -> tuple[int, int]:
    """The user and the group by which the kernel judges that."""
    return _libc.setfsuid(-1), _libc.setfsgid(-1)


def _as_c(value: object) -> object:
    return ctypes.c_ulong(value & 0xFFFF_FFFF_FFFF_FFFF) if isinstance(value, int) else value


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
