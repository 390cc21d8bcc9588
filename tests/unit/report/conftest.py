"""Where the tests of the report find what they share."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from report_parts import Page

from kaiseki.models import Run
from kaiseki.report.html import render


@pytest.fixture
def page(tmp_path: Path) -> Callable[[Run], Page]:
    return lambda run: Page(render(run, tmp_path))
