"""The report in a real browser: hostile content runs and loads nothing, and the page works as it should."""

import html
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kaiseki.models import Check, Citation, Execution, Fact, Failure, Query, Record, Run, Step
from kaiseki.report.html import render

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
RAN = "document.documentElement.dataset.ran=1"
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')


class Site:
    """Serves pages by path on this machine, and remembers what was asked for."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.asked: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                site.asked.append(path)
                self.send_response(200 if path in site.pages else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(site.pages.get(path, "").encode())

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest.fixture
def browse(tmp_path: Path) -> Callable[[str], tuple[str, str]]:
    """Opens an address and returns the document as it then stands, and what the browser's console said."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        pytest.fail(f"none of {', '.join(BROWSERS)} is installed: install chromium to test the report in a browser")
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    quiet = ("--disable-background-networking", "--disable-quic", "--no-first-run", "--enable-logging=stderr")

    def open_page(address: str) -> tuple[str, str]:
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", *quiet, profile]
        command += ["--virtual-time-budget=3000", "--dump-dom", address]
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
        return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)

    return open_page


def payload(site: Site) -> str:
    return (
        f"<script>{RAN}</script><img src='{site.address}/img' onerror='{RAN}'><svg onload='{RAN}'></svg>"
        f"</style></title></textarea><link rel=stylesheet href='{site.address}/css'>"
        f"<iframe src='{site.address}/frame'></iframe><style>@import '{site.address}/import'</style>"
        f"<meta http-equiv=refresh content='0;url={site.address}/refresh'>"
        f' ![x]({site.address}/markdown.png) "><script>{RAN}</script>'
    )


def report(text: str, bundle: Path, image: str = "") -> str:
    """A report in which whatever a model or the data can set is `text`."""
    (bundle / "tables").mkdir()
    (bundle / "figures").mkdir()
    (bundle / "tables" / "wild.csv").write_text(
        '"' + text.replace('"', '""') + '"\n"' + text.replace('"', '""') + '"\n'
    )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" onload="{RAN}"><script>top.{RAN}</script><image href="{image}"/>'
        '<foreignObject width="9" height="9"><img xmlns="http://www.w3.org/1999/xhtml" src="x"/></foreignObject></svg>'
    )
    (bundle / "figures" / "wild.svg").write_text(svg)
    query = Query(name="sales", sql=text, executed_sql=f"{text} LIMIT 1", warnings=(text,), sha256="0" * 64, rows=3)
    failure = Failure(kind="code", type=text, message=text, traceback=text, hint=text)
    records = tuple(
        Record(kind=kind, name="wild", step=1, line=1, title=text, value={text: text, "score": text})
        for kind in ("table", "chart", "model")
    )
    long_code = "".join(f"value_{number} = {number}\n" for number in range(80)) + f"# {text}\n"
    return render(
        Run.model_validate(
            {
                "id": "20261121-010203-wild-7f3a",
                "prompt": text,
                "status": "SUCCEEDED",
                "outcome": "partial",
                "reason": text,
                "created_at": datetime(2026, 11, 21, tzinfo=UTC),
                "steps": (
                    Step(
                        number=1,
                        purpose=text,
                        queries=(query,),
                        code=long_code,
                        accepted=True,
                        execution=Execution(stdout=text, stderr=text, records=records),
                    ),
                    Step(number=2, purpose=text, failure=failure, reply=text),
                ),
                "facts": (
                    Fact(name="revenue", kind="fact", value=text, note=text, unit=text, step=1, line=42),
                    Fact(name=text, kind="setting", value={text: text}, step=1, line=1, queries=("sales", text)),
                ),
                "checks": (Check(name=text, status="warning", message=text),),
                "environment": {text: text},
                "answer_parts": (f"{text}\n\n", Citation(shown=text, fact="revenue", placeholder=text)),
            }
        ),
        bundle,
    )


def test_the_probe_itself_runs_and_loads_where_nothing_holds_it_back(
    site: Site, browse: Callable[[str], tuple[str, str]]
) -> None:
    site.pages["/probe"] = f"<!DOCTYPE html><body>{payload(site)}</body>"
    document, _ = browse(f"{site.address}/probe")

    assert "data-ran" in document or "/refresh" in site.asked
    assert {"/img", "/css", "/frame"} <= set(site.asked)


def test_hostile_content_runs_and_loads_nothing(
    site: Site, browse: Callable[[str], tuple[str, str]], tmp_path: Path
) -> None:
    site.pages["/report"] = report(payload(site), tmp_path, f"{site.address}/svg")
    document, console = browse(f"{site.address}/report")

    assert site.asked == ["/report"]
    assert "data-ran=" not in document
    assert "20261121-010203-wild-7f3a" in document
    assert console == ""


def test_it_does_not_even_without_the_policy(
    site: Site, browse: Callable[[str], tuple[str, str]], tmp_path: Path
) -> None:
    site.pages["/report"] = POLICY.sub("", report(payload(site), tmp_path, f"{site.address}/svg"))
    document, _ = browse(f"{site.address}/report")

    assert site.asked == ["/report"]
    assert "data-ran=" not in document


def test_the_policy_holds_back_what_would_have_slipped_through(
    site: Site, browse: Callable[[str], tuple[str, str]], tmp_path: Path
) -> None:
    slipped = f"<script>{RAN}</script><img src='{site.address}/img' onerror='{RAN}'><link rel=stylesheet href='/css'>"
    site.pages["/report"] = report("harmless", tmp_path).replace("<main>", f"<main>{slipped}")
    document, console = browse(f"{site.address}/report")

    assert site.asked == ["/report"]
    assert "data-ran=" not in document
    assert "Content Security Policy" in console


def measured(site: Site, browse: Callable[[str], tuple[str, str]], width: int, address: str, script: str) -> object:
    """What `script` returns about the report (`page` is its document) in a frame `width` pixels wide."""
    site.pages[
        "/frame"
    ] = f"""<!DOCTYPE html><iframe src="{address}" style="width:{width}px;height:800px;border:0"></iframe>
    <output></output><script>
    const frame = document.querySelector("iframe");
    frame.onload = () => setTimeout(() => {{
        const page = frame.contentDocument, view = frame.contentWindow;
        document.querySelector("output").textContent = JSON.stringify((() => {{ {script} }})());
    }}, 500);
    </script>"""
    document, _ = browse(f"{site.address}/frame")
    found = re.search("<output>(.*?)</output>", document, re.S)
    assert found
    assert found.group(1), "the frame did not load"
    return json.loads(html.unescape(found.group(1)))


@pytest.mark.parametrize("width", [320, 390, 1200])
def test_the_page_never_scrolls_sideways(
    site: Site, browse: Callable[[str], tuple[str, str]], tmp_path: Path, width: int
) -> None:
    site.pages["/report"] = report("a" * 300 + " {{7*7}} 日本語" + "語" * 200, tmp_path)
    script = "return [page.documentElement.scrollWidth <= view.innerWidth, view.getComputedStyle(page.body).maxWidth]"

    fits_and_is_styled = [True, "816px"]
    assert measured(site, browse, width, "/report", script) == fits_and_is_styled


def test_a_link_into_the_ledger_s_code_opens_it(
    site: Site, browse: Callable[[str], tuple[str, str]], tmp_path: Path
) -> None:
    site.pages["/report"] = report("harmless", tmp_path)
    script = """
        const line = page.getElementById("step-01-line-42"), before = line.closest("details").open;
        page.querySelector('#fact-revenue a[href="#step-01-line-42"]').click();
        return [before, line.closest("details").open];
    """

    assert measured(site, browse, 1200, "/report", script) == [False, True]
