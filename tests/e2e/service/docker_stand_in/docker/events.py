"""Events of ECS onto the emulated bus. Its PutEvents refuses the source `aws.ecs`, as the real one does."""

import json
import threading
import time
from pathlib import Path

from ministack.core.responses import request_scope
from ministack.services import eventbridge

POLL_SECONDS = 0.05


def publish_from_spool(spool: Path) -> None:
    threading.Thread(target=_publish, args=(spool,), name="ecs-events", daemon=True).start()


def _publish(spool: Path) -> None:
    while True:
        for path in sorted(spool.glob("*.json")):
            entry = json.loads(path.read_text())
            account, region = entry.pop("Account"), entry.pop("Region")
            with request_scope(account, region):
                eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
            path.unlink()
        time.sleep(POLL_SECONDS)
