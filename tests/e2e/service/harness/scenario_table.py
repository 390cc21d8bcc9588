"""What `make e2e` prints at its end: each scenario, how it came out, how long it took."""

import pytest


class ScenarioTable:
    def __init__(self) -> None:
        self._outcomes: dict[str, str] = {}
        self._seconds: dict[str, float] = {}

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if "tests/e2e/service/" not in report.nodeid:
            return
        name = report.nodeid.split("::")[-1].removeprefix("test_").replace("_", " ")
        self._seconds[name] = self._seconds.get(name, 0.0) + report.duration
        if report.when == "call" or report.failed:
            self._outcomes[name] = report.outcome

    @pytest.hookimpl
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._outcomes:
            return
        width = max(map(len, self._outcomes))
        terminalreporter.section("scenarios of the service")
        for name, outcome in self._outcomes.items():
            terminalreporter.write_line(f"{name:<{width}}  {outcome:<6}  {self._seconds[name]:6.1f} s")
