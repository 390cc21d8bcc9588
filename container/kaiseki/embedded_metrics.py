"""What runs take, as lines that CloudWatch turns into metrics (its embedded metric format).

Standard library only, as a Lambda carries it too: the task tells of the runs that it ends, the Lambdas of the others.
"""

import json
from collections.abc import Mapping
from datetime import datetime

from kaiseki.lifecycle import TERMINAL, Status

NAMESPACE = "Kaiseki"
_UNITS = {"Duration": "Seconds", "Steps": "Count", "Repairs": "Count", "Tokens": "Count", "Usd": "None"}
_STATUSES = {status: "".join(word.capitalize() for word in status.split("_")) for status in sorted(TERMINAL)}


def metrics_of_ended_run(
    environment: str, status: Status, measured: Mapping[str, float], about: Mapping[str, str], now: datetime
) -> str:
    """One line: `measured`, and 1 for the status that the run ended in, 0 for the others.

    `measured`: any of Duration (s), Steps, Repairs, Tokens, Usd; `about` is for who reads the log, and no metric.
    """
    values = {**measured, **{name: int(ended_so is status) for ended_so, name in _STATUSES.items()}}
    described = {
        "Namespace": NAMESPACE,
        "Dimensions": [["Environment"]],
        "Metrics": [{"Name": name, "Unit": _UNITS.get(name, "Count")} for name in values],
    }
    aws = {"Timestamp": int(now.timestamp() * 1000), "CloudWatchMetrics": [described]}
    return json.dumps({"_aws": aws, "Environment": environment, "status": status, **about, **values})
