"""What `make e2e` prints at its end: each scenario, how it came out, how long it took."""

import pytest


class ScenarioTable:
    def __init__(self) -> None:
        self._rows: list[tuple[str, str, float]] = []

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if "tests/e2e/service/" in report.nodeid and (report.when == "call" or report.failed):
            name = report.nodeid.split("::")[-1].removeprefix("test_").replace("_", " ")
            self._rows.append((name, report.outcome, report.duration))

    @pytest.hookimpl
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._rows:
            return
        width = max(len(name) for name, _, _ in self._rows)
        terminalreporter.section("scenarios of the service")
        for name, outcome, seconds in self._rows:
            terminalreporter.write_line(f"{name:<{width}}  {outcome:<6}  {seconds:6.1f} s")
