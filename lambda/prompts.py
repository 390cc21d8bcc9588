"""From a question to a run that is accepted: first the request in the bucket, then the record, then the launch."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING

from bodies import KEY_LIMIT, PromptBody, RunState
from budget import Terms, granted
from kaiseki.run_id import new_run_id
from kaiseki.stores.dynamodb import KeyReused, Limits, OverLimit, RunRecord, RunRecords
from places import attachment_key, request_key
from refusals import Refused, invalid
from schemas import granted_schemas
from uploads import Attachment, Uploads

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_KEY = re.compile(rf"[\x21-\x7e]{{1,{KEY_LIMIT}}}")


@dataclass(frozen=True)
class Intake:
    """What it takes to accept a prompt."""

    s3: "S3Client"
    bucket: str
    records: RunRecords
    uploads: Uploads
    limits: Limits
    terms: Terms
    clock: Callable[[], datetime]
    tell: Callable[[str, str], RunState]  # a run of an owner, by both; raises Refused

    def accept(
        self, body: PromptBody, owner: str, readable: tuple[str, ...] | None, key: str | None
    ) -> tuple[RunRecord, bool]:
        """The run's record, and whether it is new; not new: `key` stood for it already. Raises Refused.

        `readable` are the schemas that the owner may read, None: all.
        """
        _require_key(key)
        budget = granted(body.options.budget, self.terms)
        schemas = granted_schemas(body.options.warehouse_schemas, readable)
        attachments = self.uploads.find(owner, body.attachments)
        follow_up = self._earlier(body.follow_up_to, owner) if body.follow_up_to else None
        now = self.clock()
        run_id = new_run_id(body.prompt, now)
        request: dict[str, object] = {
            "run_id": run_id,
            "prompt": body.prompt.strip(),
            "created_at": now.isoformat(),
            "budget": budget,
            "attachments": [attachment.name for attachment in attachments],
            "follow_up": follow_up,
            "schemas": schemas,
        }
        # A request without a run costs a few bytes; a run without a request would be launched for nothing.
        self.uploads.attach(attachments, run_id)
        self._write(run_id, request)
        try:
            record = self.records.accept(run_id, owner, key or "", _digest(body), self.limits, usd=budget["usd"])
        except KeyReused:
            self._discard(run_id, attachments)
            raise invalid(
                "idempotency.reused",
                "the Idempotency-Key stands for another request already",
                "use a new key for each new question",
            ) from None
        except OverLimit as error:
            self._discard(run_id, attachments)
            raise _over_limit(error) from None
        if record.run_id != run_id:
            self._discard(run_id, attachments)
            return record, False
        return record, True

    def _earlier(self, run_id: str, owner: str) -> dict[str, str]:
        earlier = self.tell(run_id, owner)
        if not earlier.answer.strip():
            raise invalid("follow_up.unanswered", f"the run {run_id} has no answer to go on from", "name one that has")
        return {"run_id": earlier.run_id, "prompt": earlier.prompt, "answer": earlier.answer.strip()}

    def _write(self, run_id: str, request: dict[str, object]) -> None:
        self.s3.put_object(
            Bucket=self.bucket,
            Key=request_key(run_id),
            Body=json.dumps(request, ensure_ascii=False, indent=2).encode(),
            ContentType="application/json",
        )

    def _discard(self, run_id: str, attachments: Sequence[Attachment]) -> None:
        for key in (request_key(run_id), *(attachment_key(run_id, attachment.name) for attachment in attachments)):
            self.s3.delete_object(Bucket=self.bucket, Key=key)


def _require_key(key: str | None) -> None:
    if key is not None and not _KEY.fullmatch(key):
        raise invalid(
            "idempotency.invalid",
            f"the Idempotency-Key is not of 1 to {KEY_LIMIT} visible ASCII characters",
            "send a UUID, or leave the header out",
        )


def _digest(body: PromptBody) -> str:
    """Equal for what means the same: the order of fields and fields left out make no difference."""
    return sha256(json.dumps(body.model_dump(), sort_keys=True).encode()).hexdigest()


def _over_limit(error: OverLimit) -> Refused:
    headers = {"Retry-After": str(error.retry_after)}
    return Refused(HTTPStatus.TOO_MANY_REQUESTS, f"limit.{error.limit}", error.message, error.hint, headers)
