"""From root to an ordinary user, for a host that was started as root so that sessions can have users of their own."""

import os

from kaiseki.errors import SandboxError
from kaiseki.sandbox.child.confinement.privileges import close_to_others


def step_down(uid: int) -> None:
    """Has this process go on as user and group `uid`, for good. Raises SandboxError.

    Call it once the sandbox is warm: the zygote keeps what root may do, and cannot be started again afterwards.
    """
    try:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    except OSError as error:
        raise SandboxError(
            f"the program cannot go on as user {uid}: {error.strerror}", hint="start it as root with SETUID and SETGID"
        ) from error
    close_to_others()  # the change of user has opened it
