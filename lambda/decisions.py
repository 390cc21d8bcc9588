"""What the Lambdas decide, each decision as one line of JSON on stdout, which CloudWatch Logs can be asked about."""

import json


def decided(what: str, run_id: str = "", level: str = "INFO", **about: object) -> None:
    print(json.dumps({"level": level, "decision": what, "run_id": run_id, **about}, default=str), flush=True)
