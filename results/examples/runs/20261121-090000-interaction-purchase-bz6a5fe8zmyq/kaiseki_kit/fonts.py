"""A Japanese font for both chart libraries, so that labels show on machines that have no fonts installed."""

import functools
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FAMILY = "IPAexGothic"
# In an SVG the text stays text: where the reader's machine lacks the font, its own Japanese one is next.
SVG_FAMILIES = f"{FAMILY}, 'Noto Sans CJK JP', 'Noto Sans JP', 'Hiragino Sans', 'Yu Gothic', Meiryo, sans-serif"


@functools.cache
def font_folder() -> Path | None:
    """Where the font lies; None where the package is missing. Does not import it: that would change matplotlib."""
    package = find_spec("matplotlib_fontja")
    if package is None or package.origin is None:
        return None
    folder = Path(package.origin).parent / "fonts"
    return folder if folder.is_dir() else None


@functools.cache
def teach_vega() -> None:
    """Makes the font known to vl-convert."""
    import vl_convert

    folder = font_folder()
    if folder is not None:
        vl_convert.register_font_directory(str(folder))


@functools.cache
def teach_matplotlib() -> bool:
    """Makes the font known to matplotlib, for this process only. True if there is one."""
    from matplotlib import font_manager

    folder = font_folder()
    if folder is None:
        return False
    for file in sorted(folder.glob("*.ttf")):
        font_manager.fontManager.addfont(str(file))
    return True


def add_fallback(figure: "Figure") -> None:
    """Every text of the figure falls back to the font, whatever family it was made with.

    A text takes its family from the settings when it is made, which is before anybody hands the figure over.
    """
    from matplotlib.text import Text

    if not teach_matplotlib():
        return
    for text in figure.findobj(Text):
        families = [*text.get_fontfamily()]
        if FAMILY not in families:
            text.set_fontfamily([*families, FAMILY])


def fallback_families() -> list[str]:
    """matplotlib's current families and then the font: for texts that are made while drawing."""
    import matplotlib as mpl

    current = [str(family) for family in mpl.rcParams["font.family"]]
    return [*current, FAMILY] if teach_matplotlib() and FAMILY not in current else current
