"""Where the tests of the report find what they share."""

import csv
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from report_parts import Page

from kaiseki.models import Run
from kaiseki.report.html import render


@pytest.fixture
def page(tmp_path: Path) -> Callable[[Run], Page]:
    return lambda run: Page(render(run, tmp_path))


@pytest.fixture(autouse=True)
def longest_cell() -> Iterator[None]:
    """Python's own limit: one for the whole process, which reading a warehouse of CSV files raises."""
    before = csv.field_size_limit(131_072)
    yield
    csv.field_size_limit(before)
