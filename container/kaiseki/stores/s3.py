"""Bundles in a bucket: `s3://<bucket>[/<prefix>]/runs/<run id>/`, built in a folder of this machine."""

import hashlib
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from kaiseki.errors import InputError
from kaiseki.models import Request, Run
from kaiseki.stores.aws import as_store_errors, code_of
from kaiseki.stores.folder import FolderStore, is_run_id, parse_run, unknown_run
from kaiseki.stores.s3_transfer import Transfer

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

REQUEST, RUN = "request.json", "run.json"
_AT_ONCE = 16  # small objects read at the same time


class S3Store:
    """A `RunStore` whose workspace is a copy of the bundle; each save brings the bucket up to it.

    What is uploaded is what the run lists (`Run.artifacts`), as far as it differs from what was uploaded before.
    `run.json` comes last, so whoever reads it finds the files that it lists.
    """

    def __init__(self, location: str, workspace: Path | None, client: "S3Client") -> None:
        """`location`: `s3://bucket` or `s3://bucket/prefix`. Bundles are built in `workspace`, or in a new folder."""
        self._location = location.rstrip("/")
        self._bucket, _, prefix = self._location.removeprefix("s3://").partition("/")
        self._runs = f"{prefix}/runs/" if prefix else "runs/"
        self._workspace = workspace
        self._client = client
        self._transfer = Transfer(client, self._bucket)
        self._stored: dict[str, dict[str, str]] = {}  # run id -> path -> sha256, of what the bucket has from or for us

    def create(self, request: Request, attachments: tuple[Path, ...] = ()) -> None:
        self._local.create(request, attachments)
        bundle = self._local.workspace(request.run_id)
        names = [f"attachments/{attachment.name}" for attachment in attachments]
        with as_store_errors(self._location):
            self._transfer.upload(bundle, self._key(request.run_id), dict.fromkeys(names, ""))
            # Last, since a request that can be read is whole.
            self._transfer.upload(bundle, self._key(request.run_id), {REQUEST: "application/json"})
        self._stored[request.run_id] = _digests(bundle, (REQUEST, *names))

    def request(self, run_id: str) -> Request:
        if run_id not in self._stored:
            self._bring_request(run_id)
        return self._local.request(run_id)

    def workspace(self, run_id: str) -> Path:
        if run_id not in self._stored:
            self._bring_bundle(run_id)
        return self._local.workspace(run_id)

    def save(self, run: Run) -> None:
        self._local.save(run)
        bundle, key = self._local.workspace(run.id), self._key(run.id)
        stored = self._stored.setdefault(run.id, {})
        listed = {artifact.path: artifact for artifact in run.artifacts}
        changed = {path: each.media_type for path, each in listed.items() if stored.get(path) != each.sha256}
        with as_store_errors(self._location):
            self._transfer.upload(bundle, key, changed)
            stored |= {path: listed[path].sha256 for path in changed}
            self._transfer.upload(bundle, key, {RUN: "application/json"})
            gone = stored.keys() - listed.keys() if listed else set()  # before its first step a run lists nothing
            self._transfer.remove([key + path for path in gone])
        for path in gone:
            del stored[path]

    def run(self, run_id: str) -> Run | None:
        self._require(run_id)
        run = self._saved(run_id)
        if run is None and not self._exists(run_id, REQUEST):
            raise unknown_run(run_id, self._location)
        return run

    def runs(self) -> Iterator[Run]:
        ids = sorted(self._ids(), reverse=True)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for start in range(0, len(ids), _AT_ONCE):
                yield from filter(None, pool.map(self._saved, ids[start : start + _AT_ONCE]))

    @cached_property
    def _local(self) -> FolderStore:
        if self._workspace is not None:
            return FolderStore(self._workspace)
        folder = Path(tempfile.mkdtemp(prefix="kaiseki-"))
        folder.chmod(0o711)  # sessions of generated code have users of their own, and read their data below it
        return FolderStore(folder)

    def _key(self, run_id: str) -> str:
        return f"{self._runs}{run_id}/"

    def _require(self, run_id: str) -> None:
        if not is_run_id(run_id):
            raise unknown_run(run_id, self._location)

    def _bring_request(self, run_id: str) -> None:
        self._require(run_id)
        text = self._text(run_id, REQUEST)
        if text is None:
            raise unknown_run(run_id, self._location)
        bundle = self._local.begin(run_id)
        (bundle / REQUEST).write_text(text, encoding="utf-8")
        names = [f"attachments/{_file_name(name)}" for name in self._local.request(run_id).attachments]
        with as_store_errors(self._location):
            self._transfer.download(bundle, self._key(run_id), names)
        self._stored[run_id] = _digests(bundle, (REQUEST, *names))

    def _bring_bundle(self, run_id: str) -> None:
        run = self.run(run_id)
        if run is None:
            self._bring_request(run_id)
            return
        bundle = self._local.begin(run_id)
        with as_store_errors(self._location):
            self._transfer.download(bundle, self._key(run_id), [RUN, *(each.path for each in run.artifacts)])
        self._stored[run_id] = {each.path: each.sha256 for each in run.artifacts}

    def _saved(self, run_id: str) -> Run | None:
        text = self._text(run_id, RUN)
        return None if text is None else parse_run(text, f"{self._location}/runs/{run_id}/{RUN}")

    def _text(self, run_id: str, name: str) -> str | None:
        with as_store_errors(self._location):
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=self._key(run_id) + name)
                return answer["Body"].read().decode("utf-8", "replace")
            except ClientError as error:
                if code_of(error) == "NoSuchKey":
                    return None
                raise

    def _exists(self, run_id: str, name: str) -> bool:
        return self._text(run_id, name) is not None

    def _ids(self) -> Iterator[str]:
        with as_store_errors(self._location):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._runs, Delimiter="/"
            )
            for page in pages:
                for each in page.get("CommonPrefixes", ()):
                    run_id = each.get("Prefix", "").removeprefix(self._runs).rstrip("/")
                    if is_run_id(run_id):
                        yield run_id


def _digests(bundle: Path, paths: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for path in paths:
        with (bundle / path).open("rb") as file:
            found[path] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _file_name(name: str) -> str:
    """As it stands in a request, which others may have written."""
    if not name or name in (".", "..") or PurePosixPath(name).name != name or "\0" in name:
        raise InputError(f"the attachment {name[:80]!r} is not a file's name", hint="attach files by their name alone")
    return name
