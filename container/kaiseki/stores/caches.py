"""Caches in a folder of the user's own, and below a bucket. What cannot be kept is worked out again: nothing raises."""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


class FolderCache:
    """One file for each key. The folder is made when it is first needed, for its owner alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> bytes | None:
        try:
            return (self._folder / key).read_bytes()
        except OSError:
            return None

    def put(self, key: str, content: bytes) -> None:
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".", delete=False) as whole:
                whole.write(content)
            Path(whole.name).replace(self._folder / key)  # whoever reads meanwhile has the old one or the new


class S3Cache:
    """One object for each key, below `s3://bucket[/prefix]/catalogs/`."""

    def __init__(self, location: str, client: "Callable[[], S3Client]") -> None:
        self._bucket, _, prefix = location.rstrip("/").removeprefix("s3://").partition("/")
        self._prefix = f"{prefix}/catalogs/" if prefix else "catalogs/"
        self._client = client

    def get(self, key: str) -> bytes | None:
        try:
            return self._client().get_object(Bucket=self._bucket, Key=self._prefix + key)["Body"].read()
        except (ClientError, BotoCoreError, OSError):
            return None

    def put(self, key: str, content: bytes) -> None:
        with suppress(ClientError, BotoCoreError, OSError):
            self._client().put_object(Bucket=self._bucket, Key=self._prefix + key, Body=content)
