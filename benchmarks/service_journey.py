"""From `POST /prompt` to the task's first call of a model, in parts: the deployed service, on an emulated AWS.

The harness is that of `make e2e`; AWS's own share (the gateway, a cold function, the start of a container on Fargate,
the pull of its image) is not in these figures, and the emulator's is.
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

from comparison import Table

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests" / "e2e" / "service"), str(ROOT / "tests")]

from harness import emulator as harness  # noqa: E402
from harness.caller import Caller, assume, create_role  # noqa: E402
from harness.deployment import deployed_service  # noqa: E402
from harness.ecs_front import EcsFront, ecs_front  # noqa: E402
from harness.task_events import task_events  # noqa: E402
from harness.tasks import Tasks  # noqa: E402

PROMPT = "Which age groups buy most often?"
BESIDE = {"launch": "beside it: RunTask is answered", "answered": "beside it: the caller has the 202"}
PARTS = {
    "process": "POST, signed: record, request, RunTask; the task's process starts",
    "imports": "Python and the program's imports",
    "clients": "boto3 and its clients",
    "begin": "the record begins (LAUNCHING to RUNNING)",
    "request": "the request is fetched",
    "parts": "model opened, tables of input/*.csv loaded, sandbox told to warm up",
    "schema": "schema read, card written",
    "model": "first call of the model",
}


def journey(rounds: int) -> Table:
    with (
        tempfile.TemporaryDirectory() as folder,
        _stamped_tasks(),
        harness.emulated_aws(Path(folder)) as emulator,
        ecs_front(emulator) as front,
        task_events(emulator, front),
    ):
        service = deployed_service(emulator)
        invoke = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": service.invoke_arn}
        caller = assume(emulator, create_role(emulator, "analysts", invoke), "alice", service.api)
        runs = [_one(caller, front, Tasks(emulator, front)) for _ in range(rounds + 1)][1:]  # the first warms up
    middle = {part: statistics.median(run[part] for run in runs) for part in (*PARTS, *BESIDE)}
    lines = ["| until, median | ms of this part | ms since POST |", "|---|---:|---:|"]
    before = dict(zip(PARTS, ("", *PARTS), strict=False))
    for part, name in PARTS.items():
        own = statistics.median(run[part] - run.get(before[part], 0.0) for run in runs)
        lines.append(f"| {name} | {own * 1e3:.0f} | {middle[part] * 1e3:.0f} |")
    lines += [f"| {name} | | {middle[part] * 1e3:.0f} |" for part, name in BESIDE.items()]
    return Table(f"From POST to the first call of a model, emulated ({rounds} runs, one after another)", tuple(lines))


def _one(caller: Caller, front: EcsFront, tasks: Tasks) -> dict[str, float]:
    """Seconds since POST."""
    asked = time.time()
    run_id = caller.ask(PROMPT)
    answered = time.time()
    ended = caller.ended(run_id)
    assert ended["status"] == "SUCCEEDED", ended
    stamps: dict[str, float] = json.loads((tasks.folder(run_id) / "stamps.json").read_text())
    (launch,) = front.launches_of(run_id)
    stamps |= {"answered": answered, "launch": launch["at"].timestamp()}
    return {part: at - asked for part, at in stamps.items()}


def _stamped_tasks() -> Any:
    really = harness._stand_in

    def stand_in(emulator: harness.Emulator) -> dict[str, object]:
        command = [sys.executable, "-P", "-s", str(Path(__file__).with_name("service_task.py"))]
        return really(emulator) | {"command": command}

    return patch.object(harness, "_stand_in", stand_in)
