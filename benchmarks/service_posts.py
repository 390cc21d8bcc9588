"""How many `POST /prompt` one process of the API's function answers in a second, one after another."""

import os
import statistics
import time
from types import SimpleNamespace

from comparison import Table
from lambda_api import ENVIRONMENT, event, set_up, silence, timed_clients
from moto import mock_aws


def posts(rounds: int, each: int = 50) -> Table:
    os.environ.update(ENVIRONMENT)
    with mock_aws():
        set_up()
        import api

        asked = event("POST", "/prompt", {"prompt": "How many users are there?"})
        together, own = [], []
        for _ in range(rounds):
            with silence(), timed_clients() as spent:
                started = time.perf_counter()
                for _ in range(each):
                    answer = api.handler(asked, SimpleNamespace(aws_request_id="7a1c"))
                    assert answer["statusCode"] == 202, answer
                taken = time.perf_counter() - started
            together.append(each / taken)
            own.append(each / (taken - sum(spent)))
    lines = (
        "| | 202s a second, median | least | most |",
        "|---|---:|---:|---:|",
        _line("with the fakes' own work", together),
        _line("without the time in calls of AWS", own),
    )
    return Table(f"202s a second of one process of the API's function ({rounds} rounds of {each})", lines)


def _line(name: str, rates: list[float]) -> str:
    return f"| {name} | {statistics.median(rates):.0f} | {min(rates):.0f} | {max(rates):.0f} |"
