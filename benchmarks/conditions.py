"""Where and when figures were taken, and their place in the README."""

import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_README = Path(__file__).with_name("README.md")


def conditions() -> str:
    """One paragraph; taken before the measurements, since they load the machine themselves."""
    cpus = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in cpus if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    user = "root: sessions with users of their own" if os.geteuid() == 0 else "an ordinary user"
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC as {user}; {model}, {os.cpu_count()} CPUs, "
        f"{memory:.0f} GB, Linux {platform.release()}, Python {platform.python_version()}, numpy {version('numpy')}, "
        f"pandas {version('pandas')}; load average before the run {os.getloadavg()[0]:.1f}."
    )


def write_figures(section: str, about: str, tables: Iterable[object]) -> None:
    """Replaces what stands in the README between the marks of `section`: "figures", "figures of linking", ..."""
    begin, end = f"<!-- {section} -->\n", f"<!-- end of {section} -->\n"
    before, _, rest = _README.read_text(encoding="utf-8").partition(begin)
    figures = "\n\n".join((about, *map(str, tables)))
    _README.write_text(f"{before}{begin}{figures}\n{end}{rest.partition(end)[2]}", encoding="utf-8")
