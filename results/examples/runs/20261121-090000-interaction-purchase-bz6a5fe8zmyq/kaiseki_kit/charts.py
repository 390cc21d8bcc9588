"""Charts as files: Altair to Vega-Lite, SVG and PNG; matplotlib to SVG and PNG."""

import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from kaiseki_kit.fonts import add_fallback, fallback_families, font_folder
from kaiseki_kit.notebook import show_object
from kaiseki_kit.recording import check_names, check_text, file_in, outbox, record
from kaiseki_kit.vega import is_altair, most_rows, save_vega

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PIXELS_PER_INCH = 144

if outbox() is not None:  # matplotlib reads it when pyplot is imported, which is up to the analysis
    os.environ.setdefault("MPLBACKEND", "Agg")
if font_folder() is not None:  # laying out a figure looks for glyphs before chart() can add the font that has them
    warnings.filterwarnings("ignore", message=r"Glyph .* missing from font", category=UserWarning)


def chart(name: str, figure: object, title: str) -> None:
    """Writes `figures/<name>.svg` and `.png`, for an Altair chart also `.vl.json`.

    `figure` is an Altair chart, a matplotlib Figure or Axes (or an array of Axes), anything with a `.figure`, such as
    a seaborn grid, or pyplot itself, for its current figure. Raises TypeError for anything else and ValueError for a
    chart that bears more rows than a reader could see, or that fetches its data from elsewhere.
    """
    check_text("chart", name, "title", title)
    drawing = figure if is_altair(figure) else _matplotlib_figure(figure)
    if drawing is None:
        raise TypeError(
            f"chart {name!r} needs an Altair chart or a matplotlib figure or axes, not a {type(figure).__name__}"
        )
    check_names("chart", name)
    folder = outbox()
    if folder is None:
        _show(drawing, title)
    elif is_altair(drawing):
        files = save_vega(name, drawing, folder, PIXELS_PER_INCH)
        record("chart", name, {"library": "altair"}, title=title, files=files)
    else:
        files = _save_matplotlib(name, drawing, folder)
        record("chart", name, {"library": "matplotlib"}, title=title, files=files)


def _matplotlib_figure(thing: object) -> "Figure | None":
    if "matplotlib" not in sys.modules:
        return None
    from matplotlib.figure import Figure

    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None and thing is pyplot:
        thing = pyplot.gcf()
    elif hasattr(thing, "ravel"):
        thing = next(iter(thing.ravel()), None)
    for _ in range(3):  # axes, the subfigure they are in, and its figure
        if isinstance(thing, Figure):
            return thing
        thing = getattr(thing, "figure", None)
    return None


def _save_matplotlib(name: str, figure: "Figure", folder: Path) -> list[str]:
    """Without dates, versions and random ids, so that the same figure gives the same bytes."""
    import matplotlib as mpl

    svg, png = f"figures/{name}.svg", f"figures/{name}.png"
    add_fallback(figure)
    with mpl.rc_context({"svg.hashsalt": name, "svg.fonttype": "path", "font.family": fallback_families()}):
        figure.savefig(
            file_in(folder, svg), format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None}
        )
        figure.savefig(
            file_in(folder, png),
            format="png",
            dpi=PIXELS_PER_INCH,
            bbox_inches="tight",
            metadata={"Software": None},
        )
    _close(figure)
    return [svg, png]


def _show(drawing: object, title: str) -> None:
    if is_altair(drawing):
        with most_rows():
            show_object(drawing, title)
        return
    add_fallback(drawing)  # type: ignore[arg-type]
    show_object(drawing, title)
    _close(drawing)


def _close(figure: object) -> None:
    """pyplot keeps every figure until told otherwise, and a notebook would show it a second time."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close(figure)
