"""A warehouse, a model that says what a test wrote, and whole runs of the program put together from real parts."""

import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import hypothesis
import pytest

sys.path.append(str(Path(__file__).parent))  # what several folders of tests share

from kaiseki.models import Request, Run
from kaiseki.run_id import new_run_id
from kaiseki.settings import load_settings

# The same examples each time, however slow the machine is: what fails here fails everywhere.
hypothesis.settings.register_profile(
    "certain", derandomize=True, database=None, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("certain")

ORDERS = "order_id,country,amount,ordered_on\n" + "\n".join(
    f"{n},{('JP', 'FR', 'US')[n % 3]},{10 + n % 7}.5,2026-0{1 + n % 6}-1{n % 10}" for n in range(1, 61)
)


@pytest.fixture(scope="session", autouse=True)
def passable(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Sessions have users of their own where the tests run as root: these must get to what lies in pytest's folders."""
    made, make = tmp_path_factory.getbasetemp(), tmp_path_factory.mktemp
    for folder in (made, *made.parents):
        if folder.stat().st_uid == os.geteuid() and not folder.stat().st_mode & 0o001:
            folder.chmod(0o711)

    def make_passable(basename: str, numbered: bool = True) -> Path:
        folder = make(basename, numbered)
        folder.chmod(0o711)
        return folder

    tmp_path_factory.mktemp = make_passable  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """A shell that starts something in the background has it ignore Ctrl-C, and so all that it starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """A folder of CSV files: 60 orders from three countries."""
    folder = tmp_path / "warehouse"
    folder.mkdir()
    (folder / "orders.csv").write_text(ORDERS + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def recording(tmp_path: Path) -> Callable[[Sequence[str | tuple[str, str]]], Path]:
    """Writes a recording of replies; a reply to another signature than WriteStep is a pair (signature, reply)."""

    def write(replies: Sequence[str | tuple[str, str]]) -> Path:
        path = tmp_path / "recorded.jsonl"
        orders: dict[str, int] = {}
        lines = []
        for reply in replies:
            signature, text = ("WriteStep", reply) if isinstance(reply, str) else reply
            orders[signature] = orders.get(signature, 0) + 1
            entry = {"signature": signature, "order": orders[signature], "model": "written-by-hand", "reply": text}
            lines.append(json.dumps(entry, ensure_ascii=False))
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def ask(
    tmp_path: Path, orders: Path, recording: Callable[[Sequence[str | tuple[str, str]]], Path]
) -> Callable[..., tuple[Run, Path]]:
    """Runs a prompt against scripted replies with everything else real; gives the run and its bundle."""

    def run(prompt: str, replies: Sequence[str | tuple[str, str]], **flags: object) -> tuple[Run, Path]:
        given = {
            "warehouse": f"duckdb:{orders}",
            "store": f"folder:{tmp_path / 'results'}",
            "model": f"recorded:{recording(replies)}",
            **flags,
        }
        from kaiseki.build import open_parts, open_store
        from kaiseki.run import execute

        settings = load_settings(given, {})
        store = open_store(settings)
        now = settings.now
        request = Request(run_id=new_run_id(prompt, now), prompt=prompt, created_at=now, budget=settings.budget)
        with open_parts(settings, store, now) as parts:
            store.create(request)
            ended = execute(request.run_id, parts)
        return ended, store.workspace(ended.id)

    return run
