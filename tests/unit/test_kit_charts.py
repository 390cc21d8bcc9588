"""Charts as files that show what they say, Japanese too."""

import io
import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

from kaiseki_kit import chart, vega

SALES = pd.DataFrame({"種類": ["購入", "閲覧", "cart"], "件数": [3, -5, 8]})


@pytest.fixture
def outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KAISEKI_OUTBOX", str(tmp_path))
    return tmp_path


def last_record(outbox: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((outbox / "records.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    return record


def bars(title: str = "購入の件数") -> alt.Chart:
    chart_of_sales: alt.Chart = alt.Chart(SALES).mark_bar().encode(x="種類", y="件数").properties(title=title)
    return chart_of_sales


def drawn(title: str = "購入の件数") -> Figure:
    figure, axes = plt.subplots(figsize=(4, 3))
    axes.bar(SALES["種類"], SALES["件数"])
    axes.set_title(title)
    return figure


def ink(png: Path) -> int:
    """How many pixels are not white."""
    return int((np.asarray(Image.open(png).convert("L")) < 250).sum())


def test_an_altair_chart_becomes_specification_svg_and_png(outbox: Path) -> None:
    chart("sales", bars(), "Sales by kind")
    record = last_record(outbox)
    assert (record["kind"], record["title"]) == ("chart", "Sales by kind")
    assert record["files"] == ["figures/sales.svg", "figures/sales.png", "figures/sales.vl.json"]
    svg = (outbox / "figures/sales.svg").read_text(encoding="utf-8")
    assert "購入の件数" in svg
    assert "Noto Sans CJK JP" in svg
    specification = json.loads((outbox / "figures/sales.vl.json").read_text(encoding="utf-8"))
    assert {"種類": "購入", "件数": 3} in next(iter(specification["datasets"].values()))
    assert ink(outbox / "figures/sales.png") > 1_000


def test_a_matplotlib_figure_becomes_svg_and_png(outbox: Path) -> None:
    chart("sales", drawn(), "Sales by kind")
    assert last_record(outbox)["files"] == ["figures/sales.svg", "figures/sales.png"]
    assert (outbox / "figures/sales.svg").read_text(encoding="utf-8").startswith("<?xml")
    assert ink(outbox / "figures/sales.png") > 1_000
    assert not plt.get_fignums()


@pytest.mark.parametrize("form", ["axes", "pyplot", "array of axes", "object with a figure", "subfigure"])
def test_whatever_holds_a_matplotlib_figure_will_do(outbox: Path, form: str) -> None:
    figure = drawn()
    holders: dict[str, Any] = {
        "axes": figure.axes[0],
        "pyplot": plt,
        "array of axes": np.array([[figure.axes[0]]]),
        "object with a figure": type("Grid", (), {"figure": figure})(),
        "subfigure": figure.subfigures(1, 1),
    }
    chart("sales", holders[form], "Sales")
    assert ink(outbox / "figures/sales.png") > 1_000


@pytest.mark.parametrize("make", [bars, drawn])
def test_the_same_chart_gives_the_same_bytes(outbox: Path, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    chart("sales", make(), "Sales")
    first = {path.name: path.read_bytes() for path in (outbox / "figures").iterdir()}
    monkeypatch.setenv("KAISEKI_OUTBOX", str(outbox / "again"))
    chart("sales", make(), "Sales")
    assert {path.name: path.read_bytes() for path in (outbox / "again" / "figures").iterdir()} == first


def test_matplotlib_has_a_glyph_for_each_japanese_character(outbox: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # "Glyph 36092 missing from font(s) DejaVu Sans" is a warning
        chart("labels", drawn("購入の件数、平均−五 ｶﾅ ㌔"), "Labels")
    pictures = set()
    for name, character in {"one": "購", "other": "閲", "none": "\U000f1234"}.items():
        figure = Figure(figsize=(1, 1))
        figure.text(0.2, 0.2, character, fontsize=40)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            chart(name, figure, "One character")
        pictures.add((outbox / f"figures/{name}.png").read_bytes())
    assert len(pictures) == 3


def test_japanese_shows_in_a_family_that_lacks_it_and_in_one_that_is_not_installed(outbox: Path) -> None:
    for name, family in {"latin": "DejaVu Serif", "absent": "Hiragino Sans"}.items():
        figure = Figure(figsize=(2, 1))
        figure.text(0.1, 0.3, "購入", fontfamily=family, fontsize=20)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            chart(name, figure, "Family")
        assert ink(outbox / f"figures/{name}.png") > 200


def test_laying_out_japanese_labels_warns_of_nothing(outbox: Path) -> None:
    code = """
import pandas as pd
from kaiseki_kit import *
import matplotlib.pyplot as plt
pd.Series([1, 2], index=["購入", "閲覧"]).plot.bar(title="件数")
plt.tight_layout()
chart("sales", plt, "Sales")
"""
    environment = {"PATH": "/usr/bin:/bin", "KAISEKI_OUTBOX": str(outbox)}
    done = subprocess.run([sys.executable, "-c", code], check=True, env=environment, capture_output=True, text=True)
    assert "Glyph" not in done.stderr
    assert ink(outbox / "figures/sales.png") > 1_000


def test_saving_a_figure_leaves_the_settings_of_matplotlib_alone(outbox: Path) -> None:
    before = dict(plt.rcParams)
    chart("sales", drawn(), "Sales")
    assert dict(plt.rcParams) == before


def test_on_a_machine_without_fonts_altair_charts_still_show_japanese(tmp_path: Path) -> None:
    (tmp_path / "fonts").mkdir()
    configuration = tmp_path / "fonts.conf"
    configuration.write_text(f'<?xml version="1.0"?><fontconfig><dir>{tmp_path}/fonts</dir></fontconfig>')
    code = """
import sys, altair as alt, pandas as pd
from kaiseki_kit import chart
for name, text in {"one": "購", "other": "閲", "none": chr(0xF1234)}.items():
    chart(name, alt.Chart(pd.DataFrame({"x": [1]})).mark_text(text=text, fontSize=40), "One character")
"""
    environment = {"PATH": "/usr/bin:/bin", "FONTCONFIG_FILE": str(configuration), "KAISEKI_OUTBOX": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    pictures = [(tmp_path / f"figures/{name}.png").read_bytes() for name in ("one", "other", "none")]
    assert len(set(pictures)) == 3


def test_a_chart_of_thousands_of_rows_is_drawn_and_one_of_far_too_many_is_refused(outbox: Path) -> None:
    points = pd.DataFrame({"x": range(6_000), "y": range(6_000)})
    chart("points", alt.Chart(points).mark_point().encode(x="x", y="y"), "Points")
    assert len(next(iter(json.loads((outbox / "figures/points.vl.json").read_text())["datasets"].values()))) == 6_000
    many = pd.DataFrame({"x": range(50_001)})
    with pytest.raises(ValueError, match="more than 50,000 rows: group, bin or sample them"):
        chart("many", alt.Chart(many).mark_point().encode(x="x"), "Many")
    assert alt.data_transformers.active == "default"
    with pytest.raises(alt.MaxRowsError):  # the analysis's own limit is as it was
        alt.Chart(points).mark_point().encode(x="x").to_dict()


def test_data_from_an_address_are_refused(outbox: Path) -> None:
    remote = alt.Chart("https://example.com/data.csv").mark_bar().encode(x="a:Q")
    for figure in (remote, bars() | remote):
        with pytest.raises(ValueError, match="fetches data from an address"):
            chart("remote", figure, "Remote")
    assert not (outbox / "figures").exists()


def test_a_column_named_url_is_no_address(outbox: Path) -> None:
    pages = pd.DataFrame({"url": ["/a", "/b"], "data": [1, 2]})
    chart("pages", alt.Chart(pages).mark_bar().encode(x="url", y="data"), "Pages")
    assert "figures/pages.svg" in last_record(outbox)["files"]


def test_a_font_that_was_chosen_comes_first(outbox: Path) -> None:
    chart("fonts", bars().configure(font="Georgia"), "Fonts")
    assert json.loads((outbox / "figures/fonts.vl.json").read_text())["config"]["font"].startswith("Georgia, IPAex")


@pytest.mark.parametrize(("limit", "gigabytes"), [("RLIMIT_AS", 8), ("RLIMIT_DATA", 0.6)])
def test_where_the_renderer_would_kill_the_process_the_specification_alone_is_kept(
    tmp_path: Path, limit: str, gigabytes: float
) -> None:
    size = int(gigabytes * 2**30)
    code = f"""
import resource
resource.setrlimit(resource.{limit}, ({size}, {size}))
import altair as alt, pandas as pd
from kaiseki_kit import chart
chart("sales", alt.Chart(pd.DataFrame({{"x": [1]}})).mark_bar().encode(x="x"), "Sales")
"""
    subprocess.run([sys.executable, "-c", code], check=True, env={"KAISEKI_OUTBOX": str(tmp_path), "PATH": "/usr/bin"})
    assert last_record(tmp_path)["files"] == ["figures/sales.vl.json"]
    specification = json.loads((tmp_path / "figures/sales.vl.json").read_text())
    svg, png = vega.render("sales", specification, pixels_per_inch=144)
    assert svg.startswith("<svg")
    assert Image.open(io.BytesIO(png)).width > 50


@pytest.mark.parametrize("thing", [SALES, "sales.png", None, np.array([1, 2])], ids=lambda thing: type(thing).__name__)
def test_what_is_no_chart_is_refused(outbox: Path, thing: Any) -> None:
    with pytest.raises(TypeError, match="needs an Altair chart or a matplotlib figure or axes, not a"):
        chart("bad", thing, "Bad")


def test_a_specification_that_vega_refuses_leaves_no_files(outbox: Path) -> None:
    broken = bars().transform_calculate(z="datum.件数 +* 2")
    with pytest.raises(ValueError, match="chart 'broken' could not be drawn"):
        chart("broken", broken, "Broken")
    assert not (outbox / "figures").exists()
