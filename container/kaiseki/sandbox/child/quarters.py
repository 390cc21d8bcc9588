"""Where a session lives: a user of its own where that can be, a folder, and the bounds that go with them."""

import os
from dataclasses import dataclass
from pathlib import Path

from kaiseki.sandbox import workdir
from kaiseki.sandbox.child import processes, shared_memory
from kaiseki.sandbox.child.confinement import identity, kernel, paths
from kaiseki.sandbox.child.confinement.confine import Bounds
from kaiseki.sandbox.child.confinement.errors import Unconfined
from kaiseki.sandbox.layers import Layers
from kaiseki.sandbox.limits import Limits

_ALONE = 0o700
_WITH_HOST = 0o2770  # the group is the host's, and so is that of all that is made inside


@dataclass(frozen=True)
class Terms:
    """What a session is opened with, as far as its confinement goes.

    turn        the session's number; sessions of one zygote try different users first
    temporary   where folders of sessions are made
    host_group  the group by which the host reaches them
    no_view     why there can be no view of the session's own; empty if there can
    spared, ..  processes, and process groups, that the session may send no signals
    """

    turn: int
    temporary: Path
    data: Path
    kit: Path
    packages: Path | None
    limits: Limits
    layers: Layers
    host_group: int
    no_view: str
    spared: tuple[int, ...]
    spared_groups: tuple[int, ...]


@dataclass(frozen=True)
class Quarters:
    bounds: Bounds
    user: identity.Identity | None

    def kill_all(self) -> None:
        """Ends all that runs as the session's user, in one stroke, where nothing else can be hit.

        Else, and for one process alone, whoever waits for the children to end kills them one by one. Else is where the
        host has the same user, or a session in a container of this machine: locks are not seen through its wall, but
        signals pass from outside.
        """
        if self.user and len(processes.descendants(os.getpid())) > 1 and not processes.any_in_containers(self.user.uid):
            identity.kill_all(self.user.uid)

    def shared_memory(self, interpreter: int) -> int:
        """Bytes of the session in /dev/shm. Files there of the host's user are not told apart."""
        if not self.bounds.no_view:
            return shared_memory.used_in_view_of(interpreter)
        return shared_memory.used_by(self.user.uid) if self.user else 0

    def left_elsewhere(self) -> list[Path]:
        """What the session has put at the top of folders that are open to all. Of the host's user nothing is told."""
        if not self.bounds.no_view or self.user is None:
            return []
        return shared_memory.left_on_disk(self.user.uid, self.bounds.folder)

    def leave(self, interpreter: int) -> None:
        """Removes the folder, and what the session's user left elsewhere. All its processes must have ended."""
        workdir.remove(self.bounds.folder)
        if self.user:
            shared_memory.sweep(self.user.uid)
            self.user.lock.close()
        else:
            shared_memory.sweep_of_own_user(interpreter)


def take(terms: Terms) -> Quarters:
    """Makes the session's folder, and uses files as the session's user from then on if that can reach it.

    Raises Unconfined, also where the session's own user cannot reach what it needs; and OSError for the folder.
    """
    readable = (*paths.of_python(), paths.WITHOUT_PSUTIL, str(terms.kit), str(terms.data))
    readable += (str(terms.packages),) if terms.packages else ()
    no_user = _why_no_user(terms)
    user = None if no_user else _claim(terms)
    if user and terms.no_view and (path := identity.out_of_reach((*readable, str(terms.temporary)), user.uid)):
        user.lock.close()
        raise Unconfined(
            f"generated code would run as root: no other user can reach {path}; open the folders above it (chmod o+x)"
        )
    if user and terms.no_view:
        shared_memory.sweep(user.uid)  # of a session that was killed with its supervisor
    folder = _folder(terms, user)
    bounds = Bounds(
        folder=folder,
        limits=terms.limits,
        layers=terms.layers,
        uid=user.uid if user else None,
        no_user=no_user,
        no_view=terms.no_view,
        readable=readable,
        listable=(str(terms.kit.parent),),
        spared=(*terms.spared, os.getpid()),
        spared_groups=(*terms.spared_groups, os.getpgrp()),
    )
    return Quarters(bounds, user)


def _why_no_user(terms: Terms) -> str:
    return identity.why_not() if terms.layers.own_user else "left out"


def _claim(terms: Terms) -> identity.Identity:
    os.setgroups([])
    return identity.claim(terms.turn)


def _folder(terms: Terms, user: identity.Identity | None) -> Path:
    if user is None:
        return workdir.make(terms.temporary, _ALONE)
    try:
        with identity.as_user(user.uid, terms.host_group):
            folder = workdir.make(terms.temporary, _WITH_HOST)
    except PermissionError:  # the way to it is closed to others than the host, or it may not be written to
        folder = _make_and_give(terms, user.uid)
    if not identity.out_of_reach((f"{folder}/.",), user.uid):
        # Both ids must be the session's: the kernel asks for them before it shows a process's memory and open files.
        kernel.use_files_as(user.uid, user.uid)
    return folder


def _make_and_give(terms: Terms, uid: int) -> Path:
    folder = workdir.make(terms.temporary, _ALONE)
    try:
        workdir.give(folder, uid, terms.host_group, _WITH_HOST)
    except PermissionError as error:
        workdir.remove(folder)
        raise Unconfined(
            f"a session's own user cannot write to {terms.temporary}, and root lacks CHOWN to give it a folder there; "
            "open it to others (chmod 1777)"
        ) from error
    return folder
