"""The layers that hold generated code: which may be used, and which did come about."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Layers:
    """The layers that not every kernel or user has. Each is used where it can be; tests leave some out.

    own_user      a user id for each session; needs root, at least with SETUID, SETGID and KILL
    private_view  mounts of the session's own; needs SYS_ADMIN, or user namespaces
    landlock      the kernel's own list of what may be read and written

    What every session has, or it does not start, is no matter of choice: no new privileges, and the filter on system
    calls.
    """

    own_user: bool = True
    private_view: bool = True
    landlock: bool = True


@dataclass(frozen=True)
class Layer:
    """One layer as a session has it: "active", or "absent" and why."""

    name: str
    state: str
    detail: str = ""


ACTIVE = "active"
ABSENT = "absent"
