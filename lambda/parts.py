"""The API's parts, put together once per instance of the function, at its first call."""

import os
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from budget import Terms, terms_of
from decisions import decided
from endings import announce
from kaiseki.errors import KaisekiError
from kaiseki.lifecycle import Status
from kaiseki.stores.dynamodb import RunRecord
from launch import launch_run
from prompts import Intake
from runs import Runs
from schemas import Readable, readable_of
from service import Service, the_service
from tasks import stop_task
from uploads import Uploads

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


@dataclass(frozen=True)
class Parts:
    service: Service
    terms: Terms
    readable: Readable

    @property
    def keep_session(self) -> bool:
        return self.service.settings.owner == "session"

    @cached_property
    def s3(self) -> "S3Client":
        """Also signs links: for the bucket's own region, and bound to nothing that a browser or curl does not send."""
        own_endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        config = Config(
            signature_version="s3v4",
            request_checksum_calculation="when_required",
            s3={"addressing_style": "auto" if own_endpoint else "virtual"},
            connect_timeout=2,
            read_timeout=6,
            retries={"mode": "standard", "total_max_attempts": 3},
        )
        return boto3.client("s3", config=config)

    @cached_property
    def uploads(self) -> Uploads:
        settings = self.service.settings
        return Uploads(self.s3, settings.bucket, settings.link_seconds)

    @cached_property
    def intake(self) -> Intake:
        settings, service = self.service.settings, self.service
        return Intake(
            self.s3,
            settings.bucket,
            service.records,
            self.uploads,
            settings.limits,
            self.terms,
            service.clock,
            self.runs.tell,
        )

    @cached_property
    def runs(self) -> Runs:
        settings, service = self.service.settings, self.service
        return Runs(
            self.s3,
            settings.bucket,
            settings.link_seconds,
            service.records,
            stop_task=self._stop,
            announce=lambda record: announce(service, record),
        )

    def launch(self, record: RunRecord) -> Status:
        """What has become of a run that was just accepted. Never raises: the reconciler launches what was not."""
        try:
            launch_run(record.run_id, self.service)
            known = self.service.records.get(record.run_id)
        except Exception as error:  # noqa: BLE001 - the run is accepted, whatever befalls its launch
            decided("launch.postponed", record.run_id, "ERROR", error=repr(error))
            return record.status
        return known.status if known is not None else record.status

    def _stop(self, record: RunRecord) -> None:
        try:
            stop_task(self.service, record, "cancelled by its owner")
        except (ClientError, BotoCoreError, KaisekiError) as error:
            # The task notices the cancel at its next heartbeat.
            decided("stop.failed", record.run_id, "ERROR", error=repr(error))


@cache
def parts() -> Parts:
    """Raises SettingError."""
    return Parts(the_service(), terms_of(os.environ), readable_of(os.environ))
