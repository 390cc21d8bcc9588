"""What one session may use up."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes, times in seconds. Reaching `memory`, `cpu`, `disk` or `processes` ends the session.

    memory          of the session's processes together, beyond what the interpreter starts with; pages that they
                    share are counted once
    cpu             of the session's processes together, over the life of the session
    processes       at a time
    open_files      per process
    file            the largest file that a process may write
    disk            of the session's workdir
    disk_entries    files and folders in the workdir
    output          kept of stdout, and of stderr, per execution: head and tail, the middle is left out
    displays        images and tables that code displays, per execution
    records         of the kit, per execution
    transfer        of files that the host reads from the workdir, or writes to it, per call
    artifacts       files that are collected from the outbox at a time
    artifact_bytes  of these files together
    boot            until the zygote has made its imports
    """

    memory: int = 2048 * MIB
    cpu: float = 3600.0
    processes: int = 64
    open_files: int = 1024
    file: int = 1024 * MIB
    disk: int = 2048 * MIB
    disk_entries: int = 50_000
    output: int = MIB // 4
    displays: int = 6 * MIB
    records: int = 16 * MIB
    transfer: int = 32 * MIB
    artifacts: int = 500
    artifact_bytes: int = 256 * MIB
    boot: float = 120.0

    @property
    def threads(self) -> int:
        """Of all processes together, their first ones included."""
        return self.processes * 16
