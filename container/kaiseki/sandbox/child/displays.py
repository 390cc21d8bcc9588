"""What code displays beside its text: figures and charts as PNG, tables as Markdown.

As in a notebook: the value of the last expression, what is given to `display`, and the open figures of pyplot, which
are shown by `plt.show()` or at the end of the code, and then closed.
"""

import base64
import importlib.machinery
import io
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

MOST = 20  # displays of one execution
_MOST_ROWS, _MOST_COLUMNS, _LONGEST_CELL = 50, 30, 200
_PIXELS_PER_INCH = 100
_BACKENDS = "matplotlib.backend_bases"


class Displays:
    """The displays of one execution; nothing is rendered while `wanted` is not set."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._room = limit
        self.shown: list[dict[str, str]] = []
        self.wanted = False
        if _BACKENDS in sys.modules:
            self.take_over(sys.modules[_BACKENDS])
        else:
            sys.meta_path.insert(0, _OnImport(self))

    def begin(self, wanted: bool) -> None:
        self.wanted, self._room, self.shown = wanted, self._limit, []

    def end(self) -> None:
        """Displays the figures that are still open."""
        helpers = sys.modules.get("matplotlib._pylab_helpers")
        if self.wanted and helpers is not None:
            for manager in helpers.Gcf.get_all_fig_managers():
                manager.show()

    def add(self, value: object) -> None:
        """Displays `value` if it is more than its text."""
        if not self.wanted:
            return
        found = _rendered(value)
        if found is None:
            return
        media_type, data = found
        if len(self.shown) >= MOST or len(data) > self._room:
            print("[not displayed: there is too much to display]", file=sys.stderr)
            return
        self._room -= len(data)
        self.shown.append({"media_type": media_type, "data": base64.b64encode(data).decode("ascii")})

    def take_over(self, backends: ModuleType) -> None:
        def show(manager: Any) -> None:
            if self.wanted:
                self.add(manager.canvas.figure)

        backends.FigureManagerBase.show = show


class _OnImport:
    """Finds one module as usual, and changes it once it is there."""

    def __init__(self, displays: Displays) -> None:
        self._displays = displays

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != _BACKENDS:
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_change(module: ModuleType) -> None:
                execute(module)
                self._displays.take_over(module)

            spec.loader.exec_module = execute_and_change  # type: ignore[method-assign]
        return spec


def _rendered(value: object) -> tuple[str, bytes] | None:
    """Media type and data; None for what is text and nothing else."""
    pandas, altair, figures = (sys.modules.get(name) for name in ("pandas", "altair", "matplotlib.figure"))
    if pandas is not None and isinstance(value, pandas.DataFrame | pandas.Series):
        return "text/markdown", _table(value.to_frame() if isinstance(value, pandas.Series) else value)
    if altair is not None and isinstance(value, altair.TopLevelMixin):
        return _chart(value)
    if figures is not None and isinstance(value, figures.Figure):
        return "image/png", _figure(value)
    png = getattr(value, "_repr_png_", None)
    data = png() if callable(png) and not isinstance(value, type) else None
    return ("image/png", data) if isinstance(data, bytes) else None


def _figure(figure: Any) -> bytes:
    from kaiseki_kit.fonts import add_fallback

    add_fallback(figure)
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=_PIXELS_PER_INCH, bbox_inches="tight")
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:  # else it would be shown again at the end
        pyplot.close(figure)
    return drawn.getvalue()


def _chart(chart: Any) -> tuple[str, bytes] | None:
    from kaiseki_kit.vega import can_render

    if not can_render():
        return None
    from kaiseki_kit.fonts import teach_vega

    teach_vega()
    drawn = io.BytesIO()
    chart.save(drawn, format="png", ppi=_PIXELS_PER_INCH)
    return "image/png", drawn.getvalue()


def _table(frame: Any) -> bytes:
    shown = frame.iloc[:_MOST_ROWS, :_MOST_COLUMNS]
    rows = [["", *map(str, shown.columns)], ["---"] * (shown.shape[1] + 1)]
    rows += [[str(row[0]), *map(str, row[1:])] for row in shown.itertuples(name=None)]
    lines = [f"| {' | '.join(map(_cell, row))} |" for row in rows]
    if shown.shape != frame.shape:
        lines += ["", f"{shown.shape[0]:,} of {frame.shape[0]:,} rows, {shown.shape[1]} of {frame.shape[1]:,} columns"]
    return ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")


def _cell(text: str) -> str:
    short = text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}..."
    return " ".join(short.split()).replace("|", "\\|")
