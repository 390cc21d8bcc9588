"""Where UNLOAD leaves its files: a prefix of the run's own in S3, read many files at a time and removed afterwards."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_MANIFEST = "manifest"
_CHUNK = 1 << 20  # bytes
_REMOVED_AT_ONCE = 1_000  # objects, the most that S3 takes


class StagingFailed(Exception):
    """What UNLOAD wrote cannot be read whole, or not removed; in a sentence."""


@dataclass(frozen=True)
class StagedFile:
    """`key` in the bucket, and how many rows it holds."""

    key: str
    rows: int


class Staging:
    """The objects below `location` (`s3://bucket/prefix/`). Its methods but `remove` raise StagingFailed."""

    def __init__(self, client: "S3Client", location: str) -> None:
        self._client = client
        self.location = location
        self._bucket, _, self._prefix = location.removeprefix("s3://").partition("/")

    def files(self, below: str) -> tuple[StagedFile, ...]:
        """In the order of the rows, as the manifest of the UNLOAD to `below` lists them."""
        with _as_staging_failed("read"):
            body = self._client.get_object(Bucket=self._bucket, Key=self._key(below + _MANIFEST))["Body"].read()
        try:
            manifest = json.loads(body)
            files = [self._staged(entry) for entry in manifest["entries"]]
            whole = int(manifest["meta"]["record_count"])
        except (ValueError, KeyError, TypeError) as error:
            raise StagingFailed("the manifest is not of the form that UNLOAD writes") from error
        if sum(file.rows for file in files) != whole:
            raise StagingFailed(f"the manifest lists other than the {whole:,} rows that it counts")
        return tuple(file for file in files if file.rows)

    def fetch(self, file: StagedFile, into: Path) -> None:
        """May be called by several threads. Raises OSError where the disk takes no more."""
        with _as_staging_failed("read"):
            body = self._client.get_object(Bucket=self._bucket, Key=file.key)["Body"]
            with into.open("wb") as target:
                for chunk in body.iter_chunks(_CHUNK):
                    target.write(chunk)

    def remove(self) -> str:
        """Everything below the location. What went wrong, in a sentence, or an empty one."""
        try:
            with _as_staging_failed("deleted"):
                pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
                keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
                for some in _portions(keys):
                    objects: Any = [{"Key": key} for key in some]
                    answer = self._client.delete_objects(
                        Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True}
                    )
                    for error in answer.get("Errors", ()):
                        raise StagingFailed(f"the staged files cannot be deleted: {error.get('Message')}")
        except StagingFailed as failed:
            return str(failed)
        return ""

    def _key(self, below: str) -> str:
        return below.removeprefix(f"s3://{self._bucket}/")

    def _staged(self, entry: dict[str, Any]) -> StagedFile:
        key = self._key(entry["url"])
        if not key.startswith(self._prefix):
            raise ValueError(f"{entry['url']} is not below {self.location}")
        return StagedFile(key, int(entry["meta"]["record_count"]))


def _portions(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), _REMOVED_AT_ONCE):
        yield keys[start : start + _REMOVED_AT_ONCE]


@contextmanager
def _as_staging_failed(done: str) -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise StagingFailed(f"the staged files cannot be {done}: {' '.join(str(error).split())[:300]}") from error
