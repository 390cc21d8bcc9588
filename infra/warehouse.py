"""The warehouse that an environment chose, made known to the program and open to it."""

from constructs import Construct

from infra.runner import Runner
from infra.sample_files import SampleFiles
from infra.settings_warehouse import ImageFolder, Sample, Warehouse


def add_warehouse(scope: Construct, settings: Warehouse, runner: Runner) -> None:
    if isinstance(settings, Sample):
        SampleFiles(scope, "Warehouse", settings.folder, runner)
    elif isinstance(settings, ImageFolder):
        runner.container.add_environment("KAISEKI_WAREHOUSE", f"duckdb:{settings.folder}")
