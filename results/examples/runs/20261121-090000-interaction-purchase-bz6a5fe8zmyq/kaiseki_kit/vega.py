"""Altair charts, rendered here and offline."""

import json
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeGuard, cast

from kaiseki_kit.fonts import SVG_FAMILIES, teach_vega
from kaiseki_kit.recording import file_in

MOST_ROWS = 50_000
# The renderer is a JavaScript engine, which aborts the whole process where it cannot have this much memory.
ADDRESS_SPACE_NEEDED = 72 * 2**30
DATA_NEEDED_TO_START = 1024 * 2**20
DATA_NEEDED_TO_DRAW = 256 * 2**20

Spec = dict[str, Any]


def is_altair(thing: object) -> TypeGuard[Any]:
    altair = sys.modules.get("altair")
    return altair is not None and isinstance(thing, altair.TopLevelMixin)


def save_vega(name: str, chart: Any, folder: Path, pixels_per_inch: int) -> list[str]:
    """Writes the specification and, where the limits of this process allow it, its renderings."""
    specification = _specification(name, chart)
    spec_path, svg_path, png_path = (f"figures/{name}.{ending}" for ending in ("vl.json", "svg", "png"))
    text = json.dumps(specification, ensure_ascii=False, separators=(",", ":"))
    if not can_render():
        file_in(folder, spec_path).write_text(text, encoding="utf-8")
        return [spec_path]
    svg, png = render(name, specification, pixels_per_inch)
    file_in(folder, spec_path).write_text(text, encoding="utf-8")
    file_in(folder, svg_path).write_text(svg, encoding="utf-8")
    file_in(folder, png_path).write_bytes(png)
    return [svg_path, png_path, spec_path]


def can_render() -> bool:
    """Whether the limits of this process leave room for the renderer."""
    address_space, _ = resource.getrlimit(resource.RLIMIT_AS)
    data, _ = resource.getrlimit(resource.RLIMIT_DATA)
    needed = DATA_NEEDED_TO_DRAW if "vl_convert" in sys.modules else DATA_NEEDED_TO_START
    roomy = address_space == resource.RLIM_INFINITY or address_space >= ADDRESS_SPACE_NEEDED
    return roomy and (data == resource.RLIM_INFINITY or data - _data_segment() >= needed)


def _data_segment() -> int:
    """Bytes that count against RLIMIT_DATA; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData:")), 0)


def render(name: str, specification: Spec, pixels_per_inch: int) -> tuple[str, bytes]:
    """SVG and PNG. Raises ValueError for a specification that Vega-Lite refuses."""
    import vl_convert

    teach_vega()
    version = _vega_lite_version(vl_convert.get_vegalite_versions())
    try:
        svg = vl_convert.vegalite_to_svg(specification, vl_version=version, allowed_base_urls=[])
        png = vl_convert.vegalite_to_png(specification, vl_version=version, ppi=pixels_per_inch, allowed_base_urls=[])
    except ValueError as error:
        raise ValueError(f"chart {name!r} could not be drawn: {_first_sentence(error)}") from None
    return svg, png


@contextmanager
def most_rows() -> Iterator[None]:
    """Within it charts may bear 50,000 rows, which Altair refuses by itself."""
    import altair

    with altair.data_transformers.enable("default", max_rows=MOST_ROWS):
        yield


def _specification(name: str, chart: Any) -> Spec:
    import altair

    try:
        with most_rows():
            specification = cast(Spec, chart.to_dict())
    except altair.MaxRowsError:
        raise ValueError(
            f"chart {name!r} bears more than {MOST_ROWS:,} rows: group, bin or sample them in pandas first"
        ) from None
    if _fetches(specification):
        raise ValueError(f"chart {name!r} fetches data from an address: give it a DataFrame, charts are drawn offline")
    config = specification.setdefault("config", {})
    chosen = config.get("font")
    config["font"] = f"{chosen}, {SVG_FAMILIES}" if chosen else SVG_FAMILIES
    return specification


def _fetches(part: object) -> bool:
    if isinstance(part, dict):
        data = part.get("data")
        if isinstance(data, dict) and "url" in data:
            return True
        return any(_fetches(inner) for key, inner in part.items() if key not in ("values", "datasets"))
    return isinstance(part, list) and any(_fetches(inner) for inner in part)


def _vega_lite_version(available: list[str]) -> str | None:
    """The version that Altair wrote the specification for, if the renderer has it; else the renderer's newest."""
    import altair

    major_minor = ".".join(altair.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    return major_minor if major_minor in available else None


def _first_sentence(error: ValueError) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return next((line for line in lines if line.startswith("Error:")), lines[0] if lines else "no reason given")
