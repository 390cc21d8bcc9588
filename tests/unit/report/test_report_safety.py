"""report.html loads nothing and runs nothing, whatever it is given."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
from report_parts import HOSTILE, Page, hostile_run, run, write_table

from kaiseki.report.html import render


@pytest.fixture
def hostile_page(tmp_path: Path) -> Page:
    write_table(tmp_path, "wild", [[HOSTILE, "=1+1"], [HOSTILE, "![](https://example.org/x.png)"]])
    (tmp_path / "figures").mkdir()
    svg = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
    (tmp_path / "figures" / "wild.svg").write_text(svg)
    return Page(render(hostile_run(), tmp_path))


def test_hostile_text_is_shown_as_text(hostile_page: Page) -> None:
    assert hostile_page.text.count("<script>alert(1)</script>") >= 25
    assert "{{7*7}}{% raw %}" in hostile_page.text
    assert "49" not in re.sub(r"[0-9a-f]{12,}", "", hostile_page.text)


def test_no_element_or_attribute_can_run(hostile_page: Page) -> None:
    tags = {tag for tag, _ in hostile_page.elements}
    assert tags.isdisjoint({"script", "iframe", "object", "embed", "svg", "form", "base", "b"})
    attributes = {name for _, attributes in hostile_page.elements for name in attributes}
    assert not [name for name in attributes if name.startswith("on")]
    assert "style" not in attributes


def test_nothing_is_loaded_and_no_link_leads_to_a_sibling(hostile_page: Page) -> None:
    assert all(str(image["src"]).startswith("data:image/") for image in hostile_page.all("img"))
    assert [link["href"] for link in hostile_page.all("link")] == ["data:,"]
    assert all(link.startswith(("#", "https://")) for link in hostile_page.links)
    assert "url(" not in Path(render.__code__.co_filename).with_name("report.css").read_text()


def test_a_link_to_elsewhere_shows_where_it_leads(hostile_page: Page) -> None:
    assert "(https://example.org)" in hostile_page.text
    assert all("noreferrer" in str(a.get("rel")) for a in hostile_page.all("a") if str(a["href"]).startswith("http"))


def test_the_policy_allows_this_style_and_data_images_and_nothing_else(tmp_path: Path) -> None:
    html = render(run(), tmp_path)
    style = re.search("<style>(.*?)</style>", html, re.S)
    assert style
    digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    policies = [tag["content"] for tag in Page(html).all("meta") if tag.get("http-equiv") == "Content-Security-Policy"]
    assert policies == [
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    ]
