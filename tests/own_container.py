"""Whether the tests have a container for themselves, where what nobody holds open is no other program's."""

import os
from pathlib import Path

_OF_THE_MACHINE = "pid:[4026531836]"  # the kernel's first namespace of processes


def in_own_container() -> bool:
    """Told from the kernel's files here too, since the sandbox that is tested decides by the same."""
    first = Path("/proc/1/status").read_text().split("Uid:")[1].split()[0]
    return first == str(os.geteuid()) and str(Path("/proc/self/ns/pid").readlink()) != _OF_THE_MACHINE
