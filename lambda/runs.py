"""The caller's runs: told, listed, cancelled. A run of somebody else is one that is not there."""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bodies import Cancelled, RunEntry, RunList, RunState, SelfLink
from bundles import Bundle
from kaiseki.stores.dynamodb import RunRecord, RunRecords
from refusals import invalid, unknown_run

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")


@dataclass(frozen=True)
class Runs:
    s3: "S3Client"
    bucket: str
    link_seconds: int
    records: RunRecords
    stop_task: Callable[[RunRecord], None]
    announce: Callable[[RunRecord], None]  # that a run has ended

    def tell(self, run_id: str, owner: str) -> RunState:
        """Raises Refused (404)."""
        record = self._own(run_id, owner)
        bundle = Bundle(self.s3, self.bucket, self.link_seconds, run_id)
        artifacts = bundle.artifacts()
        told = _told(record) | {
            "links": bundle.links(artifacts),
            "prompt": bundle.prompt,
            "steps": bundle.steps,
            "answer": bundle.answer,
            "usage": bundle.usage,
            "artifacts": artifacts,
        }
        return RunState(**told)

    def page(self, owner: str, limit: int, cursor: str) -> RunList:
        """Raises Refused (422) for a cursor that no page gave out."""
        records, last = self.records.of_owner(owner, limit, _opened(cursor))
        return RunList(runs=[RunEntry(**_told(record)) for record in records], next_cursor=_sealed(last))

    def cancel(self, run_id: str, owner: str) -> Cancelled:
        """Again and again the same; a run that is over stays as it ended. Raises Refused (404)."""
        self._own(run_id, owner)
        record, ended = self.records.request_cancel(run_id)
        if ended:
            self.announce(record)
        if record.task_arn and not record.status.terminal:
            self.stop_task(record)
        return Cancelled(run_id=run_id, status=record.status)

    def _own(self, run_id: str, owner: str) -> RunRecord:
        record = self.records.get(run_id) if _RUN_ID.fullmatch(run_id) else None
        if record is None or record.owner != owner:
            raise unknown_run(run_id)
        return record


def _told(record: RunRecord) -> dict[str, Any]:
    return {
        "run_id": record.run_id,
        "status": record.status,
        "outcome": record.outcome,
        "reason": record.reason,
        "message": record.message,
        "phase": "" if record.status.terminal else record.phase,
        "created_at": record.created_at,
        "ended_at": record.changed_at if record.status.terminal else "",
        "usd": record.usd,
        "links": SelfLink(self=f"/runs/{record.run_id}"),
    }


def _sealed(last: str) -> str:
    """A page goes on where another ended, within the caller's own runs whatever the cursor says: no secret is in it."""
    return base64.urlsafe_b64encode(last.encode()).decode().rstrip("=")


def _opened(cursor: str) -> str:
    try:
        last = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        last = "?"
    if last and not _RUN_ID.fullmatch(last):
        raise invalid("cursor.invalid", "no page gave out this cursor", "take next_cursor of the page before, or none")
    return last
